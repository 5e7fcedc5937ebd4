/*
 * The protocol dialogue with one monitor ("Protocol Dialog") as a state machine: what happens, in which state, does
 * what. The table is in dialogue.c.
 */
#ifndef INTELLIVUE_DIALOGUE_H
#define INTELLIVUE_DIALOGUE_H

#include "monitor.h"

typedef enum intellivue_happening {
    INTELLIVUE_CONNECT_INDICATION = 0,
    INTELLIVUE_ASSOCIATION_RESPONSE,
    INTELLIVUE_REFUSE,
    INTELLIVUE_RELEASE_REQUEST,
    INTELLIVUE_RELEASE_RESPONSE,
    INTELLIVUE_ABORT,
    INTELLIVUE_MDS_CREATE_EVENT,
    INTELLIVUE_POLL_RESULT,
    INTELLIVUE_OPERATION_ERROR,
    INTELLIVUE_TIMEOUT,
    INTELLIVUE_CHANNEL_OPENED,
    INTELLIVUE_CHANNEL_CLOSED,
    INTELLIVUE_HAPPENINGS
} intellivue_happening;

/* What a link wants of its monitors. */
typedef struct intellivue_wish {
    const dragoman_host *host;
    void *host_context;
    uint32_t wants;      /* INTELLIVUE_WANTS_... */
    uint32_t extensions; /* POLL_EXT_... to ask for */
    uint32_t seed;       /* of the jitter between attempts; changes */
} intellivue_wish;

/* What came with it; members that do not apply are NULL. */
typedef struct intellivue_arrival {
    intellivue_wish *wish;
    const dragoman_now *now;
    dragoman_bytes message;                /* of an association response */
    const intellivue_operation *operation; /* of events, results and errors */
} intellivue_arrival;

/* Something happened to a monitor: does what the table says and moves it to the next state. False: it was not expected
 * in this state, and nothing was done. */
bool intellivue_dialogue_step(intellivue_monitor *monitor, intellivue_happening happening,
                              const intellivue_arrival *arrival);
/* When the monitor wants to be woken: the state's patience or the next poll; INT64_MAX: never. */
int64_t intellivue_dialogue_deadline_us(const intellivue_monitor *monitor);
/* What is due at `now`: a timeout, or polls. */
void intellivue_dialogue_expire(intellivue_monitor *monitor, const intellivue_arrival *arrival);
/* Writes the next message that is owed. False when none is. */
bool intellivue_dialogue_next(intellivue_monitor *monitor, const intellivue_wish *wish, intellivue_writer *writer);

/* Takes what a poll result says and reports it. In results.c. */
void intellivue_result_take(intellivue_monitor *monitor, const intellivue_arrival *arrival);

#endif
