/*
 * A blood counter that sends results by ASTM E1381 and E1394, with faults on demand. Written from the standards; shares
 * nothing with the adapter. On a loop's thread.
 */
#ifndef SIMULATE_ANALYSER_H
#define SIMULATE_ANALYSER_H

#include "simulate/port.h"
#include <stdio.h>

typedef struct analyser_faults {
    uint32_t corrupt;  /* every so many frames one bit is wrong; 0: never */
    uint32_t drop;     /* every so many frames one is not sent; 0: never */
    bool refuses;      /* what the host sends is answered with NAK, always */
    int64_t delay_us;  /* everything is sent so late */
    int64_t unplug_us; /* the line is pulled so often; 0: never */
    int64_t clock_shift_us;
} analyser_faults;

typedef struct analyser_options {
    port_kind kind;
    const char *host;
    uint16_t number;
    const char *link;
    uint64_t seed;
    int64_t interval_us; /* between two messages */
    uint64_t messages;   /* then it ends; 0: no end */
    uint32_t frame;      /* characters of a frame's text at most */
    bool asks;           /* each message is followed by a query for orders */
    analyser_faults faults;
    FILE *names; /* gets the name of the line, a line each time; or NULL */
    /* Called once when its messages are over and acknowledged. */
    void (*ended)(void *context);
    void *context;
} analyser_options;

/* What happened so far. */
typedef struct analyser_figures {
    uint64_t messages; /* acknowledged to their last frame */
    uint64_t frames, acknowledged, refused, corrupted, dropped, silences, given_up;
    uint64_t queries, answers; /* messages of the host that were taken whole */
} analyser_figures;

typedef struct analyser analyser;

/* Makes one and opens its line. NULL: no memory, or the line cannot be opened; errno says why. */
analyser *analyser_create(loop *on, const analyser_options *options);
/* Ends it. NULL is allowed. */
void analyser_destroy(analyser *self);
/* Borrowed. */
const analyser_figures *analyser_figures_of(const analyser *self);

#endif
