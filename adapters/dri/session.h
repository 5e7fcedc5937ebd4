/*
 * The slots of the descriptor. The monitor is asked once for each thing that the site wants, and then sends by itself;
 * what does not come is asked for again.
 */
#ifndef DRI_SESSION_H
#define DRI_SESSION_H

#include <dragoman/adapter.h>

/* The slot init of the descriptor: see dragoman/adapter.h, as for those below. */
dragoman_status dri_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                 void **ret_instance);
/* The slot fini. */
void dri_session_fini(void *instance);
/* The slot handle. */
dragoman_status dri_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                   dragoman_progress *ret_progress);
/* The slot deadline. */
int64_t dri_session_deadline(const void *instance);
/* The slot expire. */
dragoman_status dri_session_expire(void *instance, const dragoman_now *now);
/* The slot next: what is to be sent. */
dragoman_status dri_session_next(void *instance, dragoman_action *ret_action);

#endif
