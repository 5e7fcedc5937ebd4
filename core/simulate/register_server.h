/*
 * A listener whose connections each lead to the same simulated devices with registers, and the faults that it is told
 * to have.
 */
#ifndef SIMULATE_REGISTER_SERVER_H
#define SIMULATE_REGISTER_SERVER_H

#include "base/error.h"
#include "base/histogram.h"
#include "loop/loop.h"
#include "simulate/register_device.h"

typedef struct register_server_options {
    const char *host; /* a numeric address */
    uint16_t port;
    register_framing framing;
    register_devices devices;
    uint32_t corrupt;    /* answers in a hundred of which a byte is struck */
    uint32_t drop;       /* in a hundred that are not given */
    uint32_t busy;       /* in a hundred that are exception 6 */
    int64_t delay_us;    /* before each answer */
    int64_t unplug_us;   /* every connection is cut so often; 0: never */
    int64_t interval_us; /* at which each connection is expected to ask; 0: its lateness is not measured */
    int64_t duration_us; /* then `ended` is called; 0: never */
} register_server_options;

typedef struct register_server_figures {
    uint64_t requests;
    uint64_t answers;
    uint64_t values; /* registers and bits that were given */
    uint64_t connections;
    histogram lateness; /* of questions, against the earliest one of their connection */
} register_server_figures;

typedef struct register_server register_server;

/* Listens. `ended` is called once when the time is over. IO with the reason when it cannot. */
dragoman_status register_server_create(loop *on, const register_server_options *options, void (*ended)(void *context),
                                       void *context, register_server **ret_server, error_record *error);
/* Ends it. NULL is allowed. */
void register_server_destroy(register_server *self);
/* What it did so far; borrowed. */
const register_server_figures *register_server_seen(const register_server *self);
/* The port that it listens on. */
uint16_t register_server_port(const register_server *self);

#endif
