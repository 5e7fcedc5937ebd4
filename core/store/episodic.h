/*
 * Last values of episodic metrics that carry no time of their own. A monitor repeats its last cuff pressure in every
 * report until the next measurement; only the first of them is a measurement.
 *
 * Kept as hashes by device and metric, in memory and in the table `episodic`, so that a restart does not take a repeat
 * for new. When full, the metric that was learned first is forgotten: its next repeat counts as new. Single-threaded:
 * the committer's.
 */
#ifndef STORE_EPISODIC_H
#define STORE_EPISODIC_H

#include "store/database.h"
#include "store/index.h"

/* Metrics of all devices that are remembered: a dozen episodic metrics of 5,000 beds; 1.5 MiB when full. */
#define STORE_EPISODIC_METRICS 65536

typedef struct store_episode {
    uint64_t device;
    uint64_t metric;
    uint64_t value;
} store_episode;

typedef struct store_episodic {
    store_episode *entries; /* STORE_EPISODIC_METRICS of them; touched only as they are used */
    uint32_t count;
    uint32_t next;     /* the slot to be taken next when full */
    store_index index; /* by device and metric */
    uint32_t *changed; /* slots to be written */
    uint32_t changed_count, changed_room;
} store_episodic;

/* Prepares an empty table. NO_MEMORY. */
dragoman_status store_episodic_init(store_episodic *self);
/* Frees its memory. */
void store_episodic_fini(store_episodic *self);
/* Reads everything from the database; what was known before is forgotten. SQLite's code. */
int store_episodic_load(store_episodic *self, store_database *database);
/* Whether this value only repeats the last one of that device and metric; remembers it. NO_MEMORY. */
dragoman_status store_episodic_ask(store_episodic *self, uint64_t device, uint64_t metric, uint64_t value,
                                   bool *ret_is_repeated);
/* Writes what changed since the last call, inside the caller's transaction. SQLite's code. */
int store_episodic_write(store_episodic *self, store_database *database);

#endif
