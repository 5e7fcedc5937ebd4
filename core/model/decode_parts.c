#include "model/decode.h"
#include "model/fields.h"

#define VARINT(message, name) READER_VARINT(FIELD(message, name))
#define BYTES(message, name) READER_BYTES(FIELD(message, name))

void decode_order(reader *self, dragoman_bytes from, dragoman_order *to) {
    to->struct_size = sizeof *to;
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        switch (next.tag) {
        case BYTES(Order, placer):
            decode_identifier(self, next.bytes, &to->placer);
            break;
        case BYTES(Order, filler):
            decode_identifier(self, next.bytes, &to->filler);
            break;
        case VARINT(Order, service):
            decode_concept_at(self, &next, &to->service);
            break;
        case BYTES(Order, specimen):
            decode_identifier(self, next.bytes, &to->specimen);
            break;
        case VARINT(Order, specimen_type):
            decode_concept_at(self, &next, &to->specimen_type);
            break;
        case BYTES(Order, collected_at):
            decode_time(self, next.bytes, &to->collected_at);
            break;
        default:
            break;
        }
    }
}

static void decode_version(reader *self, dragoman_bytes from, dragoman_version *to) {
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        if (next.tag == BYTES(Version, part)) {
            to->part = next.bytes;
        } else if (next.tag == BYTES(Version, value)) {
            to->value = next.bytes;
        }
    }
}

void decode_device(reader *self, dragoman_bytes from, dragoman_device *to) {
    uint32_t identifier_room = to->identifiers.count;
    uint32_t version_room = to->versions.count;
    to->struct_size = sizeof *to;
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        switch (next.tag) {
        case BYTES(Device, key):
            to->key = next.bytes;
            break;
        case BYTES(Device, identifiers):
            decode_identifier_item(self, next.bytes, &to->identifiers, &identifier_room);
            break;
        case VARINT(Device, type):
            decode_concept_at(self, &next, &to->type);
            break;
        case BYTES(Device, manufacturer):
            to->manufacturer = next.bytes;
            break;
        case BYTES(Device, model):
            to->model = next.bytes;
            break;
        case BYTES(Device, serial):
            to->serial = next.bytes;
            break;
        case BYTES(Device, versions): {
            dragoman_version *version = reader_append(self, &to->versions, &version_room, sizeof *version);
            if (version != NULL) {
                decode_version(self, next.bytes, version);
            }
            break;
        }
        default:
            break;
        }
    }
}

void decode_place(reader *self, dragoman_bytes from, dragoman_place *to) {
    to->struct_size = sizeof *to;
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        switch (next.tag) {
        case BYTES(Place, point_of_care):
            to->point_of_care = next.bytes;
            break;
        case BYTES(Place, room):
            to->room = next.bytes;
            break;
        case BYTES(Place, bed):
            to->bed = next.bytes;
            break;
        case BYTES(Place, facility):
            to->facility = next.bytes;
            break;
        case BYTES(Place, building):
            to->building = next.bytes;
            break;
        case BYTES(Place, floor):
            to->floor = next.bytes;
            break;
        default:
            break;
        }
    }
}

static void decode_name(reader *self, dragoman_bytes from, dragoman_name *to) {
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        switch (next.tag) {
        case BYTES(Name, family):
            to->family = next.bytes;
            break;
        case BYTES(Name, given):
            to->given = next.bytes;
            break;
        case BYTES(Name, prefix):
            to->prefix = next.bytes;
            break;
        case BYTES(Name, suffix):
            to->suffix = next.bytes;
            break;
        case BYTES(Name, use):
            to->use = next.bytes;
            break;
        case BYTES(Name, representation):
            to->representation = next.bytes;
            break;
        default:
            break;
        }
    }
}

void decode_patient(reader *self, dragoman_bytes from, dragoman_patient *to) {
    uint32_t identifier_room = to->identifiers.count;
    uint32_t name_room = to->names.count;
    to->struct_size = sizeof *to;
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        switch (next.tag) {
        case BYTES(Patient, identifiers):
            decode_identifier_item(self, next.bytes, &to->identifiers, &identifier_room);
            break;
        case BYTES(Patient, names): {
            dragoman_name *name = reader_append(self, &to->names, &name_room, sizeof *name);
            if (name != NULL) {
                decode_name(self, next.bytes, name);
            }
            break;
        }
        case BYTES(Patient, born_at):
            decode_time(self, next.bytes, &to->born_at);
            break;
        case BYTES(Patient, sex):
            to->sex = next.bytes;
            break;
        case BYTES(Patient, account):
            decode_identifier(self, next.bytes, &to->account);
            break;
        case BYTES(Patient, visit):
            decode_identifier(self, next.bytes, &to->visit);
            break;
        case BYTES(Patient, visit_class):
            to->visit_class = next.bytes;
            break;
        default:
            break;
        }
    }
}

void decode_node(reader *self, dragoman_bytes from, dragoman_node *to) {
    uint32_t room = 0;
    unsigned levels = 0;
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        switch (next.tag) {
        case BYTES(Node, path):
        case VARINT(Node, path):
            decode_path(self, &next, &to->path, &levels);
            break;
        case VARINT(Node, type):
            decode_concept_at(self, &next, &to->type);
            break;
        case BYTES(Node, identifiers):
            decode_identifier_item(self, next.bytes, &to->identifiers, &room);
            break;
        case BYTES(Node, manufacturer):
            to->manufacturer = next.bytes;
            break;
        case BYTES(Node, model):
            to->model = next.bytes;
            break;
        default:
            break;
        }
    }
}

/* The members of an alert that are texts or messages but for its values and path. */
static void decode_alert_rest(reader *self, const field *from, dragoman_alert *to) {
    switch (from->tag) {
    case BYTES(Alert, id):
        decode_identifier(self, from->bytes, &to->id);
        break;
    case BYTES(Alert, parent):
        decode_identifier(self, from->bytes, &to->parent);
        break;
    case VARINT(Alert, source_unit):
        decode_unit_at(self, from, &to->source_unit);
        break;
    case BYTES(Alert, limits):
        decode_range(self, from->bytes, &to->limits);
        break;
    case BYTES(Alert, text):
        to->text = from->bytes;
        break;
    case BYTES(Alert, occurred_at):
        decode_time(self, from->bytes, &to->occurred_at);
        break;
    default:
        break;
    }
}

void decode_alert(reader *self, dragoman_bytes from, dragoman_alert *to) {
    uint32_t room = 0;
    unsigned levels = 0;
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        switch (next.tag) {
        case BYTES(Alert, path):
        case VARINT(Alert, path):
            decode_path(self, &next, &to->path, &levels);
            break;
        case VARINT(Alert, event):
            decode_concept_at(self, &next, &to->event);
            break;
        case VARINT(Alert, source):
            decode_concept_at(self, &next, &to->source);
            break;
        case VARINT(Alert, priority):
            to->priority = reader_byte(self, &next);
            break;
        case VARINT(Alert, kind):
            to->kind = reader_byte(self, &next);
            break;
        case VARINT(Alert, phase):
            to->phase = reader_byte(self, &next);
            break;
        case VARINT(Alert, state):
            to->state = reader_byte(self, &next);
            break;
        case VARINT(Alert, inactivation):
            to->inactivation = (uint32_t)next.value;
            break;
        case BYTES(Alert, source_values): {
            dragoman_value *value = reader_append(self, &to->source_values, &room, sizeof *value);
            if (value != NULL) {
                decode_value(self, next.bytes, value);
            }
            break;
        }
        default:
            decode_alert_rest(self, &next, to);
            break;
        }
    }
}

/* The messages that a context points to, while they are filled. */
typedef struct context_parts {
    dragoman_patient *patient, *prior_patient;
    dragoman_place *place, *prior_place;
    dragoman_device *device;
} context_parts;

static void patient_part(reader *self, const field *from, dragoman_patient **part) {
    if (*part == NULL) {
        *part = reader_allocate(self, sizeof **part);
    }
    if (*part != NULL) {
        decode_patient(self, from->bytes, *part);
    }
}

static void place_part(reader *self, const field *from, dragoman_place **part) {
    if (*part == NULL) {
        *part = reader_allocate(self, sizeof **part);
    }
    if (*part != NULL) {
        decode_place(self, from->bytes, *part);
    }
}

static void decode_context_part(reader *self, const field *from, context_parts *to) {
    switch (from->tag) {
    case BYTES(Context, patient):
        patient_part(self, from, &to->patient);
        break;
    case BYTES(Context, prior_patient):
        patient_part(self, from, &to->prior_patient);
        break;
    case BYTES(Context, place):
        place_part(self, from, &to->place);
        break;
    case BYTES(Context, prior_place):
        place_part(self, from, &to->prior_place);
        break;
    case BYTES(Context, device):
        if (to->device == NULL) {
            to->device = reader_allocate(self, sizeof *to->device);
        }
        if (to->device != NULL) {
            decode_device(self, from->bytes, to->device);
        }
        break;
    default:
        break;
    }
}

void decode_context(reader *self, dragoman_bytes from, dragoman_context *to) {
    context_parts parts = {0};
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        switch (next.tag) {
        case VARINT(Context, kind):
            to->kind = reader_byte(self, &next);
            break;
        case VARINT(Context, suspected):
            to->suspected = next.value != 0;
            break;
        case BYTES(Context, trigger):
            to->trigger = next.bytes;
            break;
        case BYTES(Context, occurred_at):
            decode_time(self, next.bytes, &to->occurred_at);
            break;
        case BYTES(Context, recorded_at):
            decode_time(self, next.bytes, &to->recorded_at);
            break;
        default:
            decode_context_part(self, &next, &parts);
            break;
        }
    }
    to->patient = parts.patient;
    to->prior_patient = parts.prior_patient;
    to->place = parts.place;
    to->prior_place = parts.prior_place;
    to->device = parts.device;
}
