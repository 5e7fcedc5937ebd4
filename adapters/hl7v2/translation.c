#include "translation.h"
#include "charset.h"
#include "time.h"

void hl7v2_fail(hl7v2_translation *t, uint32_t code, const char *segment, uint32_t sequence, uint32_t field,
                const char *reason) {
    if (t->fault.code != 0) {
        return;
    }
    t->fault = (hl7v2_fault){.code = code, .sequence = sequence, .field = field, .reason = reason};
    memcpy(t->fault.segment, segment, strlen(segment) < 3 ? strlen(segment) : 3);
}

void hl7v2_translation_init(hl7v2_translation *t, const dragoman_host *host, void *context,
                            const hl7v2_settings *settings) {
    memset(t, 0, sizeof *t);
    t->host = host;
    t->context = context;
    t->settings = settings;
    t->memory = (hl7v2_memory){.host = host, .context = context};
    t->header_memory = t->memory;
    t->observations = (hl7v2_rows){.item_size = sizeof(dragoman_observation), .most = HL7V2_ROWS_PER_REPORT};
    t->nodes = (hl7v2_rows){.item_size = sizeof(dragoman_node), .most = HL7V2_NODES_PER_REPORT};
    t->alerts = (hl7v2_rows){.item_size = sizeof(dragoman_alert), .most = HL7V2_ALERTS_PER_REPORT};
    /* An update may bring a suspected move with it. */
    t->contexts = (hl7v2_rows){.item_size = sizeof(dragoman_context), .most = HL7V2_CONTEXTS_PER_REPORT + 1};
}

/* Forgets the message before. */
static void reset(hl7v2_translation *t, dragoman_bytes text) {
    hl7v2_memory_reset(&t->header_memory);
    hl7v2_memory_reset(&t->memory);
    hl7v2_report_clear(t);
    t->message = (hl7v2_message){.host = t->host, .context = t->context, .memory = &t->header_memory, .text = text};
    t->fault = (hl7v2_fault){0};
    t->odd_values = 0;
    t->header.count = 0;
    t->dialect = t->dialects.link;
    t->type = t->trigger = t->version = t->id = (dragoman_bytes){NULL, 0};
    t->sent_at = (dragoman_time){.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN};
    t->zone = DRAGOMAN_OFFSET_UNKNOWN;
    t->is_answer = t->is_laboratory = t->is_monitor = false;
    t->reports = 0;
    t->claim.pid.count = t->claim.pv1.count = t->claim.mrg.count = 0;
    t->has_first_claim = false;
    t->event.count = t->order.count = t->specimen.count = 0;
    t->patients = 0;
    t->order_number = 0;
    t->order_start = t->order_end = t->sent_at;
    t->order_is_laboratory = false;
    t->row_sequence = 0;
    t->heard_count = 0;
    t->described_count = 0;
    t->needs_bed = false;
    t->producer_field = (dragoman_bytes){NULL, 0};
}

static bool is_version(dragoman_bytes version) {
    static const char *const versions[] = {"2.1", "2.2", "2.3",   "2.3.1", "2.4",   "2.5",  "2.5.1",
                                           "2.6", "2.7", "2.7.1", "2.8",   "2.8.1", "2.8.2"};
    for (size_t n = 0; n < sizeof versions / sizeof *versions; n++) {
        if (hl7v2_is(version, versions[n])) {
            return true;
        }
    }
    return version.size == 0;
}

/* Whether an entry of `discard` ("MDM", "MDM^T02" or "MDM_T02") names this message. */
static bool is_discarded(const hl7v2_translation *t) {
    for (uint32_t n = 0; n < t->settings->discard_count; n++) {
        dragoman_bytes entry = t->settings->discard[n];
        if (entry.size < t->type.size || memcmp(entry.data, t->type.data, t->type.size) != 0) {
            continue;
        }
        dragoman_bytes rest = {entry.data + t->type.size, entry.size - t->type.size};
        if (rest.size == 0) {
            return true;
        }
        dragoman_bytes trigger = {rest.data + 1, rest.size - 1};
        if ((rest.data[0] == '^' || rest.data[0] == '_') && hl7v2_same(trigger, t->trigger)) {
            return true;
        }
    }
    return false;
}

static bool is_one_of(dragoman_bytes word, const char *const *words, size_t count) {
    for (size_t n = 0; n < count; n++) {
        if (hl7v2_is(word, words[n])) {
            return true;
        }
    }
    return false;
}

static void find_kind(hl7v2_translation *t) {
    static const char *const oru[] = {"", "R01", "R30", "R31", "R32", "R40"};
    if (is_discarded(t) || (hl7v2_is(t->type, "ACK") && t->is_answer)) {
        t->kind = HL7V2_KIND_DISCARDED;
        return;
    }
    bool is_oru = hl7v2_is(t->type, "ORU");
    bool is_oul = hl7v2_is(t->type, "OUL");
    bool is_orf = hl7v2_is(t->type, "ORF");
    bool is_adt = hl7v2_is(t->type, "ADT");
    t->kind = hl7v2_is(t->trigger, "R40") ? HL7V2_KIND_ALARMS : is_adt ? HL7V2_KIND_ADT : HL7V2_KIND_RESULTS;
    bool is_point_of_care = t->trigger.size == 3 && t->trigger.data[1] == '3';
    t->is_laboratory = t->dialect.speaker == HL7V2_SPEAKER_LABORATORY ||
                       (t->dialect.speaker == HL7V2_SPEAKER_AUTO && (is_oul || (is_oru && is_point_of_care)));
    bool is_known = (is_oru && is_one_of(t->trigger, oru, sizeof oru / sizeof *oru)) ||
                    (is_oul && hl7v2_is(t->trigger, "R22")) ||
                    (is_orf && (t->trigger.size == 0 || hl7v2_is(t->trigger, "R04"))) ||
                    /* The oldest versions name an ADT's event in EVN only. */
                    (is_adt && (t->trigger.size == 0 || hl7v2_adt_knows(t->trigger)));
    if (!is_known && (is_oru || is_oul || is_orf || is_adt)) {
        hl7v2_fail(t, is_adt ? HL7V2_UNSUPPORTED_EVENT : HL7V2_UNSUPPORTED_MESSAGE, "MSH", 1, 9,
                   "this event is not understood here");
    } else if (!is_known) {
        hl7v2_fail(t, HL7V2_UNSUPPORTED_MESSAGE, "MSH", 1, 9, "this message type is not understood here");
    }
}

/* Reads the first segment into t->header, and whether an MSA follows it. */
static void read_header(hl7v2_translation *t) {
    hl7v2_reader reader = {.message = &t->message};
    hl7v2_segment following;
    (void)hl7v2_reader_next(&reader, &t->header);
    while (hl7v2_reader_next(&reader, &following) && following.name == HL7V2_NAME('S', 'F', 'T')) {
    }
    t->is_answer = reader.position > 1 && following.name == HL7V2_NAME('M', 'S', 'A');
}

static dragoman_bytes header_word(hl7v2_translation *t, uint32_t field, uint32_t component) {
    return hl7v2_word(&t->message, hl7v2_component(&t->message, hl7v2_header_field(&t->header, field), component));
}

static void read_fields(hl7v2_translation *t) {
    t->type = header_word(t, 9, 1);
    t->trigger = header_word(t, 9, 2);
    t->id = header_word(t, 10, 1);
    t->version = header_word(t, 12, 1);
    if (hl7v2_time_read(header_word(t, 7, 1), DRAGOMAN_OFFSET_UNKNOWN, &t->sent_at)) {
        t->zone = t->sent_at.offset_minutes;
    }
    t->order_start = t->order_end = (dragoman_time){.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN};
    t->is_monitor = t->dialect.speaker == HL7V2_SPEAKER_MONITOR;
    if (t->type.size == 0) {
        hl7v2_fail(t, HL7V2_REQUIRED_FIELD, "MSH", 1, 9, "the message type is missing");
    } else if (t->id.size == 0) {
        hl7v2_fail(t, HL7V2_REQUIRED_FIELD, "MSH", 1, 10, "the message control id is missing");
    } else if (!is_version(t->version)) {
        hl7v2_fail(t, HL7V2_UNSUPPORTED_VERSION, "MSH", 1, 12, "this version of HL7 is not understood here");
    } else {
        find_kind(t);
    }
}

void hl7v2_translation_forget(hl7v2_translation *t) {
    hl7v2_memory_forget(&t->memory);
    hl7v2_memory_forget(&t->header_memory);
    hl7v2_rows_forget(&t->observations);
    hl7v2_rows_forget(&t->nodes);
    hl7v2_rows_forget(&t->alerts);
    hl7v2_rows_forget(&t->contexts);
}

void hl7v2_translation_begin(hl7v2_translation *t, dragoman_bytes text) {
    reset(t, text);
    if (hl7v2_message_init(&t->message, text) != DRAGOMAN_OK) {
        hl7v2_fail(t, HL7V2_SEGMENT_SEQUENCE, "MSH", 1, 1, "the message does not begin with MSH and a separator");
        return;
    }
    read_header(t);
    t->dialect = *hl7v2_dialect_of(&t->dialects, &t->message, &t->header);
    dragoman_bytes declared = hl7v2_header_field(&t->header, 18);
    dragoman_status status = hl7v2_charset_apply(&t->message, t->dialect.charset, declared);
    if (status != DRAGOMAN_OK) {
        hl7v2_fail(t, HL7V2_INTERNAL_ERROR, "MSH", 1, 18, "this character set cannot be read here");
        return;
    }
    if (t->message.text.data != text.data) {
        read_header(t);
    }
    read_fields(t);
    t->message.memory = &t->memory;
}

static void begin_patient(hl7v2_translation *t, const hl7v2_segment *segment) {
    if (t->kind == HL7V2_KIND_ADT) {
        hl7v2_adt_close(t);
    }
    if (t->observations.count + t->alerts.count + t->nodes.count > 0) {
        hl7v2_report_flush(t);
    }
    t->patients++;
    t->heard_count = 0;
    t->described_count = 0;
    t->needs_bed = false;
    t->claim.pid = *segment;
    t->claim.pv1.count = 0;
    t->claim.mrg.count = 0;
    t->order.count = 0;
    t->specimen.count = 0;
    t->order_read = NULL;
    t->order_number++;
    t->order_start = t->order_end = (dragoman_time){.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN};
    t->order_is_laboratory = false;
    t->row_takes_notes = false;
}

static void read_event(hl7v2_translation *t, const hl7v2_segment *segment) {
    t->event = *segment;
    if (t->kind == HL7V2_KIND_ADT && t->trigger.size == 0) {
        t->trigger = hl7v2_word(&t->message, hl7v2_component(&t->message, hl7v2_field(segment, 1), 1));
        if (!hl7v2_adt_knows(t->trigger)) {
            hl7v2_fail(t, HL7V2_UNSUPPORTED_EVENT, "EVN", 1, 1, "this event is not understood here");
        }
    }
}

/* A line without a name: the sender mistyped one that is known, or broke a text into lines. */
static void fail_nameless(hl7v2_translation *t, const hl7v2_segment *segment) {
    static const char known[] = "MSH EVN PID PV1 MRG ORC OBR OBX NTE PRT SPM";
    char name[4] = {0};
    char upper[4] = {0};
    for (size_t n = 0; n < 3 && n < segment->raw.size; n++) {
        uint8_t letter = segment->raw.data[n];
        name[n] = (char)letter;
        upper[n] = (char)(letter >= 'a' && letter <= 'z' ? letter - 'a' + 'A' : letter);
    }
    bool is_first = t->fault.code == 0;
    bool is_known = strlen(upper) == 3 && strchr(upper, ' ') == NULL && strstr(known, upper) != NULL;
    hl7v2_fail(t, HL7V2_SEGMENT_SEQUENCE, name, segment->position, 0, "this is no segment");
    t->fault.is_nameless = is_first ? !is_known : t->fault.is_nameless;
}

static void read_segment(hl7v2_translation *t, const hl7v2_segment *segment) {
    switch (segment->name) {
    case HL7V2_NAME('O', 'B', 'X'):
        hl7v2_row_read(t, segment);
        return;
    case HL7V2_NAME('N', 'T', 'E'):
        hl7v2_row_note(t, segment);
        return;
    case HL7V2_NAME('P', 'R', 'T'):
        hl7v2_row_participant(t, segment);
        return;
    case HL7V2_NAME('P', 'I', 'D'):
        begin_patient(t, segment);
        return;
    case HL7V2_NAME('P', 'V', '1'):
        t->claim.pv1 = *segment;
        break;
    case HL7V2_NAME('M', 'R', 'G'):
        t->claim.mrg = *segment;
        break;
    case HL7V2_NAME('E', 'V', 'N'):
        read_event(t, segment);
        break;
    case HL7V2_NAME('O', 'B', 'R'):
        hl7v2_order_begin(t, segment);
        break;
    case HL7V2_NAME('S', 'P', 'M'):
        hl7v2_order_specimen(t, segment);
        break;
    case HL7V2_MSH:
        hl7v2_fail(t, HL7V2_SEGMENT_SEQUENCE, "MSH", 2, 0, "a second message begins inside of this one");
        break;
    case 0:
        fail_nameless(t, segment);
        break;
    default:
        break;
    }
    t->row_takes_notes = false;
}

void hl7v2_translation_run(hl7v2_translation *t) {
    hl7v2_reader reader = {.message = &t->message, .at = t->header.raw.size, .position = 1};
    hl7v2_segment segment;
    while (t->fault.code == 0 && hl7v2_reader_next(&reader, &segment)) {
        read_segment(t, &segment);
    }
    if (t->kind == HL7V2_KIND_ADT) {
        if (t->patients == 0) {
            hl7v2_fail(t, HL7V2_SEGMENT_SEQUENCE, "PID", 1, 0, "an ADT message needs a patient");
        }
        hl7v2_adt_close(t);
        hl7v2_adt_end(t);
    }
    hl7v2_report_flush(t);
    if (t->header_memory.failed) {
        hl7v2_fail(t, HL7V2_INTERNAL_ERROR, "MSH", 1, 0, "the message needs more memory than an adapter may use");
    }
}
