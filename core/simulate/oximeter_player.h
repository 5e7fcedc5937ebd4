/*
 * A pulse oximeter at the end of a line, with faults on demand. It sends frames by itself, in the form that a protocol
 * writes. On a loop's thread.
 */
#ifndef SIMULATE_OXIMETER_PLAYER_H
#define SIMULATE_OXIMETER_PLAYER_H

#include "simulate/line.h"
#include "simulate/oximeter.h"

/* The longest frame of any protocol here. */
#define OXIMETER_FRAME_BYTES 9u

typedef struct oximeter_player oximeter_player;

/* A protocol: how its frames look. */
typedef struct oximeter_protocol {
    const char *name;
    uint32_t frequency; /* frames a second */
    /* Writes frame `number` since the line was opened; returns its bytes. */
    size_t (*write)(const oximeter_moment *now, uint64_t number, int64_t clock_shift_us, uint8_t *to);
} oximeter_protocol;

/* What happened so far. */
typedef struct oximeter_figures {
    uint64_t frames, corrupted, dropped, opened;
    uint64_t heard; /* bytes from the reader */
} oximeter_figures;

/* Makes one and opens its line. NULL: no memory, or the line cannot be opened; errno says why. */
oximeter_player *oximeter_player_create(loop *on, const line_options *options, const oximeter_protocol *protocol);
/* Ends it. NULL is allowed. */
void oximeter_player_destroy(oximeter_player *self);
/* Borrowed. */
const oximeter_figures *oximeter_player_figures(const oximeter_player *self);

#endif
