/* OBX rows: what each is, and those that are observations or parts of the device. */
#include "number.h"
#include "status.h"
#include "translation.h"
#include "value.h"

/* Levels of a containment path: MDS, VMD, channel, metric. */
#define LEVELS 4

/* Reads "1.2.3.4" or "1.2.3.4.5"; levels stays 0 when it is no path. */
static void read_path(hl7v2_row *row) {
    uint32_t level[LEVELS + 1] = {0};
    uint32_t count = 0;
    uint32_t digits = 0; /* of the level that is being read */
    dragoman_bytes text = row->sub_id;
    for (size_t n = 0; n <= text.size && text.size > 0; n++) {
        uint8_t byte = n < text.size ? text.data[n] : '.';
        if (byte == '.') {
            if (digits == 0 && (n < text.size || count == 0)) {
                return;
            }
            count += digits > 0;
            digits = 0;
        } else if (byte < '0' || byte > '9' || count > LEVELS || ++digits > HL7V2_DIGITS) {
            return;
        } else {
            level[count] = level[count] * 10 + (uint32_t)(byte - '0');
        }
    }
    row->levels = count;
    row->path = (dragoman_path){level[0], level[1], level[2], level[3]};
    row->facet = level[LEVELS];
}

/* Coding systems of bedside devices: a row that speaks one of them is a monitor's, so its OBX-7 is an alarm limit. */
static bool is_monitor_system(dragoman_bytes system) {
    static const char *const systems[] = {"MDC", "MDCX", "MDIL", "EHC", "99MNDRY"};
    for (size_t n = 0; n < sizeof systems / sizeof *systems; n++) {
        if (hl7v2_is(system, systems[n])) {
            return true;
        }
    }
    return false;
}

static bool is_monitor_row(const hl7v2_translation *t, const hl7v2_row *row) {
    bool is_monitor = t->is_monitor;
    for (uint32_t n = 0; n < row->code.coding_count && !is_monitor; n++) {
        is_monitor = is_monitor_system(row->code.codings[n].system);
    }
    return is_monitor;
}

/* Device terms: 4096 and up of partition 1 (MDC_DEV_...), and the device specialisations of partition 8. */
static bool is_device_term(uint32_t mdc) {
    return (mdc >= 69632 && mdc < 73728) || (mdc >= 528384 && mdc < 528896);
}

/* Terms of IEEE 11073-10103, the implanted cardiac devices: partition 11. */
static bool is_cardiac(const hl7v2_row *row) {
    for (uint32_t n = 0; n < row->code.coding_count; n++) {
        dragoman_bytes name = row->code.codings[n].text;
        if (name.size > 7 && memcmp(name.data, "MDC_IDC", 7) == 0) {
            return true;
        }
    }
    return row->mdc >> 16 == 11;
}

static bool is_device_row(const hl7v2_row *row) {
    dragoman_bytes value = hl7v2_trim(hl7v2_field(row->segment, 5));
    if (value.size > 0) {
        return false;
    }
    bool is_typeless = hl7v2_field(row->segment, 2).size == 0;
    return is_device_term(row->mdc) || (row->levels == LEVELS && row->path.metric == 0) ||
           (is_typeless && row->levels < LEVELS && row->code.coding_count > 0 &&
            hl7v2_is(row->code.codings[0].system, "MDC"));
}

/* OBX-18 of a device row; read_producer has read its first repetition. */
static dragoman_list read_entities(hl7v2_translation *t, dragoman_bytes field) {
    hl7v2_message *message = &t->message;
    dragoman_list list = {NULL, 0, sizeof(dragoman_identifier)};
    dragoman_identifier found[HL7V2_REPETITIONS];
    dragoman_bytes repetition = {NULL, 0};
    if (field.size > 0 && memchr(field.data, message->delimiters.repetition, field.size) == NULL) {
        found[0] = t->producer;
        list.count = hl7v2_identifier_is_set(&found[0]);
        field.size = 0;
    }
    while (field.size > 0 && list.count < HL7V2_REPETITIONS &&
           hl7v2_cut(&field, message->delimiters.repetition, &repetition)) {
        found[list.count] = hl7v2_entity_read(message, repetition);
        list.count += hl7v2_identifier_is_set(&found[list.count]);
    }
    dragoman_identifier *kept =
        list.count > 0 ? (dragoman_identifier *)hl7v2_take(message->memory, list.count * sizeof *kept) : NULL;
    if (kept == NULL) {
        list.count = 0;
        return list;
    }
    memcpy(kept, found, list.count * sizeof *kept);
    list.items = kept;
    return list;
}

static void add_node(hl7v2_translation *t, const hl7v2_row *row) {
    dragoman_node *node = (dragoman_node *)hl7v2_rows_push(&t->nodes, &t->memory, 8);
    if (node == NULL) {
        return;
    }
    node->path = row->path;
    node->type = row->code;
    node->identifiers = read_entities(t, hl7v2_field(row->segment, 18));
}

/* OBX-18: most rows of a message say the same, so what the row before said is kept. */
static const dragoman_identifier *read_producer(hl7v2_translation *t, dragoman_bytes field) {
    if (field.size == 0) {
        return NULL;
    }
    if (!hl7v2_same(field, t->producer_field)) {
        t->producer_field = field;
        /* It is remembered beyond this report. */
        t->message.memory = &t->header_memory;
        t->producer = hl7v2_entity_read(&t->message, field);
        t->message.memory = &t->memory;
    }
    return hl7v2_identifier_is_set(&t->producer) ? &t->producer : NULL;
}

/* OBX-17: how the value came to be, by the words of IHE DEC. */
static uint8_t obtained_by(const dragoman_concept *method) {
    static const struct {
        const char *word;
        uint8_t obtained;
    } words[] = {{"AMEAS", DRAGOMAN_OBTAINED_UNSTATED},   {"MMEAS", DRAGOMAN_OBTAINED_MANUAL},
                 {"ASET", DRAGOMAN_OBTAINED_SETTING},     {"MSET", DRAGOMAN_OBTAINED_SETTING},
                 {"ACALC", DRAGOMAN_OBTAINED_CALCULATED}, {"MCALC", DRAGOMAN_OBTAINED_CALCULATED},
                 {"69123", DRAGOMAN_OBTAINED_CONTINUOUS}, {"69124", DRAGOMAN_OBTAINED_EPISODIC}};
    for (uint32_t c = 0; c < method->coding_count; c++) {
        for (size_t n = 0; n < sizeof words / sizeof *words; n++) {
            if (hl7v2_is(method->codings[c].code, words[n].word) || hl7v2_is(method->codings[c].text, words[n].word)) {
                return words[n].obtained;
            }
        }
    }
    return DRAGOMAN_OBTAINED_UNSTATED;
}

/* OBX-5 held something that is not of its type. */
static bool accept_odd(hl7v2_translation *t, dragoman_observation *observation) {
    if (!t->dialect.keeps_odd_values) {
        hl7v2_fail(t, HL7V2_DATA_TYPE, "OBX", t->row_sequence, 5, "the value is not of the type in OBX-2");
        return false;
    }
    observation->status |= DRAGOMAN_STATUS_QUESTIONABLE;
    t->odd_values++;
    return true;
}

bool hl7v2_row_values(hl7v2_translation *t, const hl7v2_row *row, dragoman_observation *observation,
                      dragoman_samples **ret_samples) {
    hl7v2_message *message = &t->message;
    const hl7v2_segment *segment = row->segment;
    hl7v2_values values;
    hl7v2_values_read(message, hl7v2_field(segment, 2), hl7v2_field(segment, 5), t->zone, &values);
    if (values.is_too_long) {
        hl7v2_fail(t, HL7V2_DATA_TYPE, "OBX", t->row_sequence, 5, "more repetitions or samples than are taken");
        return false;
    }
    bool is_mdil = row->code.coding_count > 0 && hl7v2_is(row->code.codings[0].system, "MDIL");
    hl7v2_status status;
    hl7v2_status_read(message, hl7v2_field(segment, 8), hl7v2_field(segment, 11),
                      is_mdil ? DRAGOMAN_ABSENT_ERROR : DRAGOMAN_ABSENT_UNKNOWN, &status);
    observation->status = status.bits;
    observation->result = status.result;
    observation->flags = status.flags;
    observation->values = values.list;
    if (values.is_odd && !accept_odd(t, observation)) {
        return false;
    }
    *ret_samples = values.samples;
    if (status.absent != DRAGOMAN_PRESENT) {
        observation->values = hl7v2_values_absent(message, status.absent);
        *ret_samples = NULL;
    }
    observation->unit = hl7v2_code_read(message, hl7v2_field(segment, 6));
    return true;
}

/* The parts of a row that most rows leave empty. */
static void read_extras(hl7v2_translation *t, const hl7v2_row *row, dragoman_observation *observation) {
    hl7v2_message *message = &t->message;
    const hl7v2_segment *segment = row->segment;
    if (hl7v2_field(segment, 7).size > 0) {
        dragoman_range *range = row->is_monitor ? &observation->alarm_limits : &observation->normal_range;
        *range = hl7v2_range_read(message, hl7v2_field(segment, 7));
    }
    if (segment->count <= 17) {
        return;
    }
    if (hl7v2_field(segment, 17).size > 0) {
        observation->method = hl7v2_concept_read(message, hl7v2_field(segment, 17));
        observation->obtained = obtained_by(&observation->method);
    }
    if (segment->count > 20) {
        observation->site = hl7v2_concept_read(message, hl7v2_field(segment, 20));
        observation->instance = hl7v2_entity_read(message, hl7v2_field(segment, 21));
    }
}

/* How many rows the message may hold. */
static uint32_t likely_rows(const hl7v2_translation *t) {
    size_t rows = t->message.text.size / HL7V2_ROW_BYTES;
    return rows < HL7V2_ROWS_PER_REPORT ? (uint32_t)rows : HL7V2_ROWS_PER_REPORT;
}

static void add_observation(hl7v2_translation *t, const hl7v2_row *row, const dragoman_identifier *producer) {
    uint32_t index = t->observations.count;
    dragoman_observation *observation =
        (dragoman_observation *)hl7v2_rows_push(&t->observations, &t->memory, likely_rows(t));
    dragoman_samples *samples = NULL;
    if (observation == NULL || !hl7v2_row_values(t, row, observation, &samples)) {
        return;
    }
    observation->code = row->code;
    if (row->levels == LEVELS || row->levels == LEVELS + 1) {
        observation->path = row->path;
    }
    if (row->levels != LEVELS) {
        observation->sub_id = row->sub_id;
    }
    bool is_laboratory = t->is_laboratory || t->order_is_laboratory;
    observation->domain = (uint8_t)(is_cardiac(row) ? DRAGOMAN_DOMAIN_CARDIAC
                                    : is_laboratory ? DRAGOMAN_DOMAIN_LABORATORY
                                                    : DRAGOMAN_DOMAIN_DEVICE);
    observation->order = observation->domain == DRAGOMAN_DOMAIN_LABORATORY ? hl7v2_order_get(t) : NULL;
    bool is_own = false;
    hl7v2_order_time(t, hl7v2_field(row->segment, 14), &observation->measured_at, &is_own);
    observation->time_is_own = is_own;
    read_extras(t, row, observation);
    if (producer != NULL) {
        observation->producer = *producer;
    }
    t->row_takes_notes = true;
    hl7v2_device_describe(t, row);
    if (samples != NULL) {
        bool has_period =
            t->order_start.precision != DRAGOMAN_TIME_NONE && t->order_end.precision != DRAGOMAN_TIME_NONE;
        observation->measured_until = has_period ? t->order_end : observation->measured_until;
        hl7v2_wave_add(t, observation->path, samples);
    } else if (row->levels == LEVELS + 1 && hl7v2_wave_take(t, row, observation, index)) {
        t->observations.count--;
        t->row_takes_notes = false;
    }
}

/* A row that nobody could name: it goes to the dead letters, the rest of the message does not suffer. */
static void bury(hl7v2_translation *t, const hl7v2_segment *segment) {
    (void)t->host->dead_letter(t->context, segment->raw, DRAGOMAN_TEXT("OBX"),
                               DRAGOMAN_TEXT("segment OBX field 3: there is no code; the row was left out"));
    t->host->log(t->context, DRAGOMAN_LOG_WARNING, DRAGOMAN_TEXT("an OBX without a code in field 3 was left out"),
                 (dragoman_bytes){NULL, 0});
}

void hl7v2_row_read(hl7v2_translation *t, const hl7v2_segment *segment) {
    hl7v2_message *message = &t->message;
    t->row_sequence++;
    t->row_takes_notes = false;
    hl7v2_report_make_room(t);
    hl7v2_row row = {.segment = segment};
    row.code = hl7v2_concept_read(message, hl7v2_field(segment, 3));
    row.sub_id = hl7v2_word(message, hl7v2_field(segment, 4));
    if (row.code.coding_count == 0 && row.code.text.size == 0) {
        bury(t, segment);
        return;
    }
    row.mdc = hl7v2_mdc_of(&row.code);
    read_path(&row);
    row.is_monitor = is_monitor_row(t, &row);
    t->needs_bed |= row.is_monitor || !(t->is_laboratory || t->order_is_laboratory);
    bool is_device = is_device_row(&row);
    const dragoman_identifier *producer = read_producer(t, hl7v2_field(segment, 18));
    uint32_t mds = row.levels >= LEVELS || is_device ? row.path.mds : 0;
    bool is_mds_row = row.levels > 0 && row.path.vmd == 0 && row.path.channel == 0 && row.path.metric == 0;
    if (producer != NULL) {
        hl7v2_device_hear(t, mds, is_mds_row, producer);
    }
    if (hl7v2_alert_take(t, &row)) {
        return;
    }
    if (is_device) {
        add_node(t, &row);
    } else {
        add_observation(t, &row, producer);
    }
}

/* Adds a line to the note of a row. Notes come in many parts, so there is always room for as much again. */
static void add_note(hl7v2_translation *t, dragoman_observation *row, dragoman_bytes line) {
    size_t size = row->note.size;
    size_t needed = line.size + (size > 0 ? 1 : 0);
    uint8_t *text = (uint8_t *)(uintptr_t)row->note.data;
    if (size == 0 || needed > t->note_room) {
        size_t room = (size + needed) * 2 < HL7V2_NOTE_ROOM ? HL7V2_NOTE_ROOM : (size + needed) * 2;
        text = (uint8_t *)hl7v2_take(&t->memory, room);
        if (text == NULL) {
            return;
        }
        if (size > 0) {
            memcpy(text, row->note.data, size);
        }
        t->note_room = room - size;
    }
    if (size > 0) {
        text[size++] = '\n';
    }
    memcpy(text + size, line.data, line.size);
    t->note_room -= needed;
    row->note = (dragoman_bytes){text, size + line.size};
}

void hl7v2_row_note(hl7v2_translation *t, const hl7v2_segment *segment) {
    if (!t->row_takes_notes || t->observations.count == 0) {
        return;
    }
    dragoman_observation *last = (dragoman_observation *)hl7v2_rows_at(&t->observations, t->observations.count - 1);
    dragoman_bytes repetition = {NULL, 0};
    dragoman_bytes field = hl7v2_field(segment, 3);
    while (field.size > 0 && hl7v2_cut(&field, t->message.delimiters.repetition, &repetition)) {
        dragoman_bytes line = hl7v2_word(&t->message, repetition);
        if (line.size > 0) {
            add_note(t, last, line);
        }
    }
}

void hl7v2_row_participant(hl7v2_translation *t, const hl7v2_segment *segment) {
    const dragoman_identifier *producer = read_producer(t, hl7v2_field(segment, 10));
    if (!t->row_takes_notes || t->observations.count == 0 || producer == NULL) {
        return;
    }
    dragoman_observation *last = (dragoman_observation *)hl7v2_rows_at(&t->observations, t->observations.count - 1);
    if (!hl7v2_identifier_is_set(&last->producer)) {
        last->producer = *producer;
        hl7v2_device_hear(t, last->path.mds, false, producer);
    }
}
