/*
 * Working memory for one report: taken in small pieces, given back all at once. Its blocks come from the host and are
 * kept from one message to the next up to a limit. One thread; a piece lives until hl7v2_memory_reset.
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
    hl7v2_block *blocks; /* newest first */
    size_t kept;         /* bytes in all blocks */
    uint8_t *at;         /* next free byte of the newest block */
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

/* Takes everything back; `failed` is cleared. Blocks beyond the kept size go back to the host. */
void hl7v2_memory_reset(hl7v2_memory *memory);

/* Gives all blocks back to the host. */
void hl7v2_memory_fini(hl7v2_memory *memory);

/* A growing array in the host's memory that keeps its room between messages. */
typedef struct hl7v2_rows {
    void *items;
    uint32_t count;
    uint32_t capacity;
    uint32_t item_size;
    uint32_t most; /* items at most */
} hl7v2_rows;

/* A new zeroed item at the end, or NULL when `most` is reached or memory is out (`failed` is set in the latter case).
 * Items move. */
void *hl7v2_rows_push(hl7v2_rows *rows, hl7v2_memory *memory);

/* Item `index`, which must be below count. */
static inline void *hl7v2_rows_at(const hl7v2_rows *rows, uint32_t index) {
    return (uint8_t *)rows->items + (size_t)index * rows->item_size;
}

/* The rows as the model's list. */
static inline dragoman_list hl7v2_rows_list(const hl7v2_rows *rows) {
    return (dragoman_list){rows->items, rows->count, rows->item_size};
}

/* Forgets the items; gives the room back when it is more than `kept` items. */
void hl7v2_rows_clear(hl7v2_rows *rows, const hl7v2_memory *memory, uint32_t kept);

#endif
