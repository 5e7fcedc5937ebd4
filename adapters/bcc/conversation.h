/*
 * Our side of the conversation: greet the rack, then ask for everything at an interval; each frame that came is
 * acknowledged once what it told is kept. A table of states says who speaks when. What is to be said is the number of
 * a request: there is no place for other bytes on the way out.
 */
#ifndef BCC_CONVERSATION_H
#define BCC_CONVERSATION_H

#include "rack.h"
#include "request.h"
#include "settings.h"

typedef enum bcc_state {
    BCC_CLOSED = 0,    /* no line */
    BCC_LISTENING = 1, /* a file: what it holds is read, nobody is asked */
    BCC_GREETING = 2,
    BCC_READING = 3,
    BCC_PAUSED = 4, /* the rack is silent, and will be greeted again */
} bcc_state;

typedef enum bcc_happening {
    BCC_OPENED = 1,
    BCC_FILE_OPENED = 2,
    BCC_LINE_CLOSED = 3,
    BCC_ANSWERED = 4,   /* a good frame came */
    BCC_UNANSWERED = 5, /* the request was sent often enough */
    BCC_PAUSE_OVER = 6,
} bcc_happening;

/* What waits to be said. */
typedef struct bcc_saying {
    uint64_t number; /* of the message whose frame is acknowledged; zero: a request */
    bcc_request request;
    bool is_settled; /* it may leave */
} bcc_saying;

typedef struct bcc_conversation {
    bcc_state state;
    bcc_settings settings;
    bcc_bed bed; /* for requests */
    bcc_rack rack;
    bool is_waiting; /* for an answer to `request` */
    bcc_request request;
    uint32_t tries;
    int64_t until_us; /* monotonic, as all times here: of the wait, of the pause, or until everything is asked again */
    uint32_t to_say_count;
    bcc_saying to_say[BCC_TO_SAY]; /* oldest first; said in this order, however the line cuts what comes */
    uint8_t frame[BCC_REQUEST_MOST];
} bcc_conversation;

/* Something happened. What has no row in the table changes nothing. */
void bcc_conversation_happens(bcc_conversation *self, bcc_happening what, const dragoman_now *now);
/* Takes a frame as the line brought it, from SOH to EOT. */
void bcc_conversation_take(bcc_conversation *self, dragoman_bytes line, const dragoman_now *now);
/* Messages up to `through` were settled; is_kept: they are acknowledged. */
void bcc_conversation_settled(bcc_conversation *self, uint64_t through, bool is_kept);
/* When bcc_conversation_expire wants to be called. */
int64_t bcc_conversation_deadline(const bcc_conversation *self);
/* Time has passed: silence, pauses, what is due. */
void bcc_conversation_expire(bcc_conversation *self, const dragoman_now *now);
/* What is to be sent now, valid until the next call; empty: nothing. */
dragoman_bytes bcc_conversation_speak(bcc_conversation *self);

#endif
