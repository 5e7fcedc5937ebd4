/*
 * How long the store can hold what comes in: arithmetic for `dragoman check`, so that a site learns before it happens
 * that its `hold` does not fit into its `max_size`. Pure.
 */
#ifndef STORE_HOLD_H
#define STORE_HOLD_H

#include "store/store.h"

/* What is expected, and what there is. */
typedef struct store_hold_plan {
    uint64_t messages_per_hour;
    uint64_t bytes_per_message; /* of a report as it is stored */
    uint64_t max_bytes;         /* of the store; 0: no limit but the disk */
    uint64_t disk_bytes;        /* free on its disk now, with what the store has already; 0: not known */
    uint64_t hold_us;           /* what the site asks for; 0: as long as it goes */
} store_hold_plan;

/* What comes of it. */
typedef struct store_hold_answer {
    uint64_t hours;        /* whole hours that fit; UINT64_MAX: no limit is known, or nothing comes in */
    uint64_t needed_bytes; /* that the asked hold would take with its reserve; UINT64_MAX: more than can be counted */
    bool fits;             /* the asked hold does */
} store_hold_answer;

/* Rows take whole pages when they are over half a page; a sixteenth is kept for alerts and ADT (STORE_RESERVE_SHARE);
 * the log takes a few MiB. */
store_hold_answer store_hold_compute(const store_hold_plan *plan);

#endif
