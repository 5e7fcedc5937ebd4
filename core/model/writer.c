#include "model/writer.h"

void writer_begin(writer *self, buffer *to, size_t expected) {
    self->to = to;
    self->failed = false;
    self->low = buffer_reserve(to, expected);
    if (self->low == NULL) {
        self->at = self->low = self->end = self->scratch;
        (void)writer_grow(self, 0);
        return;
    }
    /* All of the buffer's room is ours. */
    self->end = to->data + to->capacity;
    self->at = self->end;
}

bool writer_grow(writer *self, size_t size) {
    size_t written = writer_mark(self);
    size_t room = (size_t)(self->end - self->low);
    size_t capacity = self->to->capacity;
    if (!self->failed && size < PTRDIFF_MAX / 2 &&
        buffer_reserve_slow(self->to, room + (room > size ? room : size)) != NULL) {
        /* What was written kept its distance from the buffer's start; it belongs at the new end. */
        uint8_t *new_end = self->to->data + self->to->capacity;
        memmove(new_end - written, self->to->data + capacity - written, written);
        self->low = self->to->data + self->to->size;
        self->end = new_end;
        self->at = new_end - written;
        return true;
    }
    self->failed = true;
    self->low = self->scratch;
    self->end = self->scratch + WRITER_SCRATCH_BYTES;
    self->at = self->end;
    return size <= WRITER_SCRATCH_BYTES;
}

void writer_long_varint(writer *self, uint64_t value) {
    unsigned bits = 64u - (unsigned)__builtin_clzll(value | 1);
    unsigned size = (bits + 6) / 7;
    self->at -= size;
    for (unsigned i = 0; i + 1 < size; i++) {
        self->at[i] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    self->at[size - 1] = (uint8_t)value;
}

dragoman_status writer_finish(writer *self) {
    if (self->failed) {
        return DRAGOMAN_NO_MEMORY;
    }
    size_t written = writer_mark(self);
    memmove(self->to->data + self->to->size, self->at, written);
    self->to->size += written;
    return DRAGOMAN_OK;
}
