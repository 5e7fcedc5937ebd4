#include "link/farewell.h"

#include <stdlib.h>

struct link_farewell {
    link_farewell *before, *after;
    link_link *link;
    link_stream *stream;
    loop_watch *watch;
    loop_timer *timer;
};

static void end(link_farewell *self) {
    link_link *link = self->link;
    if (self->before != NULL) {
        self->before->after = self->after;
    } else {
        link->farewells = self->after;
    }
    if (self->after != NULL) {
        self->after->before = self->before;
    }
    loop_watch_destroy(self->watch);
    loop_timer_destroy(self->timer);
    link_stream_destroy(self->stream);
    free(self);
    if (link->is_draining) {
        host_environment_wake(link->environment);
    }
}

static void ready(void *context, bool can_read, bool can_write) {
    (void)can_read;
    (void)can_write;
    link_farewell *self = context;
    for (int turn = 0; turn < LINK_READS_PER_TURN; turn++) {
        size_t size = 0;
        dragoman_status status = link_stream_read(self->stream, self->link->read_room, LINK_READ_BYTES, &size);
        if (status == DRAGOMAN_NEED_MORE) {
            return;
        }
        if (status != DRAGOMAN_OK) {
            end(self);
            return;
        }
    }
}

static void timer_rang(void *context) {
    end(context);
}

void link_farewell_begin(link_link *link, link_stream *stream) {
    link_farewell *self = link_stream_is_quiet(stream) ? NULL : calloc(1, sizeof(*self));
    if (self == NULL) {
        link_stream_destroy(stream);
        return;
    }
    *self = (link_farewell){.link = link, .stream = stream, .after = link->farewells};
    if (link->farewells != NULL) {
        link->farewells->before = self;
    }
    link->farewells = self;
    self->watch = loop_watch_create(link->on, link_stream_descriptor(stream), ready, self);
    self->timer = loop_timer_create(link->on, timer_rang, self);
    if (self->watch == NULL || self->timer == NULL) {
        end(self);
        return;
    }
    link_stream_finish(stream);
    loop_watch_want(self->watch, true, false);
    loop_timer_set(self->timer, clock_now().monotonic_us + LINK_FAREWELL_US);
}

void link_farewell_end_all(link_link *link) {
    for (link_farewell *self = link->farewells; self != NULL;) {
        link_farewell *after = self->after;
        end(self);
        self = after;
    }
}
