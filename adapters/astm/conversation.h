/*
 * The conversation with one analyser, or the reading of one file: what is held, what is owed, where the link stands,
 * and the steps of the link's table. One thread; owned by its session.
 */
#ifndef ASTM_CONVERSATION_H
#define ASTM_CONVERSATION_H

#include "answers.h"
#include "frame.h"
#include "holding.h"
#include "link.h"
#include "translate.h"

typedef struct astm_conversation {
    const dragoman_host *host;
    void *context;
    astm_dialect dialect; /* its texts are ours to release */
    size_t max_message;
    bool answers_queries;
    bool is_file;
    bool is_bare; /* a file of records without frames */
    bool has_begun;
    char peer[ASTM_PEER];
    size_t peer_size;
    astm_scanner scanner;
    size_t searched; /* of a file of bare records: see astm_message_size */
    astm_holding holding;
    astm_answers answers;
    astm_phase phase;
    uint8_t due;         /* the frame number that must come next */
    bool has_taken;      /* a frame was taken since the other side began */
    bool is_query_open;  /* a query was read and is to be answered when the line is free */
    uint8_t reply_frame; /* of our answer to a query: the last that was sent */
    uint8_t tries;       /* of the same frame, or of beginning */
    int64_t deadline_us; /* DRAGOMAN_NO_DEADLINE: none */
    dragoman_bytes text; /* of the frame or file that is being taken */
    bool is_sending;     /* the host holds a pointer to what is to be sent until its next call */
} astm_conversation;

/* Whose half messages these are, and who sends: the other side's address; empty for a file. Borrowed. */
dragoman_bytes astm_peer_of(const astm_conversation *s);
/* Says something to the operator, free of patient data. */
void astm_say(astm_conversation *s, uint32_t level, const char *text);
/* Adds to one of the link's counters. */
void astm_count(astm_conversation *s, uint32_t counter, uint64_t add);

/* One input through the link's table: its step is done, the deadline is set. `sight` is the frame that was seen, or
 * NULL. */
dragoman_status astm_step_do(astm_conversation *s, astm_input input, const astm_sight *sight, const dragoman_now *now);
/* The line is gone: what is held is handed on. */
dragoman_status astm_conversation_end(astm_conversation *s);
/* Takes `text`, of a file of bare records, as one message. */
dragoman_status astm_conversation_take(astm_conversation *s, dragoman_bytes text);
/* The frame number behind `number`. */
uint8_t astm_number_after(uint8_t number);

#endif
