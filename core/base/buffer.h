/*
 * A growing byte buffer. Single-threaded; owns its memory; a failed allocation sticks until buffer_reset, so that a
 * writer may check once at the end.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <dragoman/base.h>
#include <string.h>

typedef struct buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
    bool failed;
} buffer;

/* Prepares an empty buffer. */
void buffer_init(buffer *self);
/* Frees its memory. */
void buffer_fini(buffer *self);
/* Forgets the content, keeps the memory, clears a failure. */
static inline void buffer_reset(buffer *self) {
    self->size = 0;
    self->failed = false;
}
/* Makes room for `more` bytes behind the content. Returns where they go, or NULL (and failed is set). Does not change
 * size. */
uint8_t *buffer_reserve_slow(buffer *self, size_t more);
/* As buffer_reserve_slow; the usual case costs one comparison. */
static inline uint8_t *buffer_reserve(buffer *self, size_t more) {
    return self->capacity - self->size >= more ? self->data + self->size : buffer_reserve_slow(self, more);
}
/* Appends bytes. */
static inline void buffer_append(buffer *self, const void *bytes, size_t size) {
    /* An empty buffer has no place that an offset could be taken of. */
    uint8_t *to = size == 0 ? NULL : buffer_reserve(self, size);
    if (to != NULL) {
        memcpy(to, bytes, size);
        self->size += size;
    }
}
/* Appends a slice. */
static inline void buffer_append_bytes(buffer *self, dragoman_bytes bytes) {
    buffer_append(self, bytes.data, bytes.size);
}
/* Appends a C string. */
static inline void buffer_append_text(buffer *self, const char *text) {
    buffer_append(self, text, strlen(text));
}
/* Appends one byte. */
static inline void buffer_append_byte(buffer *self, uint8_t byte) {
    buffer_append(self, &byte, 1);
}
/* Appends a slice behind its size as a protobuf varint: one message of a length-delimited stream. */
void buffer_append_delimited(buffer *self, dragoman_bytes bytes);
/* Appends formatted text. */
void buffer_append_format(buffer *self, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The content, borrowed until the next change. */
static inline dragoman_bytes buffer_bytes(const buffer *self) {
    return (dragoman_bytes){self->data, self->size};
}

#endif
