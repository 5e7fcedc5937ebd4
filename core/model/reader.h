/*
 * Reads protobuf fields from untrusted bytes. Private to the model's decoder.
 *
 * A cursor walks one message. Nothing is read past its end; the first fault sticks in the reader and ends every loop.
 * Fields of another wire type than the schema's count as unknown, as they do in other libraries.
 */
#ifndef MODEL_READER_H
#define MODEL_READER_H

#include "base/arena.h"
#include "base/error.h"
#include <dragoman/report.h>

#define READER_GROUP_DEPTH 32 /* groups that nobody writes any more may stand in each other this deep */

/* What a field switches on: its number and wire type. */
#define READER_VARINT(number) ((number) << 3 | 0u)
#define READER_BYTES(number) ((number) << 3 | 2u)

typedef struct reader {
    const uint8_t *origin; /* offsets in sentences count from here */
    arena *memory;
    error_record *error;
    dragoman_status status;
    const dragoman_concept *concepts;
    const dragoman_code *units;
    const dragoman_order *orders;
    uint32_t concept_count;
    uint32_t unit_count;
    uint32_t order_count;
    dragoman_time base;
    dragoman_code *first_codings; /* room for one coding of each concept, and for one value of each observation: */
    dragoman_value *first_values; /* most have no more */
} reader;

typedef struct cursor {
    const uint8_t *at;
    const uint8_t *end;
} cursor;

typedef struct field {
    uint32_t tag;         /* READER_VARINT(number) or READER_BYTES(number), or another wire type */
    uint64_t value;       /* of a varint */
    dragoman_bytes bytes; /* of a text, message or packed field */
} field;

/* Notes the first fault, with its place. */
void reader_fail(reader *self, dragoman_status status, const uint8_t *at, const char *what);
/* The slow path of reader_next. */
bool reader_next_slow(reader *self, cursor *from, field *ret_field);
/* The next varint of a packed field. False at its end and after a fault. */
bool reader_packed(reader *self, cursor *from, uint64_t *ret_value);
/* A new zeroed item at the end of `list`, which holds room for *room items. NULL after a fault. */
void *reader_append(reader *self, dragoman_list *list, uint32_t *room, size_t item_size);
/* Zeroed memory; NULL and a fault when there is none. */
void *reader_allocate(reader *self, size_t size);

/* A cursor over a message. */
static inline cursor reader_open(dragoman_bytes bytes) {
    return (cursor){bytes.data, bytes.data + bytes.size};
}

/* The next field of a message. False at its end and after a fault. Groups and fixed-size fields come with their tag
 * only. */
static inline bool reader_next(reader *self, cursor *from, field *ret_field) {
    const uint8_t *at = from->at;
    if (at == from->end) {
        return false;
    }
    if (from->end - at < 2 || ((at[0] | at[1]) & 0x80u) != 0 || at[0] < 8) {
        return reader_next_slow(self, from, ret_field);
    }
    /* Most fields have a tag and a value or size of one byte each. */
    unsigned wire = at[0] & 7u;
    if (wire == 0) {
        *ret_field = (field){.tag = at[0], .value = at[1], .bytes = {at, 0}};
        from->at = at + 2;
        return self->status == DRAGOMAN_OK;
    }
    if (wire == 2 && at[1] <= from->end - at - 2) {
        *ret_field = (field){.tag = at[0], .value = at[1], .bytes = {at + 2, at[1]}};
        from->at = at + 2 + at[1];
        return self->status == DRAGOMAN_OK;
    }
    return reader_next_slow(self, from, ret_field);
}

/* Takes the next field if it is `tag` with a text of less than 128 bytes. Where fields stand in the order of their
 * numbers, as encoders write them, asking for one after the other costs less than asking each what it is. */
static inline bool reader_take_text(cursor *from, uint32_t tag, dragoman_bytes *ret_text) {
    const uint8_t *at = from->at;
    if (from->end - at < 2 || at[0] != tag || at[1] > 0x7F || at[1] > from->end - at - 2) {
        return false;
    }
    *ret_text = (dragoman_bytes){at + 2, at[1]};
    from->at = at + 2 + at[1];
    return true;
}

/* Takes the next field if it is `tag` with a number below 128. */
static inline bool reader_take_small(cursor *from, uint32_t tag, uint64_t *ret_value) {
    const uint8_t *at = from->at;
    if (from->end - at < 2 || at[0] != tag || at[1] > 0x7F) {
        return false;
    }
    *ret_value = at[1];
    from->at = at + 2;
    return true;
}

/* What a sint32 or sint64 field says. */
static inline int64_t reader_signed(uint64_t value) {
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* An enum or small number that must fit the C struct's byte. */
static inline uint8_t reader_byte(reader *self, const field *from) {
    if (from->value > UINT8_MAX) {
        reader_fail(self, DRAGOMAN_CORRUPT, from->bytes.data, "a small number is too large");
        return 0;
    }
    return (uint8_t)from->value;
}

#endif
