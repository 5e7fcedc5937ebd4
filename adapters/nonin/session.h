/*
 * The slots of the descriptor: bytes become packets, packets reports. The adapter only listens.
 */
#ifndef NONIN_SESSION_H
#define NONIN_SESSION_H

#include "oximeter.h"

typedef struct nonin_session {
    nonin_oximeter oximeter;
    bool is_in_step; /* the byte before the next one ended a packet */
} nonin_session;

/* The slot init of the descriptor: see dragoman/adapter.h, as for those below. */
dragoman_status nonin_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                   void **ret_instance);
/* The slot fini. */
void nonin_session_fini(void *instance);
/* The slot handle. */
dragoman_status nonin_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                     dragoman_progress *ret_progress);
/* The slot deadline: never. */
int64_t nonin_session_deadline(const void *instance);
/* The slot expire: nothing is due. */
dragoman_status nonin_session_expire(void *instance, const dragoman_now *now);
/* The slot next: nothing is ever sent. */
dragoman_status nonin_session_next(void *instance, dragoman_action *ret_action);

#endif
