/*
 * What is polled of an associated monitor, and when: one table of single and extended polls ("SINGLE POLL DATA
 * REQUEST", "EXTENDED POLL DATA REQUEST", "KEEP ALIVE"). A monitor takes one poll of each object class in a second, so
 * those of one class begin apart. Nothing else is ever asked, and nothing is ever set.
 */
#ifndef INTELLIVUE_POLL_H
#define INTELLIVUE_POLL_H

#include "reply.h"

typedef enum intellivue_poll_name {
    INTELLIVUE_POLL_ALERTS = 0,
    INTELLIVUE_POLL_NUMERICS,
    INTELLIVUE_POLL_WAVES,
    INTELLIVUE_POLL_ENUMERATIONS,
    INTELLIVUE_POLL_PRODUCTION,
    INTELLIVUE_POLL_SYSTEM,
    INTELLIVUE_POLL_DEMOGRAPHICS,
    INTELLIVUE_POLL_WAVE_STATICS,
    INTELLIVUE_POLL_WAVE_DYNAMICS,
    INTELLIVUE_POLL_SINGLE_NUMERICS,
    INTELLIVUE_POLL_NUMERIC_DYNAMICS,
    INTELLIVUE_POLL_SINGLE_ALERTS,
    INTELLIVUE_POLL_KEEP_ALIVE,
    INTELLIVUE_POLLS
} intellivue_poll_name;

/* What a site wants, as bits. */
#define INTELLIVUE_WANTS_WAVES 1u
#define INTELLIVUE_WANTS_ENUMERATIONS 2u
#define INTELLIVUE_WANTS_ALERTS 4u
#define INTELLIVUE_WANTS_DEMOGRAPHICS 8u

/* A request whose results may come. Two of them, because results of an extended poll still come while the next request
 * that prolongs it is on its way. */
typedef struct intellivue_poll_slot {
    uint16_t number;
    uint16_t sequence_no; /* of the last result that was taken */
    uint16_t part;        /* of the last: linked_count, or more than any for the end */
    bool is_open;
    bool has_result;
} intellivue_poll_slot;

typedef struct intellivue_poll {
    int64_t due_us;   /* monotonic; INT64_MAX: never */
    bool is_owed;     /* due, and not sent yet */
    bool is_answered; /* the newest request has a result */
    uint8_t newest;   /* index of the newest slot */
    intellivue_poll_slot slots[2];
} intellivue_poll;

typedef struct intellivue_polls {
    uint16_t last_number;
    intellivue_poll polls[INTELLIVUE_POLLS];
} intellivue_polls;

/* Plans the polls of a new association: what the site wants and the monitor grants (POLL_EXT_...). */
void intellivue_polls_start(intellivue_polls *polls, uint32_t wants, uint32_t granted, int64_t now_us);
/* Forgets all. */
void intellivue_polls_stop(intellivue_polls *polls);
/* When the next poll is due; INT64_MAX: never. */
int64_t intellivue_polls_due_us(const intellivue_polls *polls);
/* Owes those that are due, and plans their next time. Returns whether any is owed. */
bool intellivue_polls_owe(intellivue_polls *polls, int64_t timeout_ms, int64_t now_us);
/* The next owed request; false when none is. */
bool intellivue_polls_next(intellivue_polls *polls, intellivue_poll_request *ret_request);

/* Whether a result answers a request and is new. NOT_FOUND: nobody asked; EXISTS: it came before, or is older than one
 * that came. ret_lost: results of the same poll that must have been lost before it. */
dragoman_status intellivue_polls_accept(intellivue_polls *polls, const intellivue_operation *operation,
                                        const intellivue_reply *reply, int64_t now_us, uint32_t *ret_lost);
/* The poll with this invoke id was refused: it is not asked again before its time. False when nobody asked. */
bool intellivue_polls_refused(intellivue_polls *polls, uint16_t invoke_id, int64_t now_us);

#endif
