/*
 * One connection or file: messages of a broker, or lines, become reports by the profile's map.
 */
#ifndef JSON_SESSION_H
#define JSON_SESSION_H

#include <dragoman/adapter.h>

/* The slot init of the descriptor: see dragoman/adapter.h, as for those below. */
dragoman_status json_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                  void **ret_instance);
/* The slot fini. */
void json_session_fini(void *instance);
/* The slot handle. */
dragoman_status json_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                    dragoman_progress *ret_progress);
/* The slot deadline: there is never one. */
int64_t json_session_deadline(const void *instance);
/* The slot expire. */
dragoman_status json_session_expire(void *instance, const dragoman_now *now);
/* The slot next: senders are not answered. */
dragoman_status json_session_next(void *instance, dragoman_action *ret_action);

#endif
