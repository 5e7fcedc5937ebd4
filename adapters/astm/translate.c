#include "translate.h"
#include "translation.h"

void *astm_take(astm_translation *t, size_t size) {
    void *piece = t->host->batch(t->context, size);
    if (piece == NULL) {
        t->words.failed = true;
        return NULL;
    }
    memset(piece, 0, size);
    return piece;
}

dragoman_bytes astm_join_notes(astm_translation *t, dragoman_bytes first, dragoman_bytes second) {
    if (first.size == 0 || second.size == 0) {
        return first.size == 0 ? second : first;
    }
    uint8_t *text = (uint8_t *)astm_take(t, first.size + 1 + second.size);
    if (text == NULL) {
        return first;
    }
    memcpy(text, first.data, first.size);
    text[first.size] = '\n';
    memcpy(text + first.size + 1, second.data, second.size);
    return (dragoman_bytes){text, first.size + 1 + second.size};
}

/* Hands the results so far on as a report. */
static dragoman_status emit(astm_translation *t) {
    if (t->words.failed) {
        return DRAGOMAN_NO_MEMORY;
    }
    if (t->count == 0) {
        return DRAGOMAN_OK;
    }
    dragoman_report report = {
        .struct_size = sizeof report,
        .device = &t->device,
        .patient = t->has_patient && !t->is_test ? &t->patient : NULL,
        .sent_at = t->sent_at,
        .message_id = t->message_id,
        .sender = t->sender,
        .observations = DRAGOMAN_LIST(t->rows, t->count),
    };
    t->count = 0;
    t->last = 0;
    return t->host->emit(t->context, &report);
}

/* H: who speaks (E1394 6). */
static void read_header(astm_translation *t, const astm_record *record, const astm_dialect *link, dragoman_bytes peer) {
    astm_words *words = &t->words;
    const astm_delimiters *delimiters = &words->delimiters;
    dragoman_bytes name = astm_field(record, 5);
    t->sender = (dragoman_code){.code = astm_word(words, name), .system = DRAGOMAN_TEXT("ASTM E1394")};
    t->dialect = astm_dialect_of(t->host, t->context, link, &t->sender);
    bool is_utf8 = t->dialect.charset.size == 0;
    for (size_t n = 0; n < ASTM_CHARSETS && !is_utf8; n++) {
        if (astm_is(t->dialect.charset, astm_charsets[n])) {
            words->charset = astm_charsets[n];
        }
    }
    if (!is_utf8 && words->charset == NULL) {
        words->charset = "UTF-8";
    }
    t->sender.code = astm_word(words, name);
    dragoman_bytes model = astm_word(words, astm_component(delimiters, name, t->dialect.model_component));
    dragoman_bytes serial = astm_word(words, astm_component(delimiters, name, t->dialect.serial_component));
    t->version =
        (dragoman_version){.part = DRAGOMAN_TEXT("software"),
                           .value = astm_word(words, astm_component(delimiters, name, t->dialect.version_component))};
    t->device = (dragoman_device){.struct_size = sizeof t->device, .model = model, .serial = serial};
    /* With no profile to say which part changes with an update, the whole name is the device's. */
    dragoman_bytes own = astm_word(words, astm_component(delimiters, name, t->dialect.name_component));
    t->device.key = serial.size > 0 ? serial : own.size > 0 ? own : t->sender.code.size > 0 ? t->sender.code : peer;
    if (t->device.key.size == 0) {
        t->device.key = DRAGOMAN_TEXT("analyser");
    }
    if (t->version.value.size > 0) {
        t->device.versions = DRAGOMAN_LIST(&t->version, 1);
    }
    t->message_id = astm_word(words, astm_field(record, 3));
    dragoman_bytes purpose = astm_trim(astm_field(record, 12));
    t->is_test = astm_is(purpose, "T") || astm_is(purpose, "D") || astm_is(purpose, "Q");
    t->outcome->odd += !astm_time_read(astm_field(record, 14), &t->sent_at) && astm_field(record, 14).size > 0;
}

/* Blank between the two given names. */
static dragoman_bytes join_given(astm_translation *t, dragoman_bytes first, dragoman_bytes middle) {
    if (first.size == 0 || middle.size == 0) {
        return first.size == 0 ? middle : first;
    }
    uint8_t *text = (uint8_t *)astm_take(t, first.size + 1 + middle.size);
    if (text == NULL) {
        return first;
    }
    memcpy(text, first.data, first.size);
    text[first.size] = ' ';
    memcpy(text + first.size + 1, middle.data, middle.size);
    return (dragoman_bytes){text, first.size + 1 + middle.size};
}

/* P-3 to P-5 are numbers from different books: only the one that the hospital's stands in goes without a word of whose
 * it is, so that a laboratory's 100 is never the hospital's 100. */
static uint32_t read_identifiers(astm_translation *t, const astm_record *record) {
    static const dragoman_bytes books[] = {DRAGOMAN_TEXT_INIT("practice"), DRAGOMAN_TEXT_INIT("laboratory"),
                                           DRAGOMAN_TEXT_INIT("alternative")};
    uint32_t hospital = t->dialect.patient_field == 0 ? 3 : t->dialect.patient_field;
    uint32_t count = 0;
    for (uint32_t n = 0; n < 3; n++) {
        /* The hospital's first. */
        uint32_t field = n == 0 ? hospital : 2 + n + (2 + n >= hospital ? 1 : 0);
        dragoman_bytes sent = astm_component(&t->words.delimiters, astm_field(record, field), 1);
        dragoman_bytes value = astm_word(&t->words, sent);
        if (value.size > 0) {
            t->identifiers[count].value = value;
            t->identifiers[count++].authority = n == 0 ? (dragoman_bytes){NULL, 0} : books[field - 3];
        }
    }
    return count;
}

/* P: whom the results are about (E1394 7). */
static void read_patient(astm_translation *t, const astm_record *record) {
    const astm_delimiters *delimiters = &t->words.delimiters;
    memset(t->identifiers, 0, sizeof t->identifiers);
    uint32_t identifiers = read_identifiers(t, record);
    dragoman_bytes name = astm_field(record, 6);
    dragoman_bytes given = astm_word(&t->words, astm_component(delimiters, name, 2));
    dragoman_bytes middle = astm_word(&t->words, astm_component(delimiters, name, 3));
    t->name = (dragoman_name){.family = astm_word(&t->words, astm_component(delimiters, name, 1)),
                              .given = join_given(t, given, middle),
                              .suffix = astm_word(&t->words, astm_component(delimiters, name, 4)),
                              .prefix = astm_word(&t->words, astm_component(delimiters, name, 5))};
    bool has_name = t->name.family.size + t->name.given.size > 0;
    t->patient = (dragoman_patient){.struct_size = sizeof t->patient,
                                    .identifiers = DRAGOMAN_LIST(t->identifiers, identifiers),
                                    .names = DRAGOMAN_LIST(&t->name, has_name ? 1 : 0),
                                    .sex = astm_word(&t->words, astm_field(record, 9))};
    dragoman_bytes born = astm_component(delimiters, astm_field(record, 8), 1);
    t->outcome->odd += !astm_time_read(born, &t->patient.born_at) && astm_trim(born).size > 0;
    t->has_patient = identifiers > 0 || has_name;
}

/* C: belongs to the record before it (E1394 11). What is said of a patient or order is said of each of its results. */
static void read_comment(astm_translation *t, const astm_record *record) {
    dragoman_bytes text = astm_word(&t->words, astm_field(record, 4));
    if (text.size == 0) {
        return;
    }
    dragoman_bytes *note = t->last == 'P'   ? &t->patient_note
                           : t->last == 'O' ? &t->order_note
                           : t->last == 'R' ? &t->rows[t->count - 1].note
                                            : NULL;
    if (note == NULL || (t->last != 'R' && note->size + text.size > ASTM_SHARED_NOTE)) {
        t->host->log(t->context, DRAGOMAN_LOG_INFO, DRAGOMAN_TEXT("a comment that belongs to no result was left out"),
                     (dragoman_bytes){NULL, 0});
        return;
    }
    *note = astm_join_notes(t, *note, text);
}

static void forget_order(astm_translation *t) {
    t->order = NULL;
    t->order_note = (dragoman_bytes){NULL, 0};
    t->is_control = false;
}

static dragoman_status read_record(astm_translation *t, const astm_record *record) {
    dragoman_status status = DRAGOMAN_OK;
    switch (record->type) {
    case 'P':
        status = emit(t);
        forget_order(t);
        t->patient_note = (dragoman_bytes){NULL, 0};
        read_patient(t, record);
        t->last = 'P';
        break;
    case 'O':
        astm_order_read(t, record);
        t->last = 'O';
        break;
    case 'R':
        status = t->count == ASTM_ROWS_PER_REPORT ? emit(t) : DRAGOMAN_OK;
        astm_result_add(t, record);
        break;
    case 'C':
        read_comment(t, record);
        break;
    case 'Q':
        t->outcome->has_query = true;
        t->last = 0;
        break;
    default:
        break;
    }
    return t->words.failed ? DRAGOMAN_NO_MEMORY : status;
}

dragoman_status astm_translate(const dragoman_host *host, void *context, const astm_dialect *link, dragoman_bytes peer,
                               dragoman_bytes text, astm_outcome *ret_outcome) {
    *ret_outcome = (astm_outcome){0};
    astm_translation *t = (astm_translation *)host->batch(context, sizeof *t);
    if (t == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    *t = (astm_translation){.host = host, .context = context, .words = {.host = host, .context = context}};
    t->outcome = ret_outcome;
    dragoman_bytes raw = {NULL, 0};
    astm_record record = {0};
    if (!astm_record_cut(&text, &raw) || !astm_delimiters_read(raw, &t->words.delimiters)) {
        ret_outcome->fault = "the message does not begin with a header record and its delimiters";
        return DRAGOMAN_OK;
    }
    astm_record_split(&t->words.delimiters, raw, &record);
    read_header(t, &record, link, peer);
    dragoman_status status = DRAGOMAN_OK;
    while (status == DRAGOMAN_OK && astm_record_cut(&text, &raw)) {
        astm_record_split(&t->words.delimiters, raw, &record);
        status = read_record(t, &record);
    }
    ret_outcome->replaced = t->words.replaced;
    return status == DRAGOMAN_OK ? emit(t) : status;
}

/* Whether a record is of the type `letter`: the letter, then nothing that goes on as a word. */
static bool is_record(dragoman_bytes record, char letter) {
    uint8_t first = record.size > 0 ? record.data[0] : 0;
    bool is_letter = first == (uint8_t)letter || first == (uint8_t)(letter - 'A' + 'a');
    return is_letter && (record.size == 1 || !astm_is_word(record.data[1]));
}

size_t astm_message_size(dragoman_bytes text, size_t *searched) {
    if (text.size <= *searched) {
        return 0;
    }
    dragoman_bytes rest = {text.data + *searched, text.size - *searched};
    dragoman_bytes record = {NULL, 0};
    while (astm_record_cut(&rest, &record)) {
        size_t before = (size_t)(record.data - text.data);
        bool is_complete = rest.size > 0;
        bool is_first = *searched == 0;
        if (!is_first && is_record(record, 'H') && (is_complete || record.size > 1)) {
            return before;
        }
        if (!is_complete) {
            return 0;
        }
        *searched = before + record.size + 1;
        if (is_record(record, 'L')) {
            return *searched;
        }
    }
    return 0;
}
