/*
 * One simulated ventilator: what it measures, limits and settings, its alarms, its clock, and the curves of its
 * breaths. Deterministic: the same seed and the same ticks give the same life. What it says on a MEDIBUS line is
 * written from the protocol definition, apart from any adapter.
 */
#ifndef SIMULATE_VENTILATOR_H
#define SIMULATE_VENTILATOR_H

#include "base/buffer.h"

#define VENTILATOR_VALUES 12u
#define VENTILATOR_CURVES 3u
/* From one sample of a curve to the next. */
#define VENTILATOR_SAMPLE_US 16000

typedef struct ventilator {
    uint64_t random;
    uint64_t ticks;
    int32_t values[VENTILATOR_VALUES]; /* in units of the last decimal */
    int64_t clock_shift_us;            /* how far its clock is off */
    int64_t phase_us;                  /* into the breath */
} ventilator;

/* Prepares one. */
void ventilator_init(ventilator *self, uint64_t seed, int64_t clock_shift_us);
/* A second passes. */
void ventilator_tick(ventilator *self);
/* The next sample of each curve, as it goes over the line: 0 to 0x960. */
void ventilator_sample(ventilator *self, uint16_t samples[VENTILATOR_CURVES]);
/* Appends the data of the response to a MEDIBUS command: empty for what it has nothing to say to. utc_us: now. */
void ventilator_answer(const ventilator *self, uint8_t command, int64_t utc_us, buffer *to);

#endif
