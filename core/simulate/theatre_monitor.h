/*
 * One simulated anaesthesia monitor: what it measures, its alarm, its clock and its waves, written as records of the
 * Datex-Ohmeda record specification, group after group as they stand there. Apart from any adapter. Deterministic: the
 * same seed and the same seconds give the same life.
 */
#ifndef SIMULATE_THEATRE_MONITOR_H
#define SIMULATE_THEATRE_MONITOR_H

#include "base/buffer.h"

#define THEATRE_VALUES 22u

typedef struct theatre_monitor {
    uint64_t random;
    uint64_t seconds;
    int16_t values[THEATRE_VALUES]; /* as they go over the line */
    int64_t clock_shift_us;         /* how far its clock is off */
    uint32_t cuff_time;             /* of its clock: when the cuff was last inflated */
    uint8_t number;                 /* of the next record */
} theatre_monitor;

/* Prepares one. */
void theatre_monitor_init(theatre_monitor *self, uint64_t seed, int64_t clock_shift_us);
/* A second passes. utc_us: now. Whether an alarm began or ended. */
bool theatre_monitor_pass(theatre_monitor *self, int64_t utc_us);
/* Appends a record of physiological data. kind: 1 displayed, 2 and 3 means, 4 auxiliary. classes: the mask of the
 * request. */
void theatre_monitor_values(theatre_monitor *self, uint8_t kind, uint32_t classes, int64_t utc_us, buffer *to);
/* Appends a record of the alarms that it shows now. */
void theatre_monitor_alarms(theatre_monitor *self, int64_t utc_us, buffer *to);
/* Appends a record of a second of each of `count` waves, at most 8; kinds that it has not are left out. */
void theatre_monitor_waves(theatre_monitor *self, const uint8_t *kinds, uint32_t count, int64_t utc_us, buffer *to);

#endif
