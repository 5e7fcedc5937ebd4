/*
 * Working memory for one report: taken in small pieces, given back all at once and used again for the next report of
 * the same message. It lies in the host's batch memory, so that an idle connection holds none. One thread; nothing
 * outlives the call into the adapter.
 *
 * Running out is remembered in `failed`: callers go on with empty parts, and whoever hands the report on looks at
 * `failed` first.
 */
#ifndef HL7V2_MEMORY_H
#define HL7V2_MEMORY_H

#include <dragoman/adapter.h>

typedef struct hl7v2_block hl7v2_block;

typedef struct hl7v2_memory {
    const dragoman_host *host;
    void *context;
    hl7v2_block *used;  /* newest first */
    hl7v2_block *spare; /* of the reports before in this message */
    size_t in_use;      /* bytes of the used blocks */
    uint8_t *at;        /* next free byte of the newest block */
    size_t left;
    bool failed;
} hl7v2_memory;

/* The slow path of hl7v2_take. */
void *hl7v2_memory_grow(hl7v2_memory *memory, size_t size);

/* `size` bytes, aligned for any type, not zeroed. NULL when the host has no more; `failed` is set then. */
static inline void *hl7v2_take(hl7v2_memory *memory, size_t size) {
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded <= memory->left && rounded >= size) {
        void *piece = memory->at;
        memory->at += rounded;
        memory->left -= rounded;
        return piece;
    }
    return hl7v2_memory_grow(memory, size);
}

/* Takes everything back for the next report; `failed` is cleared. */
void hl7v2_memory_reset(hl7v2_memory *memory);

/* Forgets all blocks: the host's batch begins anew. */
static inline void hl7v2_memory_forget(hl7v2_memory *memory) {
    memory->used = NULL;
    memory->spare = NULL;
    memory->in_use = 0;
    memory->at = NULL;
    memory->left = 0;
    memory->failed = false;
}

/* A growing array in batch memory. */
typedef struct hl7v2_rows {
    void *items;
    uint32_t count;
    uint32_t capacity;
    uint32_t item_size;
    uint32_t most; /* items at most */
} hl7v2_rows;

/* A new zeroed item at the end, or NULL when `most` is reached or memory is out (`failed` is set in the latter case).
 * Items move. `likely` is how many there may be in all: the first items get so much room. */
void *hl7v2_rows_push(hl7v2_rows *rows, hl7v2_memory *memory, uint32_t likely);

/* Item `index`, which must be below count. */
static inline void *hl7v2_rows_at(const hl7v2_rows *rows, uint32_t index) {
    return (uint8_t *)rows->items + (size_t)index * rows->item_size;
}

/* The rows as the model's list. */
static inline dragoman_list hl7v2_rows_list(const hl7v2_rows *rows) {
    return (dragoman_list){rows->items, rows->count, rows->item_size};
}

/* Forgets the room too: the host's batch begins anew. */
static inline void hl7v2_rows_forget(hl7v2_rows *rows) {
    rows->items = NULL;
    rows->count = 0;
    rows->capacity = 0;
}

#endif
