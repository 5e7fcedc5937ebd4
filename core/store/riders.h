/*
 * What rides in the next commit beside messages: positions of sinks, parked rows, dead letters, retry marks.
 *
 * Any thread puts them; the committer takes them all, writes them, and puts them back when the commit failed. A sink's
 * position replaces the one that still waits. Everything is copied.
 */
#ifndef STORE_RIDERS_H
#define STORE_RIDERS_H

#include "store/database.h"
#include "store/store.h"
#include <pthread.h>

#define STORE_RIDERS 4096           /* how many may wait; then the publisher has to */
#define STORE_RIDERS_BYTES 67108864 /* and what they may hold */
#define STORE_SINK_NAME_BYTES 128

typedef enum store_rider_kind {
    STORE_RIDER_POSITION,
    STORE_RIDER_FORGET,
    STORE_RIDER_PARK,
    STORE_RIDER_UNPARK,
    STORE_RIDER_DEAD,
    STORE_RIDER_DEAD_RETRY,
    STORE_RIDER_DEAD_REMOVE,
} store_rider_kind;

typedef struct store_rider {
    struct store_rider *next;
    store_rider_kind kind;
    uint64_t number; /* low water, row or dead letter */
    dragoman_bytes sink;
    dragoman_bytes stage;
    dragoman_bytes reason;  /* or the position's note */
    dragoman_bytes payload; /* or the numbers above low water */
    size_t size;
} store_rider;

/* What riders change and others must know without counting rows. */
typedef struct store_rider_figures {
    uint64_t parked;
    uint64_t dead;
    uint64_t dead_bytes; /* of their payloads */
    uint64_t unparked;   /* the lowest row that is no longer parked since the figures were last looked at, or 0 */
    bool positions_changed;
} store_rider_figures;

typedef struct store_riders {
    pthread_mutex_t lock;
    store_rider *first;
    store_rider **last;
    uint32_t count;
    size_t bytes;
} store_riders;

/* Prepares an empty queue. */
void store_riders_init(store_riders *self);
/* Frees it with all that waits. */
void store_riders_fini(store_riders *self);
/* Copies `rider` into the queue. FULL, NO_MEMORY. */
dragoman_status store_riders_put(store_riders *self, const store_rider *rider);
/* Takes everything that waits; the caller owns the list. */
store_rider *store_riders_take(store_riders *self);
/* Puts a list that was taken back before everything that came since. */
void store_riders_put_back(store_riders *self, store_rider *list);
/* Writes one rider inside the caller's transaction and keeps count of parked rows and dead letters. SQLite's code. */
int store_riders_write(const store_rider *rider, store_database *database, int64_t now_us,
                       store_rider_figures *figures);
/* Frees a list that was taken. */
void store_riders_free(store_rider *list);
/* Writes one dead letter inside the caller's transaction and counts it; `link` or `sink` is empty. SQLite's code. */
int store_riders_write_dead(store_database *database, int64_t now_us, dragoman_bytes link, const store_rider *dead,
                            store_rider_figures *figures);
/* Lets the oldest dead letters go while there are more than STORE_DEAD_LETTERS or STORE_DEAD_BYTES; some at a time.
 * SQLite's code. */
int store_riders_trim_dead(store_database *database, store_rider_figures *figures);

#endif
