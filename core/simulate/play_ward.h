/*
 * A ward of simulated IntelliVue monitors on UDP: a port each, counted up from the first, with the faults that a
 * network and its devices have.
 */
#ifndef SIMULATE_PLAY_WARD_H
#define SIMULATE_PLAY_WARD_H

#include "base/error.h"
#include "loop/loop.h"

/* Monitors of one simulation: more than any link takes. */
#define PLAY_WARD_MONITORS_MAX 1000u

typedef struct play_ward_options {
    uint32_t monitors;
    uint8_t ip[4];          /* on which they listen */
    uint16_t port;          /* of the first; the others follow */
    uint8_t announce_ip[4]; /* where they announce themselves ... */
    uint16_t announce_port; /* ... or 0: nowhere */
    uint64_t seed;
    /* Faults: one datagram in so many; 0: never. */
    uint32_t corrupt;
    uint32_t drop;
    uint32_t delay;          /* comes behind the next one */
    int64_t unplug_every_us; /* each monitor is unplugged so often, for unplug_us; 0: never */
    int64_t unplug_us;
    int64_t clock_offset_us; /* by which all their clocks are wrong */
} play_ward_options;

typedef struct play_ward_figures {
    uint64_t sent; /* datagrams */
    uint64_t polled;
    uint64_t corrupted;
    uint64_t dropped;
    uint64_t delayed;
    uint64_t unplugged;
    uint32_t operating; /* monitors with an association now */
} play_ward_figures;

typedef struct play_ward play_ward;

/* Makes a ward on a loop. IO with the reason when a port cannot be had. */
dragoman_status play_ward_create(loop *on, const play_ward_options *options, play_ward **ret_ward, error_record *error);
/* Ends it. NULL is allowed. */
void play_ward_destroy(play_ward *self);
/* What it did so far. */
play_ward_figures play_ward_look(const play_ward *self);

#endif
