/* Our end of the pipe: what was given, what was sent of it, and what comes back. */
#include "isolate/internal.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#define READ_BYTES ((size_t)256 << 10)
/* Reads in one turn before the rest of the house gets its own. */
#define READS_PER_TURN 8
/* An empty buffer keeps so much room. */
#define KEPT_BYTES ((size_t)1 << 20)
/* What was answered is taken out of `out` when it is so much. */
#define ANSWERED_BYTES ((size_t)64 << 10)

isolate_given *isolate_head(isolate_child *self) {
    return self->given_count == 0 ? NULL : &self->given[self->given_first];
}

/* A buffer that held something large gives that back once it is empty. */
static void give_back(buffer *empty) {
    if (empty->capacity > KEPT_BYTES) {
        buffer_fini(empty);
        buffer_init(empty);
    }
    buffer_reset(empty);
}

static isolate_given *given_at(const isolate_child *self, uint32_t index) {
    return &self->given[(self->given_first + index) & (self->given_room - 1)];
}

static bool make_room(isolate_child *self) {
    if (self->given_count < self->given_room) {
        return true;
    }
    uint32_t room = self->given_room == 0 ? 64 : self->given_room * 2;
    isolate_given *more = calloc(room, sizeof(*more));
    if (more == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < self->given_count; i++) {
        more[i] = *given_at(self, i);
    }
    free(self->given);
    self->given = more;
    self->given_first = 0;
    self->given_room = room;
    return true;
}

size_t isolate_give_begin(isolate_child *self, wire_kind kind, uint32_t number) {
    return wire_begin(&self->out, kind, number);
}

/* Soon: what the rest of this turn of the loop gives goes along. To one that has nothing to do at once. */
static void flush_soon(isolate_child *self) {
    if (self->options.on == NULL || self->given_count == 1) {
        isolate_flush(self);
    } else {
        loop_timer_set(self->flush_timer, 0);
    }
}

bool isolate_give_end(isolate_child *self, size_t began, wire_kind kind, uint32_t number, const dragoman_now *now,
                      size_t size) {
    wire_end(&self->out, began);
    if (self->out.failed || !make_room(self)) {
        isolate_end(self, "there is no memory for what it is given");
        return false;
    }
    *given_at(self, self->given_count++) = (isolate_given){.number = number,
                                                           .kind = kind,
                                                           .now = *now,
                                                           .size = size,
                                                           .at = self->out_base + began,
                                                           .end = self->out_base + self->out.size};
    if (self->given_count == 1) {
        self->head_us = clock_monotonic_us();
        self->is_cpu_old = true;
        if (self->watch_timer != NULL) {
            loop_timer_set(self->watch_timer, self->head_us + ISOLATE_WATCH_US);
        }
    }
    flush_soon(self);
    return true;
}

void isolate_pop(isolate_child *self) {
    uint64_t end = self->given[self->given_first].end;
    self->given_first = (self->given_first + 1) & (self->given_room - 1);
    self->given_count--;
    self->head_us = clock_monotonic_us();
    self->is_cpu_old = true;
    size_t answered = end - self->out_base;
    if (self->given_count == 0) {
        give_back(&self->out);
        self->out_base = end;
    } else if (answered >= ANSWERED_BYTES && answered * 2 >= self->out.size) {
        memmove(self->out.data, self->out.data + answered, self->out.size - answered);
        self->out.size -= answered;
        self->out_base = end;
    }
}

void isolate_forget_given(isolate_child *self) {
    self->given_first = self->given_count = 0;
    self->out_base += self->out.size;
    self->sent = self->out_base;
    buffer_reset(&self->out);
    buffer_reset(&self->in);
    buffer_reset(&self->replies);
}

void isolate_reply(isolate_child *self, dragoman_status status, dragoman_bytes value) {
    size_t began = wire_begin(&self->replies, WIRE_REPLY, 0);
    wire_put_number(&self->replies, status);
    wire_put_bytes(&self->replies, value);
    wire_end(&self->replies, began);
}

/* Where the frame ends that was sent in part; `sent` when none was. */
static uint64_t end_of_begun(const isolate_child *self) {
    uint32_t from = 0;
    uint32_t to = self->given_count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        const isolate_given *each = given_at(self, middle);
        if (each->end <= self->sent) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    const isolate_given *each = from < self->given_count ? given_at(self, from) : NULL;
    return each != NULL && each->at < self->sent ? each->end : self->sent;
}

/* How far may be sent now: all of it, or one frame while it is not known what ends processes. */
static uint64_t end_of_allowed(const isolate_child *self) {
    if (self->stage == ISOLATE_STARTING || self->given_count == 0) {
        return self->sent;
    }
    bool is_careful = clock_monotonic_us() < self->careful_until_us;
    return is_careful ? given_at(self, 0)->end : self->out_base + self->out.size;
}

/* Sends a piece; how much of it went. */
static size_t send_some(isolate_child *self, const uint8_t *bytes, size_t size) {
    ssize_t went = size == 0 ? 0 : send(self->at.descriptor, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    return went > 0 ? (size_t)went : 0;
}

static bool send_replies(isolate_child *self) {
    size_t went = send_some(self, self->replies.data, self->replies.size);
    if (went == self->replies.size) {
        buffer_reset(&self->replies);
        return true;
    }
    memmove(self->replies.data, self->replies.data + went, self->replies.size - went);
    self->replies.size -= went;
    /* Its rest must come before anything else: the begun frame is this one. */
    return false;
}

static bool send_up_to(isolate_child *self, uint64_t end) {
    size_t size = end > self->sent ? end - self->sent : 0;
    size_t went = size == 0 ? 0 : send_some(self, self->out.data + (self->sent - self->out_base), size);
    self->sent += went;
    return went == size;
}

void isolate_flush(isolate_child *self) {
    if ((self->stage != ISOLATE_UP && self->stage != ISOLATE_STARTING) || self->is_pipe_over) {
        return;
    }
    /* A frame that was begun is ended first; replies then, since the process waits for them. */
    bool is_all = send_up_to(self, end_of_begun(self)) && send_replies(self) && send_up_to(self, end_of_allowed(self));
    if (self->pipe_watch != NULL) {
        loop_watch_want(self->pipe_watch, true, !is_all);
    }
}

/* Takes every whole frame that has come. */
static bool take_all(isolate_child *self) {
    size_t at = 0;
    bool is_good = true;
    while (is_good && !self->is_distrusted) {
        wire_frame frame;
        dragoman_bytes rest = {self->in.data + at, self->in.size - at};
        dragoman_status status = rest.size == 0 ? DRAGOMAN_NEED_MORE : wire_next(rest, &frame);
        if (status == DRAGOMAN_NEED_MORE) {
            break;
        }
        if (status != DRAGOMAN_OK) {
            isolate_end(self, "it wrote what no frame is");
            is_good = false;
        } else {
            is_good = isolate_take(self, &frame);
            at += frame.size;
        }
    }
    if (at > 0) {
        memmove(self->in.data, self->in.data + at, self->in.size - at);
        self->in.size -= at;
        if (self->in.size == 0) {
            give_back(&self->in);
        }
    }
    return is_good;
}

isolate_pipe isolate_read(isolate_child *self) {
    for (int turn = 0; turn < READS_PER_TURN; turn++) {
        uint8_t *room = buffer_reserve(&self->in, READ_BYTES);
        if (room == NULL) {
            isolate_end(self, "there is no memory for what it says");
            return ISOLATE_PIPE_ENDED;
        }
        ssize_t size = recv(self->at.descriptor, room, READ_BYTES, MSG_DONTWAIT);
        if (size <= 0) {
            return size < 0 && (errno == EAGAIN || errno == EINTR) ? ISOLATE_PIPE_EMPTY : ISOLATE_PIPE_ENDED;
        }
        self->in.size += (size_t)size;
        if (!take_all(self)) {
            return ISOLATE_PIPE_ENDED;
        }
    }
    return ISOLATE_PIPE_MORE;
}
