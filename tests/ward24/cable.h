/*
 * The cable between a simulated device and the house: carries bytes both ways, can be pulled, can break in the middle
 * of a word, and has noise: a bit that turns, a byte that is lost or comes twice. On a loop's thread.
 */
#ifndef WARD24_CABLE_H
#define WARD24_CABLE_H

#include "simulate/port.h"

/* Between two faults of a noisy cable lie more bytes than any message of the lines here has that has a sum of eight
 * bits: two faults in one could cancel each other, and no receiver could tell. */
#define CABLE_APART_BYTES 700u

typedef struct cable_end {
    port_kind kind;
    uint16_t number;  /* of the port; LISTEN, CONNECT */
    const char *link; /* PSEUDO_TERMINAL */
} cable_end;

typedef struct cable_options {
    cable_end device, house; /* how the cable reaches each */
    bool is_udp;             /* `house.number` is where the house sends, `device.number` where the device is */
    uint64_t seed;
    uint32_t noise_bytes; /* a fault in about so many bytes, or with is_udp datagrams; 0: none */
    /* What the device said, before anything happens to it. */
    void (*said)(void *context, dragoman_bytes bytes);
    /* Noise struck something. */
    void (*struck)(void *context);
    void *context;
} cable_options;

typedef struct cable cable;

/* Makes a cable that is plugged in. NULL: no memory, or a port cannot be had. */
cable *cable_create(loop *on, const cable_options *options);
/* Ends it. NULL is allowed. */
void cable_destroy(cable *self);
/* Pulls it, or plugs it in again. False: that failed. */
bool cable_plug(cable *self, bool is_in);
/* Breaks the connection after so many more bytes of the device; it can be made again at once. */
void cable_break(cable *self, uint32_t after_bytes);
/* Faults so far. */
uint64_t cable_faults(const cable *self);

#endif
