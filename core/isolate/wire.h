/*
 * The frames that cross the pipe between the house and an adapter's process. Both ends are built together and run on
 * one machine, so numbers cross as they lie in memory; what comes from a child is believed in nothing, and each read
 * is held to its frame.
 */
#ifndef ISOLATE_WIRE_H
#define ISOLATE_WIRE_H

#include "base/buffer.h"
#include <dragoman/adapter.h>

/* Both ends say it first: a program that was left over from another version is told apart. */
#define WIRE_VERSION 1u
/* One frame: a message of the most encoded bytes that a host keeps, with its state and dead letters. */
#define WIRE_FRAME_BYTES_MAX ((size_t)320 << 20)

typedef enum wire_kind {
    WIRE_NOTHING = 0, /* a frame that was used up already */

    /* To the child. */
    WIRE_START = 1,  /* an instance */
    WIRE_EVENT = 2,  /* one event, as it stands */
    WIRE_FEED = 3,   /* fresh bytes of a stream, which the child keeps until they are used up */
    WIRE_EXPIRE = 4, /* its deadline has passed */
    WIRE_END = 5,    /* the instance ends */
    WIRE_REPLY = 6,  /* what the child asked for */
    WIRE_RECOGNISE = 7,
    WIRE_CHECK_PROFILE = 8,

    /* From the child. */
    WIRE_HELLO = 32,   /* the adapter's descriptor, and how it is held */
    WIRE_REFUSED = 33, /* it could not be loaded: a sentence */
    WIRE_ANSWER = 34,  /* the oldest unanswered frame is done with */
    WIRE_MESSAGE = 35, /* a complete message */
    WIRE_ACTION = 36,
    WIRE_LOG = 37,
    WIRE_COUNT = 38,
    WIRE_ASK_STATE = 39,
    WIRE_ASK_SETTING = 40,
    WIRE_MISTAKE = 41, /* of a profile */
} wire_kind;

typedef struct wire_frame {
    uint32_t kind;     /* wire_kind */
    uint32_t instance; /* which; 0 when it is none's */
    dragoman_bytes body;
    size_t size; /* with its head */
} wire_frame;

/* Begins a frame; returns where it began, for wire_end. A failed buffer stays failed. */
size_t wire_begin(buffer *to, wire_kind kind, uint32_t instance);
/* Ends the frame that began at `began`. */
void wire_end(buffer *to, size_t began);
/* Appends a number. */
void wire_put_number(buffer *to, uint64_t number);
/* Appends a slice. */
void wire_put_bytes(buffer *to, dragoman_bytes bytes);
/* Appends a time. */
void wire_put_now(buffer *to, const dragoman_now *now);

/* Takes the frame at the beginning of `bytes`, borrowed. NEED_MORE: it is not all there. CORRUPT: no frame is so long.
 */
dragoman_status wire_next(dragoman_bytes bytes, wire_frame *ret_frame);

/* Reads a frame's body. After a read that found too little, all give nothing and has_failed is set. */
typedef struct wire_reader {
    dragoman_bytes rest;
    bool has_failed;
} wire_reader;

/* Reads a number. */
uint64_t wire_get_number(wire_reader *from);
/* Reads a slice, borrowed from the frame. */
dragoman_bytes wire_get_bytes(wire_reader *from);
/* Reads a time. */
dragoman_now wire_get_now(wire_reader *from);

#endif
