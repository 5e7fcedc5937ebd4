/*
 * The states of the data link of ASTM E1381 (LIS01), as one table: what is done, and what comes next, for whatever is
 * seen in whichever state. We receive; only the answer to a query makes us send.
 */
#ifndef ASTM_LINK_H
#define ASTM_LINK_H

#include <stdint.h>

/* A receiver waits so long for the next frame or EOT (6.5.2.4), a sender for an answer (6.5.2.1, 6.5.2.3). */
#define ASTM_RECEIVER_TIMEOUT_US 30000000
#define ASTM_SENDER_TIMEOUT_US 15000000
/* After both have asked at once, the computer lets the instrument begin (6.2.1); after "not ready" it asks again
 * (6.2.3). */
#define ASTM_CONTENTION_US 20000000
#define ASTM_BUSY_US 10000000
/* A frame, or the wish to send, is refused so often before the sender gives up (6.5.1.2). */
#define ASTM_TRIES 6

typedef enum astm_phase {
    ASTM_NEUTRAL = 0,   /* nobody sends (6.1) */
    ASTM_RECEIVING = 1, /* the other side sends (6.3) */
    ASTM_OFFERING = 2,  /* we have sent ENQ (6.2) */
    ASTM_SENDING = 3,   /* we have sent a frame (6.3) */
    ASTM_PAUSING = 4,   /* we shall send ENQ again (6.2.1, 6.2.3) */
} astm_phase;

typedef enum astm_input {
    ASTM_SAW_ENQ = 0,
    ASTM_SAW_ACK = 1,
    ASTM_SAW_NAK = 2,
    ASTM_SAW_EOT = 3,
    ASTM_SAW_NEXT = 4,   /* a good frame with the number that is due */
    ASTM_SAW_AGAIN = 5,  /* a good frame with the number of the last that was taken */
    ASTM_SAW_OTHER = 6,  /* a good frame with another number */
    ASTM_SAW_BAD = 7,    /* a frame that is not as it should be */
    ASTM_SAW_NOBODY = 8, /* the time is over */
    ASTM_SAW_WISH = 9,   /* there is something to send */
} astm_input;

typedef enum astm_step {
    ASTM_DO_NOTHING = 0,
    ASTM_DO_BEGIN = 1,   /* what is left of the last message is closed, then ACK */
    ASTM_DO_TAKE = 2,    /* the frame is taken; ACK once it is on disk */
    ASTM_DO_REPEAT = 3,  /* ACK: its first answer was lost */
    ASTM_DO_REFUSE = 4,  /* NAK */
    ASTM_DO_END = 5,     /* what is left of the last message is closed */
    ASTM_DO_OFFER = 6,   /* ENQ */
    ASTM_DO_SEND = 7,    /* the next frame, or EOT when there is none */
    ASTM_DO_RESEND = 8,  /* the same frame */
    ASTM_DO_YIELD = 9,   /* the other side begins; we ask later */
    ASTM_DO_WAIT = 10,   /* the other side is not ready; we ask later */
    ASTM_DO_GIVE_UP = 11 /* EOT */
} astm_step;

typedef struct astm_row {
    uint8_t phase; /* astm_phase */
    uint8_t input; /* astm_input */
    uint8_t step;  /* astm_step */
    uint8_t next;  /* astm_phase */
    const char *clause;
} astm_row;

/* The row for `input` in `phase`; one that does nothing when the table has none. Never NULL. */
const astm_row *astm_link_row(astm_phase phase, astm_input input);

#endif
