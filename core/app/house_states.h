/*
 * How the links stand, for the sinks' threads: looked at by the loop's thread once a second, and copied.
 */
#ifndef APP_HOUSE_STATES_H
#define APP_HOUSE_STATES_H

#include "link/link.h"
#include <pthread.h>

/* How often the links are looked at: a state is told that much later. */
#define HOUSE_STATES_EVERY_US 1000000

typedef struct house_state {
    dragoman_bytes name; /* the site's */
    const char *word;    /* "live" ...; static */
    int64_t last_heard_us;
} house_state;

typedef struct house_states {
    pthread_mutex_t lock; /* of items and count */
    house_state *items;
    uint32_t count;
} house_states;

/* Prepares an empty list. */
void house_states_init(house_states *self);
/* Frees it. */
void house_states_fini(house_states *self);
/* The word for a state: "live", "stale" ... Static. */
const char *house_state_word(link_state state);
/* Notes how link `index` of `count` stands; `link` NULL: it could not start. The loop's thread. */
void house_states_put(house_states *self, uint32_t index, uint32_t count, dragoman_bytes name, const link_link *link);
/* Calls `visit` for each link, under the lock. Any thread. */
void house_states_visit(void *self,
                        void (*visit)(void *to, dragoman_bytes name, const char *state, int64_t last_heard_us),
                        void *to);

#endif
