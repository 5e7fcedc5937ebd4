/*
 * One simulated personal health device: it connects, associates, sends its configuration where it is asked for, answers
 * what it is asked, and reports a measurement at an interval, each of which it sends again until it is confirmed. On a
 * loop's thread. Faults happen on demand.
 */
#ifndef SIMULATE_AGENT_H
#define SIMULATE_AGENT_H

#include "base/histogram.h"
#include "loop/loop.h"
#include "simulate/agent_kind.h"

/* TO_assoc and RC_assoc, and TO_cer-mds (IEEE 11073-20601): how long an agent waits for the manager. */
#define AGENT_ASSOCIATION_US 10000000
#define AGENT_ASSOCIATION_TRIES 3
#define AGENT_CONFIRM_US 3000000
/* Before it connects again. */
#define AGENT_RECONNECT_US 500000
/* The longest APDU that a manager may send it: more than any it knows. */
#define AGENT_HEARD_BYTES 1024
/* Entries in a store. */
#define AGENT_STORED 12

/* What goes wrong, one in so many reports; 0: never. */
typedef struct agent_faults {
    uint32_t corrupt; /* a byte of the report is another */
    uint32_t drop;    /* the report is not sent at all, and its confirmation waited for in vain */
    uint32_t unplug;  /* the connection is cut in the middle of the report */
    int64_t delay_us; /* every report comes so much later than it was measured */
    int64_t clock_us; /* the device's clock is so much ahead, or behind */
} agent_faults;

/* What agents count together. */
typedef struct agent_figures {
    uint64_t associated, configured, sent, resent, confirmed, refused, stored, timeouts, aborted, broken;
    uint64_t operating; /* at this moment */
    histogram latency;  /* from the report to its confirmation */
} agent_figures;

typedef struct agent agent;

typedef struct agent_options {
    const agent_kind *kind;
    uint32_t number; /* from 1: the last bytes of its system-id */
    uint64_t seed;
    const char *host; /* a number */
    uint16_t port;
    int64_t interval_us; /* between two reports; 0: as soon as the last was confirmed */
    int64_t first_us;    /* from its association to its first report */
    agent_faults faults;
    agent_figures *figures;
    /* Asked before each report; false: it sends no more. */
    bool (*may_report)(void *context);
    /* A report was confirmed. */
    void (*confirmed)(void *context);
    void *context;
} agent_options;

/* Makes an agent that connects at once. NULL: no memory. `options` is copied. */
agent *agent_create(loop *on, const agent_options *options);
/* Ends it. NULL is allowed. */
void agent_destroy(agent *self);
/* Asks it to release its association when nothing of it is unconfirmed. */
void agent_release(agent *self);
/* Whether a report of it is not confirmed yet. */
bool agent_is_waiting(const agent *self);

#endif
