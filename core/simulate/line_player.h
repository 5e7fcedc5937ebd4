/*
 * A device at the end of a serial line that speaks when it is asked, or by itself once it was asked: the line, time and
 * faults are here, what it says is its protocol's. On a loop's thread.
 */
#ifndef SIMULATE_LINE_PLAYER_H
#define SIMULATE_LINE_PLAYER_H

#include "simulate/line.h"

/* How often a protocol is told that time passes. */
#define LINE_TICK_US 100000

typedef struct line_player line_player;

/* What a device does. */
typedef struct line_protocol {
    /* Makes a device; the same seed gives the same life. clock_shift_us: how far its clock is off. NULL: no memory. */
    void *(*create)(uint64_t seed, int64_t clock_shift_us);
    /* Ends it; gets what create gave. */
    void (*destroy)(void *device);
    /* There is a line now: what was agreed on an earlier one is forgotten. */
    void (*opened)(void *device);
    /* Bytes came. */
    void (*received)(void *device, line_player *line, dragoman_bytes bytes);
    /* Time passed. utc_us: now. */
    void (*tick)(void *device, line_player *line, int64_t utc_us);
} line_protocol;

/* What happened so far. */
typedef struct line_figures {
    uint64_t opened;
    uint64_t asked;     /* whole requests that came */
    uint64_t refused;   /* requests that were broken */
    uint64_t others;    /* requests that only a controller of the device would send */
    uint64_t answered;  /* frames that were to be sent, with those that faults took */
    uint64_t corrupted; /* of them, with a wrong bit */
    uint64_t dropped;   /* of them, not sent */
} line_figures;

/* Makes one and opens its line. NULL: no memory, or the line cannot be opened; errno says why. */
line_player *line_player_create(loop *on, const line_options *options, const line_protocol *protocol);
/* Ends it. NULL is allowed. */
void line_player_destroy(line_player *self);
/* Sends a frame, with the faults that were wished for. Only within a call of the protocol. */
void line_player_send(line_player *self, dragoman_bytes frame);
/* To be counted up by the protocol, and read at the end. Borrowed. */
line_figures *line_player_figures(line_player *self);

#endif
