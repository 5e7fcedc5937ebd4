/*
 * One connection or file: frames become messages, messages reports, and frames that are on disk are acknowledged.
 */
#ifndef ASTM_SESSION_H
#define ASTM_SESSION_H

#include <dragoman/adapter.h>

/* The slot init of the descriptor: see dragoman/adapter.h, as for those below. */
dragoman_status astm_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                  void **ret_instance);
/* The slot fini. */
void astm_session_fini(void *instance);
/* The slot handle. */
dragoman_status astm_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                    dragoman_progress *ret_progress);
/* The slot deadline: when the other side has been silent for too long. */
int64_t astm_session_deadline(const void *instance);
/* The slot expire. */
dragoman_status astm_session_expire(void *instance, const dragoman_now *now);
/* The slot next. */
dragoman_status astm_session_next(void *instance, dragoman_action *ret_action);

#endif
