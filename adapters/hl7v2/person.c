#include "person.h"
#include "time.h"

/* The CX repetitions of a field that have a value. */
static dragoman_list read_identifiers(hl7v2_message *message, dragoman_bytes field) {
    dragoman_list list = {NULL, 0, sizeof(dragoman_identifier)};
    if (field.size == 0) {
        return list;
    }
    dragoman_identifier found[HL7V2_REPETITIONS];
    dragoman_bytes repetition = {NULL, 0};
    while (list.count < HL7V2_REPETITIONS && hl7v2_cut(&field, message->delimiters.repetition, &repetition)) {
        found[list.count] = hl7v2_extended_read(message, repetition);
        list.count += found[list.count].value.size > 0;
    }
    size_t size = list.count * sizeof *found;
    void *kept = size > 0 ? hl7v2_take(message->memory, size) : NULL;
    if (kept == NULL) {
        list.count = 0;
        return list;
    }
    memcpy(kept, found, size);
    list.items = kept;
    return list;
}

static dragoman_identifier first_identifier(hl7v2_message *message, dragoman_bytes field) {
    dragoman_bytes repetition = {NULL, 0};
    if (field.size == 0 || !hl7v2_cut(&field, message->delimiters.repetition, &repetition)) {
        return (dragoman_identifier){0};
    }
    return hl7v2_extended_read(message, repetition);
}

/* An XPN: family (& its parts) ^ given ^ further given names ^ suffix ^ prefix ^ degree ^ use ^ representation. */
static dragoman_name read_name(hl7v2_message *message, dragoman_bytes repetition) {
    hl7v2_components c;
    hl7v2_split(message, repetition, &c);
    dragoman_bytes given[2] = {hl7v2_word(message, c.part[1]), hl7v2_word(message, c.part[2])};
    return (dragoman_name){
        .family = hl7v2_word(message, hl7v2_subcomponent(message, c.part[0], 1)),
        .given = given[1].size == 0 ? given[0] : hl7v2_join(message, given, 2, ' '),
        .suffix = hl7v2_word(message, c.part[3]),
        .prefix = hl7v2_word(message, c.part[4]),
        .use = hl7v2_word(message, c.part[6]),
        .representation = hl7v2_word(message, c.part[7]),
    };
}

static dragoman_list read_names(hl7v2_message *message, dragoman_bytes field) {
    dragoman_list list = {NULL, 0, sizeof(dragoman_name)};
    if (field.size == 0) {
        return list;
    }
    dragoman_name found[HL7V2_REPETITIONS];
    dragoman_bytes repetition = {NULL, 0};
    while (list.count < HL7V2_REPETITIONS && hl7v2_cut(&field, message->delimiters.repetition, &repetition)) {
        found[list.count] = read_name(message, repetition);
        list.count += found[list.count].family.size > 0 || found[list.count].given.size > 0;
    }
    size_t size = list.count * sizeof *found;
    void *kept = size > 0 ? hl7v2_take(message->memory, size) : NULL;
    if (kept == NULL) {
        list.count = 0;
        return list;
    }
    memcpy(kept, found, size);
    list.items = kept;
    return list;
}

const dragoman_patient *hl7v2_patient_read(hl7v2_message *message, const hl7v2_claim *claim) {
    dragoman_patient patient = {.struct_size = sizeof patient};
    patient.identifiers = read_identifiers(message, hl7v2_field(&claim->pid, 3));
    if (patient.identifiers.count == 0) {
        /* The oldest versions had the only identifier in PID-2. */
        patient.identifiers = read_identifiers(message, hl7v2_field(&claim->pid, 2));
    }
    patient.names = read_names(message, hl7v2_field(&claim->pid, 5));
    patient.account = first_identifier(message, hl7v2_field(&claim->pid, 18));
    patient.visit = first_identifier(message, hl7v2_field(&claim->pv1, 19));
    if (patient.identifiers.count == 0 && patient.names.count == 0 && patient.account.value.size == 0 &&
        patient.visit.value.size == 0) {
        return NULL;
    }
    dragoman_bytes born = hl7v2_word(message, hl7v2_component(message, hl7v2_field(&claim->pid, 7), 1));
    (void)hl7v2_time_read(born, DRAGOMAN_OFFSET_UNKNOWN, &patient.born_at);
    patient.sex = hl7v2_word(message, hl7v2_component(message, hl7v2_field(&claim->pid, 8), 1));
    patient.visit_class = hl7v2_word(message, hl7v2_component(message, hl7v2_field(&claim->pv1, 2), 1));
    dragoman_patient *kept = (dragoman_patient *)hl7v2_take(message->memory, sizeof *kept);
    if (kept != NULL) {
        *kept = patient;
    }
    return kept;
}

const dragoman_patient *hl7v2_prior_read(hl7v2_message *message, const hl7v2_claim *claim) {
    if (claim->mrg.count == 0) {
        return NULL;
    }
    dragoman_patient *prior = (dragoman_patient *)hl7v2_take(message->memory, sizeof *prior);
    if (prior == NULL) {
        return NULL;
    }
    *prior = (dragoman_patient){.struct_size = sizeof *prior};
    prior->identifiers = read_identifiers(message, hl7v2_field(&claim->mrg, 1));
    if (prior->identifiers.count == 0) {
        prior->identifiers = read_identifiers(message, hl7v2_field(&claim->mrg, 4));
    }
    prior->account = first_identifier(message, hl7v2_field(&claim->mrg, 3));
    prior->visit = first_identifier(message, hl7v2_field(&claim->mrg, 5));
    if (prior->visit.value.size == 0) {
        prior->visit = first_identifier(message, hl7v2_field(&claim->mrg, 6));
    }
    prior->names = read_names(message, hl7v2_field(&claim->mrg, 7));
    prior->born_at.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN;
    return prior;
}

/* A part of a place: the first sub-component that says something. */
static dragoman_bytes place_part(hl7v2_message *message, dragoman_bytes component) {
    dragoman_bytes part = {NULL, 0};
    while (hl7v2_cut(&component, message->delimiters.subcomponent, &part)) {
        dragoman_bytes word = hl7v2_word(message, part);
        if (word.size > 0) {
            return word;
        }
    }
    return (dragoman_bytes){NULL, 0};
}

const dragoman_place *hl7v2_place_read(hl7v2_message *message, dragoman_bytes field) {
    bool is_null = hl7v2_is_null(hl7v2_trim(field));
    if (field.size == 0) {
        return NULL;
    }
    hl7v2_components c;
    hl7v2_split(message, field, &c);
    dragoman_place place = {
        .struct_size = sizeof place,
        .point_of_care = place_part(message, c.part[0]),
        .room = place_part(message, c.part[1]),
        .bed = place_part(message, c.part[2]),
        .facility = place_part(message, c.part[3]),
        .building = place_part(message, c.part[6]),
        .floor = place_part(message, c.part[7]),
    };
    bool is_empty = place.point_of_care.size + place.room.size + place.bed.size + place.facility.size +
                        place.building.size + place.floor.size ==
                    0;
    if (is_empty && !is_null) {
        return NULL;
    }
    dragoman_place *kept = (dragoman_place *)hl7v2_take(message->memory, sizeof *kept);
    if (kept != NULL) {
        *kept = place;
    }
    return kept;
}
