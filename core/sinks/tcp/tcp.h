/*
 * The TCP sink's own view of itself: one connection that carries a stream of records, and how much of it has arrived.
 *
 * At least once: what the other side has not acknowledged when the connection ends is given again over the next one.
 * Who acknowledges is the site's choice: the other side's TCP (the bytes have reached its machine), or the receiver
 * itself, with one octet ACK for each record that it has kept.
 */
#ifndef SINKS_TCP_TCP_H
#define SINKS_TCP_TCP_H

#include "sinks/sink.h"
#include <stdatomic.h>

/* A name has at most 253 characters (RFC 1035, 2.3.4). */
#define TCP_HOST_BYTES 256
#define TCP_PORT_BYTES 6
/* Items that are sent and not acknowledged: beyond them the sink takes no more. They hold numbers only. */
#define TCP_ITEMS_MAX 256u
/* What a receiver writes for each record that it has kept: ACK of ASCII. */
#define TCP_ACKNOWLEDGED 0x06

/* An item whose last byte was sent. */
typedef struct tcp_sent {
    uint64_t number;
    uint64_t end; /* of what was sent over this connection, in bytes or records: see tcp_sink.is_told */
} tcp_sent;

typedef struct tcp_sink {
    sink_format format;
    fhir_bundle bundle;
    char host[TCP_HOST_BYTES]; /* without the brackets of an IPv6 address */
    char port[TCP_PORT_BYTES];
    bool is_told; /* the receiver itself acknowledges: ends are records, else bytes */
    int64_t timeout_us;
    int descriptor; /* -1: not connected */
    int bell;       /* rung by wake */
    bool has_item;
    sink_item item;
    size_t sent; /* bytes of the item */
    tcp_sent waiting[TCP_ITEMS_MAX];
    uint32_t first, count;
    uint64_t sent_end, arrived_end; /* of all that was sent, and of what is acknowledged: bytes or records */
    uint64_t arrived;               /* number of the last item that is acknowledged to its end */
    int64_t progressed_us;          /* monotonic: when something was acknowledged, or nothing waited */
} tcp_sink;

/* Connects, within the time-out. IO, TIMED_OUT with the reason; CLOSED: `wake` was called meanwhile. */
dragoman_status tcp_connect(tcp_sink *self, error_record *error);
/* Ends the connection: what was handed to the system is still sent. */
void tcp_disconnect(tcp_sink *self);
/* Sends of the item what can be sent, and takes in what was acknowledged; waits at most wait_ms for either. CLOSED: the
 * connection has ended or is stuck, with the reason. */
dragoman_status tcp_go_on(tcp_sink *self, int wait_ms, error_record *error);

#endif
