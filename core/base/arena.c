#include "base/arena.h"
#include "base/limits.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT _Alignof(max_align_t)
#define LARGEST_GROWTH ((size_t)1 << 20)

struct arena_block {
    arena_block *next;
    size_t capacity;
    size_t used;
    max_align_t data[];
};

void arena_init(arena *self, size_t limit) {
    *self = (arena){.limit = limit};
}

void arena_fini(arena *self) {
    arena_block *block = self->first;
    while (block != NULL) {
        arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena_init(self, self->limit);
}

void arena_reset(arena *self) {
    size_t kept = 0;
    arena_block **link = &self->first;
    while (*link != NULL) {
        arena_block *block = *link;
        if (kept + block->capacity > ARENA_KEEP_BYTES) {
            *link = block->next;
            free(block);
        } else {
            kept += block->capacity;
            block->used = 0;
            link = &block->next;
        }
    }
    self->current = self->first;
    self->used = 0;
}

/* Puts a block with room for `size` behind the current one and makes it the current one. */
static bool grow(arena *self, size_t size) {
    size_t capacity = ARENA_FIRST_BYTES;
    if (self->current != NULL) {
        capacity = self->current->capacity < LARGEST_GROWTH / 2 ? self->current->capacity * 2 : LARGEST_GROWTH;
    }
    if (capacity < size) {
        capacity = size;
    }
    arena_block *block = malloc(sizeof(arena_block) + capacity);
    if (block == NULL) {
        return false;
    }
    block->capacity = capacity;
    block->used = 0;
    arena_block **link = self->current == NULL ? &self->first : &self->current->next;
    block->next = *link;
    *link = block;
    self->current = block;
    return true;
}

void *arena_allocate(arena *self, size_t size) {
    if (size > SIZE_MAX - ALIGNMENT - sizeof(arena_block)) {
        return NULL;
    }
    size_t rounded = size == 0 ? ALIGNMENT : (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (rounded > self->limit || self->used > self->limit - rounded) {
        return NULL;
    }
    while (self->current != NULL && self->current->capacity - self->current->used < rounded &&
           self->current->next != NULL) {
        self->current = self->current->next;
    }
    if (self->current == NULL || self->current->capacity - self->current->used < rounded) {
        if (!grow(self, rounded)) {
            return NULL;
        }
    }
    void *memory = (uint8_t *)self->current->data + self->current->used;
    self->current->used += rounded;
    self->used += rounded;
    return memory;
}

void *arena_allocate_zeroed(arena *self, size_t size) {
    void *memory = arena_allocate(self, size);
    if (memory != NULL) {
        memset(memory, 0, size);
    }
    return memory;
}

dragoman_bytes arena_copy(arena *self, dragoman_bytes bytes) {
    if (bytes.size == 0) {
        return (dragoman_bytes){NULL, 0};
    }
    uint8_t *copy = arena_allocate(self, bytes.size);
    if (copy != NULL) {
        memcpy(copy, bytes.data, bytes.size);
    }
    return (dragoman_bytes){copy, bytes.size};
}

dragoman_bytes arena_format(arena *self, const char *format, ...) {
    dragoman_bytes none = {NULL, 0};
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        return none;
    }
    char *text = arena_allocate(self, (size_t)length + 1);
    if (text == NULL) {
        return none;
    }
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return (dragoman_bytes){(const uint8_t *)text, (size_t)length};
}
