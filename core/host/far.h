/*
 * Adapters whose instances run elsewhere: in a process of their own. Whoever runs them fills a host_adapter with a
 * descriptor whose slots carry the calls over, and with a host_far for what a descriptor cannot say.
 *
 * Either each call waits for its answer, and nothing else differs from an adapter that was loaded here; or answers come
 * later (`answers_later`): then a call hands over and returns at once, what is read goes on as it came, and whoever
 * brings the answers calls the functions below, on the environment's thread and not from inside a call into an
 * instance.
 */
#ifndef HOST_FAR_H
#define HOST_FAR_H

#include "host/adapter.h"
#include "host/instance.h"

/* What an instance may hand over before its answers come: beyond, its input waits where it comes from. A few reads of a
 * line, so that neither side waits for the other. */
#define HOST_FAR_BYTES_MAX ((size_t)256 << 10)
#define HOST_FAR_EVENTS_MAX 1024u

struct host_far {
    void *context;
    bool answers_later;
    /* Instead of the descriptor's init. The services of the host are host_far_services with `instance` as context. */
    dragoman_status (*begin)(void *context, host_instance *instance, const dragoman_start *start, void **ret_state);
    /* As the descriptor's slots. */
    uint32_t (*recognise)(void *context, dragoman_bytes start);
    void (*check_profile)(void *context, const dragoman_list *profile, dragoman_mistake_teller tell, void *teller);
    /* The adapter is not needed any more: instead of closing a library. */
    void (*close)(void *context);
};

/* The table that adapters get. Between host_far_begin and host_far_end. */
const dragoman_host *host_far_services(void);
/* Before what an instance says is carried to the host, and after it; `now` is that of the call that it answers. */
void host_far_begin(host_instance *instance, const dragoman_now *now);
/* See host_far_begin. */
void host_far_end(host_instance *instance);
/* As dragoman_host.message_begin, with the number that the other side gave it: INVALID unless it is above all before.
 */
dragoman_status host_far_message_begin(host_instance *instance, uint64_t number, dragoman_bytes sender,
                                       dragoman_bytes id, uint64_t digest);
/* The bytes that a device sent in an event: what it counts for while it is not answered. */
size_t host_far_size(const dragoman_event *event);
/* The oldest call that was not answered has been, all it caused having been carried over; `size` are its bytes. With
 * what the call came to: the first failure ends the session. */
void host_far_answered(host_instance *instance, size_t size, dragoman_status status);
/* What a BYTES event may use up: the host's stop_at, carried in a member that adapters do not look at. */
static inline uint32_t host_far_stop_at(const dragoman_event *event) {
    return event->reserved;
}
/* Whether the other side holds a stream back, since too much is unsettled: as host_instance_feed says of one here. */
void host_far_hold(host_instance *instance, uint32_t channel, bool is_held);
/* The other side is gone, with all that was not carried over: a failure that ends the session. `reason` is a sentence
 * that outlives the instance. */
void host_far_lost(host_instance *instance, const char *reason);
/* Whether its owner has let go of it: it is only there until it has answered its end. */
bool host_far_is_let_go(const host_instance *instance);
/* It has answered its end, or will not: it may be freed, if no message is out. */
void host_far_gone(host_instance *instance);

#endif
