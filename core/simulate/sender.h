/*
 * One MLLP sender: a connection that sends a message, waits for its acknowledgement, and sends it again when none comes
 * or the connection breaks, as a bedside monitor does. On a loop's thread.
 */
#ifndef SIMULATE_SENDER_H
#define SIMULATE_SENDER_H

#include "base/buffer.h"
#include "base/histogram.h"
#include "loop/loop.h"

/* How long a sender waits for an acknowledgement before it sends again. */
#define SENDER_WAIT_US 10000000
/* Before it connects again. */
#define SENDER_RECONNECT_US 200000
/* Longest acknowledgement that is read. */
#define SENDER_ANSWER_BYTES 8192

/* What senders count together. */
typedef struct sender_figures {
    uint64_t sent, resent, accepted, refused, broken;
    uint64_t bytes;
    histogram latency; /* from the last byte sent to the acknowledgement */
} sender_figures;

typedef struct sender sender;

typedef struct sender_options {
    const char *host; /* a number; resolved before */
    uint16_t port;
    sender_figures *figures;
    /* Called when a message was acknowledged (code "AA", "CA", "AE" ...) and the sender is free for the next. */
    void (*answered)(void *context, sender *of, dragoman_bytes code, dragoman_bytes control_id);
    /* Called once when it is connected for the first time. */
    void (*ready)(void *context, sender *of);
    void *context;
} sender_options;

/* Looks a host up (IPv4) and writes its number into `to`. False when there is none. Blocks. */
bool sender_resolve(const char *host, const char *port, char *to, size_t room);
/* Makes a sender that connects at once. NULL: no memory. `options` is copied. */
sender *sender_create(loop *on, const sender_options *options);
/* Ends it. NULL is allowed. */
void sender_destroy(sender *self);
/* Sends a message (HL7 text without frame), when it is free; takes over the buffer's content by copying. The last
 * message is sent again after a break. */
void sender_send(sender *self, dragoman_bytes message);
/* Whether it waits for no acknowledgement. */
bool sender_is_free(const sender *self);

#endif
