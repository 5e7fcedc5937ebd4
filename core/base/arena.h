/*
 * Memory that is given back all at once: one arena per process, link, batch or call.
 *
 * Single-threaded. Blocks are kept on reset, so that a warm arena allocates nothing. `limit` bounds what outside input
 * can make it hold.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <dragoman/base.h>

typedef struct arena_block arena_block;

typedef struct arena {
    arena_block *first;
    arena_block *current;
    size_t used;  /* bytes handed out since the last reset */
    size_t limit; /* most bytes that may be handed out between resets */
} arena;

/* Prepares an empty arena; nothing is allocated yet. */
void arena_init(arena *self, size_t limit);
/* Frees everything. The arena may be used again after arena_init. */
void arena_fini(arena *self);
/* Takes all memory back and keeps up to ARENA_KEEP_BYTES of it for the next round. */
void arena_reset(arena *self);
/* size bytes aligned for any type, not zeroed. NULL: the limit or the machine's memory is reached. size 0 gives a valid
 * pointer. */
void *arena_allocate(arena *self, size_t size);
/* As arena_allocate, zeroed. */
void *arena_allocate_zeroed(arena *self, size_t size);
/* A copy of `bytes`. A slice with NULL data and size > 0 means that there was no memory. An empty slice stays empty. */
dragoman_bytes arena_copy(arena *self, dragoman_bytes bytes);
/* A formatted text; NULL data when there is no memory. */
dragoman_bytes arena_format(arena *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
