/* Test order and result records (E1394 9 and 10). */
#include "translation.h"

/* A component, trimmed, with escapes undone. */
static dragoman_bytes part(astm_translation *t, dragoman_bytes field, uint32_t number) {
    return astm_word(&t->words, astm_component(&t->words.delimiters, field, number));
}

/* From component `from` to the last that says something, without empty ones in front. */
static dragoman_bytes parts_from(const astm_delimiters *delimiters, dragoman_bytes field, uint32_t from) {
    dragoman_bytes ignored = {NULL, 0};
    for (uint32_t n = 1; n < from; n++) {
        if (!astm_cut(&field, delimiters->component, &ignored)) {
            return (dragoman_bytes){NULL, 0};
        }
    }
    while (field.size > 0 && (field.data[0] == delimiters->component || field.data[0] == ' ')) {
        field = (dragoman_bytes){field.data + 1, field.size - 1};
    }
    while (field.size > 0 &&
           (field.data[field.size - 1] == delimiters->component || field.data[field.size - 1] == ' ')) {
        field.size--;
    }
    return field;
}

/* The manufacturer's code: the component that the dialect names, else all from the fourth on (E1394 5.6.1). */
static dragoman_bytes local_code(astm_translation *t, dragoman_bytes field) {
    dragoman_bytes code = {NULL, 0};
    if (t->dialect.code_component > 0) {
        code = part(t, field, t->dialect.code_component);
    }
    return code.size > 0 ? code : astm_word(&t->words, parts_from(&t->words.delimiters, field, 4));
}

/* A universal test id: the manufacturer's code first, since results are known by it, then the standard's and LOINC. */
static dragoman_concept read_test(astm_translation *t, dragoman_bytes field) {
    dragoman_code *codings = (dragoman_code *)astm_take(t, 3 * sizeof *codings);
    dragoman_concept test = {0};
    if (codings == NULL) {
        return test;
    }
    dragoman_bytes name = part(t, field, 2);
    dragoman_code local = {.code = local_code(t, field), .text = name, .system = t->dialect.code_system};
    dragoman_code universal = {.code = part(t, field, 1), .text = name, .system = part(t, field, 3)};
    dragoman_code loinc = {.system = DRAGOMAN_TEXT("LN")};
    if (t->dialect.loinc_component > 0) {
        loinc.code = part(t, field, t->dialect.loinc_component);
    }
    const dragoman_code *found[] = {&local, &universal, &loinc};
    for (size_t n = 0; n < 3; n++) {
        if (found[n]->code.size > 0) {
            codings[test.coding_count++] = *found[n];
        }
    }
    test.codings = codings;
    test.text = test.coding_count == 0 ? name : (dragoman_bytes){NULL, 0};
    return test;
}

void astm_order_read(astm_translation *t, const astm_record *record) {
    const astm_delimiters *delimiters = &t->words.delimiters;
    t->order = NULL;
    t->order_note = (dragoman_bytes){NULL, 0};
    t->is_control = astm_is(astm_trim(astm_field(record, 12)), "Q");
    dragoman_order *order = (dragoman_order *)astm_take(t, sizeof *order);
    if (order == NULL) {
        return;
    }
    order->struct_size = sizeof *order;
    uint32_t component = t->dialect.specimen_component == 0 ? 1 : t->dialect.specimen_component;
    dragoman_bytes specimen = part(t, astm_field(record, 3), component);
    /* The instrument's own number where the information system gave none. */
    specimen = specimen.size > 0 ? specimen : part(t, astm_field(record, 4), component);
    order->specimen.value = specimen;
    if (t->dialect.order_number == ASTM_ORDER_SPECIMEN) {
        order->placer.value = specimen;
    }
    dragoman_bytes tests = astm_field(record, 5);
    bool is_single = tests.size > 0 && memchr(tests.data, delimiters->repetition, tests.size) == NULL;
    order->service = is_single ? read_test(t, tests) : (dragoman_concept){.text = astm_word(&t->words, tests)};
    order->specimen_type.text = part(t, astm_field(record, 16), 1);
    t->outcome->odd += !astm_time_read(astm_field(record, 8), &order->collected_at) && astm_field(record, 8).size > 0;
    t->order = order;
}

/* Flags of E1394 10.1.7: < and > speak of the instrument's scale and are status bits, the rest travels on as sent. */
static void read_flags(astm_translation *t, dragoman_bytes field, dragoman_observation *row) {
    dragoman_code found[ASTM_REPETITIONS];
    dragoman_bytes repetition = {NULL, 0};
    uint32_t count = 0;
    while (count < ASTM_REPETITIONS && astm_cut(&field, t->words.delimiters.repetition, &repetition)) {
        dragoman_bytes flag = part(t, repetition, 1);
        if (astm_is(flag, "<")) {
            row->status |= DRAGOMAN_STATUS_UNDERFLOW;
        } else if (astm_is(flag, ">")) {
            row->status |= DRAGOMAN_STATUS_OVERFLOW;
        } else if (flag.size > 0) {
            found[count++] = (dragoman_code){.code = flag};
        }
    }
    dragoman_code *kept = count > 0 ? (dragoman_code *)astm_take(t, count * sizeof *kept) : NULL;
    if (kept != NULL) {
        memcpy(kept, found, count * sizeof *kept);
        row->flags = (dragoman_concept){.codings = kept, .coding_count = count};
    }
}

static uint32_t count_repetitions(const astm_delimiters *delimiters, dragoman_bytes field) {
    dragoman_bytes repetition = {NULL, 0};
    uint32_t count = 0;
    while (count < ASTM_REPETITIONS && astm_cut(&field, delimiters->repetition, &repetition)) {
        count++;
    }
    return count > 0 ? count : 1;
}

/* Field 4. A status letter that says that there is no value counts only where none stands. */
static void read_values(astm_translation *t, dragoman_bytes field, uint8_t absent, dragoman_observation *row) {
    uint32_t count = count_repetitions(&t->words.delimiters, field);
    dragoman_value *values = (dragoman_value *)astm_take(t, count * sizeof *values);
    if (values == NULL) {
        return;
    }
    for (uint32_t n = 0; n < count; n++) {
        dragoman_bytes repetition = {NULL, 0};
        /* What is beyond the repetitions that are taken is part of the last: nothing is lost. */
        if (n + 1 < count) {
            (void)astm_cut(&field, t->words.delimiters.repetition, &repetition);
        } else {
            repetition = field;
        }
        if (!astm_value_read(&t->words, repetition, &values[n])) {
            values[n].absent = absent;
        }
    }
    row->values = DRAGOMAN_LIST(values, count);
}

/* When the test was done (field 13), else begun (12), else the time of the message. */
static void read_time(astm_translation *t, const astm_record *record, dragoman_observation *row) {
    static const uint32_t fields[] = {13, 12};
    for (size_t n = 0; n < sizeof fields / sizeof *fields; n++) {
        dragoman_bytes field = astm_field(record, fields[n]);
        if (astm_time_read(field, &row->measured_at)) {
            row->time_is_own = 1;
            return;
        }
        t->outcome->odd += astm_trim(field).size > 0;
    }
    row->measured_at = t->sent_at;
}

static dragoman_observation *next_row(astm_translation *t) {
    if (t->count == ASTM_ROWS_PER_REPORT) {
        return NULL;
    }
    if (t->count == t->room) {
        uint32_t room = t->room == 0 ? 16 : t->room * 2;
        dragoman_observation *rows = (dragoman_observation *)astm_take(t, room * sizeof *rows);
        if (rows == NULL) {
            return NULL;
        }
        if (t->count > 0) {
            memcpy(rows, t->rows, t->count * sizeof *rows);
        }
        t->rows = rows;
        t->room = room;
    }
    dragoman_observation *row = &t->rows[t->count++];
    *row = (dragoman_observation){0};
    return row;
}

void astm_result_add(astm_translation *t, const astm_record *record) {
    dragoman_concept test = read_test(t, astm_field(record, 3));
    t->last = 0;
    if (test.coding_count == 0 && test.text.size == 0) {
        (void)t->host->dead_letter(t->context, record->raw, DRAGOMAN_TEXT("R"),
                                   DRAGOMAN_TEXT("record R field 3: there is no test; the result was left out"));
        t->host->log(t->context, DRAGOMAN_LOG_WARNING, DRAGOMAN_TEXT("a result without a test in field 3 was left out"),
                     (dragoman_bytes){NULL, 0});
        return;
    }
    dragoman_observation *row = next_row(t);
    if (row == NULL) {
        return;
    }
    astm_result result = astm_result_read(&t->words.delimiters, astm_field(record, 9));
    row->code = test;
    row->domain = DRAGOMAN_DOMAIN_LABORATORY;
    row->order = t->order;
    row->result = result.result;
    row->status = result.status | (t->is_test || t->is_control ? DRAGOMAN_STATUS_TEST_DATA : 0);
    read_values(t, astm_field(record, 4), result.absent, row);
    row->unit.code = part(t, astm_field(record, 5), 1);
    row->normal_range = astm_range_read(&t->words, astm_field(record, 6));
    read_flags(t, astm_field(record, 7), row);
    read_time(t, record, row);
    row->producer.value = part(t, astm_field(record, 14), 1);
    row->note = astm_join_notes(t, t->patient_note, t->order_note);
    t->last = 'R';
}
