/*
 * Counts of durations by size, for percentiles: 32 steps for each doubling (3 % wide), 1 us to 18 minutes.
 * Single-threaded; fixed size.
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <dragoman/base.h>

#define HISTOGRAM_STEPS 32
#define HISTOGRAM_DOUBLINGS 26
#define HISTOGRAM_SLOTS (HISTOGRAM_STEPS * HISTOGRAM_DOUBLINGS)

typedef struct histogram {
    uint64_t counts[HISTOGRAM_SLOTS];
    uint64_t total;
    int64_t largest;
} histogram;

/* Counts one duration; below 0 counts as 0, too long ones in the last slot. */
void histogram_add(histogram *self, int64_t us);
/* Adds another's counts. */
void histogram_merge(histogram *self, const histogram *other);
/* A duration that `percentile` percent of all do not exceed (0 to 100), to the width of its slot; 0 when there is none.
 */
int64_t histogram_percentile(const histogram *self, double percentile);

#endif
