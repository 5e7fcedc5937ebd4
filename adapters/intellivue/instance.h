/*
 * One link: a serial line with one monitor, a socket towards one, or a socket from which many are spoken to.
 */
#ifndef INTELLIVUE_INSTANCE_H
#define INTELLIVUE_INSTANCE_H

#include "dialogue.h"

/* The channels' indexes in the descriptor. */
#define INTELLIVUE_CHANNEL_MAIN 0u
#define INTELLIVUE_CHANNEL_DISCOVERY 1u

/* The slot init of the descriptor: see dragoman/adapter.h, as for those below. */
dragoman_status intellivue_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                void **ret_instance);
/* The slot fini. */
void intellivue_fini(void *instance);
/* The slot handle. */
dragoman_status intellivue_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                  dragoman_progress *ret_progress);
/* The slot deadline: the earliest of all monitors. */
int64_t intellivue_deadline(const void *instance);
/* The slot expire. */
dragoman_status intellivue_expire(void *instance, const dragoman_now *now);
/* The slot next: one message at a time, in turn of the monitors that are owed any. */
dragoman_status intellivue_next(void *instance, dragoman_action *ret_action);

#endif
