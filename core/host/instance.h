/*
 * One running instance of an adapter: events go in, messages come out through the environment's hooks, actions are
 * fetched.
 *
 * Sans-IO: links and tests drive it in the same way. All functions are called on the environment's thread.
 */
#ifndef HOST_INSTANCE_H
#define HOST_INSTANCE_H

#include "capture/recorder.h"
#include "host/adapter.h"
#include "host/environment.h"

typedef struct host_instance_options {
    dragoman_bytes link;
    dragoman_bytes profile;           /* the link's own choice of dialect, or empty */
    const dragoman_setting *settings; /* checked against the adapter's rules */
    uint32_t setting_count;
    const uint8_t *seed;   /* DRAGOMAN_SEED_BYTES */
    const time_zone *zone; /* for clocks that carry none; NULL: such times stay without */
    time_habit habit;
    int64_t stale_after_us;     /* a device that is quiet for longer is said to be; 0: nothing is said of it */
    void *owner;                /* the link's own */
    capture_recorder *recorder; /* what crosses the instance is recorded there; NULL: nothing is */
} host_instance_options;

/* Makes an instance; what `options` points to must outlive it, but for settings, which are copied by the adapter in
 * init. */
dragoman_status host_instance_create(host_environment *environment, const host_adapter *adapter,
                                     const host_instance_options *options, const dragoman_now *now,
                                     host_instance **ret_instance, error_record *error);
/* Ends it: an open message is dropped, complete ones go on being kept, nothing is settled to it any more. NULL is
 * allowed. */
void host_instance_destroy(host_instance *instance);

/* One event, as it stands. Not for BYTES: see host_instance_feed. Any failure means that the session cannot go on. */
dragoman_status host_instance_handle(host_instance *instance, const dragoman_event *event, const dragoman_now *now);
/* When host_instance_expire is due, in monotonic microseconds; DRAGOMAN_NO_DEADLINE: never. */
int64_t host_instance_deadline(const host_instance *instance);
/* Tells the adapter that its deadline has passed. Any failure means that the session cannot go on. */
dragoman_status host_instance_expire(host_instance *instance, const dragoman_now *now);
/* OK, or the first failure with which the adapter answered any call: its session cannot go on. */
dragoman_status host_instance_failure(const host_instance *instance);
/* What the failure is when the adapter did not answer it itself: a sentence; else NULL. */
const char *host_instance_failure_reason(const host_instance *instance);
/* The next action, or NOT_FOUND; borrowed until the next call for this instance. */
dragoman_status host_instance_next(host_instance *instance, dragoman_action *ret_action);
/* host_instance_options.owner. */
void *host_instance_owner(const host_instance *instance);
/* Messages of this instance that are not settled, and calls that are not answered yet; and the memory that the messages
 * hold. */
uint32_t host_instance_unsettled(const host_instance *instance, size_t *ret_bytes);

/* Whether more input must wait, with `stop_at` unsettled messages as the instance's own limit (0: no limit at all): one
 * with nothing unsettled is never held back, since nothing would wake it. host_instance_feed asks by itself. */
bool host_instance_is_over_budget(const host_instance *instance, uint32_t stop_at);

/* Whether a channel's stream was stopped after host_instance_feed returned: only of instances whose answers come later
 * (host/far.h). It goes on as every stopped one. */
bool host_instance_is_held(const host_instance *instance, uint32_t channel);

/* How far an instance's messages have come since it was made. They are settled in their order. Of one whose answers
 * come later (host/far.h) calls are counted instead, each settled with all the messages that it caused. */
typedef struct host_progress {
    uint64_t completed;
    uint64_t settled;
    uint64_t not_kept; /* of those: for no fault of theirs */
} host_progress;

/* How far its messages have come. */
host_progress host_instance_progress(const host_instance *instance);

/* The unread bytes of one stream channel. Zero it to start; free with host_stream_fini, before its environment. */
typedef struct host_stream {
    buffer unread;
    size_t needed;    /* the adapter is not called before this many are there */
    size_t seen;      /* how much of unread it has seen */
    size_t counted;   /* bytes that its thread's budget knows of */
    bool is_end_told; /* to one whose answers come later */
    host_environment *environment;
} host_stream;

/* As host_instance_handle for a BYTES event, whose unread bytes the caller keeps: what the adapter says of them. */
dragoman_status host_instance_show(host_instance *instance, const dragoman_event *event, const dragoman_now *now,
                                   dragoman_progress *ret_progress);

/* Gives fresh bytes of channel `channel` to the instance, which is called until it consumes no more; what is left over
 * is kept in `stream`. `is_end`: nothing follows. `stop_at` unsettled messages it stops early (0: never): call again
 * with no bytes to go on; ret_is_stopped says so. LIMIT: the adapter wants more unread bytes than
 * HOST_UNREAD_BYTES_MAX, or all streams together hold HOST_UNREAD_TOTAL_BYTES_MAX. */
dragoman_status host_instance_feed(host_instance *instance, uint32_t channel, host_stream *stream, dragoman_bytes fresh,
                                   bool is_end, uint32_t stop_at, const dragoman_now *now, bool *ret_is_stopped);
/* Frees what a stream holds. */
void host_stream_fini(host_stream *stream);

#endif
