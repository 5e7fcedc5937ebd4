/* ADT messages: who was admitted, moved, merged or renamed, as context events. */
#include "digest.h"
#include "time.h"
#include "translation.h"

typedef struct trigger_row {
    char name[4];
    uint8_t kind;
    bool is_pair; /* two patient groups are one event */
} trigger_row;

static const trigger_row triggers[] = {
    {"A01", DRAGOMAN_CONTEXT_ADMIT, false},
    {"A02", DRAGOMAN_CONTEXT_TRANSFER, false},
    {"A03", DRAGOMAN_CONTEXT_DISCHARGE, false},
    {"A04", DRAGOMAN_CONTEXT_ADMIT, false},
    {"A05", DRAGOMAN_CONTEXT_PREADMIT, false},
    {"A06", DRAGOMAN_CONTEXT_CHANGE_CLASS, false},
    {"A07", DRAGOMAN_CONTEXT_CHANGE_CLASS, false},
    {"A08", DRAGOMAN_CONTEXT_UPDATE, false},
    {"A09", DRAGOMAN_CONTEXT_TRACK, false},
    {"A10", DRAGOMAN_CONTEXT_TRACK, false},
    {"A11", DRAGOMAN_CONTEXT_CANCEL_ADMIT, false},
    {"A12", DRAGOMAN_CONTEXT_CANCEL_TRANSFER, false},
    {"A13", DRAGOMAN_CONTEXT_CANCEL_DISCHARGE, false},
    {"A14", DRAGOMAN_CONTEXT_PENDING, false},
    {"A15", DRAGOMAN_CONTEXT_PENDING, false},
    {"A16", DRAGOMAN_CONTEXT_PENDING, false},
    {"A17", DRAGOMAN_CONTEXT_SWAP, true},
    {"A18", DRAGOMAN_CONTEXT_MERGE, false},
    {"A21", DRAGOMAN_CONTEXT_LEAVE, false},
    {"A22", DRAGOMAN_CONTEXT_RETURN, false},
    {"A24", DRAGOMAN_CONTEXT_LINK_PATIENTS, true},
    {"A25", DRAGOMAN_CONTEXT_CANCEL_PENDING, false},
    {"A26", DRAGOMAN_CONTEXT_CANCEL_PENDING, false},
    {"A27", DRAGOMAN_CONTEXT_CANCEL_PENDING, false},
    {"A28", DRAGOMAN_CONTEXT_UPDATE, false},
    {"A31", DRAGOMAN_CONTEXT_UPDATE, false},
    {"A34", DRAGOMAN_CONTEXT_MERGE, false},
    {"A35", DRAGOMAN_CONTEXT_MERGE, false},
    {"A36", DRAGOMAN_CONTEXT_MERGE, false},
    {"A37", DRAGOMAN_CONTEXT_UNLINK_PATIENTS, true},
    {"A39", DRAGOMAN_CONTEXT_MERGE, false},
    {"A40", DRAGOMAN_CONTEXT_MERGE, false},
    {"A41", DRAGOMAN_CONTEXT_MERGE, false},
    {"A42", DRAGOMAN_CONTEXT_MERGE, false},
    {"A43", DRAGOMAN_CONTEXT_MOVE, false},
    {"A44", DRAGOMAN_CONTEXT_MOVE, false},
    {"A45", DRAGOMAN_CONTEXT_MOVE, false},
    {"A47", DRAGOMAN_CONTEXT_CHANGE_ID, false},
    {"A49", DRAGOMAN_CONTEXT_CHANGE_ID, false},
    {"A50", DRAGOMAN_CONTEXT_CHANGE_ID, false},
    {"A51", DRAGOMAN_CONTEXT_CHANGE_ID, false},
};

static const trigger_row *find_trigger(dragoman_bytes name) {
    for (size_t n = 0; n < sizeof triggers / sizeof *triggers; n++) {
        if (hl7v2_is(name, triggers[n].name)) {
            return &triggers[n];
        }
    }
    return NULL;
}

bool hl7v2_adt_knows(dragoman_bytes trigger) {
    return find_trigger(trigger) != NULL;
}

static bool read_time(hl7v2_translation *t, uint32_t field, dragoman_time *ret_time) {
    dragoman_bytes text = hl7v2_word(&t->message, hl7v2_component(&t->message, hl7v2_field(&t->event, field), 1));
    return hl7v2_time_read(text, t->zone, ret_time);
}

static dragoman_context *push_context(hl7v2_translation *t, const trigger_row *trigger) {
    dragoman_context *context = (dragoman_context *)hl7v2_rows_push(&t->contexts, &t->memory, 2);
    if (context == NULL) {
        return NULL;
    }
    context->kind = trigger->kind;
    context->trigger = (dragoman_bytes){(const uint8_t *)trigger->name, strlen(trigger->name)};
    /* EVN-2 says when it was recorded, EVN-6 when it happened. */
    if (!read_time(t, 2, &context->recorded_at)) {
        context->recorded_at = t->sent_at;
    }
    if (!read_time(t, 6, &context->occurred_at)) {
        context->occurred_at = context->recorded_at;
    }
    return context;
}

/* ---- the last place of a patient, to notice an update that is a move ---- */

#define KEY_BYTES 10 /* "place/" and four hexadecimal digits */
#define PARTS 4

typedef struct remembered {
    uint8_t key[KEY_BYTES];
    uint64_t patient; /* hash of the identifier */
} remembered;

static bool name_place(const dragoman_patient *patient, remembered *ret_remembered) {
    if (patient == NULL || patient->identifiers.count == 0) {
        return false;
    }
    const dragoman_identifier *id = (const dragoman_identifier *)dragoman_list_at(&patient->identifiers, 0);
    uint64_t hash = hl7v2_digest(id->value, hl7v2_digest(id->authority, 0));
    uint32_t slot = (uint32_t)(hash % HL7V2_PLACES);
    memcpy(ret_remembered->key, "place/0000", KEY_BYTES);
    for (size_t n = KEY_BYTES; n > 6; n--, slot >>= 4) {
        ret_remembered->key[n - 1] = (uint8_t)"0123456789abcdef"[slot & 15];
    }
    ret_remembered->patient = hash;
    return true;
}

/* The hash of the patient, then the parts of the place, a line each. */
static dragoman_bytes pack_place(hl7v2_translation *t, uint64_t patient, const dragoman_place *place) {
    const dragoman_bytes parts[PARTS] = {place->point_of_care, place->room, place->bed, place->facility};
    size_t size = sizeof patient + PARTS;
    for (size_t n = 0; n < PARTS; n++) {
        size += parts[n].size;
    }
    uint8_t *text = (uint8_t *)hl7v2_take(&t->memory, size);
    if (text == NULL) {
        return (dragoman_bytes){NULL, 0};
    }
    memcpy(text, &patient, sizeof patient);
    size_t used = sizeof patient;
    for (size_t n = 0; n < PARTS; n++) {
        if (parts[n].size > 0) {
            memcpy(text + used, parts[n].data, parts[n].size);
        }
        used += parts[n].size;
        text[used++] = '\n';
    }
    return (dragoman_bytes){text, used};
}

static dragoman_place *unpack_place(hl7v2_translation *t, dragoman_bytes packed) {
    dragoman_place *place = (dragoman_place *)hl7v2_take(&t->memory, sizeof *place);
    uint8_t *text = (uint8_t *)hl7v2_take(&t->memory, packed.size + 1);
    if (place == NULL || text == NULL) {
        return NULL;
    }
    memcpy(text, packed.data, packed.size);
    dragoman_bytes rest = {text + sizeof(uint64_t), packed.size - sizeof(uint64_t)};
    *place = (dragoman_place){.struct_size = sizeof *place};
    dragoman_bytes *const parts[PARTS] = {&place->point_of_care, &place->room, &place->bed, &place->facility};
    for (size_t n = 0; n < PARTS; n++) {
        (void)hl7v2_cut(&rest, '\n', parts[n]);
    }
    return place;
}

/* Remembers where the patient is now. Returns where the patient was, when that was another place; else NULL. */
static dragoman_place *move_patient(hl7v2_translation *t, const dragoman_patient *patient,
                                    const dragoman_place *place) {
    remembered name;
    if (place == NULL || !name_place(patient, &name)) {
        return NULL;
    }
    dragoman_bytes key = {name.key, KEY_BYTES};
    dragoman_bytes now = pack_place(t, name.patient, place);
    dragoman_bytes before = {NULL, 0};
    dragoman_place *was = NULL;
    if (t->host->state_get(t->context, key, &before) == DRAGOMAN_OK && before.size > sizeof name.patient &&
        memcmp(before.data, &name.patient, sizeof name.patient) == 0 && !hl7v2_same(before, now)) {
        was = unpack_place(t, before);
    }
    if (now.size > 0 && !hl7v2_same(before, now)) {
        (void)t->host->state_put(t->context, key, now);
    }
    return was;
}

/* ---- events ---- */

/* An update in another bed than the last one: perhaps nobody said so outright. */
static void suspect_move(hl7v2_translation *t, const dragoman_context *update, const dragoman_place *was) {
    dragoman_context moved = *update;
    dragoman_context *context = (dragoman_context *)hl7v2_rows_push(&t->contexts, &t->memory, 2);
    if (context != NULL) {
        *context = moved;
        context->kind = DRAGOMAN_CONTEXT_TRANSFER;
        context->suspected = 1;
        context->prior_place = was;
    }
}

static void add_event(hl7v2_translation *t, const trigger_row *trigger, const hl7v2_claim *claim) {
    hl7v2_message *message = &t->message;
    dragoman_context *context = push_context(t, trigger);
    if (context == NULL) {
        return;
    }
    const dragoman_place *here = hl7v2_place_read(message, hl7v2_field(&claim->pv1, 3));
    context->patient = hl7v2_patient_read(message, claim);
    context->prior_patient = hl7v2_prior_read(message, claim);
    context->place = here;
    context->prior_place = hl7v2_place_read(message, hl7v2_field(&claim->pv1, 6));
    const dragoman_place *announced = hl7v2_place_read(message, hl7v2_field(&claim->pv1, 42));
    if (trigger->kind == DRAGOMAN_CONTEXT_PENDING && announced != NULL) {
        context->place = announced;
        context->prior_place = here;
    }
    const dragoman_place *was = move_patient(t, context->patient, here);
    if (was != NULL && hl7v2_is(context->trigger, "A08")) {
        suspect_move(t, context, was);
    }
}

static void add_pair(hl7v2_translation *t, const trigger_row *trigger) {
    hl7v2_message *message = &t->message;
    dragoman_context *context = push_context(t, trigger);
    if (context == NULL) {
        return;
    }
    context->patient = hl7v2_patient_read(message, &t->first_claim);
    context->place = hl7v2_place_read(message, hl7v2_field(&t->first_claim.pv1, 3));
    context->prior_patient = hl7v2_patient_read(message, &t->claim);
    context->prior_place = hl7v2_place_read(message, hl7v2_field(&t->claim.pv1, 3));
    (void)move_patient(t, context->patient, context->place);
    (void)move_patient(t, context->prior_patient, context->prior_place);
}

void hl7v2_adt_close(hl7v2_translation *t) {
    const trigger_row *trigger = find_trigger(t->trigger);
    if (t->claim.pid.count == 0 || trigger == NULL) {
        return;
    }
    hl7v2_report_make_room(t);
    if (!trigger->is_pair) {
        add_event(t, trigger, &t->claim);
    } else if (t->has_first_claim) {
        add_pair(t, trigger);
        t->has_first_claim = false;
    } else {
        t->first_claim = t->claim;
        t->has_first_claim = true;
    }
}

void hl7v2_adt_end(hl7v2_translation *t) {
    const trigger_row *trigger = find_trigger(t->trigger);
    if (t->has_first_claim && trigger != NULL) {
        add_event(t, trigger, &t->first_claim);
        t->has_first_claim = false;
    }
}
