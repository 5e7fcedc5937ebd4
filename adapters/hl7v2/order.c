/* OBR and SPM: the order, the specimen and the times that a group of rows shares. */
#include "time.h"
#include "translation.h"

/* Diagnostic service sections (OBR-24, HL7 table 0074) that are a laboratory's. */
static bool is_laboratory_section(dragoman_bytes section) {
    static const char *const sections[] = {"AU", "BG",  "BLB", "CH",  "CP", "CUS", "GE", "HM",  "IMM", "LAB",
                                           "MB", "MCB", "MYC", "PAR", "SP", "SR",  "TX", "URN", "VR"};
    for (size_t n = 0; n < sizeof sections / sizeof *sections; n++) {
        if (hl7v2_is(section, sections[n])) {
            return true;
        }
    }
    return false;
}

static void read_time(hl7v2_translation *t, const hl7v2_segment *segment, uint32_t field, dragoman_time *ret_time) {
    dragoman_bytes text = hl7v2_word(&t->message, hl7v2_component(&t->message, hl7v2_field(segment, field), 1));
    (void)hl7v2_time_read(text, t->zone, ret_time);
}

/* In OUL a specimen stands before its orders, in ORU behind the rows of its order. */
static bool has_specimen_first(const hl7v2_translation *t) {
    return hl7v2_is(t->type, "OUL");
}

void hl7v2_order_begin(hl7v2_translation *t, const hl7v2_segment *segment) {
    t->order = *segment;
    t->order_number++;
    t->order_first_row = t->observations.count;
    t->order_first_alert = t->alerts.count;
    t->order_read = NULL;
    t->row_takes_notes = false;
    if (!has_specimen_first(t)) {
        t->specimen.count = 0;
    }
    read_time(t, segment, 7, &t->order_start);
    read_time(t, segment, 8, &t->order_end);
    t->order_is_laboratory = t->dialect.speaker != HL7V2_SPEAKER_MONITOR &&
                             is_laboratory_section(hl7v2_word(&t->message, hl7v2_field(segment, 24)));
}

void hl7v2_order_specimen(hl7v2_translation *t, const hl7v2_segment *segment) {
    t->specimen = *segment;
    t->order_read = NULL;
    if (t->dialect.speaker == HL7V2_SPEAKER_MONITOR || has_specimen_first(t)) {
        return;
    }
    for (uint32_t n = t->order_first_row; n < t->observations.count; n++) {
        dragoman_observation *row = (dragoman_observation *)hl7v2_rows_at(&t->observations, n);
        if (row->domain != DRAGOMAN_DOMAIN_CARDIAC) {
            row->domain = DRAGOMAN_DOMAIN_LABORATORY;
            row->order = hl7v2_order_get(t);
        }
    }
}

/* SPM-2: the filler's identifier of the specimen, else the placer's. */
static dragoman_identifier read_specimen(hl7v2_message *message, dragoman_bytes field) {
    dragoman_bytes part = hl7v2_component(message, field, 2);
    part = part.size > 0 ? part : hl7v2_component(message, field, 1);
    return (dragoman_identifier){.value = hl7v2_word(message, hl7v2_subcomponent(message, part, 1)),
                                 .authority = hl7v2_word(message, hl7v2_subcomponent(message, part, 2)),
                                 .universal = hl7v2_word(message, hl7v2_subcomponent(message, part, 3)),
                                 .universal_type = hl7v2_word(message, hl7v2_subcomponent(message, part, 4))};
}

/* OBR-15 of versions without SPM: a coded element written with sub-components. */
static dragoman_concept read_source(hl7v2_message *message, dragoman_bytes field) {
    dragoman_bytes part = hl7v2_component(message, field, 1);
    dragoman_code code = {.code = hl7v2_word(message, hl7v2_subcomponent(message, part, 1)),
                          .text = hl7v2_word(message, hl7v2_subcomponent(message, part, 2)),
                          .system = hl7v2_word(message, hl7v2_subcomponent(message, part, 3))};
    if (code.code.size == 0) {
        return (dragoman_concept){.text = code.text};
    }
    dragoman_code *kept = (dragoman_code *)hl7v2_take(message->memory, sizeof *kept);
    if (kept == NULL) {
        return (dragoman_concept){0};
    }
    *kept = code;
    return (dragoman_concept){.codings = kept, .coding_count = 1};
}

const dragoman_order *hl7v2_order_get(hl7v2_translation *t) {
    if (t->order_read != NULL || t->order.count == 0) {
        return t->order_read;
    }
    dragoman_order *order = (dragoman_order *)hl7v2_take(&t->memory, sizeof *order);
    if (order == NULL) {
        return NULL;
    }
    hl7v2_message *message = &t->message;
    *order = (dragoman_order){
        .struct_size = sizeof *order,
        .placer = hl7v2_entity_read(message, hl7v2_field(&t->order, 2)),
        .filler = hl7v2_entity_read(message, hl7v2_field(&t->order, 3)),
        .service = hl7v2_concept_read(message, hl7v2_field(&t->order, 4)),
        .specimen = read_specimen(message, hl7v2_field(&t->specimen, 2)),
        .specimen_type = hl7v2_concept_read(message, hl7v2_field(&t->specimen, 4)),
    };
    read_time(t, &t->specimen, 17, &order->collected_at);
    if (t->specimen.count == 0) {
        order->specimen_type = read_source(message, hl7v2_field(&t->order, 15));
        order->collected_at = t->order_start;
    }
    t->order_read = order;
    return order;
}

void hl7v2_order_time(hl7v2_translation *t, dragoman_bytes field, dragoman_time *ret_time, bool *ret_is_own) {
    *ret_is_own = false;
    if (field.size > 0) {
        dragoman_bytes text = hl7v2_word(&t->message, hl7v2_component(&t->message, field, 1));
        if (hl7v2_time_read(text, t->zone, ret_time)) {
            *ret_is_own = true;
            return;
        }
        t->odd_values += text.size > 0;
    }
    *ret_time = t->order_start.precision != DRAGOMAN_TIME_NONE ? t->order_start : t->sent_at;
}
