/*
 * A clock that waits for work: loaded before the C library into a program with one event loop, it lets time pass only
 * while nobody has anything to do, and then at once to the next moment for which somebody waits. A day of a ward takes
 * the minutes that its work takes, and a loaded machine makes it longer and not wrong.
 *
 * The program is not changed for it. What it is given: the time (clock_gettime, gettimeofday, time), waiting in the
 * loop (epoll_wait; libevent does without timerfd when there is none), and the waits of its other threads on conditions
 * and descriptors. Processor clocks stay real.
 *
 * WARD24_BEGIN in the environment: the second since 1970 at which its wall clock begins.
 */
#include "ward24/clock_carried.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* Everything here stands in front of libc's functions of the same names. */
#pragma GCC visibility push(default)

#define NS_PER_S INT64_C(1000000000)
/* Time passes in steps of at most so much, between which it is looked whether something arrived: a byte on its way
 * through the kernel counts as late by this at most. */
#define STEP_NS (NS_PER_S / 20)
#define SHORT_NS 10000
/* A thread that goes on for so long without waiting only waits for time to pass: that is a fault, and is told. */
#define PATIENCE_NS (20 * NS_PER_S)
#define NEVER INT64_MAX
/* Seconds beyond this are of the wall clock, before it of the monotonic one, which begins when the machine does. */
#define WALL_FROM_S 1000000000

/* A thread that waits, in a list. */
typedef struct waiter {
    struct waiter *next;
    pthread_cond_t *on;
    pthread_mutex_t *lock;
    int64_t until_ns; /* monotonic */
    bool is_called;   /* it goes on, and counts as busy already */
} waiter;

static struct {
    int (*clock_gettime)(clockid_t clock, struct timespec *to);
    int (*epoll_wait)(int descriptor, struct epoll_event *events, int count, int timeout_ms);
    int (*poll)(struct pollfd *descriptors, nfds_t count, int timeout_ms);
    int (*cond_wait)(pthread_cond_t *cond, pthread_mutex_t *lock);
    int (*cond_signal)(pthread_cond_t *cond);
    int (*cond_broadcast)(pthread_cond_t *cond);
    int (*thread_create)(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context);
} real;

static _Atomic int64_t now_ns;    /* monotonic */
static int64_t wall_ahead_ns;     /* of the monotonic clock */
static _Atomic int busy;          /* threads beside the loop's that have something to do */
static pthread_mutex_t list_lock; /* of what follows */
static waiter *waiters;

static void find(void *slot, const char *name, const char *version) {
    void *found = version == NULL ? dlsym(RTLD_NEXT, name) : dlvsym(RTLD_NEXT, name, version);
    if (found == NULL) {
        abort();
    }
    *(void **)slot = found;
}

static int64_t ns_of(const struct timespec *from) {
    return (int64_t)from->tv_sec * NS_PER_S + from->tv_nsec;
}

static void __attribute__((constructor)) begin(void) {
    struct timespec at;
    const char *wall_s = getenv("WARD24_BEGIN");
    find(&real.clock_gettime, "clock_gettime", NULL);
    find(&real.epoll_wait, "epoll_wait", NULL);
    find(&real.poll, "poll", NULL);
    find(&real.thread_create, "pthread_create", NULL);
    /* The older ones of the same names are of another shape. */
    find(&real.cond_wait, "pthread_cond_wait", "GLIBC_2.3.2");
    find(&real.cond_signal, "pthread_cond_signal", "GLIBC_2.3.2");
    find(&real.cond_broadcast, "pthread_cond_broadcast", "GLIBC_2.3.2");
    pthread_mutex_init(&list_lock, NULL);
    /* A short rest is short. */
    prctl(PR_SET_TIMERSLACK, 1UL);
    real.clock_gettime(CLOCK_MONOTONIC, &at);
    atomic_store(&now_ns, ns_of(&at));
    real.clock_gettime(CLOCK_REALTIME, &at);
    int64_t wall_ns = wall_s == NULL ? ns_of(&at) : strtoll(wall_s, NULL, 10) * NS_PER_S;
    wall_ahead_ns = wall_ns - atomic_load(&now_ns);
}

/* ---- what time it is */

int clock_gettime(clockid_t clock, struct timespec *to) {
    bool is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
    if (real.clock_gettime == NULL || (!is_wall && clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_COARSE &&
                                       clock != CLOCK_MONOTONIC_RAW && clock != CLOCK_BOOTTIME)) {
        return real.clock_gettime == NULL ? -1 : real.clock_gettime(clock, to);
    }
    int64_t at_ns = atomic_load(&now_ns) + (is_wall ? wall_ahead_ns : 0);
    *to = (struct timespec){.tv_sec = at_ns / NS_PER_S, .tv_nsec = at_ns % NS_PER_S};
    return 0;
}

int gettimeofday(struct timeval *to, void *zone) {
    struct timespec at;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &at);
    *to = (struct timeval){.tv_sec = at.tv_sec, .tv_usec = at.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *to) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    if (to != NULL) {
        *to = at.tv_sec;
    }
    return at.tv_sec;
}

int timerfd_create(int clock, int flags) {
    (void)clock;
    (void)flags;
    errno = ENOSYS;
    return -1;
}

/* ---- threads that wait */

static void rest(int64_t ns) {
    nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
}

/* Whoever waits on `cond`, or until a time that has come when `cond` is NULL, is busy from now on. Returns one of
 * these, to be rung; NULL: nobody is left. */
static waiter *call_next(const pthread_cond_t *cond, int64_t at_ns) {
    waiter *each = waiters;
    while (each != NULL && (each->is_called || each->on == NULL || (cond != NULL && each->on != cond) ||
                            (cond == NULL && each->until_ns > at_ns))) {
        each = each->next;
    }
    if (each != NULL) {
        each->is_called = true;
        atomic_fetch_add(&busy, 1);
    }
    return each;
}

static void call_all_on(const pthread_cond_t *cond) {
    pthread_mutex_lock(&list_lock);
    while (call_next(cond, 0) != NULL) {
    }
    pthread_mutex_unlock(&list_lock);
}

int pthread_cond_signal(pthread_cond_t *cond) {
    call_all_on(cond);
    return real.cond_broadcast(cond);
}

int pthread_cond_broadcast(pthread_cond_t *cond) {
    call_all_on(cond);
    return real.cond_broadcast(cond);
}

static void enter(waiter *self) {
    pthread_mutex_lock(&list_lock);
    self->next = waiters;
    waiters = self;
    atomic_fetch_sub(&busy, 1);
    pthread_mutex_unlock(&list_lock);
}

static void leave(const waiter *self) {
    pthread_mutex_lock(&list_lock);
    waiter **at = &waiters;
    while (*at != self) {
        at = &(*at)->next;
    }
    *at = self->next;
    atomic_fetch_add(&busy, self->is_called ? 0 : 1);
    pthread_mutex_unlock(&list_lock);
}

static int wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until_ns) {
    if (atomic_load(&now_ns) >= until_ns) {
        return ETIMEDOUT;
    }
    waiter self = {.on = cond, .lock = lock, .until_ns = until_ns};
    enter(&self);
    int code = real.cond_wait(cond, lock);
    leave(&self);
    return code == 0 && atomic_load(&now_ns) >= until_ns ? ETIMEDOUT : code;
}

int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock) {
    return wait_until(cond, lock, NEVER);
}

int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *lock, const struct timespec *until) {
    return wait_until(cond, lock, ns_of(until) - (until->tv_sec >= WALL_FROM_S ? wall_ahead_ns : 0));
}

int poll(struct pollfd *descriptors, nfds_t count, int timeout_ms) {
    int64_t until_ns = timeout_ms < 0 ? NEVER : atomic_load(&now_ns) + timeout_ms * (NS_PER_S / 1000);
    int found = real.poll(descriptors, count, 0);
    if (found != 0 || timeout_ms == 0) {
        return found;
    }
    waiter self = {.on = NULL, .until_ns = until_ns};
    enter(&self);
    while (found == 0 && atomic_load(&now_ns) < until_ns) {
        found = real.poll(descriptors, count, 1);
    }
    leave(&self);
    return found;
}

typedef struct beginning {
    void *(*run)(void *context);
    void *context;
} beginning;

static void *run_thread(void *context) {
    beginning with = *(beginning *)context;
    free(context);
    void *result = with.run(with.context);
    atomic_fetch_sub(&busy, 1);
    return result;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context) {
    beginning *with = malloc(sizeof(*with));
    if (with == NULL) {
        return EAGAIN;
    }
    *with = (beginning){run, context};
    atomic_fetch_add(&busy, 1);
    int code = real.thread_create(thread, attributes, run_thread, with);
    if (code != 0) {
        atomic_fetch_sub(&busy, 1);
        free(with);
    }
    return code;
}

/* ---- the loop, which lets time pass */

static int64_t real_ns(void) {
    struct timespec at;
    real.clock_gettime(CLOCK_MONOTONIC, &at);
    return ns_of(&at);
}

/* Whether the others have been busy since `since_ns` for too long; 0 begins. */
static bool is_stuck(int64_t *since_ns) {
    int64_t at_ns = real_ns();
    *since_ns = *since_ns == 0 ? at_ns : *since_ns;
    bool is_over = at_ns - *since_ns > PATIENCE_NS;
    if (is_over) {
        *since_ns = 0;
        fputs("ward24: a thread goes on and on without waiting for anything\n", stderr);
    }
    return is_over;
}

static int64_t next_moment(int64_t until_ns) {
    pthread_mutex_lock(&list_lock);
    for (const waiter *each = waiters; each != NULL; each = each->next) {
        until_ns = each->until_ns < until_ns ? each->until_ns : until_ns;
    }
    pthread_mutex_unlock(&list_lock);
    return until_ns;
}

static void pass_to(int64_t at_ns) {
    atomic_store(&now_ns, at_ns);
    for (;;) {
        pthread_mutex_lock(&list_lock);
        const waiter *called = call_next(NULL, at_ns);
        pthread_cond_t *cond = called == NULL ? NULL : called->on;
        pthread_mutex_t *lock = called == NULL ? NULL : called->lock;
        pthread_mutex_unlock(&list_lock);
        if (cond == NULL) {
            return;
        }
        /* It may not have begun to wait yet; then it holds its lock. */
        pthread_mutex_lock(lock);
        real.cond_broadcast(cond);
        pthread_mutex_unlock(lock);
    }
}

int epoll_wait(int descriptor, struct epoll_event *events, int count, int timeout_ms) {
    int64_t until_ns = timeout_ms < 0 ? NEVER : atomic_load(&now_ns) + timeout_ms * (NS_PER_S / 1000);
    bool was_looked = false;
    int64_t busy_since_ns = 0;
    for (;;) {
        int found = real.epoll_wait(descriptor, events, count, 0);
        int64_t at_ns = atomic_load(&now_ns);
        if (found != 0 || at_ns >= until_ns) {
            return found;
        }
        if (atomic_load(&busy) > 0 && !is_stuck(&busy_since_ns)) {
            rest(SHORT_NS);
            was_looked = false;
        } else if (clock_is_carrying(real_ns())) {
            rest(SHORT_NS);
        } else if (!was_looked) {
            /* Whoever was busy may have written something since we looked. */
            was_looked = true;
            busy_since_ns = 0;
        } else {
            int64_t moment_ns = next_moment(until_ns);
            if (moment_ns <= at_ns) {
                rest(SHORT_NS); /* somebody's time has come, and it has not noticed yet */
            } else {
                pass_to(moment_ns < at_ns + STEP_NS ? moment_ns : at_ns + STEP_NS);
            }
        }
    }
}
