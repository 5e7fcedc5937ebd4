/*
 * What is wished of a simulated device at the end of a serial line: where the line is, and which faults it has.
 */
#ifndef SIMULATE_LINE_H
#define SIMULATE_LINE_H

#include "simulate/port.h"
#include <stdio.h>

typedef struct line_faults {
    uint32_t corrupt;  /* every so many answers or frames one bit is wrong; 0: never */
    uint32_t drop;     /* every so many answers or frames one does not come; 0: never */
    int64_t delay_us;  /* they come so late */
    int64_t unplug_us; /* the line is pulled so often; 0: never */
    int64_t clock_shift_us;
} line_faults;

typedef struct line_options {
    port_kind kind;
    const char *host; /* LISTEN, CONNECT: a number; resolved before */
    uint16_t number;
    const char *link; /* PSEUDO_TERMINAL: a symbolic link that leads to it; or NULL */
    uint64_t seed;
    line_faults faults;
    FILE *names; /* gets the name of the line, a line each time; or NULL */
} line_options;

/* Writes the line's name to `to`, at once. NULL is allowed. */
static inline void line_tell_name(FILE *to, const char *name) {
    if (to != NULL) {
        fprintf(to, "%s\n", name);
        fflush(to);
    }
}

#endif
