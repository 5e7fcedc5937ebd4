/*
 * The part of a message that was received and is not complete: its text in memory, and the same in the host's state, so
 * that a frame whose ACK has left survives the end of the program.
 *
 * State is kept in blocks, each under a key of its own, and a head that says how much of them counts and where the link
 * stood. Both are put inside of the host's message that covers the frame. One thread.
 */
#ifndef ASTM_HOLDING_H
#define ASTM_HOLDING_H

#include "limits.h"
#include <dragoman/adapter.h>

/* "p" and 16 digits for the peer, "." and the number of a block. */
#define ASTM_KEY 24

typedef struct astm_holding {
    const dragoman_host *host;
    void *context;
    char key[ASTM_KEY]; /* of the head */
    size_t key_size;
    uint8_t *data;
    size_t capacity;
    size_t size;     /* bytes in data */
    size_t begin;    /* where the current message begins; what is before it is done and not settled yet */
    size_t searched; /* bytes of the current message that hold no end of it: see astm_message_size */
    size_t kept;     /* bytes of the current message that the state has */
    size_t blocks;   /* blocks of the state that hold something */
} astm_holding;

/* How a holding stood, to go back to. */
typedef struct astm_mark {
    size_t begin;
    size_t size;
} astm_mark;

/* Prepares an empty holding. `peer` names whose half messages these are: sessions with the same peer on the same link
 * find each other's. */
void astm_holding_init(astm_holding *self, const dragoman_host *host, void *context, dragoman_bytes peer);
/* Gives the memory back. */
void astm_holding_fini(astm_holding *self);

/* The current message so far. Borrowed until the next change. */
dragoman_bytes astm_holding_text(const astm_holding *self);
/* Adds bytes to it. False: no memory. */
bool astm_holding_add(astm_holding *self, dragoman_bytes bytes);
/* The first `size` bytes of the current message are done. */
void astm_holding_done(astm_holding *self, size_t size);
/* Takes back what was added and done since `mark`, which astm_holding_settled must not have come after. */
void astm_holding_return(astm_holding *self, astm_mark mark);
/* How it stands now. */
astm_mark astm_holding_mark(const astm_holding *self);
/* Everything that was done is settled: its memory is used again. */
void astm_holding_settled(astm_holding *self);

/* Puts what changed into the host's state: the text, and the state of the link (`is_receiving`, and the frame number
 * that is due). Inside of a message. */
dragoman_status astm_holding_keep(astm_holding *self, bool is_receiving, uint8_t due);
/* Reads what a session before left behind. NOT_FOUND: nothing. CORRUPT: blocks are missing; nothing is held then. */
dragoman_status astm_holding_restore(astm_holding *self, bool *ret_is_receiving, uint8_t *ret_due);

#endif
