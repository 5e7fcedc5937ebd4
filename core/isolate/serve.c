#include "base/bytes.h"
#include "isolate/serve_internal.h"
#include "loop/clock.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* Read at a time: what a busy pipe holds. */
#define READ_BYTES ((size_t)256 << 10)
/* Answers are written at least so often while there is something to do: the house judges by them whether we live. */
#define FLUSH_EVERY_US 20000
/* What an instance is made with: its settings, and a profile's device section. */
#define START_BYTES_MAX ((size_t)32 << 20)
/* As many instances as the largest site lets its links have connections. */
#define INSTANCES_MAX 1048576u
/* Actions after one call: more than a link carries out. An adapter that has more does not end. */
#define ACTIONS_MAX 131073u

bool serve_read(serving *self, buffer *to) {
    uint8_t *room = buffer_reserve(to, READ_BYTES);
    ssize_t size = room == NULL ? -1 : recv(self->descriptor, room, READ_BYTES, 0);
    if (size > 0) {
        to->size += (size_t)size;
        return true;
    }
    if (size < 0 && room != NULL && errno == EINTR) {
        return true;
    }
    self->trouble = room == NULL ? DRAGOMAN_NO_MEMORY : DRAGOMAN_CLOSED;
    return false;
}

void serve_flush(serving *self) {
    size_t at = 0;
    if (self->out.failed) {
        self->trouble = DRAGOMAN_NO_MEMORY;
    }
    while (at < self->out.size && self->trouble == DRAGOMAN_OK) {
        ssize_t size = send(self->descriptor, self->out.data + at, self->out.size - at, MSG_NOSIGNAL);
        if (size > 0) {
            at += (size_t)size;
        } else if (size < 0 && errno != EINTR) {
            self->trouble = DRAGOMAN_CLOSED;
        }
    }
    buffer_reset(&self->out);
    self->flushed_us = clock_monotonic_us();
}

serve_instance *serve_current(serving *self) {
    return &self->items[self->current];
}

/* ---- what the house says */

static bool make_room(serving *self, uint32_t number) {
    if (number < self->room) {
        return true;
    }
    uint32_t room = self->room == 0 ? 64 : self->room;
    while (room <= number && room < INSTANCES_MAX) {
        room *= 2;
    }
    serve_instance *more = number >= room ? NULL : realloc(self->items, room * sizeof(*more));
    if (more == NULL) {
        return false;
    }
    memset(more + self->room, 0, (room - self->room) * sizeof(*more));
    self->items = more;
    self->room = room;
    return true;
}

static void forget(serving *self, serve_instance *one) {
    for (uint32_t i = 0; one->streams != NULL && i < self->adapter->descriptor->channel_count; i++) {
        host_stream_fini(&one->streams[i]);
    }
    free(one->streams);
    arena_fini(&one->memory);
    *one = (serve_instance){0};
}

/* A slice of the frame, kept as long as the instance. */
static dragoman_bytes kept(serve_instance *one, dragoman_bytes bytes) {
    return arena_copy(&one->memory, bytes);
}

static dragoman_list kept_settings(serve_instance *one, wire_reader *from) {
    dragoman_list list = codec_get_settings(from, &one->memory);
    dragoman_setting *items = (dragoman_setting *)(uintptr_t)list.items;
    for (uint32_t i = 0; i < list.count; i++) {
        items[i].key = kept(one, items[i].key);
        items[i].value = kept(one, items[i].value);
    }
    return list;
}

static dragoman_status start(serving *self, wire_reader *from) {
    serve_instance *one = serve_current(self);
    error_record error = {0};
    arena_init(&one->memory, START_BYTES_MAX);
    one->streams = calloc(self->adapter->descriptor->channel_count, sizeof(*one->streams));
    dragoman_bytes link = kept(one, wire_get_bytes(from));
    dragoman_bytes profile = kept(one, wire_get_bytes(from));
    dragoman_bytes seed = wire_get_bytes(from);
    dragoman_now now = wire_get_now(from);
    dragoman_list settings = kept_settings(one, from);
    one->device = kept_settings(one, from);
    if (one->streams == NULL || from->has_failed || seed.size != DRAGOMAN_SEED_BYTES) {
        return DRAGOMAN_NO_MEMORY;
    }
    for (uint32_t i = 0; i < self->adapter->descriptor->channel_count; i++) {
        buffer_init(&one->streams[i].unread);
    }
    host_instance_options options = {.link = link,
                                     .profile = profile,
                                     .settings = settings.items,
                                     .setting_count = settings.count,
                                     .seed = seed.data};
    dragoman_status status =
        host_instance_create(self->environment, self->adapter, &options, &now, &one->instance, &error);
    if (status != DRAGOMAN_OK) {
        size_t began = wire_begin(&self->out, WIRE_LOG, self->current);
        wire_put_number(&self->out, DRAGOMAN_LOG_ERROR);
        wire_put_bytes(&self->out, bytes_of(error.text));
        wire_put_bytes(&self->out, (dragoman_bytes){NULL, 0});
        wire_end(&self->out, began);
    }
    return status;
}

static void told_nobody(void *context, host_instance *instance) {
    (void)context;
    (void)instance;
}

/* A settlement speaks of all messages before it that were not spoken of. */
static dragoman_status settled(serving *self, serve_instance *one, const dragoman_settled_event *event,
                               const dragoman_now *now) {
    char reason[ERROR_TEXT_BYTES];
    snprintf(reason, sizeof(reason), "%.*s", BYTES_FORMAT(event->reason));
    while (one->oldest != NULL && one->oldest->store.number <= event->through) {
        host_message *message = one->oldest;
        one->oldest = message->store.context;
        host_message_settle(message, (dragoman_settlement)event->settlement, (dragoman_status)event->status, reason);
    }
    host_environment_settle(self->environment, now, told_nobody, NULL);
    return DRAGOMAN_OK;
}

static dragoman_status event(serving *self, wire_reader *from, dragoman_progress *ret_progress) {
    serve_instance *one = serve_current(self);
    dragoman_event what;
    dragoman_now now = wire_get_now(from);
    codec_get_event(from, &what);
    if (what.kind == DRAGOMAN_EVENT_SETTLED) {
        return settled(self, one, &what.of.settled, &now);
    }
    return host_instance_show(one->instance, &what, &now, ret_progress);
}

/* ret_held: the channel, counted from 1, if its stream was stopped. */
static dragoman_status feed(serving *self, wire_reader *from, uint32_t *ret_held) {
    serve_instance *one = serve_current(self);
    dragoman_event what;
    dragoman_now now = wire_get_now(from);
    codec_get_event(from, &what);
    uint32_t stop_at = (uint32_t)wire_get_number(from);
    if (what.channel >= self->adapter->descriptor->channel_count) {
        return DRAGOMAN_INVALID;
    }
    bool is_stopped = false;
    dragoman_status status =
        host_instance_feed(one->instance, what.channel, &one->streams[what.channel], what.of.bytes.unread,
                           what.of.bytes.is_end != 0, stop_at, &now, &is_stopped);
    *ret_held = is_stopped ? what.channel + 1 : 0;
    return status;
}

static dragoman_status expire(serving *self, wire_reader *from) {
    dragoman_now now = wire_get_now(from);
    return host_instance_expire(serve_current(self)->instance, &now);
}

/* Everything that was not settled stays that way: the device will say it again. */
static void end(serving *self) {
    serve_instance *one = serve_current(self);
    dragoman_now now = {0};
    host_instance_destroy(one->instance);
    while (one->oldest != NULL) {
        host_message *message = one->oldest;
        one->oldest = message->store.context;
        host_message_settle(message, DRAGOMAN_NOT_KEPT, DRAGOMAN_CLOSED, NULL);
    }
    host_environment_settle(self->environment, &now, told_nobody, NULL);
    forget(self, one);
}

static void put_actions(serving *self) {
    host_instance *instance = serve_current(self)->instance;
    dragoman_action action;
    for (uint32_t i = 0; i < ACTIONS_MAX && host_instance_next(instance, &action) == DRAGOMAN_OK; i++) {
        size_t began = wire_begin(&self->out, WIRE_ACTION, self->current);
        codec_put_action(&self->out, &action);
        wire_end(&self->out, began);
    }
}

static void answer(serving *self, dragoman_status status, const dragoman_progress *progress, int64_t deadline_us,
                   uint32_t held) {
    size_t began = wire_begin(&self->out, WIRE_ANSWER, self->current);
    wire_put_number(&self->out, (uint64_t)status);
    wire_put_number(&self->out, (uint64_t)deadline_us);
    wire_put_number(&self->out, progress->consumed);
    wire_put_number(&self->out, progress->needed);
    wire_put_number(&self->out, held);
    wire_end(&self->out, began);
}

static void tell_mistake(void *context, dragoman_bytes key, dragoman_bytes sentence) {
    serving *self = context;
    size_t began = wire_begin(&self->out, WIRE_MISTAKE, 0);
    wire_put_bytes(&self->out, key);
    wire_put_bytes(&self->out, sentence);
    wire_end(&self->out, began);
}

/* Questions about the adapter itself; the answer's status is a likeness, or nothing. */
static void ask_adapter(serving *self, const wire_frame *frame) {
    wire_reader reader = {.rest = frame->body};
    arena memory;
    dragoman_progress none = {0};
    uint32_t likeness = 0;
    if (frame->kind == WIRE_RECOGNISE) {
        likeness = host_adapter_recognise(self->adapter, wire_get_bytes(&reader));
    } else {
        arena_init(&memory, START_BYTES_MAX);
        dragoman_list profile = codec_get_settings(&reader, &memory);
        host_adapter_check_profile(self->adapter, &profile, tell_mistake, self);
        arena_fini(&memory);
    }
    answer(self, (dragoman_status)likeness, &none, DRAGOMAN_NO_DEADLINE, 0);
}

static void take(serving *self, const wire_frame *frame) {
    wire_reader reader = {.rest = frame->body};
    dragoman_progress progress = {0};
    dragoman_status status = DRAGOMAN_OK;
    uint32_t held = 0;
    if (frame->kind == WIRE_NOTHING) {
        return;
    }
    if (frame->kind == WIRE_RECOGNISE || frame->kind == WIRE_CHECK_PROFILE) {
        ask_adapter(self, frame);
        return;
    }
    if (frame->instance == 0 || !make_room(self, frame->instance)) {
        self->trouble = DRAGOMAN_NO_MEMORY;
        return;
    }
    self->current = frame->instance;
    serve_instance *one = serve_current(self);
    if (frame->kind == WIRE_END) {
        end(self);
    } else if (frame->kind == WIRE_START) {
        status = start(self, &reader);
    } else if (one->instance == NULL) {
        /* It would not start. */
        status = DRAGOMAN_CLOSED;
    } else if (frame->kind == WIRE_EVENT) {
        status = event(self, &reader, &progress);
    } else if (frame->kind == WIRE_FEED) {
        status = feed(self, &reader, &held);
    } else if (frame->kind == WIRE_EXPIRE) {
        status = expire(self, &reader);
    }
    int64_t deadline_us = DRAGOMAN_NO_DEADLINE;
    one = serve_current(self);
    if (one->instance != NULL) {
        put_actions(self);
        deadline_us = host_instance_deadline(one->instance);
        dragoman_status failure = host_instance_failure(one->instance);
        status = failure != DRAGOMAN_OK ? failure : status;
    }
    answer(self, status, &progress, deadline_us, held);
}

/* ---- the loop */

/* Takes every whole frame that there is. */
static void take_all(serving *self) {
    wire_frame frame;
    while (self->trouble == DRAGOMAN_OK) {
        dragoman_bytes rest = {self->in.data + self->at, self->in.size - self->at};
        dragoman_status status = rest.size == 0 ? DRAGOMAN_NEED_MORE : wire_next(rest, &frame);
        if (status == DRAGOMAN_NEED_MORE && self->later.size > 0) {
            /* All of `in` was used up when the first of `later` came. */
            buffer emptied = self->in;
            self->in = self->later;
            self->at = 0;
            self->later = emptied;
            buffer_reset(&self->later);
            continue;
        }
        if (status != DRAGOMAN_OK) {
            self->trouble = status == DRAGOMAN_NEED_MORE ? DRAGOMAN_OK : status;
            return;
        }
        self->at += frame.size;
        take(self, &frame);
        if (self->out.size >= SERVE_FLUSH_BYTES || clock_monotonic_us() - self->flushed_us >= FLUSH_EVERY_US) {
            serve_flush(self);
        }
    }
}

/* Moves what is left, the beginning of a frame, to the front. */
static void close_up(serving *self) {
    if (self->at > 0) {
        memmove(self->in.data, self->in.data + self->at, self->in.size - self->at);
        self->in.size -= self->at;
        self->at = 0;
    }
}

static void serve_all(serving *self, dragoman_bytes held) {
    size_t began = wire_begin(&self->out, WIRE_HELLO, 0);
    wire_put_number(&self->out, WIRE_VERSION);
    wire_put_bytes(&self->out, held);
    codec_put_descriptor(&self->out, self->adapter->descriptor);
    wire_end(&self->out, began);
    serve_flush(self);
    while (self->trouble == DRAGOMAN_OK && serve_read(self, &self->in)) {
        take_all(self);
        serve_flush(self);
        close_up(self);
    }
}

/* Instances may be left when the pipe ends. */
static void end_all(serving *self) {
    for (uint32_t i = 1; i < self->room; i++) {
        self->current = i;
        if (self->items[i].instance != NULL) {
            end(self);
        } else {
            forget(self, &self->items[i]);
        }
    }
    free(self->items);
    while (self->values != NULL) {
        serve_value *value = self->values;
        self->values = value->after;
        free(value);
    }
}

static dragoman_status seal(const isolate_serving *options) {
    error_record error = {0};
    if (options->seal == NULL || options->seal(&error)) {
        return DRAGOMAN_OK;
    }
    isolate_refuse(options->descriptor, bytes_of(error.text));
    return error.status;
}

static dragoman_status serve_adapter(serving *self, const isolate_serving *options) {
    const dragoman_adapter_descriptor *descriptor = options->adapter->descriptor;
    host_hooks hooks = serve_hooks(self);
    self->environment = host_environment_create(&hooks);
    if (self->environment == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    for (uint32_t i = 0; i < descriptor->charset_count; i++) {
        host_environment_open_charset(self->environment, descriptor->charsets[i]);
    }
    dragoman_status status = seal(options);
    if (status == DRAGOMAN_OK) {
        serve_all(self, options->held);
        status = self->trouble == DRAGOMAN_CLOSED ? DRAGOMAN_OK : self->trouble;
        end_all(self);
    }
    host_environment_destroy(self->environment);
    return status;
}

dragoman_status isolate_serve(const isolate_serving *options) {
    serving *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    *self = (serving){.descriptor = options->descriptor, .adapter = options->adapter};
    buffer_init(&self->in);
    buffer_init(&self->later);
    buffer_init(&self->out);
    dragoman_status status = serve_adapter(self, options);
    buffer_fini(&self->in);
    buffer_fini(&self->later);
    buffer_fini(&self->out);
    free(self);
    return status;
}

void isolate_refuse(int descriptor, dragoman_bytes sentence) {
    serving self = {.descriptor = descriptor};
    buffer_init(&self.out);
    size_t began = wire_begin(&self.out, WIRE_REFUSED, 0);
    wire_put_bytes(&self.out, sentence);
    wire_end(&self.out, began);
    serve_flush(&self);
    buffer_fini(&self.out);
}
