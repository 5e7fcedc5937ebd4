/*
 * The slots of the descriptor: the host's events become what happens to the conversation.
 */
#ifndef BCC_SESSION_H
#define BCC_SESSION_H

#include <dragoman/adapter.h>

/* The slot init of the descriptor: see dragoman/adapter.h, as for those below. */
dragoman_status bcc_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                 void **ret_instance);
/* The slot fini. */
void bcc_session_fini(void *instance);
/* The slot handle. */
dragoman_status bcc_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                   dragoman_progress *ret_progress);
/* The slot deadline. */
int64_t bcc_session_deadline(const void *instance);
/* The slot expire. */
dragoman_status bcc_session_expire(void *instance, const dragoman_now *now);
/* The slot next: what is to be sent. */
dragoman_status bcc_session_next(void *instance, dragoman_action *ret_action);

#endif
