/*
 * What the files of this room share and nobody else sees.
 */
#ifndef HOST_INTERNAL_H
#define HOST_INTERNAL_H

#include "host/far.h"
#include "host/instance.h"
#include <iconv.h>
#include <stdatomic.h>

/* Character sets that one thread keeps open at once; a site uses a handful. */
#define HOST_CHARSETS_MAX 32

typedef struct host_charset {
    char name[32];
    iconv_t converter;
} host_charset;

/* Chains of devices: a few each in a large house. */
#define HOST_DEVICE_BUCKETS 4096u

typedef struct host_device host_device;

struct host_environment {
    host_hooks hooks;
    arena batch;
    host_message *spare;
    uint32_t spare_count;
    uint64_t unsettled;
    size_t unsettled_bytes;
    size_t unread_bytes;             /* of all streams */
    host_message *newest_state;      /* unsettled messages that put state, newest first */
    _Atomic(host_message *) settled; /* a stack: pushed by any thread, taken whole by ours */
    host_charset charsets[HOST_CHARSETS_MAX];
    uint32_t charset_count;
    host_device **devices; /* in the order in which they were first heard */
    uint32_t device_count, device_room;
    host_device **buckets; /* HOST_DEVICE_BUCKETS; NULL until a device is watched */
};

/* A piece of memory of dragoman_host.allocate, in its instance's ring. */
typedef struct host_piece {
    struct host_piece *before, *after;
    size_t size;
    size_t reserved; /* keeps what follows aligned for any type */
} host_piece;

struct host_instance {
    host_environment *environment;
    const dragoman_adapter_descriptor *adapter;
    void *state; /* the adapter's */
    dragoman_bytes link, profile;
    const time_zone *zone;
    time_habit habit;
    void *owner;
    dragoman_now now; /* of the call that is running */
    host_piece pieces;
    size_t allocated;
    host_message *open;
    uint64_t last_number;
    host_message *oldest, *newest; /* unsettled ones, in the order of their numbers */
    host_progress progress;
    uint32_t unsettled;
    size_t unsettled_bytes;
    int64_t stale_after_us;  /* devices that are quiet for longer are said to be; 0: nothing is said */
    dragoman_status failure; /* the first; OK: none */
    bool is_dead;            /* destroyed, but messages are still out */
    bool is_being_told;      /* settlements are on their way to it: its memory must stay */
    host_device *speaks_of;  /* what it says is of this device's state; NULL: an adapter speaks */
    capture_session *tap;    /* where it is recorded; NULL: nowhere */

    const host_far *far;      /* NULL: it runs here. The rest is for one whose answers come later. */
    bool is_far_open;         /* the other side has not answered its end */
    bool is_far_lost;         /* the other side is gone */
    const char *lost_reason;  /* why */
    uint64_t given, answered; /* calls */
    size_t unanswered_bytes;
    uint64_t held; /* a bit for each channel whose stream the other side holds back */
};

/* A device has reported: it is there. */
void host_presence_heard(host_instance *instance, const dragoman_report *report);
/* What was said of the device's state was not kept: it has still to be said. */
void host_presence_not_kept(host_device *device);
/* Forgets all devices, when the environment ends. */
void host_presence_forget_all(host_environment *environment);
/* Keeps an unsettled message's state changes in sight of later reads, until it is settled. */
void host_environment_remember(host_environment *environment, host_message *message);
/* The newest value that an unsettled message put for link and key; false when none did. Borrowed. */
bool host_environment_pending(const host_environment *environment, dragoman_bytes link, dragoman_bytes key,
                              dragoman_bytes *ret_value);
/* The table that every instance gets, its context being the host_instance. */
extern const dragoman_host host_services;

/* The oldest unsettled message, taken out, when its settlement is known; else NULL: a settlement speaks of all messages
 * before it, so that none may overtake another. */
host_message *host_instance_take_settled(host_instance *instance);
/* Delivers the settlement of a message that was taken. False when the instance is dead. */
bool host_instance_settle(host_instance *instance, const host_message *message, const dragoman_now *now);
/* Opens a message with this number. */
dragoman_status host_message_open(host_instance *instance, uint64_t number, dragoman_bytes sender, dragoman_bytes id,
                                  uint64_t digest);
/* Frees a dead instance that no message points to any more. */
void host_instance_free_dead(host_instance *instance);
/* Hands the open message on. */
void host_instance_keep(host_instance *instance);
/* A report with offsets assumed for its zoneless times by the profile's or link's zone: `report` itself or a copy in
 * batch memory. NULL: no memory. */
const dragoman_report *host_assume_zones(const dragoman_report *report, const time_zone *zone, time_habit habit,
                                         int64_t near_utc_us, arena *memory);
/* An empty message; NULL: no memory. */
host_message *host_environment_take(host_environment *environment);
/* Takes a message back, for its next use or to free it. */
void host_environment_give(host_environment *environment, host_message *message);
/* dragoman_host.to_utf8 for one environment, any charset name. */
dragoman_status host_charset_to_utf8(host_environment *environment, const char *charset, dragoman_bytes text,
                                     dragoman_bytes *ret_text, size_t *ret_replaced);
/* Closes all converters of an environment. */
void host_charset_close_all(host_environment *environment);

#endif
