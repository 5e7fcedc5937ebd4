#include "base/time.h"
#include "model/decode.h"
#include "model/fields.h"

#define VARINT(message, name) READER_VARINT(FIELD(message, name))
#define BYTES(message, name) READER_BYTES(FIELD(message, name))

static void decode_component(reader *self, dragoman_bytes from, dragoman_component *to) {
    uint32_t room = 0;
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        switch (next.tag) {
        case VARINT(Component, code):
            decode_concept_at(self, &next, &to->code);
            break;
        case VARINT(Component, unit):
            decode_unit_at(self, &next, &to->unit);
            break;
        case BYTES(Component, values): {
            dragoman_value *value = reader_append(self, &to->values, &room, sizeof *value);
            if (value != NULL) {
                decode_value(self, next.bytes, value);
            }
            break;
        }
        case VARINT(Component, status):
            to->status = (uint32_t)next.value;
            break;
        default:
            break;
        }
    }
}

/* A oneof of a distance from the base time and a whole time. */
typedef struct stated_time {
    dragoman_time *time;
    bool is_whole;
} stated_time;

static void take_distance(reader *self, const field *from, stated_time *to) {
    *to->time = self->base;
    to->is_whole = false;
    if (self->base.precision == DRAGOMAN_TIME_NONE ||
        __builtin_add_overflow(self->base.civil_us, reader_signed(from->value), &to->time->civil_us) ||
        to->time->civil_us < TIME_LEAST_US || to->time->civil_us > TIME_LARGEST_US) {
        reader_fail(self, DRAGOMAN_CORRUPT, from->bytes.data, "a time is told from a base time that does not fit");
    }
}

static void take_whole(reader *self, const field *from, stated_time *to) {
    if (!to->is_whole) {
        *to->time = (dragoman_time){0};
        to->is_whole = true;
    }
    decode_time(self, from->bytes, to->time);
}

static void take_order(reader *self, const field *from, dragoman_observation *to) {
    if (from->value > self->order_count) {
        reader_fail(self, DRAGOMAN_CORRUPT, from->bytes.data, "an order is not in the report's table");
    } else {
        to->order = from->value == 0 ? NULL : &self->orders[from->value - 1];
    }
}

/* The members that few observations have. */
static void decode_rare(reader *self, const field *from, dragoman_observation *to) {
    switch (from->tag) {
    case BYTES(Observation, alarm_limits):
        decode_range(self, from->bytes, &to->alarm_limits);
        break;
    case BYTES(Observation, normal_range):
        decode_range(self, from->bytes, &to->normal_range);
        break;
    case VARINT(Observation, flags):
        decode_concept_at(self, from, &to->flags);
        break;
    case VARINT(Observation, site):
        decode_concept_at(self, from, &to->site);
        break;
    case VARINT(Observation, method):
        decode_concept_at(self, from, &to->method);
        break;
    case BYTES(Observation, sub_id):
        to->sub_id = from->bytes;
        break;
    case BYTES(Observation, instance):
        decode_identifier(self, from->bytes, &to->instance);
        break;
    case BYTES(Observation, producer):
        decode_identifier(self, from->bytes, &to->producer);
        break;
    case VARINT(Observation, order):
        take_order(self, from, to);
        break;
    case BYTES(Observation, note):
        to->note = from->bytes;
        break;
    default:
        break;
    }
}

/* The members that are plain numbers. */
static void decode_plain(reader *self, const field *from, dragoman_observation *to) {
    switch (from->tag) {
    case VARINT(Observation, code):
        decode_concept_at(self, from, &to->code);
        break;
    case VARINT(Observation, unit):
        decode_unit_at(self, from, &to->unit);
        break;
    case VARINT(Observation, status):
        to->status = (uint32_t)from->value;
        break;
    case VARINT(Observation, result):
        to->result = reader_byte(self, from);
        break;
    case VARINT(Observation, obtained):
        to->obtained = reader_byte(self, from);
        break;
    case VARINT(Observation, time_is_own):
        to->time_is_own = from->value != 0;
        break;
    case VARINT(Observation, domain):
        to->domain = reader_byte(self, from);
        break;
    default:
        decode_rare(self, from, to);
        break;
    }
}

static void take_value(reader *self, dragoman_bytes from, dragoman_observation *to, uint32_t *room) {
    dragoman_value *value = reader_append(self, &to->values, room, sizeof *value);
    if (value != NULL) {
        decode_value(self, from, value);
    }
}

/* What nearly every observation begins with, in its usual order. */
static void decode_beginning(reader *self, cursor *at, dragoman_observation *to, unsigned *levels, uint32_t *room) {
    field next = {.tag = BYTES(Observation, path)};
    if (reader_take_text(at, BYTES(Observation, path), &next.bytes)) {
        decode_path(self, &next, &to->path, levels);
    }
    if (reader_take_small(at, VARINT(Observation, code), &next.value)) {
        decode_concept_at(self, &next, &to->code);
    }
    if (reader_take_small(at, VARINT(Observation, unit), &next.value)) {
        decode_unit_at(self, &next, &to->unit);
    }
    if (reader_take_text(at, BYTES(Observation, values), &next.bytes)) {
        take_value(self, next.bytes, to, room);
    }
}

void decode_observation(reader *self, dragoman_bytes from, dragoman_observation *to) {
    uint32_t value_room = 0;
    uint32_t component_room = 0;
    unsigned levels = 0;
    to->values = (dragoman_list){self->first_values, 0, sizeof *self->first_values};
    if (self->first_values != NULL) {
        self->first_values++;
        value_room = 1;
    }
    stated_time measured = {&to->measured_at, false};
    stated_time until = {&to->measured_until, false};
    cursor at = reader_open(from);
    field next;
    decode_beginning(self, &at, to, &levels, &value_room);
    while (reader_next(self, &at, &next)) {
        switch (next.tag) {
        case BYTES(Observation, path):
        case VARINT(Observation, path):
            decode_path(self, &next, &to->path, &levels);
            break;
        case BYTES(Observation, values):
            take_value(self, next.bytes, to, &value_room);
            break;
        case VARINT(Observation, measured_delta_us):
            take_distance(self, &next, &measured);
            break;
        case BYTES(Observation, measured_at):
            take_whole(self, &next, &measured);
            break;
        case VARINT(Observation, until_delta_us):
            take_distance(self, &next, &until);
            break;
        case BYTES(Observation, measured_until):
            take_whole(self, &next, &until);
            break;
        case BYTES(Observation, components): {
            dragoman_component *component = reader_append(self, &to->components, &component_room, sizeof *component);
            if (component != NULL) {
                decode_component(self, next.bytes, component);
            }
            break;
        }
        default:
            decode_plain(self, &next, to);
            break;
        }
    }
}
