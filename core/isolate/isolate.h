/*
 * An adapter in a process of its own: started, fed, watched, ended and started again. What it says is checked as if it
 * came from anywhere.
 *
 * Two ways. On a loop answers come later, and the process is replaced when it crashes, hangs, takes too much or says
 * too much; its instances fail then, and what asks for new ones waits for the next process. Without a loop each call
 * waits for its answer, and a process that ended stays so: for `dragoman check`, `adapters`, `translate`.
 *
 * One thread: the loop's, or the caller's. The instances belong to that thread's environment.
 */
#ifndef ISOLATE_ISOLATE_H
#define ISOLATE_ISOLATE_H

#include "base/error.h"
#include "host/far.h"
#include "loop/loop.h"

/* How long a process may be without an answer to what it was given, and how much processor time one answer may cost.
 * The largest message of 64 MiB takes some tenths of a second. */
#define ISOLATE_ANSWER_WITHIN_US 5000000
#define ISOLATE_CPU_MAX_US 1000000
/* Address space of a process: the largest message with its parsed form, and libraries. */
#define ISOLATE_MEMORY_MAX ((uint64_t)512 << 20)
/* Before another process is started: at once, then these. The last is short of a second, so that whose trouble is over
 * is back within one; a start costs some ten milliseconds. */
#define ISOLATE_BACKOFF_US {0, 50000, 100000, 200000, 400000}
/* A process that has answered for so long begins with the first of them again. */
#define ISOLATE_WELL_AFTER_US 10000000

typedef struct isolate_options {
    const char *program; /* adapter-host */
    uint64_t memory_max;
    int64_t answer_within_us;
    int64_t cpu_max_us;
    bool needs_landlock;
    loop *on; /* NULL: each call waits for its answer */
    /* An instance has been answered: its actions may be fetched, and it may have failed. May destroy any instance. */
    void (*told)(void *owner);
    /* Something to say of the process, in its adapter's name. NULL: nobody listens. */
    void (*say)(void *context, uint32_t level, dragoman_bytes adapter, dragoman_bytes text);
    void *context;
} isolate_options;

typedef struct isolate_child isolate_child;

/* Starts the adapter in the file `path` and waits until it has said what it is. As host_adapter_load; UNSUPPORTED: this
 * kernel cannot hold a process apart. The adapter belongs to the child, which is freed by host_adapter_close; its
 * instances must have been destroyed. What `options` points to must outlive it. */
dragoman_status isolate_load(const isolate_options *options, const char *path, host_adapter *ret_adapter,
                             error_record *error);
/* Waits until everything that its instances were given is answered, or `patience_us` has passed; then what is not
 * answered is lost. Before an environment whose instances it has is destroyed. For adapters of isolate_load alone. */
void isolate_settle(const host_adapter *adapter, int64_t patience_us);

typedef struct isolate_health {
    bool is_up;
    int pid;            /* 0: none */
    uint64_t ended;     /* processes that did not end as they should */
    uint64_t dead;      /* inputs that were set aside, having ended two */
    const char *held;   /* how: "seccomp, Landlock 7" */
    const char *reason; /* why the last one ended; "" */
    int64_t ended_us;   /* UTC, when */
} isolate_health;

/* How an adapter's process stands; false: it has none. Borrowed. */
bool isolate_health_get(const host_adapter *adapter, isolate_health *ret_health);

#endif
