#include "loop/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct loop {
    struct event_base *base;
    loop_bell *stop;
};

struct loop_watch {
    loop *owner;
    struct event *event;
    int descriptor;
    short wanted;
    void (*ready)(void *context, bool can_read, bool can_write);
    void *context;
};

struct loop_timer {
    struct event *event;
    int64_t at_us;
    void (*rang)(void *context);
    void *context;
};

struct loop_bell {
    int descriptor;
    loop_watch *watch;
    void (*rang)(void *context);
    void *context;
};

static void stop_rang(void *context) {
    loop *self = context;
    event_base_loopbreak(self->base);
}

dragoman_status loop_create(loop **ret_loop, error_record *error) {
    loop *self = calloc(1, sizeof(*self));
    if (self != NULL) {
        struct event_config *config = event_config_new();
        if (config != NULL) {
            /* One thread runs the loop and others only ring bells, so libevent needs no locks. */
            event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_PRECISE_TIMER);
            self->base = event_base_new_with_config(config);
            event_config_free(config);
        }
        if (self->base != NULL) {
            self->stop = loop_bell_create(self, stop_rang, self);
        }
    }
    if (self == NULL || self->stop == NULL) {
        loop_destroy(self);
        return error_set(error, DRAGOMAN_IO, "the event loop cannot start: %s", strerror(errno));
    }
    *ret_loop = self;
    return DRAGOMAN_OK;
}

void loop_destroy(loop *self) {
    if (self == NULL) {
        return;
    }
    loop_bell_destroy(self->stop);
    if (self->base != NULL) {
        event_base_free(self->base);
    }
    free(self);
}

void loop_run(loop *self) {
    event_base_loop(self->base, EVLOOP_NO_EXIT_ON_EMPTY);
}

void loop_stop(loop *self) {
    loop_bell_ring(self->stop);
}

static void watch_fired(evutil_socket_t descriptor, short what, void *context) {
    (void)descriptor;
    loop_watch *watch = context;
    watch->ready(watch->context, (what & EV_READ) != 0, (what & EV_WRITE) != 0);
}

loop_watch *loop_watch_create(loop *self, int descriptor, void (*ready)(void *context, bool can_read, bool can_write),
                              void *context) {
    loop_watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL) {
        return NULL;
    }
    *watch = (loop_watch){.owner = self, .descriptor = descriptor, .ready = ready, .context = context};
    watch->event = event_new(self->base, descriptor, EV_READ | EV_PERSIST, watch_fired, watch);
    if (watch->event == NULL) {
        free(watch);
        return NULL;
    }
    return watch;
}

void loop_watch_want(loop_watch *watch, bool read, bool write) {
    short wanted = (short)((read ? EV_READ : 0) | (write ? EV_WRITE : 0));
    if (wanted == watch->wanted) {
        return;
    }
    event_del(watch->event);
    watch->wanted = wanted;
    if (wanted != 0) {
        event_assign(watch->event, watch->owner->base, watch->descriptor, (short)(wanted | EV_PERSIST), watch_fired,
                     watch);
        event_add(watch->event, NULL);
    }
}

void loop_watch_destroy(loop_watch *watch) {
    if (watch != NULL) {
        event_free(watch->event);
        free(watch);
    }
}

static void timer_fired(evutil_socket_t descriptor, short what, void *context) {
    (void)descriptor;
    (void)what;
    loop_timer *timer = context;
    timer->at_us = INT64_MAX;
    timer->rang(timer->context);
}

loop_timer *loop_timer_create(loop *self, void (*rang)(void *context), void *context) {
    loop_timer *timer = calloc(1, sizeof(*timer));
    if (timer == NULL) {
        return NULL;
    }
    *timer = (loop_timer){.at_us = INT64_MAX, .rang = rang, .context = context};
    timer->event = evtimer_new(self->base, timer_fired, timer);
    if (timer->event == NULL) {
        free(timer);
        return NULL;
    }
    return timer;
}

void loop_timer_set(loop_timer *timer, int64_t monotonic_us) {
    if (timer->at_us == monotonic_us) {
        return;
    }
    timer->at_us = monotonic_us;
    if (monotonic_us == INT64_MAX) {
        evtimer_del(timer->event);
        return;
    }
    int64_t wait_us = monotonic_us - clock_now().monotonic_us;
    /* Inside a callback libevent would count from when the loop last woke, and ring too early by what passed since. */
    event_base_update_cache_time(event_get_base(timer->event));
    wait_us = wait_us > 0 ? wait_us : 0;
    struct timeval wait = {.tv_sec = (time_t)(wait_us / 1000000), .tv_usec = (suseconds_t)(wait_us % 1000000)};
    evtimer_add(timer->event, &wait);
}

void loop_timer_destroy(loop_timer *timer) {
    if (timer != NULL) {
        event_free(timer->event);
        free(timer);
    }
}

static void bell_ready(void *context, bool can_read, bool can_write) {
    (void)can_read;
    (void)can_write;
    loop_bell *bell = context;
    uint64_t rings;
    if (read(bell->descriptor, &rings, sizeof(rings)) == (ssize_t)sizeof(rings)) {
        bell->rang(bell->context);
    }
}

loop_bell *loop_bell_create(loop *self, void (*rang)(void *context), void *context) {
    loop_bell *bell = calloc(1, sizeof(*bell));
    if (bell == NULL) {
        return NULL;
    }
    *bell = (loop_bell){.descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .rang = rang, .context = context};
    if (bell->descriptor >= 0) {
        bell->watch = loop_watch_create(self, bell->descriptor, bell_ready, bell);
    }
    if (bell->watch == NULL) {
        loop_bell_destroy(bell);
        return NULL;
    }
    loop_watch_want(bell->watch, true, false);
    return bell;
}

void loop_bell_ring(loop_bell *bell) {
    uint64_t one = 1;
    /* It can only fail when 2^64 - 2 rings wait already, and then it rings anyway. */
    (void)!write(bell->descriptor, &one, sizeof(one));
}

void loop_bell_destroy(loop_bell *bell) {
    if (bell == NULL) {
        return;
    }
    loop_watch_destroy(bell->watch);
    if (bell->descriptor >= 0) {
        close(bell->descriptor);
    }
    free(bell);
}
