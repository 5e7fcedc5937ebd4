#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAPACITY ((size_t)256)

void buffer_init(buffer *self) {
    *self = (buffer){0};
}

void buffer_fini(buffer *self) {
    free(self->data);
    buffer_init(self);
}

uint8_t *buffer_reserve_slow(buffer *self, size_t more) {
    if (self->failed || more > PTRDIFF_MAX - self->size) {
        self->failed = true;
        return NULL;
    }
    size_t needed = self->size + more;
    if (needed > self->capacity || self->data == NULL) {
        size_t capacity = self->capacity < FIRST_CAPACITY ? FIRST_CAPACITY : self->capacity;
        while (capacity < needed) {
            capacity = capacity > PTRDIFF_MAX / 2 ? needed : capacity * 2;
        }
        uint8_t *data = realloc(self->data, capacity);
        if (data == NULL) {
            self->failed = true;
            return NULL;
        }
        self->data = data;
        self->capacity = capacity;
    }
    return self->data + self->size;
}

void buffer_append_format(buffer *self, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        self->failed = true;
        return;
    }
    /* vsnprintf ends with a NUL, which is not part of the content. */
    uint8_t *to = buffer_reserve(self, (size_t)length + 1);
    if (to == NULL) {
        return;
    }
    va_start(arguments, format);
    vsnprintf((char *)to, (size_t)length + 1, format, arguments);
    va_end(arguments);
    self->size += (size_t)length;
}

void buffer_append_delimited(buffer *self, dragoman_bytes bytes) {
    uint64_t size = bytes.size;
    while (size >= 0x80) {
        buffer_append_byte(self, (uint8_t)(size | 0x80));
        size >>= 7;
    }
    buffer_append_byte(self, (uint8_t)size);
    buffer_append_bytes(self, bytes);
}
