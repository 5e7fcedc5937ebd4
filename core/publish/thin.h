/*
 * The policy `every`: of each continuous metric of a device at most one value in a stretch of time, the last one.
 *
 * Stretches are cut by receive time: the n-th holds what was received from n x every to before (n + 1) x every (UTC).
 * What a device said waits until its stretch is over: a report of the next one has come, or the clock says so and no
 * report is behind. Then each metric's last value goes out, under its own id and time; a value that is absent counts
 * only when its metric had none that is present. Alerts, context, waves, single measurements (a cuff pressure, a manual
 * entry) and everything of laboratories and implants go at once, all of them. Which values go out depends on the
 * reports alone, not on when they are read, so that a restart chooses the same ones.
 *
 * The sink's position stays below the oldest report that waits. What went out above it is sent again after a restart,
 * with the same ids. Single-threaded.
 */
#ifndef PUBLISH_THIN_H
#define PUBLISH_THIN_H

#include "publish/render.h"
#include "store/store.h"

/* Bytes of reports that may wait; beyond it the longest waiting device's stretch is cut short. A house of 5,000 beds
 * has one report of some 3 kB waiting for each. */
#define THIN_BYTES ((size_t)64 << 20)
/* Kept back from the clock for reports that are still being committed. */
#define THIN_GRACE_US 2000000

/* A report on its way out. One block of memory. */
typedef struct thin_row {
    struct thin_row *next;           /* of the waiting ones: in its lane; of those due: in the queue */
    struct thin_row *newer, **older; /* all, by number */
    store_row row;                   /* its bytes stand behind this struct */
    renderer_choice choice;          /* what of it goes out; complete when it is due */
    uint32_t kept;                   /* observations that wait */
    uint32_t count;                  /* of all its observations */
    uint32_t *left_out;              /* room for the choice's indexes */
    uint8_t *stays;                  /* for each observation: whether it goes out with this one */
} thin_row;

typedef struct thin thin;

/* Makes a thinner. NO_MEMORY: NULL. */
thin *thin_create(int64_t every_us);
/* Frees it with what waits. NULL is allowed. */
void thin_destroy(thin *self);
/* Takes a report in, as the renderer has read it. NO_MEMORY: nothing was taken. */
dragoman_status thin_take(thin *self, const store_row *row, const renderer *reading);
/* Nothing more is there to be read now: stretches that are over by this UTC time are closed. */
void thin_close_until(thin *self, int64_t wall_us);
/* When the next stretch will be over, UTC; INT64_MAX: nothing waits. */
int64_t thin_next_close_us(const thin *self);
/* The next report that is due; it belongs to the caller, who frees it with free. NULL: none. */
thin_row *thin_next(thin *self);
/* The lowest number of a report that waits or is due; UINT64_MAX: none. */
uint64_t thin_oldest(const thin *self);

#endif
