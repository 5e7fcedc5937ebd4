/*
 * What is owed to the other side, in order: an answer leaves when everything before it has left and the message that it
 * waits for is settled.
 */
#ifndef ASTM_ANSWERS_H
#define ASTM_ANSWERS_H

#include "holding.h"

/* Bytes that are sent at once: signs, and a few frames of our own. */
#define ASTM_OUT 512

/* Our answer to a query: a header, and a terminator that says that there is no information (E1394 13.1.3, I): we hold
 * no orders. A frame for each record, as analysers expect it. */
#define ASTM_REPLY_FRAMES 2

typedef struct astm_owed {
    uint64_t number; /* of the message that it waits for; 0: of none */
    uint8_t sign;    /* 0: nothing is sent, or a frame */
    uint8_t reply;   /* number of a frame of our own, from 1; 0: none */
    bool is_due;     /* it waits no more */
    bool is_begin;   /* it answers an ENQ */
    uint8_t due;     /* the frame number that was due before */
    bool had_taken;  /* whether a frame had been taken before it */
    astm_mark mark;  /* how the holding stood before */
} astm_owed;

typedef struct astm_answers {
    astm_owed owed[ASTM_OWED];
    uint32_t first;
    uint32_t count;
    uint8_t out[ASTM_OUT];
    size_t out_size;
} astm_answers;

/* Adds an answer at the end. False: more are owed than anybody who waits for answers would let come up. */
bool astm_answers_add(astm_answers *self, const astm_owed *owed);
/* Moves what is due into `out`. */
void astm_answers_flush(astm_answers *self);
/* Answer `index`, from 0 for the oldest; index must be below count. */
astm_owed *astm_answers_at(astm_answers *self, uint32_t index);
#endif
