/*
 * A ward of simulated HL7 v2 monitors: beds on senders, at an interval or as fast as they are acknowledged.
 */
#ifndef SIMULATE_WARD_H
#define SIMULATE_WARD_H

#include "simulate/bed.h"
#include "simulate/sender.h"
#include <stdio.h>

/* Beds of one simulation: a large hospital. */
#define WARD_BEDS_MAX 10000u

typedef struct ward_options {
    uint32_t beds;
    const char *host;
    uint16_t port;
    int64_t interval_us; /* between two messages of a bed; 0: as soon as the last was acknowledged */
    uint32_t metrics;    /* OBX rows of values in a message */
    uint64_t messages;   /* of all beds together, then it ends; 0: no end */
    int64_t duration_us; /* then it ends; 0: no end */
    uint64_t seed;
    bool with_events;   /* alarms and ADT too */
    uint64_t first_id;  /* message ids begin here, so that a second run says nothing twice */
    FILE *acknowledged; /* or NULL: a line with the control id of each accepted message */
} ward_options;

typedef struct ward ward;

/* Makes a ward on a loop. `ended` is called once when its messages or its time are over and all is acknowledged. NULL:
 * no memory. */
ward *ward_create(loop *on, const ward_options *options, void (*ended)(void *context), void *context);
/* Ends it. NULL is allowed. */
void ward_destroy(ward *self);
/* What it did so far; borrowed. */
const sender_figures *ward_figures(const ward *self);

#endif
