/*
 * The line that a simulated serial device hangs on: a pseudo-terminal, a TCP port that one program may call (as a
 * serial terminal server has it), or a call of ours. Comes back by itself after a break. On a loop's thread.
 */
#ifndef SIMULATE_PORT_H
#define SIMULATE_PORT_H

#include "base/buffer.h"
#include "loop/loop.h"

/* Before a port that broke or was unplugged is there again. */
#define PORT_RETURN_US 1000000
/* Bytes that wait for a reader at most; a serial line has no memory either, and what is beyond is lost. */
#define PORT_WAITING_BYTES 65536u

typedef enum port_kind {
    PORT_PSEUDO_TERMINAL = 1,
    PORT_LISTEN = 2,
    PORT_CONNECT = 3,
} port_kind;

typedef struct port_options {
    port_kind kind;
    const char *host; /* LISTEN, CONNECT: a number; resolved before */
    uint16_t number;  /* LISTEN: 0 takes any free one */
    const char *link; /* PSEUDO_TERMINAL: a symbolic link that always leads to it; or NULL */
    /* There is a line now. `name`: "/dev/pts/3", "tcp://127.0.0.1:4001". A pseudo-terminal is one at once, a TCP port
     * with its first caller; listening is told by `listens`. */
    void (*opened)(void *context, const char *name);
    void (*listens)(void *context, const char *name);
    void (*received)(void *context, dragoman_bytes bytes);
    void (*closed)(void *context);
    void *context;
} port_options;

typedef struct port port;

/* Makes a port and opens it. NULL: no memory, or it cannot be opened at all; errno says why. `options` is copied. */
port *port_create(loop *on, const port_options *options);
/* Ends it. NULL is allowed. */
void port_destroy(port *self);
/* Sends bytes, as soon as the line takes them. Without a line they are lost. */
void port_send(port *self, dragoman_bytes bytes);
/* The cable is pulled and put back after PORT_RETURN_US. */
void port_unplug(port *self);

#endif
