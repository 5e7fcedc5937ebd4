/*
 * Many simulated personal health devices on one loop.
 */
#ifndef SIMULATE_AGENTS_H
#define SIMULATE_AGENTS_H

#include "simulate/agent.h"

/* Agents of one simulation: the devices of a large hospital. */
#define AGENTS_MAX 10000u

typedef struct agents_options {
    uint32_t count;
    const agent_kind *kind; /* NULL: one of each kind in turn */
    const char *host;
    uint16_t port;
    int64_t interval_us;
    uint64_t reports;    /* of all together, then it ends; 0: no end */
    int64_t duration_us; /* then it ends; 0: no end */
    uint64_t seed;
    agent_faults faults;
} agents_options;

typedef struct agents agents;

/* Makes the agents. `ended` is called once when their reports or their time are over and all is confirmed. NULL: no
 * memory. */
agents *agents_create(loop *on, const agents_options *options, void (*ended)(void *context), void *context);
/* Ends them. NULL is allowed. */
void agents_destroy(agents *self);
/* What they did so far; borrowed. */
const agent_figures *agents_figures(const agents *self);

#endif
