/*
 * Room: how much each class holds, what may come in, and what must go.
 *
 * Size is pages less free ones; the file itself never shrinks. STORE_RESERVE_SHARE of the total is kept for alerts and
 * context events: values and waves stop (or push out the oldest of their kind) before it. Reports go when they are
 * older than their class's hold and every sink has passed them; at the limit, when the site chose to drop, the oldest
 * values and waves go although a sink still wants them, and that is counted. Each commit takes away a bounded number of
 * rows, at least twice what it adds.
 *
 * Single-threaded: the committer's.
 */
#ifndef STORE_ROOM_H
#define STORE_ROOM_H

#include "store/database.h"
#include "store/store.h"

#define STORE_RESERVE_SHARE                                                                                            \
    16                      /* a sixteenth of the total: days of ADT for a house whose values fill the rest in hours */
#define STORE_SWEEP_ROWS 64 /* rows that a commit looks at beside twice those it adds, when it retires old ones */
#define STORE_ROW_BYTES 48  /* what a row costs beside its bytes, about */

typedef struct store_tally {
    uint64_t rows;
    uint64_t bytes;
    uint64_t dropped; /* reports that went at the size limit, before their time */
    bool is_changed;
} store_tally;

/* A walk through the rows from the oldest on, for some classes. */
typedef struct store_sweep {
    uint32_t classes; /* 1 << class */
    uint64_t cursor;  /* the last row that was looked at */
} store_sweep;

typedef struct store_room {
    const store_options *options;
    store_tally tallies[STORE_CLASSES];
    uint64_t next_number;
    uint64_t used_bytes, free_bytes; /* at the begin of the commit, and what was admitted since */
    uint64_t passed;                 /* every sink has passed the rows up to here */
    uint64_t parked;                 /* how many rows are parked by sinks */
    store_sweep retire[STORE_CLASSES];
    uint32_t retire_count;
    store_sweep drop;
    uint32_t over; /* 1 << class: classes that drop their oldest with this commit */
    int64_t oldest_us, newest_us;
    bool has_made_room; /* rows went with this commit */
} store_room;

/* Prepares the room for these options, which must outlive it. */
void store_room_init(store_room *self, const store_options *options);
/* Reads the tallies and the size. SQLite's code. */
int store_room_load(store_room *self, store_database *database);
/* Reads the size at the begin of a commit. SQLite's code. */
int store_room_measure(store_room *self, store_database *database);
/* What a report of so many bytes will take of the file, about: rows over half a page do not share theirs. */
uint64_t store_room_cost(uint64_t bytes);
/* Whether a message may come in; counts it as in when it may. FULL: `ret_reason` is a static sentence. */
dragoman_status store_room_admit(store_room *self, const store_message *message, const char **ret_reason);
/* Gives a report its number. */
uint64_t store_room_number(store_room *self, const store_report *report, size_t bytes, int64_t received_at_us);
/* Takes away what may or must go; `added` rows came in with this commit. SQLite's code. */
int store_room_sweep(store_room *self, store_database *database, int64_t now_us, uint64_t added);
/* Writes the tallies that changed, inside the caller's transaction. SQLite's code. */
int store_room_write(store_room *self, store_database *database);
/* Lets a row that is no longer parked be looked at again. */
void store_room_revisit(store_room *self, uint64_t number);

#endif
