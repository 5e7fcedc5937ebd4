/*
 * Who was heard on which link, and how long ago: an environment's memory of devices. A device that has been quiet for
 * longer than its link's stale_after, or that speaks again after that, is said so in a report of the host's own, which
 * is kept like every other, and said again when it could not be kept. It is remembered over a restart. On the
 * environment's thread.
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
    int64_t last_heard_us; /* UTC; 0: not since the start */
} host_device_health;

/* Where a device was heard. The texts live as long as the environment. */
typedef struct host_presence_origin {
    const dragoman_adapter_descriptor *adapter;
    dragoman_bytes link, profile;
    int64_t stale_after_us;
} host_presence_origin;

/* How the keys begin under which devices are kept as state of their links: adapters choose no such ones. */
#define HOST_PRESENCE_KEYS "dragoman:presence:"

/* Takes up a device that was kept under such a key, as if it had been heard at `now` for the last time: when it stays
 * quiet that is said, unless it was said already. False: it is none that can be read, or there is no memory. */
bool host_presence_restore(host_environment *environment, const host_presence_origin *origin, dragoman_bytes kept,
                           const dragoman_now *now);

/* Looks who has become quiet, and emits what has changed. `is_connected` says whether a link has a connection now. Not
 * from inside a call into an adapter. */
void host_presence_watch(host_environment *environment, const dragoman_now *now,
                         bool (*is_connected)(void *context, dragoman_bytes link), void *context);
/* Device number `index`, from 0 in the order in which they were first heard; false behind the last. Borrowed. */
bool host_presence_get(const host_environment *environment, uint32_t index, host_device_health *ret_health);

#endif
