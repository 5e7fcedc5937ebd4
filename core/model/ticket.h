/*
 * What the committer must know of a report without decoding it: which device, how its clock stands, and which
 * observations might only repeat an old episodic value. Made once by the host beside the encoded bytes.
 */
#ifndef MODEL_TICKET_H
#define MODEL_TICKET_H

#include "base/arena.h"
#include <dragoman/report.h>

/* What a report is kept as; the store's classes have the same numbers. */
typedef enum model_class {
    MODEL_VALUES = 0,
    MODEL_ALERTS = 1,  /* at least one alert */
    MODEL_CONTEXT = 2, /* at least one context event, or the device's state */
    MODEL_WAVES = 3,   /* nothing but samples */
} model_class;

/* An observation that is episodic by nature but carries no time of its own. */
typedef struct model_candidate {
    uint32_t index; /* in the report's observations */
    uint32_t reserved;
    uint64_t group;  /* hash of the first three levels of the path: what one measurement gives together */
    uint64_t metric; /* hash of path and source code */
    uint64_t value;  /* hash of values, components, unit and status */
} model_candidate;

typedef struct model_ticket {
    dragoman_bytes device_key; /* as the adapter gave it; empty for pure context reports */
    dragoman_list identifiers; /* dragoman_identifier: learned aliases */
    int64_t stated_at_us;      /* newest time that the device's clock stated, as UTC; INT64_MIN: none */
    const model_candidate *candidates;
    uint32_t candidate_count;
    uint8_t store_class; /* model_class */
} model_ticket;

/* Whether an observation's metric is episodic by nature (a cuff pressure). Asked once for each observation without a
 * time of its own. */
typedef bool (*model_is_episodic)(void *context, const dragoman_report *report,
                                  const dragoman_observation *observation);

/* Makes the ticket of a checked report; is_episodic may be NULL (nothing is); everything in it lives in `memory`,
 * independent of the report. NO_MEMORY. */
dragoman_status model_ticket_make(const dragoman_report *report, model_is_episodic is_episodic, void *context,
                                  arena *memory, model_ticket *ret_ticket);

#endif
