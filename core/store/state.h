/*
 * What adapters remember over restarts: values by link and key, in memory and in the table `state`.
 *
 * Threads: read from any thread under a short lock; changed by the committer only, and only after the commit.
 */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include "base/arena.h"
#include "store/database.h"
#include "store/index.h"
#include "store/store.h"
#include <pthread.h>

#define STORE_STATE_KEY_BYTES 64         /* as the adapter ABI promises */
#define STORE_STATE_VALUE_BYTES 1048576  /* one value; more is no state but data */
#define STORE_STATE_TOTAL_BYTES 67108864 /* all adapters together, held in memory */
#define STORE_STATE_ENTRIES 65536

typedef struct store_state_entry {
    uint8_t *bytes; /* link, key and value behind each other */
    size_t link_size, key_size, value_size;
} store_state_entry;

typedef struct store_states {
    pthread_mutex_t lock;
    store_state_entry *entries;
    uint32_t count, room;
    size_t total;
    store_index index;
} store_states;

/* Prepares an empty table. */
void store_states_init(store_states *self);
/* Frees its memory. */
void store_states_fini(store_states *self);
/* Reads everything from the database; what was known before is forgotten. SQLite's code. */
int store_states_load(store_states *self, store_database *database);
/* Whether the message's states are within the limits: else LIMIT. */
dragoman_status store_states_check(store_states *self, const store_message *message);
/* Writes a message's states inside the caller's transaction; an empty value removes its key. SQLite's code. */
int store_states_write(const store_message *message, store_database *database);
/* Takes a committed message's states over. NO_MEMORY: the memory is older than the database. */
dragoman_status store_states_apply(store_states *self, const store_message *message);
/* The value of link and key into `memory`. NOT_FOUND, NO_MEMORY. */
dragoman_status store_states_find(store_states *self, dragoman_bytes link, dragoman_bytes key, arena *memory,
                                  dragoman_bytes *ret_value);
/* Calls `visit` for each state whose key begins with `start`, under the lock. */
void store_states_visit(store_states *self, dragoman_bytes start,
                        void (*visit)(void *context, dragoman_bytes link, dragoman_bytes value), void *context);

#endif
