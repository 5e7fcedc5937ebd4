/*
 * Conversations out of packets: TCP connections with their bytes in order, and UDP between two ends.
 *
 * Retransmissions are taken once, segments that overtake others wait for them. Where packets are missing from the file,
 * the conversation is told to be broken and begins anew behind the gap: bytes that never came after one another are
 * never put together. One thread.
 */
#ifndef CAPTURE_FLOWS_H
#define CAPTURE_FLOWS_H

#include "capture/packets.h"

/* Conversations that are open at once: a busy server's. Beyond it new ones are passed over. */
#define FLOWS_MAX 16384u
/* Bytes that wait for an earlier segment, of one direction: TCP windows of bedside devices are below 64 KiB, those of
 * servers below this. */
#define FLOWS_WAITING_BYTES_MAX ((size_t)4 << 20)
#define FLOWS_WAITING_SEGMENTS_MAX 4096u

typedef enum flows_event_kind {
    FLOWS_BEGIN,  /* a conversation was not seen before, or goes on behind a gap */
    FLOWS_DATA,   /* bytes or a datagram of side `side` */
    FLOWS_END,    /* that side sends no more */
    FLOWS_CLOSED, /* both ended */
    FLOWS_BROKEN, /* reset, or packets are missing */
} flows_event_kind;

typedef struct flows_event {
    flows_event_kind kind;
    int64_t wall_us;
    uint32_t flow;           /* from 1, in the order in which they began */
    uint32_t side;           /* 0: who began, or was seen first */
    const packets_end *ends; /* two: of side 0 and of side 1 */
    bool is_tcp;
    bool is_to_many;
    dragoman_bytes data;
} flows_event;

typedef struct flows flows;

/* `tell` is called with each event; what it points to is borrowed for the call. NULL: no memory. */
flows *flows_create(void (*tell)(void *context, const flows_event *event), void *context);
/* Frees it. NULL is allowed. */
void flows_destroy(flows *self);
/* Takes the next segment; a packets_read callback with the flows as its context. */
void flows_take(void *self, const packets_segment *segment);
/* Segments that were passed over because there were too many conversations, and gaps. */
uint64_t flows_passed_over(const flows *self);
/* How often packets were missing. */
uint64_t flows_gaps(const flows *self);

#endif
