#include "simulate/agents.h"

#include <stdlib.h>

/* Without an interval, agents begin so much later than one another. */
#define STAGGER_US 1000
/* How long it is waited for confirmations when the time is over. */
#define FAREWELL_US 1000000

struct agents {
    agents_options options;
    agent_figures figures;
    agent **list;
    uint32_t count;
    uint64_t begun; /* reports */
    bool is_over;
    bool is_leaving;
    loop_timer *end;
    void (*ended)(void *context);
    void *context;
};

static bool may_report(void *context) {
    agents *self = context;
    if (self->is_over || (self->options.reports > 0 && self->begun >= self->options.reports)) {
        return false;
    }
    self->begun++;
    return true;
}

static void finish(agents *self) {
    if (self->ended != NULL) {
        void (*ended)(void *) = self->ended;
        self->ended = NULL;
        ended(self->context);
    }
}

static bool all_is_confirmed(const agents *self) {
    for (uint32_t n = 0; n < self->count; n++) {
        if (agent_is_waiting(self->list[n])) {
            return false;
        }
    }
    return true;
}

/* Everybody releases its association; the rest of the farewell is the line's. */
static void leave(agents *self) {
    for (uint32_t n = 0; n < self->count && !self->is_leaving; n++) {
        agent_release(self->list[n]);
    }
    self->is_leaving = true;
    self->is_over = true;
    loop_timer_set(self->end, clock_now().monotonic_us + FAREWELL_US / 10);
}

static void confirmed(void *context) {
    agents *self = context;
    bool is_done = self->is_over || (self->options.reports > 0 && self->begun >= self->options.reports);
    if (is_done && !self->is_leaving && all_is_confirmed(self)) {
        leave(self);
    }
}

static void time_is_over(void *context) {
    agents *self = context;
    if (self->is_leaving || self->is_over) {
        finish(self);
        return;
    }
    self->is_over = true;
    if (all_is_confirmed(self)) {
        leave(self);
    } else {
        loop_timer_set(self->end, clock_now().monotonic_us + FAREWELL_US);
    }
}

static int64_t first_report(const agents_options *options, uint32_t n) {
    return options->interval_us > 0 ? options->interval_us * n / options->count : STAGGER_US * (n % 1000);
}

agents *agents_create(loop *on, const agents_options *options, void (*ended)(void *context), void *context) {
    agents *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    *self = (agents){.options = *options, .ended = ended, .context = context};
    self->list = calloc(options->count, sizeof(*self->list));
    self->end = loop_timer_create(on, time_is_over, self);
    for (uint32_t n = 0; self->list != NULL && self->end != NULL && n < options->count; n++) {
        agent_options with = {.kind = options->kind != NULL ? options->kind : &agent_kinds[n % AGENT_KINDS],
                              .number = n + 1,
                              .seed = options->seed,
                              .host = options->host,
                              .port = options->port,
                              .interval_us = options->interval_us,
                              .first_us = first_report(options, n),
                              .faults = options->faults,
                              .figures = &self->figures,
                              .may_report = may_report,
                              .confirmed = confirmed,
                              .context = self};
        self->list[self->count] = agent_create(on, &with);
        self->count += self->list[n] != NULL ? 1 : 0;
        if (self->list[n] == NULL) {
            break;
        }
    }
    if (self->list == NULL || self->end == NULL || self->count < options->count) {
        agents_destroy(self);
        return NULL;
    }
    if (options->duration_us > 0) {
        loop_timer_set(self->end, clock_now().monotonic_us + options->duration_us);
    }
    return self;
}

void agents_destroy(agents *self) {
    if (self == NULL) {
        return;
    }
    for (uint32_t n = 0; self->list != NULL && n < self->count; n++) {
        agent_destroy(self->list[n]);
    }
    loop_timer_destroy(self->end);
    free(self->list);
    free(self);
}

const agent_figures *agents_figures(const agents *self) {
    return &self->figures;
}
