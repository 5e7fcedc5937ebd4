/*
 * What a monitor said once about its numerics, waves and enumerations and does not repeat with each value: label, unit,
 * scale, period ("VMO Static Context Group", "VMO Dynamic Context Group"). Kept by naming context and handle until the
 * association ends.
 */
#ifndef INTELLIVUE_METRIC_H
#define INTELLIVUE_METRIC_H

#include "limits.h"
#include "reply.h"
#include <dragoman/adapter.h>

/* ScaleRangeSpec16. */
typedef struct intellivue_scale {
    uint32_t lower_absolute; /* FLOAT */
    uint32_t upper_absolute;
    uint16_t lower_scaled;
    uint16_t upper_scaled;
} intellivue_scale;

/* SaFixedValId. */
typedef enum intellivue_fixed_value {
    SA_FIX_INVALID_MASK = 1,
    SA_FIX_PACER_MASK = 2,
    SA_FIX_DEFIB_MARKER_MASK = 3,
    SA_FIX_SATURATION = 4,
    SA_FIX_QRS_MASK = 5,
} intellivue_fixed_value;

/* SaFlags. */
#define SA_EXT_VAL_RANGE 0x1000u

typedef struct intellivue_metric {
    uint16_t context;
    uint16_t handle;
    uint32_t label; /* TextId; 0: not said yet */
    uint16_t unit;
    uint16_t category; /* MetricCategory */
    uint16_t access;   /* MetricAccess */
    uint16_t sa_flags;
    uint8_t sample_size; /* bits; 0: no SaSpec yet */
    uint8_t significant_bits;
    uint8_t text_size;
    bool has_unit;
    bool has_scale;
    bool has_spec;                    /* a MetricSpec came */
    uint32_t sample_period;           /* ticks; 0: not said yet */
    uint16_t masks[INTELLIVUE_MASKS]; /* by SaFixedValId; 0: there is none */
    intellivue_scale scale;
    char text[INTELLIVUE_LABEL_BYTES]; /* Label String */
} intellivue_metric;

typedef struct intellivue_metrics {
    intellivue_metric *rows;
    uint32_t count;
    uint32_t capacity;
} intellivue_metrics;

/* The row of an object, made when it is not there; NULL when the limit or memory is reached. Rows move. */
intellivue_metric *intellivue_metric_of(intellivue_metrics *metrics, const dragoman_host *host, void *host_context,
                                        const intellivue_object *object);
/* Takes what the object's attributes say about it. Returns how many attributes were too short for their type. */
uint32_t intellivue_metric_learn(intellivue_metric *metric, const intellivue_object *object);
/* Forgets all rows, and gives their memory back. */
void intellivue_metrics_forget(intellivue_metrics *metrics, const dragoman_host *host, void *host_context);

#endif
