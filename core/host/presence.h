/*
 * Who was heard on which link, and how long ago: an environment's memory of devices. A device that has been quiet for
 * longer than its link's stale_after, or that speaks again after that, is said so in a report of the host's own, which
 * is kept like every other. On the environment's thread.
 */
#ifndef HOST_PRESENCE_H
#define HOST_PRESENCE_H

#include "host/environment.h"

/* Devices that one thread remembers: a large house has some thousands; what comes after is not watched. */
#define HOST_DEVICES_MAX 16384u

/* How one device stands. */
typedef struct host_device_health {
    dragoman_bytes link;
    dragoman_bytes key;    /* as its adapter knows it */
    uint32_t state;        /* dragoman_device_state */
    int64_t last_heard_us; /* UTC */
} host_device_health;

/* Looks who has become quiet, and emits what has changed. `is_connected` says whether a link has a connection now. Not
 * from inside a call into an adapter. */
void host_presence_watch(host_environment *environment, const dragoman_now *now,
                         bool (*is_connected)(void *context, dragoman_bytes link), void *context);
/* Device number `index`, from 0 in the order in which they were first heard; false behind the last. Borrowed. */
bool host_presence_get(const host_environment *environment, uint32_t index, host_device_health *ret_health);

#endif
