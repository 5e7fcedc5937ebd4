/*
 * An index over numbered slots of somebody else's array: open addressing, 4 bytes a slot, grown on demand, so that an
 * idle store holds next to nothing. It keeps slot numbers only; the owner says what a slot hashes to.
 *
 * Single-threaded. The owner outlives it.
 */
#ifndef STORE_INDEX_H
#define STORE_INDEX_H

#include <dragoman/base.h>

#define STORE_INDEX_NONE UINT32_MAX

typedef uint64_t (*store_index_hash)(const void *owner, uint32_t slot);

typedef struct store_index {
    uint32_t *cells; /* slot + 1; 0: empty */
    uint32_t capacity;
    uint32_t count;
    store_index_hash hash_of;
    const void *owner;
} store_index;

/* Prepares an empty index; nothing is allocated yet. */
void store_index_init(store_index *self, store_index_hash hash_of, const void *owner);
/* Frees its memory. */
void store_index_fini(store_index *self);
/* Forgets every slot, keeps the memory. */
void store_index_clear(store_index *self);
/* Makes sure that the next `more` additions need no memory. NO_MEMORY. */
dragoman_status store_index_reserve(store_index *self, uint32_t more);
/* Adds a slot; its hash must be known to the owner already. Room must have been reserved. */
void store_index_add(store_index *self, uint32_t slot);
/* The next slot that hashes to `hash`, or STORE_INDEX_NONE. `cursor` is 0 at first and the index's own afterwards;
 * equal hashes are not yet equal things. The index must not change between the calls of one search. */
uint32_t store_index_find(const store_index *self, uint64_t hash, uint32_t *cursor);
/* Takes a slot out; the owner must still know its hash. A slot that is not in it is left alone. */
void store_index_remove(store_index *self, uint32_t slot);

/* One hash of two numbers; well mixed in all bits. */
static inline uint64_t store_index_mix(uint64_t a, uint64_t b) {
    uint64_t mixed = (a ^ (b << 32 | b >> 32)) * 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 29) ^ b) * 0xbf58476d1ce4e5b9u;
    return mixed ^ (mixed >> 32);
}

#endif
