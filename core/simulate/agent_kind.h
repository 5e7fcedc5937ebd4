/*
 * The kinds of personal health devices that are played, written from IEEE 11073-20601 and its specialisations, apart
 * from any adapter.
 */
#ifndef SIMULATE_AGENT_KIND_H
#define SIMULATE_AGENT_KIND_H

#include "base/buffer.h"
#include <dragoman/base.h>

#define AGENT_METRICS_MAX 4
#define AGENT_PARTS_MAX 3
/* Samples of a wave in one report. */
#define AGENT_SAMPLES 20

/* How a metric writes its value. */
typedef enum agent_form {
    AGENT_SHORT,   /* Basic-Nu-Observed-Value: SFLOAT */
    AGENT_LONG,    /* Simple-Nu-Observed-Value: FLOAT */
    AGENT_PARTS,   /* Compound-Basic-Nu-Observed-Value: SFLOATs */
    AGENT_SAMPLED, /* Simple-Sa-Observed-Value: 16-bit samples */
} agent_form;

typedef struct agent_metric {
    uint16_t handle;
    uint16_t partition;
    uint16_t code;
    uint16_t unit;
    uint16_t parts[AGENT_PARTS_MAX];
    agent_form form;
    uint8_t decimals;
    int32_t usual[AGENT_PARTS_MAX]; /* in units of the last decimal */
    int32_t spread;                 /* how far from it at most */
} agent_metric;

typedef struct agent_kind {
    const char *name;
    uint16_t config_id;      /* below 4000: the manager knows it */
    uint16_t specialisation; /* MDC_DEV_SPEC_PROFILE_... */
    const char *model;
    bool has_stamps;
    uint16_t store; /* handle of its PM-store, or 0 */
    uint8_t metric_count;
    agent_metric metrics[AGENT_METRICS_MAX];
} agent_kind;

#define AGENT_KINDS 7
extern const agent_kind agent_kinds[AGENT_KINDS];

/* The kind with this name, or NULL. */
const agent_kind *agent_kind_find(dragoman_bytes name);
/* Appends the ConfigObjectList of a kind. */
void agent_kind_write_objects(const agent_kind *kind, buffer *to);
/* Appends what a metric measures now (obs-val-data). `random` gives any number; `stamp` is 8 bytes of AbsoluteTime, or
 * NULL. */
void agent_metric_write(const agent_metric *metric, uint32_t random, const uint8_t *stamp, buffer *to);
/* Appends a stored entry of the metric: its time and its value. */
void agent_metric_write_entry(const agent_metric *metric, uint32_t random, const uint8_t *stamp, buffer *to);
/* Appends the PmSegmentEntryMap of such entries. */
void agent_kind_write_entry_map(const agent_metric *metric, buffer *to);

#endif
