/* The life of an adapter's process: started, watched, ended, and started again. */
#include "base/bytes.h"
#include "isolate/internal.h"
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* A descriptor with all its texts. */
#define DESCRIPTOR_BYTES_MAX ((size_t)4 << 20)
/* One decoded report: a 64 MiB message becomes a few times its size. */
#define REPORT_BYTES_MAX ((size_t)1 << 30)

static void say(const isolate_child *self, uint32_t level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(const isolate_child *self, uint32_t level, const char *format, ...) {
    char text[ERROR_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (self->options.say != NULL) {
        self->options.say(self->options.context, level, bytes_of(self->descriptor.name), bytes_of(text));
    }
}

/* ---- the end */

void isolate_end(isolate_child *self, const char *format, ...) {
    if (self->stage != ISOLATE_UP && self->stage != ISOLATE_STARTING) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(self->reason, sizeof(self->reason), format, arguments);
    va_end(arguments);
    self->stage = ISOLATE_DYING;
    process_kill(&self->at);
}

void isolate_distrust(isolate_child *self, const char *sentence) {
    /* What it tells of itself before it says hello is no distrust, but as good. */
    isolate_end(self, "%s", sentence);
    self->is_distrusted = true;
}

static void tell_touched(isolate_child *self) {
    while (self->touched != NULL) {
        isolate_far *one = self->touched;
        self->touched = one->touched;
        one->is_touched = false;
        if (self->options.told != NULL && !host_far_is_let_go(one->instance)) {
            self->options.told(host_instance_owner(one->instance));
        }
    }
}

/* Every instance has failed. Those that nobody has any more are freed. */
static void lose_all(isolate_child *self) {
    for (uint32_t i = 0; i < self->item_room; i++) {
        isolate_far *one = self->items[i];
        if (one == NULL) {
            continue;
        }
        one->is_lost = true;
        self->items[i] = NULL;
        host_instance *instance = one->instance;
        host_far_lost(instance, self->reason);
        if (host_far_is_let_go(instance)) {
            isolate_far_free(one);
            host_far_gone(instance);
        } else {
            isolate_touch(one);
        }
    }
    self->next_number = 1;
}

static const char *end_of(const isolate_child *self, int status, char *to, size_t size) {
    if (self->stage == ISOLATE_DYING) {
        return self->reason;
    }
    if (WIFSIGNALED(status)) {
        snprintf(to, size, "its process crashed: %s", strsignal(WTERMSIG(status)));
    } else {
        snprintf(to, size, "its process ended by itself (%d)", WEXITSTATUS(status));
    }
    return to;
}

static void wait_for_next(isolate_child *self, const dragoman_now *now) {
    static const int64_t backoff_us[] = ISOLATE_BACKOFF_US;
    uint32_t last = sizeof(backoff_us) / sizeof(backoff_us[0]) - 1;
    bool was_well = self->up_us != 0 && now->monotonic_us - self->up_us >= ISOLATE_WELL_AFTER_US;
    self->failures = was_well ? 0 : self->failures;
    int64_t wait_us = backoff_us[self->failures < last ? self->failures : last];
    self->failures++;
    if (self->start_timer != NULL && !self->is_closing) {
        loop_timer_set(self->start_timer, now->monotonic_us + wait_us);
    }
}

/* The process is gone. Complete messages that it had handed over go on; the rest the devices say again. */
static void ended(isolate_child *self, int status) {
    char text[ERROR_TEXT_BYTES];
    dragoman_now now = clock_now();
    /* All that it wrote is there, since it is gone: read to the pipe's end. */
    while (!self->is_distrusted && isolate_read(self) == ISOLATE_PIPE_MORE) {
    }
    snprintf(text, sizeof(text), "%s", end_of(self, status, (char[ERROR_TEXT_BYTES]){0}, ERROR_TEXT_BYTES));
    snprintf(self->reason, sizeof(self->reason), "%s", text);
    self->ended++;
    self->ended_us = now.wall_us;
    loop_watch_destroy(self->pipe_watch);
    loop_watch_destroy(self->end_watch);
    self->pipe_watch = self->end_watch = NULL;
    process_close(&self->at);
    if (self->up_us != 0) {
        isolate_suspect(self, &now);
    }
    isolate_forget_given(self);
    self->stage = ISOLATE_DOWN;
    self->is_distrusted = self->is_pipe_over = false;
    wait_for_next(self, &now);
    self->up_us = 0;
    lose_all(self);
    say(self, DRAGOMAN_LOG_ERROR, "the adapter's process was replaced: %s", self->reason);
    tell_touched(self);
}

static void look_at_end(isolate_child *self) {
    int status = 0;
    if (process_reap(&self->at, &status)) {
        ended(self, status);
    }
}

static void end_ready(void *context, bool can_read, bool can_write) {
    (void)can_read;
    (void)can_write;
    look_at_end(context);
}

/* ---- while it lives */

/* Its pipe has ended, mostly since it is about to be gone: then that tells why. */
static void read_pipe(isolate_child *self) {
    if (isolate_read(self) == ISOLATE_PIPE_ENDED) {
        self->is_pipe_over = true;
    }
    if (self->pipe_watch != NULL && (self->is_pipe_over || self->stage == ISOLATE_DYING)) {
        loop_watch_want(self->pipe_watch, false, false);
        loop_timer_set(self->watch_timer, clock_monotonic_us() + ISOLATE_WATCH_US);
    }
}

static void pipe_ready(void *context, bool can_read, bool can_write) {
    isolate_child *self = context;
    if (can_write) {
        isolate_flush(self);
    }
    if (can_read && (self->stage == ISOLATE_UP || self->stage == ISOLATE_STARTING)) {
        read_pipe(self);
    }
    tell_touched(self);
}

static void flush_due(void *context) {
    isolate_flush(context);
}

/* Whether it owes an answer for too long. */
static void look_at_debt(isolate_child *self) {
    if (self->is_pipe_over) {
        isolate_end(self, "it closed its pipe");
    }
    bool owes = self->given_count > 0 || self->stage == ISOLATE_STARTING;
    if (!owes || (self->stage != ISOLATE_UP && self->stage != ISOLATE_STARTING)) {
        return;
    }
    int64_t cpu_us = clock_of_process_us(self->at.pid);
    if (self->is_cpu_old) {
        self->cpu_us = cpu_us;
        self->is_cpu_old = false;
    }
    if (clock_monotonic_us() - self->head_us > self->options.answer_within_us) {
        isolate_end(self, "no answer within %.1f s", (double)self->options.answer_within_us / 1000000);
    } else if (cpu_us - self->cpu_us > self->options.cpu_max_us) {
        isolate_end(self, "no answer within %.1f s of processor time", (double)self->options.cpu_max_us / 1000000);
    }
}

static void watch_due(void *context) {
    isolate_child *self = context;
    look_at_debt(self);
    if (self->given_count > 0 || self->stage == ISOLATE_STARTING) {
        loop_timer_set(self->watch_timer, clock_monotonic_us() + ISOLATE_WATCH_US);
    }
}

/* ---- the beginning */

static dragoman_status start(isolate_child *self, error_record *error) {
    process_options options = {.program = self->options.program,
                               .library = self->path,
                               .memory_max = self->options.memory_max,
                               .needs_landlock = self->options.needs_landlock};
    dragoman_status status = process_start(&options, &self->at, error);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    self->stage = ISOLATE_STARTING;
    self->head_us = clock_monotonic_us();
    self->is_cpu_old = true;
    if (self->options.on == NULL) {
        return DRAGOMAN_OK;
    }
    self->pipe_watch = loop_watch_create(self->options.on, self->at.descriptor, pipe_ready, self);
    self->end_watch = loop_watch_create(self->options.on, self->at.pidfd, end_ready, self);
    if (self->pipe_watch == NULL || self->end_watch == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for an adapter's process");
    }
    loop_watch_want(self->pipe_watch, true, false);
    loop_watch_want(self->end_watch, true, false);
    loop_timer_set(self->watch_timer, self->head_us + ISOLATE_WATCH_US);
    return DRAGOMAN_OK;
}

static void start_due(void *context) {
    isolate_child *self = context;
    error_record error = {0};
    if (self->stage != ISOLATE_DOWN || start(self, &error) == DRAGOMAN_OK) {
        return;
    }
    snprintf(self->reason, sizeof(self->reason), "%s", error.text);
    say(self, DRAGOMAN_LOG_ERROR, "%s", error.text);
    dragoman_now now = clock_now();
    wait_for_next(self, &now);
}

/* Waits for something of the process without a loop, and takes it. */
static void turn(isolate_child *self, int64_t until_us) {
    int64_t now_us = clock_monotonic_us();
    int64_t wait_us = until_us - now_us < ISOLATE_WATCH_US ? until_us - now_us : ISOLATE_WATCH_US;
    isolate_flush(self);
    bool is_all = self->sent == self->out_base + self->out.size && self->replies.size == 0;
    bool is_alive = !self->is_pipe_over && (self->stage == ISOLATE_UP || self->stage == ISOLATE_STARTING);
    struct pollfd watched[] = {
        {.fd = is_alive ? self->at.descriptor : -1, .events = (short)(POLLIN | (is_all ? 0 : POLLOUT))},
        {.fd = self->at.pidfd, .events = POLLIN}};
    (void)poll(watched, 2, wait_us > 0 ? (int)(wait_us / 1000) + 1 : 0);
    if ((watched[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
        read_pipe(self);
    }
    if ((watched[1].revents & POLLIN) != 0) {
        look_at_end(self);
    }
    look_at_debt(self);
}

void isolate_wait(isolate_child *self, int64_t until_us) {
    while ((self->stage == ISOLATE_UP || self->stage == ISOLATE_STARTING || self->stage == ISOLATE_DYING) &&
           (self->given_count > 0 || self->stage != ISOLATE_UP) && clock_monotonic_us() < until_us) {
        turn(self, until_us);
    }
}

static bool make_timers(isolate_child *self) {
    loop *on = self->options.on;
    if (on == NULL) {
        return true;
    }
    self->flush_timer = loop_timer_create(on, flush_due, self);
    self->watch_timer = loop_timer_create(on, watch_due, self);
    self->start_timer = loop_timer_create(on, start_due, self);
    return self->flush_timer != NULL && self->watch_timer != NULL && self->start_timer != NULL;
}

static void destroy(isolate_child *self) {
    int status;
    loop_watch_destroy(self->pipe_watch);
    loop_watch_destroy(self->end_watch);
    loop_timer_destroy(self->flush_timer);
    loop_timer_destroy(self->watch_timer);
    loop_timer_destroy(self->start_timer);
    process_close(&self->at);
    process_kill(&self->at);
    if (self->at.pid > 0) {
        struct pollfd gone = {.fd = self->at.pidfd, .events = POLLIN};
        while (!process_reap(&self->at, &status) && poll(&gone, 1, -1) >= 0) {
        }
    }
    buffer_fini(&self->in);
    buffer_fini(&self->out);
    buffer_fini(&self->replies);
    arena_fini(&self->memory);
    arena_fini(&self->report);
    free(self->given);
    free(self->items);
    free(self);
}

dragoman_status isolate_load(const isolate_options *options, const char *path, host_adapter *ret_adapter,
                             error_record *error) {
    isolate_child *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory");
    }
    self->options = *options;
    self->at = PROCESS_NONE;
    self->next_number = 1;
    snprintf(self->path, sizeof(self->path), "%s", path);
    buffer_init(&self->in);
    buffer_init(&self->out);
    buffer_init(&self->replies);
    arena_init(&self->memory, DESCRIPTOR_BYTES_MAX);
    arena_init(&self->report, REPORT_BYTES_MAX);
    dragoman_status status = host_adapter_find(path, error);
    if (status == DRAGOMAN_OK && !make_timers(self)) {
        status = error_set(error, DRAGOMAN_NO_MEMORY, "no memory");
    }
    status = status == DRAGOMAN_OK ? start(self, error) : status;
    while (status == DRAGOMAN_OK && self->stage == ISOLATE_STARTING) {
        turn(self, INT64_MAX);
    }
    if (status == DRAGOMAN_OK && self->stage != ISOLATE_UP) {
        status = error_set(error, DRAGOMAN_INVALID, "%s%s%s", strstr(self->reason, path) != NULL ? "" : path,
                           strstr(self->reason, path) != NULL ? "" : ": ", self->reason);
    }
    if (status != DRAGOMAN_OK) {
        self->is_closing = true;
        destroy(self);
        return status;
    }
    *ret_adapter = (host_adapter){.descriptor = &self->descriptor, .far = &self->far};
    snprintf(ret_adapter->path, sizeof(ret_adapter->path), "%s", path);
    return DRAGOMAN_OK;
}

static isolate_child *child_of(const host_adapter *adapter) {
    return adapter->far == NULL ? NULL : adapter->far->context;
}

void isolate_settle(const host_adapter *adapter, int64_t patience_us) {
    isolate_child *self = child_of(adapter);
    self->is_closing = true;
    self->options.told = NULL;
    isolate_wait(self, clock_monotonic_us() + patience_us);
    lose_all(self);
    while (self->touched != NULL) {
        isolate_far *one = self->touched;
        self->touched = one->touched;
        one->is_touched = false;
    }
    isolate_forget_given(self);
}

void isolate_close(void *context) {
    isolate_child *self = context;
    self->is_closing = true;
    destroy(self);
}

bool isolate_health_get(const host_adapter *adapter, isolate_health *ret_health) {
    const isolate_child *self = child_of(adapter);
    if (self == NULL) {
        return false;
    }
    *ret_health = (isolate_health){.is_up = self->stage == ISOLATE_UP,
                                   .pid = self->at.pid,
                                   .ended = self->ended,
                                   .dead = self->dead,
                                   .held = self->held,
                                   .reason = self->reason,
                                   .ended_us = self->ended_us};
    return true;
}
