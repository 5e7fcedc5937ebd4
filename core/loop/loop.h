/*
 * The event loop: descriptors, timers and a bell that other threads may ring. One thread runs a loop; everything here
 * is called on that thread, except loop_stop and loop_bell_ring. Callbacks may create and destroy anything of the loop,
 * also what is being called.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include "base/error.h"
#include "loop/clock.h"

typedef struct loop loop;
typedef struct loop_watch loop_watch;
typedef struct loop_timer loop_timer;
typedef struct loop_bell loop_bell;

/* Makes a loop. IO with the reason when the system refuses. */
dragoman_status loop_create(loop **ret_loop, error_record *error);
/* Frees it; its watches, timers and bells must be gone. NULL is allowed. */
void loop_destroy(loop *self);
/* Runs until loop_stop. */
void loop_run(loop *self);
/* Ends loop_run soon. Any thread, also from a signal handler. */
void loop_stop(loop *self);

/* Watches a descriptor, which stays the caller's and must outlive the watch. Nothing is wanted at first. NULL: no
 * memory. */
loop_watch *loop_watch_create(loop *self, int descriptor, void (*ready)(void *context, bool can_read, bool can_write),
                              void *context);
/* Sets what to wait for. */
void loop_watch_want(loop_watch *watch, bool read, bool write);
/* Ends the watch. NULL is allowed. */
void loop_watch_destroy(loop_watch *watch);

/* A timer that rings once at a monotonic time. NULL: no memory. */
loop_timer *loop_timer_create(loop *self, void (*rang)(void *context), void *context);
/* Sets or moves the time; INT64_MAX: never. Costs nothing when it does not change. */
void loop_timer_set(loop_timer *timer, int64_t monotonic_us);
/* Frees it. NULL is allowed. */
void loop_timer_destroy(loop_timer *timer);

/* A bell: ringing it, on any thread, calls `rang` on the loop's thread once for any number of rings in between. NULL:
 * no descriptor. */
loop_bell *loop_bell_create(loop *self, void (*rang)(void *context), void *context);
/* Any thread, also a signal handler. */
void loop_bell_ring(loop_bell *bell);
/* Frees it; nobody may ring it any more. NULL is allowed. */
void loop_bell_destroy(loop_bell *bell);

#endif
