#include "base/limits.h"
#include "base/time.h"
#include "model/decode.h"
#include "model/fields.h"

#include <string.h>

#define VARINT(message, name) READER_VARINT(FIELD(message, name))
#define BYTES(message, name) READER_BYTES(FIELD(message, name))

#define LARGEST_OFFSET_MINUTES 1439
#define PATH_LEVELS 4

static bool is_untouched(const dragoman_time *time) {
    return time->civil_us == 0 && time->offset_minutes == 0 && time->precision == 0 && time->fraction_digits == 0 &&
           time->flags == 0;
}

static int16_t small_signed(reader *self, const field *from, int32_t least, int32_t most) {
    int64_t value = reader_signed(from->value);
    if (value < least || value > most) {
        reader_fail(self, DRAGOMAN_CORRUPT, from->bytes.data, "an exponent or zone offset is out of its range");
        return 0;
    }
    return (int16_t)value;
}

void decode_time(reader *self, dragoman_bytes from, dragoman_time *to) {
    if (is_untouched(to)) {
        to->offset_minutes = DRAGOMAN_OFFSET_UNKNOWN;
    }
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        switch (next.tag) {
        case VARINT(Time, civil_us):
            to->civil_us = reader_signed(next.value);
            break;
        case VARINT(Time, offset_minutes):
            to->offset_minutes = small_signed(self, &next, -LARGEST_OFFSET_MINUTES, LARGEST_OFFSET_MINUTES);
            break;
        case VARINT(Time, precision):
            to->precision = reader_byte(self, &next);
            break;
        case VARINT(Time, fraction_digits):
            to->fraction_digits = reader_byte(self, &next);
            break;
        case VARINT(Time, flags):
            to->flags = reader_byte(self, &next);
            break;
        default:
            break;
        }
    }
    if (to->civil_us < TIME_LEAST_US || to->civil_us > TIME_LARGEST_US) {
        reader_fail(self, DRAGOMAN_CORRUPT, from.data, "a time is outside of the years 1 to 9999");
    }
}

void decode_code(reader *self, dragoman_bytes from, dragoman_code *to) {
    cursor at = reader_open(from);
    field next;
    (void)reader_take_text(&at, BYTES(Coding, code), &to->code);
    (void)reader_take_text(&at, BYTES(Coding, text), &to->text);
    (void)reader_take_text(&at, BYTES(Coding, system), &to->system);
    while (reader_next(self, &at, &next)) {
        switch (next.tag) {
        case BYTES(Coding, code):
            to->code = next.bytes;
            break;
        case BYTES(Coding, text):
            to->text = next.bytes;
            break;
        case BYTES(Coding, system):
            to->system = next.bytes;
            break;
        default:
            break;
        }
    }
}

void decode_concept(reader *self, dragoman_bytes from, dragoman_concept *to) {
    dragoman_list codings = {self->first_codings, 0, sizeof *self->first_codings};
    uint32_t room = 0;
    if (self->first_codings != NULL) {
        self->first_codings++;
        room = 1;
    }
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        if (next.tag == BYTES(Concept, text)) {
            to->text = next.bytes;
        } else if (next.tag == BYTES(Concept, codings)) {
            dragoman_code *coding = reader_append(self, &codings, &room, sizeof *coding);
            if (coding != NULL) {
                decode_code(self, next.bytes, coding);
            }
        }
    }
    to->codings = codings.count == 0 ? NULL : codings.items;
    to->coding_count = codings.count;
}

void decode_identifier(reader *self, dragoman_bytes from, dragoman_identifier *to) {
    cursor at = reader_open(from);
    field next;
    (void)reader_take_text(&at, BYTES(Identifier, value), &to->value);
    (void)reader_take_text(&at, BYTES(Identifier, authority), &to->authority);
    (void)reader_take_text(&at, BYTES(Identifier, universal), &to->universal);
    (void)reader_take_text(&at, BYTES(Identifier, universal_type), &to->universal_type);
    (void)reader_take_text(&at, BYTES(Identifier, type), &to->type);
    while (reader_next(self, &at, &next)) {
        switch (next.tag) {
        case BYTES(Identifier, value):
            to->value = next.bytes;
            break;
        case BYTES(Identifier, authority):
            to->authority = next.bytes;
            break;
        case BYTES(Identifier, universal):
            to->universal = next.bytes;
            break;
        case BYTES(Identifier, universal_type):
            to->universal_type = next.bytes;
            break;
        case BYTES(Identifier, type):
            to->type = next.bytes;
            break;
        default:
            break;
        }
    }
}

void decode_identifier_item(reader *self, dragoman_bytes from, dragoman_list *list, uint32_t *room) {
    dragoman_identifier *identifier = reader_append(self, list, room, sizeof *identifier);
    if (identifier != NULL) {
        decode_identifier(self, from, identifier);
    }
}

static void decode_decimal(reader *self, dragoman_bytes from, dragoman_decimal *to) {
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        switch (next.tag) {
        case VARINT(Decimal, mantissa):
            to->mantissa = reader_signed(next.value);
            break;
        case VARINT(Decimal, exponent):
            to->exponent = small_signed(self, &next, -128, 127);
            break;
        case VARINT(Decimal, special):
            to->special = reader_byte(self, &next);
            break;
        default:
            break;
        }
    }
}

/* A decimal whose absence is NAN: the NAN gives way to what is stated. */
static void decode_stated(reader *self, dragoman_bytes from, dragoman_decimal *to) {
    if (to->special == DRAGOMAN_NAN) {
        *to = (dragoman_decimal){0};
    }
    decode_decimal(self, from, to);
}

void decode_range(reader *self, dragoman_bytes from, dragoman_range *to) {
    const dragoman_decimal nothing = {0};
    if (to->text.size == 0 && memcmp(&to->low, &nothing, sizeof nothing) == 0 &&
        memcmp(&to->high, &nothing, sizeof nothing) == 0) {
        to->low.special = DRAGOMAN_NAN;
        to->high.special = DRAGOMAN_NAN;
    }
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        switch (next.tag) {
        case BYTES(Range, low):
            decode_stated(self, next.bytes, &to->low);
            break;
        case BYTES(Range, high):
            decode_stated(self, next.bytes, &to->high);
            break;
        case BYTES(Range, text):
            to->text = next.bytes;
            break;
        default:
            break;
        }
    }
}

void decode_path(reader *self, const field *from, dragoman_path *to, unsigned *count) {
    const uint8_t *four = from->bytes.data;
    if (from->bytes.size == PATH_LEVELS && *count == 0 && ((four[0] | four[1] | four[2] | four[3]) & 0x80) == 0) {
        *to = (dragoman_path){four[0], four[1], four[2], four[3]};
        *count = PATH_LEVELS;
        return;
    }
    uint32_t *levels[PATH_LEVELS] = {&to->mds, &to->vmd, &to->channel, &to->metric};
    cursor at = reader_open(from->bytes);
    uint64_t level = from->value;
    bool is_packed = (from->tag & 7u) == 2;
    while (!is_packed || reader_packed(self, &at, &level)) {
        if (*count == PATH_LEVELS) {
            reader_fail(self, DRAGOMAN_CORRUPT, from->bytes.data, "a containment path has more than four levels");
            return;
        }
        *levels[(*count)++] = (uint32_t)level;
        if (!is_packed) {
            return;
        }
    }
}

void decode_concept_at(reader *self, const field *from, dragoman_concept *to) {
    if (from->value > self->concept_count) {
        reader_fail(self, DRAGOMAN_CORRUPT, from->bytes.data, "a concept is not in the report's table");
    } else if (from->value == 0) {
        *to = (dragoman_concept){0};
    } else {
        *to = self->concepts[from->value - 1];
    }
}

void decode_unit_at(reader *self, const field *from, dragoman_code *to) {
    if (from->value > self->unit_count) {
        reader_fail(self, DRAGOMAN_CORRUPT, from->bytes.data, "a unit is not in the report's table");
    } else if (from->value == 0) {
        *to = (dragoman_code){0};
    } else {
        *to = self->units[from->value - 1];
    }
}

static void decode_bits(reader *self, dragoman_bytes from, dragoman_value *to) {
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        if (next.tag == VARINT(Bits, bits)) {
            to->bits = next.value;
        } else if (next.tag == VARINT(Bits, count)) {
            to->bit_count = reader_byte(self, &next);
        }
    }
}

static void decode_period(reader *self, dragoman_bytes from, dragoman_value *to) {
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        if (next.tag == BYTES(Period, start)) {
            decode_time(self, next.bytes, &to->from);
        } else if (next.tag == BYTES(Period, end)) {
            decode_time(self, next.bytes, &to->to);
        }
    }
}

/* A range's or ratio's two numbers, by their fields. */
static void decode_pair(reader *self, dragoman_bytes from, uint32_t first, uint32_t second, dragoman_value *to) {
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        if (next.tag == first) {
            decode_stated(self, next.bytes, &to->number);
        } else if (next.tag == second) {
            decode_stated(self, next.bytes, &to->other_number);
        }
    }
}

static void decode_attachment(reader *self, dragoman_bytes from, dragoman_value *to) {
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        switch (next.tag) {
        case BYTES(Attachment, media_type):
            to->text = next.bytes;
            break;
        case BYTES(Attachment, data):
            to->data = next.bytes;
            break;
        case BYTES(Attachment, reference):
            to->reference = next.bytes;
            break;
        default:
            break;
        }
    }
}

static void read_samples(reader *self, dragoman_bytes from, dragoman_samples *to, dragoman_bytes *data) {
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        switch (next.tag) {
        case BYTES(Samples, data):
            *data = next.bytes;
            break;
        case VARINT(Samples, sample_bytes):
            to->sample_bytes = reader_byte(self, &next);
            break;
        case VARINT(Samples, dimensions):
            to->dimensions = (uint32_t)next.value;
            break;
        case VARINT(Samples, period_ns):
            to->period_ns = reader_signed(next.value);
            break;
        case BYTES(Samples, scale):
            decode_decimal(self, next.bytes, &to->scale);
            break;
        case BYTES(Samples, origin):
            decode_decimal(self, next.bytes, &to->origin);
            break;
        case BYTES(Samples, low):
            decode_stated(self, next.bytes, &to->low);
            break;
        case BYTES(Samples, high):
            decode_stated(self, next.bytes, &to->high);
            break;
        case VARINT(Samples, missing):
            to->has_missing = 1;
            to->missing = (int32_t)reader_signed(next.value);
            break;
        default:
            break;
        }
    }
}

static void decode_samples(reader *self, dragoman_bytes from, dragoman_value *to) {
    dragoman_samples *samples = reader_allocate(self, sizeof *samples);
    if (samples == NULL) {
        return;
    }
    dragoman_bytes data = {0};
    samples->struct_size = sizeof *samples;
    samples->low.special = DRAGOMAN_NAN;
    samples->high.special = DRAGOMAN_NAN;
    if (to->samples != NULL) {
        *samples = *to->samples;
        data = (dragoman_bytes){samples->data, (size_t)samples->count * samples->dimensions * samples->sample_bytes};
    }
    read_samples(self, from, samples, &data);
    if (self->status != DRAGOMAN_OK) {
        return;
    }
    bool is_size = samples->sample_bytes == 2 || samples->sample_bytes == 4;
    size_t moment = (size_t)samples->dimensions * samples->sample_bytes;
    if (!is_size || samples->dimensions == 0 || samples->dimensions > LIMIT_SAMPLE_DIMENSIONS ||
        data.size % moment != 0 || data.size / moment > UINT32_MAX) {
        reader_fail(self, DRAGOMAN_CORRUPT, from.data, "a block of samples has no whole number of them");
        return;
    }
    samples->count = (uint32_t)(data.size / moment);
    samples->data = data.data;
    if ((uintptr_t)data.data % samples->sample_bytes != 0) {
        uint8_t *aligned = reader_allocate(self, data.size);
        if (aligned != NULL) {
            memcpy(aligned, data.data, data.size);
        }
        samples->data = aligned;
    }
    to->samples = samples;
}

/* Of a oneof the last field counts; the same one again adds to itself. */
static void become(dragoman_value *value, dragoman_value_kind kind) {
    if (value->kind != kind) {
        *value = (dragoman_value){.kind = (uint8_t)kind, .comparator = value->comparator};
        if (kind == DRAGOMAN_VALUE_RANGE || kind == DRAGOMAN_VALUE_RATIO) {
            value->number.special = DRAGOMAN_NAN;
            value->other_number.special = DRAGOMAN_NAN;
        }
    }
}

/* The kinds that are messages. */
static void decode_message_value(reader *self, const field *from, dragoman_value *to) {
    switch (from->tag) {
    case BYTES(Value, bits):
        become(to, DRAGOMAN_VALUE_BITS);
        decode_bits(self, from->bytes, to);
        break;
    case BYTES(Value, samples):
        become(to, DRAGOMAN_VALUE_SAMPLES);
        decode_samples(self, from->bytes, to);
        break;
    case BYTES(Value, time):
        become(to, DRAGOMAN_VALUE_TIME);
        decode_time(self, from->bytes, &to->from);
        break;
    case BYTES(Value, period):
        become(to, DRAGOMAN_VALUE_PERIOD);
        decode_period(self, from->bytes, to);
        break;
    case BYTES(Value, range):
        become(to, DRAGOMAN_VALUE_RANGE);
        decode_pair(self, from->bytes, BYTES(Range, low), BYTES(Range, high), to);
        break;
    case BYTES(Value, ratio):
        become(to, DRAGOMAN_VALUE_RATIO);
        decode_pair(self, from->bytes, BYTES(Ratio, numerator), BYTES(Ratio, denominator), to);
        break;
    case BYTES(Value, attachment):
        become(to, DRAGOMAN_VALUE_ATTACHMENT);
        decode_attachment(self, from->bytes, to);
        break;
    default:
        break;
    }
}

void decode_value(reader *self, dragoman_bytes from, dragoman_value *to) {
    int16_t exponent = 0;
    cursor at = reader_open(from);
    field next;
    while (reader_next(self, &at, &next)) {
        switch (next.tag) {
        case VARINT(Value, mantissa):
            become(to, DRAGOMAN_VALUE_DECIMAL);
            to->number = (dragoman_decimal){.mantissa = reader_signed(next.value)};
            break;
        case VARINT(Value, exponent):
            exponent = small_signed(self, &next, -128, 127);
            break;
        case VARINT(Value, special):
            become(to, DRAGOMAN_VALUE_DECIMAL);
            to->number = (dragoman_decimal){.special = reader_byte(self, &next)};
            break;
        case BYTES(Value, text):
            become(to, DRAGOMAN_VALUE_TEXT);
            to->text = next.bytes;
            break;
        case VARINT(Value, code):
            become(to, DRAGOMAN_VALUE_CODE);
            decode_concept_at(self, &next, &to->concept);
            break;
        case VARINT(Value, absent):
            become(to, DRAGOMAN_VALUE_NONE);
            to->absent = reader_byte(self, &next);
            break;
        case VARINT(Value, comparator):
            to->comparator = reader_byte(self, &next);
            break;
        default:
            decode_message_value(self, &next, to);
            break;
        }
    }
    if (to->kind == DRAGOMAN_VALUE_DECIMAL && to->number.special == DRAGOMAN_FINITE) {
        to->number.exponent = exponent;
    }
}
