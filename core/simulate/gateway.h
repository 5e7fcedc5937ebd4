/*
 * A gateway with Bluetooth devices behind it: cuffs, glucose meters, thermometers, oximeters, scales and chest straps,
 * each value as a line of JSON (schemas/gatt-envelope.schema.json). The bytes are made from the GATT Specification
 * Supplement; nothing is shared with the adapter. On a loop's thread.
 */
#ifndef SIMULATE_GATEWAY_H
#define SIMULATE_GATEWAY_H

#include "simulate/port.h"
#include <stdio.h>

/* Devices of one gateway: what a radio can hear of a ward. */
#define GATEWAY_DEVICES_MAX 1000u

typedef struct gateway_faults {
    uint32_t corrupt;       /* every so many lines one bit is wrong; 0: never */
    uint32_t drop;          /* every so many lines one is lost; 0: never */
    int64_t unplug_us;      /* the line is pulled so often; 0: never */
    int64_t clock_shift_us; /* of the devices' clocks */
} gateway_faults;

typedef struct gateway_options {
    FILE *to;       /* lines go here; NULL: onto the port */
    port_kind kind; /* of the port */
    const char *host;
    uint16_t number;
    const char *name;
    uint64_t seed;
    uint32_t devices;
    int64_t interval_us; /* between two values of a device */
    uint64_t lines;      /* then it ends; 0: no end */
    bool has_check;      /* a line ends with * and its CRC */
    gateway_faults faults;
    /* Called once when its lines are over. */
    void (*ended)(void *context);
    void *context;
} gateway_options;

/* What happened so far. */
typedef struct gateway_figures {
    uint64_t lines, corrupted, dropped;
} gateway_figures;

typedef struct gateway gateway;

/* Makes one and opens its line. NULL: no memory, or the line cannot be opened; errno says why. */
gateway *gateway_create(loop *on, const gateway_options *options);
/* Ends it. NULL is allowed. */
void gateway_destroy(gateway *self);
/* Borrowed. */
const gateway_figures *gateway_figures_of(const gateway *self);

#endif
