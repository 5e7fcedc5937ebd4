/*
 * A ventilator that speaks MEDIBUS at the end of a line, with faults on demand. Written from the protocol definition
 * (Dräger RS 232 MEDIBUS, revision level 6.00); shares nothing with the adapter. On a loop's thread.
 */
#ifndef SIMULATE_MEDIBUS_H
#define SIMULATE_MEDIBUS_H

#include "simulate/line.h"

/* What happened so far. */
typedef struct medibus_figures {
    uint64_t commands, responses, refused, corrupted, dropped, records, opened;
    uint64_t others; /* commands that only a controller of the device would send */
} medibus_figures;

typedef struct medibus_player medibus_player;

/* Makes one and opens its line. NULL: no memory, or the line cannot be opened; errno says why. */
medibus_player *medibus_player_create(loop *on, const line_options *options);
/* Ends it. NULL is allowed. */
void medibus_player_destroy(medibus_player *self);
/* Borrowed. */
const medibus_figures *medibus_player_figures(const medibus_player *self);

#endif
