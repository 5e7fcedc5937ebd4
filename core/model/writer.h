/*
 * Writes protobuf backwards: a message's fields from its last to its first, so that its length is known when its header
 * is due and nothing is ever measured twice. Private to the model's encoder.
 *
 * The room lies behind a buffer's content and is filled from its end; writer_finish moves the bytes to the front. A
 * failed allocation redirects everything into `scratch` until the end, so that only writer_finish needs to be asked.
 */
#ifndef MODEL_WRITER_H
#define MODEL_WRITER_H

#include "base/buffer.h"

#define WRITER_FIELD_BYTES 20    /* the longest field that is no text: two varints */
#define WRITER_SCRATCH_BYTES 256 /* more than one such field */

#define WRITER_VARINT 0u
#define WRITER_BYTES 2u

typedef struct writer {
    uint8_t *at;  /* the first written byte */
    uint8_t *low; /* the first byte of the room */
    uint8_t *end;
    buffer *to;
    bool failed;
    uint8_t scratch[WRITER_SCRATCH_BYTES];
} writer;

/* Prepares to write about `expected` bytes behind the content of `to`. */
void writer_begin(writer *self, buffer *to, size_t expected);
/* Makes the written bytes the buffer's content. NO_MEMORY when any room was missing; the buffer is unchanged then. */
dragoman_status writer_finish(writer *self);
/* The slow path of writer_room. */
bool writer_grow(writer *self, size_t size);
/* The slow path of writer_varint: three bytes and more. */
void writer_long_varint(writer *self, uint64_t value);

/* Makes room for `size` bytes. False only after a failure, for more than WRITER_SCRATCH_BYTES. */
static inline bool writer_room(writer *self, size_t size) {
    return (size_t)(self->at - self->low) >= size || writer_grow(self, size);
}

/* How much is written: a mark that outlives growth. */
static inline size_t writer_mark(const writer *self) {
    return (size_t)(self->end - self->at);
}

/* A varint; there must be room for it. */
static inline void writer_varint(writer *self, uint64_t value) {
    if (value < 0x80) {
        *--self->at = (uint8_t)value;
    } else if (value < 0x4000) {
        self->at -= 2;
        self->at[0] = (uint8_t)(value | 0x80);
        self->at[1] = (uint8_t)(value >> 7);
    } else {
        writer_long_varint(self, value);
    }
}

/* An unsigned field. Zero is written too. */
static inline void writer_always(writer *self, uint32_t number, uint64_t value) {
    (void)writer_room(self, WRITER_FIELD_BYTES);
    writer_varint(self, value);
    writer_varint(self, number << 3 | WRITER_VARINT);
}

/* An unsigned field, left out when zero. */
static inline void writer_unsigned(writer *self, uint32_t number, uint64_t value) {
    if (value != 0) {
        writer_always(self, number, value);
    }
}

/* How protobuf's sint types map signed to unsigned numbers. */
static inline uint64_t writer_zigzag(int64_t value) {
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

/* A sint32 or sint64 field, left out when zero. */
static inline void writer_signed(writer *self, uint32_t number, int64_t value) {
    if (value != 0) {
        writer_always(self, number, writer_zigzag(value));
    }
}

/* Ends a message (seen from its front) that was begun at `mark`. */
static inline void writer_close(writer *self, uint32_t number, size_t mark) {
    size_t size = writer_mark(self) - mark;
    (void)writer_room(self, WRITER_FIELD_BYTES);
    writer_varint(self, size);
    writer_varint(self, number << 3 | WRITER_BYTES);
}

/* memcpy of few bytes without a call. */
static inline void writer_copy(uint8_t *to, const uint8_t *from, size_t size) {
    if (size > 16) {
        memcpy(to, from, size);
    } else if (size >= 8) {
        uint64_t first;
        uint64_t last;
        memcpy(&first, from, 8);
        memcpy(&last, from + size - 8, 8);
        memcpy(to, &first, 8);
        memcpy(to + size - 8, &last, 8);
    } else if (size >= 4) {
        uint32_t first;
        uint32_t last;
        memcpy(&first, from, 4);
        memcpy(&last, from + size - 4, 4);
        memcpy(to, &first, 4);
        memcpy(to + size - 4, &last, 4);
    } else if (size > 0) {
        to[0] = from[0];
        to[size / 2] = from[size / 2];
        to[size - 1] = from[size - 1];
    }
}

/* A string or bytes field, empty or not. */
static inline void writer_bytes_always(writer *self, uint32_t number, dragoman_bytes bytes) {
    if (bytes.size <= PTRDIFF_MAX / 2 && writer_room(self, bytes.size + WRITER_FIELD_BYTES)) {
        self->at -= bytes.size;
        writer_copy(self->at, bytes.data, bytes.size);
        writer_varint(self, bytes.size);
        writer_varint(self, number << 3 | WRITER_BYTES);
    }
}

/* A string or bytes field, left out when empty. */
static inline void writer_bytes(writer *self, uint32_t number, dragoman_bytes bytes) {
    if (bytes.size > 0) {
        writer_bytes_always(self, number, bytes);
    }
}

#endif
