/*
 * Our side of the conversation: one query after the other, each with its repetitions. A table of states says who
 * speaks when. What is to be said is the number of a query and nothing else: there is no place for bytes on the way
 * out.
 */
#ifndef ASENA_CONVERSATION_H
#define ASENA_CONVERSATION_H

#include "frame.h"
#include "pump.h"
#include "query.h"

typedef enum asena_state {
    ASENA_CLOSED = 0,    /* no line */
    ASENA_LISTENING = 1, /* a file: what it holds is read, nobody is asked */
    ASENA_NAMING = 2,    /* the pump is asked who it is */
    ASENA_READING = 3,
    ASENA_PAUSED = 4, /* it is silent, and will be asked again */
} asena_state;

typedef enum asena_happening {
    ASENA_OPENED = 1,
    ASENA_FILE_OPENED = 2,
    ASENA_LINE_CLOSED = 3,
    ASENA_ANSWERED = 4,   /* the query that waits has its answer */
    ASENA_UNANSWERED = 5, /* it was sent often enough */
    ASENA_PAUSE_OVER = 6,
} asena_happening;

typedef struct asena_conversation {
    asena_state state;
    asena_pump pump;
    asena_scanner scanner;
    int64_t every_us[ASENA_QUERIES];
    int64_t due_us[ASENA_QUERIES]; /* monotonic, as all times here */
    bool is_mute[ASENA_QUERIES];   /* this pump does not answer it: not asked again on this line */
    bool is_waiting;               /* for the answer to `query` */
    asena_query query;
    uint32_t tries;
    int64_t until_us; /* of the wait, or of the pause */
    uint32_t to_send_count;
    uint8_t to_send[ASENA_TO_SEND]; /* queries that wait to be sent, oldest first */
} asena_conversation;

/* Something happened. What has no row in the table changes nothing. */
void asena_conversation_happens(asena_conversation *self, asena_happening what, const dragoman_now *now);
/* Takes a byte that the line brought. True when an answer was completed: one is enough for a call. */
bool asena_conversation_byte(asena_conversation *self, uint8_t byte, const dragoman_now *now);
/* When asena_conversation_expire wants to be called. */
int64_t asena_conversation_deadline(const asena_conversation *self);
/* Time has passed: silence, pauses, what is due. */
void asena_conversation_expire(asena_conversation *self, const dragoman_now *now);
/* Whether a query is to be sent now, and which; it counts as sent then. */
bool asena_conversation_speak(asena_conversation *self, asena_query *ret_query);

#endif
