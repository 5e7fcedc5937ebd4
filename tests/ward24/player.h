/*
 * The simulated device of a kind, switched on and off. On the house's loop.
 */
#ifndef WARD24_PLAYER_H
#define WARD24_PLAYER_H

#include "loop/loop.h"

typedef struct player {
    void *device; /* NULL: off */
    void (*destroy)(void *device);
} player;

typedef struct player_options {
    uint16_t port; /* where it calls, or listens */
    uint64_t seed;
    int64_t clock_shift_us;
    uint64_t first_id; /* of messages */
} player_options;

/* Switches a device of kind `kind` on. False: it cannot be. */
bool player_start(uint32_t kind, loop *on, const player_options *options, player *ret_player);
/* Switches it off at once. */
void player_stop(player *self);

#endif
