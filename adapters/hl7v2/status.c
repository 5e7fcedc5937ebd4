#include "status.h"

/* Up to eight bytes as a number; 0 when there are more or none. */
static uint64_t packed(const uint8_t *text, size_t size) {
    uint64_t number = 0;
    for (size_t n = 0; n < size && size <= 8; n++) {
        number = number << 8 | text[n];
    }
    return number;
}

typedef struct status_row {
    const char *token;
    uint32_t bits;
    uint8_t absent;
} status_row;

static const status_row rows[] = {
    {"INV", DRAGOMAN_STATUS_INVALID, DRAGOMAN_ABSENT_ERROR},
    {"QUES", DRAGOMAN_STATUS_QUESTIONABLE, DRAGOMAN_PRESENT},
    {"NAV", DRAGOMAN_STATUS_NOT_AVAILABLE, DRAGOMAN_ABSENT_TEMPORARILY_UNKNOWN},
    {"CAL", DRAGOMAN_STATUS_CALIBRATING, DRAGOMAN_PRESENT},
    {"TEST", DRAGOMAN_STATUS_TEST_DATA, DRAGOMAN_PRESENT},
    {"DEMO", DRAGOMAN_STATUS_DEMO_DATA, DRAGOMAN_PRESENT},
    {"VAL", DRAGOMAN_STATUS_VALIDATED, DRAGOMAN_PRESENT},
    {"EARLY", DRAGOMAN_STATUS_EARLY, DRAGOMAN_PRESENT},
    {"BUSY", DRAGOMAN_STATUS_ONGOING, DRAGOMAN_ABSENT_TEMPORARILY_UNKNOWN},
    {"ALACT", DRAGOMAN_STATUS_IN_ALARM, DRAGOMAN_PRESENT},
    {"ALINH", DRAGOMAN_STATUS_ALARM_INHIBITED, DRAGOMAN_PRESENT},
    {"NI", DRAGOMAN_STATUS_NO_INFORMATION, DRAGOMAN_ABSENT_UNKNOWN},
    {"OFF", DRAGOMAN_STATUS_PROBE_OFF, DRAGOMAN_ABSENT_NOT_PERFORMED},
    {">", DRAGOMAN_STATUS_OVERFLOW, DRAGOMAN_PRESENT},
    {"<", DRAGOMAN_STATUS_UNDERFLOW, DRAGOMAN_PRESENT},
};

static const status_row *find_row(dragoman_bytes token) {
    uint64_t wanted = packed(token.data, token.size);
    for (size_t n = 0; wanted != 0 && n < sizeof rows / sizeof *rows; n++) {
        if (packed((const uint8_t *)rows[n].token, strlen(rows[n].token)) == wanted) {
            return &rows[n];
        }
    }
    return NULL;
}

static void add_token(dragoman_bytes token, hl7v2_status *status, dragoman_code *flags) {
    const status_row *row = find_row(token);
    if (row == NULL) {
        flags[status->flags.coding_count++] = (dragoman_code){.code = token};
        return;
    }
    status->bits |= row->bits;
    status->absent = status->absent == DRAGOMAN_PRESENT ? row->absent : status->absent;
    if (row->bits == DRAGOMAN_STATUS_EARLY) {
        status->result = DRAGOMAN_RESULT_PRELIMINARY;
    }
}

static void read_flags(hl7v2_message *message, dragoman_bytes field, hl7v2_status *status) {
    dragoman_code flags[HL7V2_REPETITIONS];
    dragoman_bytes repetition = {NULL, 0};
    for (uint32_t n = 0; n < HL7V2_REPETITIONS && hl7v2_cut(&field, message->delimiters.repetition, &repetition); n++) {
        dragoman_bytes token = hl7v2_word(message, hl7v2_component(message, repetition, 1));
        if (token.size > 0) {
            add_token(token, status, flags);
        }
    }
    if (status->flags.coding_count > 0) {
        size_t size = status->flags.coding_count * sizeof *flags;
        dragoman_code *kept = (dragoman_code *)hl7v2_take(message->memory, size);
        if (kept == NULL) {
            status->flags.coding_count = 0;
            return;
        }
        memcpy(kept, flags, size);
        status->flags.codings = kept;
    }
}

/* HL7 table 0085. S, I, O, U, V and B say that more is to come or that nobody has finished it: none of them is ever
 * final. X says that there is no value, not that one was taken back. */
static uint8_t result_of(uint8_t letter) {
    switch (letter) {
    case 'F':
        return DRAGOMAN_RESULT_FINAL;
    case 'P':
    case 'S':
    case 'B':
    case 'V':
    case 'U':
    case 'X':
        return DRAGOMAN_RESULT_PRELIMINARY;
    case 'R':
        return DRAGOMAN_RESULT_UNVALIDATED;
    case 'C':
        return DRAGOMAN_RESULT_CORRECTED;
    case 'A':
        return DRAGOMAN_RESULT_AMENDED;
    case 'D':
    case 'W':
        return DRAGOMAN_RESULT_WRONG;
    case 'N':
        return DRAGOMAN_RESULT_NOT_ASKED;
    case 'I':
    case 'O':
        return DRAGOMAN_RESULT_PENDING;
    default:
        return DRAGOMAN_RESULT_UNSTATED;
    }
}

void hl7v2_status_read(hl7v2_message *message, dragoman_bytes flags, dragoman_bytes result, uint8_t absent_x,
                       hl7v2_status *ret_status) {
    *ret_status = (hl7v2_status){0};
    result = hl7v2_trim(result);
    uint8_t letter = result.size == 1 ? result.data[0] : 0;
    ret_status->result = result_of(letter);
    if (flags.size > 0) {
        read_flags(message, flags, ret_status);
    }
    if (letter == 'N') {
        ret_status->absent = DRAGOMAN_ABSENT_NOT_ASKED;
    }
    if (letter == 'X' && ret_status->absent == DRAGOMAN_PRESENT) {
        ret_status->absent = absent_x;
    }
}
