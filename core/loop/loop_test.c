#include "loop/loop.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct scene {
    loop *on;
    loop_timer *timers[3];
    loop_bell *bell;
    loop_watch *watch;
    int pipe[2];
    char said[16];
    int rings;
    int64_t due_us;
} scene;

static void note(scene *self, char what) {
    size_t used = 0;
    while (self->said[used] != '\0') {
        used++;
    }
    self->said[used] = what;
}

static int set_up(void **state) {
    static scene self;
    self = (scene){.pipe = {-1, -1}};
    assert_int_equal(loop_create(&self.on, NULL), DRAGOMAN_OK);
    *state = &self;
    return 0;
}

static int tear_down(void **state) {
    scene *self = *state;
    for (int i = 0; i < 3; i++) {
        loop_timer_destroy(self->timers[i]);
    }
    loop_bell_destroy(self->bell);
    loop_watch_destroy(self->watch);
    loop_destroy(self->on);
    for (int i = 0; i < 2; i++) {
        if (self->pipe[i] >= 0) {
            close(self->pipe[i]);
        }
    }
    return 0;
}

static void first_rang(void *context) {
    note(context, '1');
}

static void second_rang(void *context) {
    scene *self = context;
    note(self, '2');
    /* A callback may free what is being called, and others. */
    loop_timer_destroy(self->timers[1]);
    self->timers[1] = NULL;
    loop_timer_set(self->timers[2], 0);
}

static void third_rang(void *context) {
    scene *self = context;
    note(self, '3');
    loop_stop(self->on);
}

static void timers_ring_in_their_order_and_once(void **state) {
    scene *self = *state;
    int64_t now_us = clock_now().monotonic_us;
    self->timers[0] = loop_timer_create(self->on, first_rang, self);
    self->timers[1] = loop_timer_create(self->on, second_rang, self);
    self->timers[2] = loop_timer_create(self->on, third_rang, self);
    loop_timer_set(self->timers[2], now_us + 3000000);
    loop_timer_set(self->timers[1], now_us + 20000);
    loop_timer_set(self->timers[0], now_us + 1000000);
    loop_timer_set(self->timers[0], now_us + 5000);
    loop_run(self->on);
    assert_string_equal(self->said, "123");
    assert_true(clock_now().monotonic_us >= now_us + 20000);
}

static void late_rang(void *context) {
    scene *self = context;
    note(self, clock_now().monotonic_us < self->due_us ? 'e' : 'd');
    loop_stop(self->on);
}

static void busy_rang(void *context) {
    scene *self = context;
    /* A callback that takes long: the timers that it sets count from when they are set. */
    int64_t until_us = clock_now().monotonic_us + 20000;
    while (clock_now().monotonic_us < until_us) {
    }
    self->due_us = clock_now().monotonic_us + 10000;
    loop_timer_set(self->timers[1], self->due_us);
    loop_bell_ring(self->bell);
}

static void other_rang(void *context) {
    (void)context;
}

static void a_timer_never_rings_early(void **state) {
    scene *self = *state;
    self->timers[0] = loop_timer_create(self->on, busy_rang, self);
    self->timers[1] = loop_timer_create(self->on, late_rang, self);
    /* Something else that comes first makes the loop look at its timers. */
    self->bell = loop_bell_create(self->on, other_rang, self);
    loop_timer_set(self->timers[0], 0);
    loop_run(self->on);
    assert_string_equal(self->said, "d");
}

static void bell_rang(void *context) {
    scene *self = context;
    self->rings++;
    loop_stop(self->on);
}

static void *ring_often(void *context) {
    scene *self = context;
    for (int i = 0; i < 1000; i++) {
        loop_bell_ring(self->bell);
    }
    return NULL;
}

static void a_bell_rings_from_another_thread(void **state) {
    scene *self = *state;
    pthread_t thread;
    self->bell = loop_bell_create(self->on, bell_rang, self);
    assert_int_equal(pthread_create(&thread, NULL, ring_often, self), 0);
    pthread_join(thread, NULL);
    /* Any number of rings before the loop looks is one call. */
    loop_run(self->on);
    assert_int_equal(self->rings, 1);
}

static void ready(void *context, bool can_read, bool can_write) {
    scene *self = context;
    char byte = '\0';
    note(self, can_read ? 'r' : can_write ? 'w' : '-');
    if (can_read && read(self->pipe[0], &byte, 1) == 1) {
        loop_watch_want(self->watch, false, false);
        loop_stop(self->on);
    }
}

static void a_watch_tells_only_what_is_wanted(void **state) {
    scene *self = *state;
    assert_int_equal(pipe(self->pipe), 0);
    assert_int_equal(write(self->pipe[1], "x", 1), 1);
    self->watch = loop_watch_create(self->on, self->pipe[0], ready, self);
    self->timers[0] = loop_timer_create(self->on, third_rang, self);
    loop_timer_set(self->timers[0], clock_now().monotonic_us + 10000);
    loop_run(self->on);
    assert_string_equal(self->said, "3");
    loop_watch_want(self->watch, true, false);
    loop_run(self->on);
    assert_string_equal(self->said, "3r");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(timers_ring_in_their_order_and_once), TEST(a_timer_never_rings_early),
                                       TEST(a_bell_rings_from_another_thread), TEST(a_watch_tells_only_what_is_wanted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
