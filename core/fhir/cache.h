/*
 * What was rendered once, found again by everything it was made from.
 *
 * Keys are whole: two things that differ in one byte never share an entry, whatever their hashes. Entries live until
 * fhir_cache_clear; the writer clears between reports when more than FHIR_CACHE_BYTES are held. Single-threaded.
 */
#ifndef FHIR_CACHE_H
#define FHIR_CACHE_H

#include "base/arena.h"
#include "base/bytes.h"

/* What one writer keeps rendered: some 40,000 metrics at about 1.5 kB, a house of 1,500 monitors. A larger one renders
 * again and again, and loses nothing but speed; a ward of eight takes some 300 kB. */
#define FHIR_CACHE_BYTES ((size_t)64 << 20)

typedef struct fhir_cache_slot {
    uint64_t hash;
    dragoman_bytes key;
    void *value; /* NULL: the slot is free */
} fhir_cache_slot;

typedef struct fhir_cache {
    fhir_cache_slot *slots;
    size_t slot_count; /* a power of two, or 0 */
    size_t used;
    arena memory; /* of keys and values; values may take more from it */
} fhir_cache;

/* Prepares an empty cache; nothing is allocated yet. */
void fhir_cache_init(fhir_cache *self);
/* Frees everything. */
void fhir_cache_fini(fhir_cache *self);
/* Forgets everything; values become invalid. */
void fhir_cache_clear(fhir_cache *self);
/* Whether so much is held that it should be cleared when nobody uses a value. */
static inline bool fhir_cache_is_full(const fhir_cache *self) {
    return self->memory.used > FHIR_CACHE_BYTES;
}
/* The value under `key`, or NULL. */
void *fhir_cache_find(const fhir_cache *self, dragoman_bytes key);
/* Adds a zeroed value of `size` bytes under a key that is not there yet. The key is copied. NULL: no memory. */
void *fhir_cache_add(fhir_cache *self, dragoman_bytes key, size_t size);

#endif
