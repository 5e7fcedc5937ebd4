/*
 * One connection or file: bytes become messages, messages become reports and answers.
 */
#ifndef HL7V2_SESSION_H
#define HL7V2_SESSION_H

#include "ack.h"
#include "frame.h"

/* The slot init of the descriptor: see dragoman/adapter.h, as for those below. */
dragoman_status hl7v2_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                   void **ret_instance);
/* The slot fini. */
void hl7v2_session_fini(void *instance);
/* The slot handle. */
dragoman_status hl7v2_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                     dragoman_progress *ret_progress);
/* The slot deadline: there is never one. */
int64_t hl7v2_session_deadline(const void *instance);
/* The slot expire. */
dragoman_status hl7v2_session_expire(void *instance, const dragoman_now *now);
/* The slot next: answers that are due, then the close that the site may want. */
dragoman_status hl7v2_session_next(void *instance, dragoman_action *ret_action);

/* Reads the site's settings, and those that a device profile may fill; texts are copied into the host's memory. */
dragoman_status hl7v2_settings_read(const dragoman_host *host, void *context, const dragoman_start *start,
                                    hl7v2_settings *ret_settings, hl7v2_dialect *ret_dialect);
/* Gives the texts back. */
void hl7v2_settings_fini(const dragoman_host *host, void *context, hl7v2_settings *settings);

#endif
