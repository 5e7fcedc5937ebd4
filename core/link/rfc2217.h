/*
 * A serial port of a terminal server: the client's side of the telnet COM-PORT option (RFC 2217) on a TCP connection,
 * as a filter between the connection and the bytes of the port. Sans-IO.
 */
#ifndef LINK_RFC2217_H
#define LINK_RFC2217_H

#include "base/buffer.h"
#include "link/serial.h"

/* The longest answer to a command that means anything to us: a speed, each byte doubled. */
#define RFC2217_COMMAND_BYTES 16u

typedef enum rfc2217_part {
    RFC2217_DATA = 0,
    RFC2217_IAC,     /* RFC 854: an IAC was read */
    RFC2217_OPTION,  /* WILL, WONT, DO or DONT was read */
    RFC2217_COMMAND, /* inside a subnegotiation */
    RFC2217_COMMAND_IAC,
} rfc2217_part;

typedef struct rfc2217 {
    const serial_settings *settings;
    rfc2217_part part;
    uint8_t verb; /* with RFC2217_OPTION */
    uint8_t command[RFC2217_COMMAND_BYTES];
    size_t command_size;
    uint8_t answered;   /* a bit for each of the four settings that the server has answered */
    bool was_asked;     /* the settings were sent */
    bool is_refused;    /* the server does not know the option */
    bool has_differing; /* it took another setting than asked for */
} rfc2217;

/* Begins a connection: appends what is sent first. `settings` must outlive it. */
void rfc2217_begin(rfc2217 *self, const serial_settings *settings, buffer *to);
/* Takes what came and leaves the port's own bytes in its place; returns how many. Appends what must be answered. */
size_t rfc2217_take(rfc2217 *self, uint8_t *bytes, size_t size, buffer *to);
/* Appends the port's bytes as they must be sent. */
void rfc2217_escape(dragoman_bytes bytes, buffer *to);
/* Whether the port has its settings. */
bool rfc2217_is_ready(const rfc2217 *self);

#endif
