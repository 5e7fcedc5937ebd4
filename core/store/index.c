#include "store/index.h"

#include <stdlib.h>
#include <string.h>

enum { INDEX_FIRST_CAPACITY = 256 };

void store_index_init(store_index *self, store_index_hash hash_of, const void *owner) {
    *self = (store_index){.hash_of = hash_of, .owner = owner};
}

void store_index_fini(store_index *self) {
    free(self->cells);
    self->cells = NULL;
    self->capacity = 0;
    self->count = 0;
}

void store_index_clear(store_index *self) {
    if (self->cells != NULL) {
        memset(self->cells, 0, self->capacity * sizeof *self->cells);
    }
    self->count = 0;
}

static uint32_t home(const store_index *self, uint64_t hash) {
    /* Spread even when the hashes follow each other: a long run of full cells would make every removal long. */
    return (uint32_t)((hash * 0x9e3779b97f4a7c15u) >> 32) & (self->capacity - 1);
}

void store_index_add(store_index *self, uint32_t slot) {
    uint32_t at = home(self, self->hash_of(self->owner, slot));
    while (self->cells[at] != 0) {
        at = (at + 1) & (self->capacity - 1);
    }
    self->cells[at] = slot + 1;
    self->count++;
}

dragoman_status store_index_reserve(store_index *self, uint32_t more) {
    uint64_t wanted = ((uint64_t)self->count + more) * 3 / 2 + 1;
    if (wanted <= self->capacity) {
        return DRAGOMAN_OK;
    }
    uint64_t capacity = self->capacity == 0 ? INDEX_FIRST_CAPACITY : self->capacity;
    while (capacity < wanted) {
        capacity *= 2;
    }
    uint32_t *cells = capacity > UINT32_MAX / 2 ? NULL : calloc(capacity, sizeof *cells);
    if (cells == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    uint32_t *old = self->cells;
    uint32_t old_capacity = self->capacity;
    self->cells = cells;
    self->capacity = (uint32_t)capacity;
    self->count = 0;
    for (uint32_t i = 0; i < old_capacity; i++) {
        if (old[i] != 0) {
            store_index_add(self, old[i] - 1);
        }
    }
    free(old);
    return DRAGOMAN_OK;
}

uint32_t store_index_find(const store_index *self, uint64_t hash, uint32_t *cursor) {
    if (self->capacity == 0) {
        return STORE_INDEX_NONE;
    }
    /* The cursor counts cells looked at, so that 0 can stand for the beginning. */
    uint32_t at = home(self, hash);
    for (uint32_t looked = *cursor; looked < self->capacity; looked++) {
        uint32_t cell = self->cells[(at + looked) & (self->capacity - 1)];
        if (cell == 0) {
            break;
        }
        if (self->hash_of(self->owner, cell - 1) == hash) {
            *cursor = looked + 1;
            return cell - 1;
        }
    }
    return STORE_INDEX_NONE;
}

/* Closes the hole at `hole`, so that no later cell becomes unreachable. */
static void close_hole(store_index *self, uint32_t hole) {
    uint32_t mask = self->capacity - 1;
    for (uint32_t at = (hole + 1) & mask; self->cells[at] != 0; at = (at + 1) & mask) {
        uint32_t wanted = home(self, self->hash_of(self->owner, self->cells[at] - 1));
        /* The cell may move back when its home is not behind the hole. */
        if (((at - wanted) & mask) >= ((at - hole) & mask)) {
            self->cells[hole] = self->cells[at];
            hole = at;
        }
    }
    self->cells[hole] = 0;
}

void store_index_remove(store_index *self, uint32_t slot) {
    if (self->capacity == 0) {
        return;
    }
    uint32_t mask = self->capacity - 1;
    uint32_t at = home(self, self->hash_of(self->owner, slot));
    while (self->cells[at] != 0 && self->cells[at] != slot + 1) {
        at = (at + 1) & mask;
    }
    if (self->cells[at] != 0) {
        close_hole(self, at);
        self->count--;
    }
}
