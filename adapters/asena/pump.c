#include "pump.h"
#include "number.h"
#include "query.h"
#include <string.h>

/* Observations of one answer at most. */
#define ROWS 6u
/* Room for "AL_OCCLU-1767323045000000-1767323047000000". */
#define ID_TEXT (ASENA_NAME_MOST + 48u)
/* The code of no alarm. */
#define NO_ALARM "AL_NOALM"

/* What a field of an answer holds. */
typedef enum field_kind {
    FIELD_NUMBER = 1,   /* with its unit in the next field, where there is one */
    FIELD_DURATION = 2, /* hours, minutes and seconds */
    FIELD_WORD = 3,     /* one of some words */
    FIELD_TEXT = 4,
} field_kind;

typedef struct field_row {
    const char *code;
    uint8_t query;    /* asena_query */
    uint8_t index;    /* in the answer */
    uint8_t kind;     /* field_kind */
    uint8_t unit;     /* index of the field with the unit; 0: there is none */
    uint8_t obtained; /* dragoman_obtained */
} field_row;

/* INF: serial number, alarm or none, mode, rate and unit, a field without meaning here, volume and unit, pressure and
 * unit, time remaining, and the last entry of the log. INF_VTBI: whether it is active, volume and unit, what happens at
 * its end. SYRINGE_STATUS: make, size, state. */
static const field_row rows[] = {
    {"INF.mode", ASENA_QUERY_INFUSION, 3, FIELD_WORD, 0, DRAGOMAN_OBTAINED_CONTINUOUS},
    {"INF.rate", ASENA_QUERY_INFUSION, 4, FIELD_NUMBER, 5, DRAGOMAN_OBTAINED_CONTINUOUS},
    {"INF.volume", ASENA_QUERY_INFUSION, 7, FIELD_NUMBER, 8, DRAGOMAN_OBTAINED_CONTINUOUS},
    {"INF.pressure", ASENA_QUERY_INFUSION, 9, FIELD_NUMBER, 10, DRAGOMAN_OBTAINED_CONTINUOUS},
    {"INF.remaining", ASENA_QUERY_INFUSION, 11, FIELD_DURATION, 0, DRAGOMAN_OBTAINED_CALCULATED},
    {"INF_VTBI.state", ASENA_QUERY_VOLUME_TO_INFUSE, 1, FIELD_WORD, 0, DRAGOMAN_OBTAINED_SETTING},
    {"INF_VTBI.volume", ASENA_QUERY_VOLUME_TO_INFUSE, 2, FIELD_NUMBER, 3, DRAGOMAN_OBTAINED_SETTING},
    {"INF_VTBI.end", ASENA_QUERY_VOLUME_TO_INFUSE, 4, FIELD_WORD, 0, DRAGOMAN_OBTAINED_SETTING},
    {"SYRINGE_STATUS.make", ASENA_QUERY_SYRINGE, 1, FIELD_TEXT, 0, DRAGOMAN_OBTAINED_SETTING},
    {"SYRINGE_STATUS.size", ASENA_QUERY_SYRINGE, 2, FIELD_NUMBER, 0, DRAGOMAN_OBTAINED_SETTING},
    {"SYRINGE_STATUS.state", ASENA_QUERY_SYRINGE, 3, FIELD_WORD, 0, DRAGOMAN_OBTAINED_SETTING},
};

/* Fields that each answer has at least, with its name. */
static const uint8_t fields_least[ASENA_QUERIES] = {
    [ASENA_QUERY_SERIAL] = 2,           [ASENA_QUERY_PROTOCOL] = 2, [ASENA_QUERY_INFUSION] = 12,
    [ASENA_QUERY_VOLUME_TO_INFUSE] = 2, [ASENA_QUERY_ALARM] = 2,    [ASENA_QUERY_SYRINGE] = 4};

void asena_pump_begin(asena_pump *pump) {
    pump->tells_again = true;
}

static dragoman_bytes bytes_of(const asena_text *text) {
    return (dragoman_bytes){text->bytes, text->size};
}

static void keep(asena_text *to, dragoman_bytes text) {
    to->size = (uint8_t)(text.size < sizeof to->bytes ? text.size : sizeof to->bytes);
    if (to->size > 0) {
        memcpy(to->bytes, text.data, to->size);
    }
}

static bool is_same(dragoman_bytes one, dragoman_bytes other) {
    return one.size == other.size && (one.size == 0 || memcmp(one.data, other.data, one.size) == 0);
}

static dragoman_status emit(asena_pump *pump, const dragoman_report *report) {
    dragoman_version version = {DRAGOMAN_TEXT("protocol"), bytes_of(&pump->protocol)};
    dragoman_device from = {
        .struct_size = sizeof from,
        .key = pump->serial.size > 0 ? bytes_of(&pump->serial) : DRAGOMAN_TEXT("pump"),
        .identifiers = {NULL, 0, sizeof(dragoman_identifier)},
        .manufacturer = DRAGOMAN_TEXT("Alaris"),
        .model = DRAGOMAN_TEXT("Asena"),
        .serial = bytes_of(&pump->serial),
        .versions = DRAGOMAN_LIST(&version, pump->protocol.size > 0 ? 1 : 0),
    };
    dragoman_report full = *report;
    full.struct_size = sizeof full;
    full.device = &from;
    full.sender = (dragoman_code){.code = DRAGOMAN_TEXT("Asena"), .system = DRAGOMAN_TEXT("Asena")};
    return pump->host->emit(pump->context, &full);
}

/* ------------------------------------------------------------------ values */

static void set_text(dragoman_value *value, dragoman_bytes field) {
    value->kind = DRAGOMAN_VALUE_TEXT;
    value->text = field;
}

/* False: the field is not of its kind, and stands there as it came. */
static bool set_value(const field_row *row, dragoman_bytes field, dragoman_value *value, dragoman_code *word) {
    if (field.size == 0) {
        value->kind = DRAGOMAN_VALUE_NONE;
        value->absent = DRAGOMAN_ABSENT_UNKNOWN;
        return true;
    }
    switch (row->kind) {
    case FIELD_NUMBER:
        value->kind = DRAGOMAN_VALUE_DECIMAL;
        if (asena_number_read(field, &value->number)) {
            return true;
        }
        break;
    case FIELD_DURATION:
        if (asena_duration_read(field, value)) {
            return true;
        }
        break;
    case FIELD_WORD:
        *word = (dragoman_code){.code = field, .system = DRAGOMAN_TEXT(ASENA_SYSTEM_WORD)};
        value->kind = DRAGOMAN_VALUE_CODE;
        value->concept = (dragoman_concept){.codings = word, .coding_count = 1};
        return true;
    default:
        set_text(value, field);
        return true;
    }
    set_text(value, field);
    return false;
}

static dragoman_code unit_of(const field_row *row, const asena_answer *answer) {
    if (row->kind == FIELD_DURATION) {
        return (dragoman_code){.code = DRAGOMAN_TEXT("s"), .system = DRAGOMAN_TEXT("UCUM")};
    }
    return row->unit > 0 ? (dragoman_code){.code = asena_field(answer, row->unit)} : (dragoman_code){0};
}

static dragoman_status take_values(asena_pump *pump, asena_query query, const asena_answer *answer) {
    dragoman_observation observations[ROWS];
    dragoman_value values[ROWS];
    dragoman_code codings[ROWS];
    dragoman_code words[ROWS];
    uint32_t count = 0;
    for (size_t n = 0; n < sizeof rows / sizeof *rows; n++) {
        const field_row *row = &rows[n];
        if (row->query != query || count == ROWS) {
            continue;
        }
        values[count] = (dragoman_value){0};
        codings[count] = (dragoman_code){.code = {(const uint8_t *)row->code, strlen(row->code)},
                                         .system = DRAGOMAN_TEXT(ASENA_SYSTEM_FIELD)};
        observations[count] = (dragoman_observation){
            .code = {.codings = &codings[count], .coding_count = 1},
            .unit = unit_of(row, answer),
            .values = DRAGOMAN_LIST(&values[count], 1),
            .components = {NULL, 0, sizeof(dragoman_component)},
            .result = DRAGOMAN_RESULT_UNVALIDATED,
            .obtained = row->obtained,
        };
        if (!set_value(row, asena_field(answer, row->index), &values[count], &words[count])) {
            observations[count].status |= DRAGOMAN_STATUS_QUESTIONABLE;
            pump->host->count(pump->context, DRAGOMAN_COUNT_ODD_VALUE, 1);
        }
        count++;
    }
    dragoman_report report = {.observations = DRAGOMAN_LIST(observations, count),
                              .nodes = {NULL, 0, sizeof(dragoman_node)},
                              .alerts = {NULL, 0, sizeof(dragoman_alert)},
                              .contexts = {NULL, 0, sizeof(dragoman_context)}};
    return emit(pump, &report);
}

/* ------------------------------------------------------------------ alarms */

static size_t put(uint8_t *to, size_t size, dragoman_bytes text) {
    memcpy(to + size, text.data, text.size);
    return size + text.size;
}

static size_t put_number(uint8_t *to, size_t size, uint64_t number) {
    uint8_t digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return put(to, size, (dragoman_bytes){digits + at, sizeof digits - at});
}

/* The alarm that is kept, in this phase. Its name is its code and when we first saw it. */
static dragoman_status tell(asena_pump *pump, uint8_t phase, int64_t now_us) {
    uint8_t id[ID_TEXT];
    dragoman_code coding = {
        .code = bytes_of(&pump->alarm), .text = bytes_of(&pump->words), .system = DRAGOMAN_TEXT(ASENA_SYSTEM_ALARM)};
    dragoman_alert alert = {
        .event = {.codings = &coding, .coding_count = 1, .text = bytes_of(&pump->words)},
        .source_values = {NULL, 0, sizeof(dragoman_value)},
        .text = bytes_of(&pump->words),
        .phase = phase,
        .state = phase == DRAGOMAN_PHASE_END ? DRAGOMAN_STATE_INACTIVE : DRAGOMAN_STATE_ACTIVE,
    };
    size_t size = put(id, 0, bytes_of(&pump->alarm));
    id[size++] = '-';
    size = put_number(id, size, (uint64_t)pump->since_us);
    alert.id.value = (dragoman_bytes){id, size};
    if (phase != DRAGOMAN_PHASE_START) {
        alert.parent.value = alert.id.value;
        id[size++] = '-';
        alert.id.value.size = put_number(id, size, (uint64_t)now_us);
    }
    dragoman_report report = {.alerts = DRAGOMAN_LIST(&alert, 1),
                              .nodes = {NULL, 0, sizeof(dragoman_node)},
                              .observations = {NULL, 0, sizeof(dragoman_observation)},
                              .contexts = {NULL, 0, sizeof(dragoman_context)}};
    return emit(pump, &report);
}

/* The pump tells one alarm at a time. */
static dragoman_status take_alarm(asena_pump *pump, const asena_answer *answer, int64_t now_us) {
    dragoman_bytes code = asena_field(answer, 1);
    dragoman_status status = DRAGOMAN_OK;
    if (code.size == 0 || code.size > ASENA_NAME_MOST) {
        return DRAGOMAN_INVALID;
    }
    bool is_none = is_same(code, DRAGOMAN_TEXT(NO_ALARM));
    if (!is_none && is_same(code, bytes_of(&pump->alarm))) {
        status = pump->tells_again ? tell(pump, DRAGOMAN_PHASE_CONTINUE, now_us) : DRAGOMAN_OK;
        pump->tells_again = false;
        return status;
    }
    pump->tells_again = false;
    if (pump->alarm.size > 0) {
        status = tell(pump, DRAGOMAN_PHASE_END, now_us);
    }
    keep(&pump->alarm, is_none ? (dragoman_bytes){NULL, 0} : code);
    keep(&pump->words, asena_field(answer, 2));
    pump->since_us = now_us;
    if (!is_none && status == DRAGOMAN_OK) {
        status = tell(pump, DRAGOMAN_PHASE_START, now_us);
    }
    return status;
}

/* Another pump on the line has other alarms. */
static void take_serial(asena_pump *pump, dragoman_bytes serial) {
    if (serial.size > 0 && !is_same(serial, bytes_of(&pump->serial))) {
        keep(&pump->serial, serial);
        pump->protocol.size = 0;
        pump->alarm.size = 0;
    }
}

static bool find_query(dragoman_bytes name, asena_query *ret_query) {
    for (uint32_t n = 0; n < ASENA_QUERIES; n++) {
        if (is_same(name, asena_query_name((asena_query)n))) {
            *ret_query = (asena_query)n;
            return true;
        }
    }
    return false;
}

dragoman_status asena_pump_take(asena_pump *pump, const asena_answer *answer, const dragoman_now *now) {
    asena_query query = ASENA_QUERIES;
    if (!find_query(answer->fields[0], &query)) {
        return DRAGOMAN_UNSUPPORTED;
    }
    if (answer->count < fields_least[query]) {
        return DRAGOMAN_INVALID;
    }
    switch (query) {
    case ASENA_QUERY_SERIAL:
        take_serial(pump, asena_field(answer, 1));
        return DRAGOMAN_OK;
    case ASENA_QUERY_PROTOCOL:
        keep(&pump->protocol, asena_field(answer, 1));
        return DRAGOMAN_OK;
    case ASENA_QUERY_ALARM:
        return take_alarm(pump, answer, now->wall_us);
    case ASENA_QUERY_INFUSION:
        take_serial(pump, asena_field(answer, 1));
        return take_values(pump, query, answer);
    default:
        return take_values(pump, query, answer);
    }
}
