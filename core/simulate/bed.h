/*
 * One simulated bed: a patient whose vital signs wander within what is plausible, sometimes beyond their alarm limits,
 * who is admitted, transferred and discharged. Deterministic: the same seed and the same ticks give the same life.
 * Written from the standards, apart from any adapter.
 */
#ifndef SIMULATE_BED_H
#define SIMULATE_BED_H

#include "base/buffer.h"
#include <dragoman/base.h>

/* What a bedside monitor sends at most in our simulation. */
#define BED_METRICS 20

typedef struct bed_metric {
    const char *code; /* "147842^MDC_ECG_HEART_RATE^MDC" */
    const char *path; /* "1.1.1.1" */
    const char *unit; /* "264864^MDC_DIM_BEAT_PER_MIN^MDC" */
    uint8_t decimals;
    int32_t start, least, most; /* in units of the last decimal */
    int32_t step;               /* largest change at one tick */
    int32_t low, high;          /* alarm limits; both 0: none */
    bool is_episodic;           /* measured now and then: a cuff */
} bed_metric;

extern const bed_metric bed_metrics[BED_METRICS];

typedef enum bed_event {
    BED_NOTHING = 0,
    BED_ADMITTED,
    BED_ALARM_BEGAN,
    BED_ALARM_ENDED,
    BED_DISCHARGED,
} bed_event;

typedef struct bed {
    uint32_t number;  /* from 1 */
    uint32_t patient; /* which patient since the start, from 1 */
    uint64_t random;
    uint64_t ticks;
    uint64_t messages;
    int32_t values[BED_METRICS];
    int64_t cuff_at_us; /* UTC: when the cuff last measured */
    int32_t alarm;      /* index of the metric in alarm, or -1 */
    uint64_t alarm_number;
} bed;

/* Prepares bed `number` of a simulation with `seed`. */
void bed_init(bed *self, uint32_t number, uint64_t seed);
/* Lets time pass to `utc_us` and says what happened. */
bed_event bed_tick(bed *self, int64_t utc_us);

/* Appends HL7 v2.6 messages (segments end with \r, no MLLP frame). `id` becomes MSH-10. */
/* IHE PCD-01: the values of the first `metrics` metrics, OBX rows 1 and up, below the rows of their devices. */
void bed_write_observations(const bed *self, int64_t utc_us, uint32_t metrics, uint64_t id, buffer *to);
/* IHE ACM: the alarm that began or ended. */
void bed_write_alarm(const bed *self, int64_t utc_us, bool has_ended, uint64_t id, buffer *to);
/* ADT A01 or A03. */
void bed_write_admission(const bed *self, int64_t utc_us, bool is_discharge, uint64_t id, buffer *to);

#endif
