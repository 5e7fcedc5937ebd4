/*
 * A ventilator that speaks MEDIBUS at the end of a line, with faults on demand. Written from the protocol definition
 * (Dräger RS 232 MEDIBUS, revision level 6.00); shares nothing with the adapter. On a loop's thread.
 */
#ifndef SIMULATE_MEDIBUS_H
#define SIMULATE_MEDIBUS_H

#include "simulate/port.h"
#include <stdio.h>

typedef struct medibus_faults {
    uint32_t corrupt;  /* every so many responses one bit is wrong; 0: never */
    uint32_t drop;     /* every so many responses one does not come; 0: never */
    int64_t delay_us;  /* responses come so late */
    int64_t unplug_us; /* the line is pulled so often; 0: never */
    int64_t clock_shift_us;
} medibus_faults;

typedef struct medibus_player_options {
    port_kind kind;
    const char *host;
    uint16_t number;
    const char *link;
    uint64_t seed;
    medibus_faults faults;
    FILE *names; /* gets the name of the line, a line each time; or NULL */
} medibus_player_options;

/* What happened so far. */
typedef struct medibus_figures {
    uint64_t commands, responses, refused, corrupted, dropped, records, opened;
    uint64_t others; /* commands that only a controller of the device would send */
} medibus_figures;

typedef struct medibus_player medibus_player;

/* Makes one and opens its line. NULL: no memory, or the line cannot be opened; errno says why. */
medibus_player *medibus_player_create(loop *on, const medibus_player_options *options);
/* Ends it. NULL is allowed. */
void medibus_player_destroy(medibus_player *self);
/* Borrowed. */
const medibus_figures *medibus_player_figures(const medibus_player *self);

#endif
