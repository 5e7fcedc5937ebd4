#include "session.h"
#include "words.h"

static dragoman_bytes find(const dragoman_start *start, const char *key) {
    return dragoman_setting_find(start, (dragoman_bytes){(const uint8_t *)key, strlen(key)});
}

static dragoman_status copy(const lines_session *self, dragoman_bytes text, dragoman_bytes *ret_copy) {
    *ret_copy = (dragoman_bytes){NULL, 0};
    if (text.size == 0) {
        return DRAGOMAN_OK;
    }
    uint8_t *kept = (uint8_t *)self->host->allocate(self->context, text.size);
    if (kept == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    memcpy(kept, text.data, text.size);
    *ret_copy = (dragoman_bytes){kept, text.size};
    return DRAGOMAN_OK;
}

static void release(const lines_session *self, dragoman_bytes text) {
    self->host->release(self->context, (void *)(uintptr_t)text.data);
}

static dragoman_status read_layout(lines_session *self, const dragoman_start *start) {
    dragoman_list none = {NULL, 0, sizeof(dragoman_setting)};
    const dragoman_list *profile = DRAGOMAN_HAS(start, profile) ? &start->profile : &none;
    dragoman_status status = lines_layout_read(profile, self->host, self->context, &self->layout, &self->layout_block);
    if (status == DRAGOMAN_INVALID) {
        self->host->log(self->context, DRAGOMAN_LOG_ERROR,
                        DRAGOMAN_TEXT("this link needs a profile whose device section describes records; `dragoman "
                                      "profile check` tells what is wrong with one"),
                        (dragoman_bytes){NULL, 0});
    }
    return status;
}

static dragoman_status make_lists(lines_session *self) {
    const lines_layout *layout = &self->layout;
    self->standing =
        (lines_standing *)self->host->allocate(self->context, (layout->meaning_count + 1) * sizeof(lines_standing));
    self->due_us = (int64_t *)self->host->allocate(self->context, (layout->poll_count + 1) * sizeof(int64_t));
    return self->standing == NULL || self->due_us == NULL ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
}

dragoman_status lines_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                   void **ret_instance) {
    lines_session *self = (lines_session *)host->allocate(context, sizeof *self);
    *ret_instance = self;
    if (self == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    memset(self, 0, sizeof *self);
    self->host = host;
    self->context = context;
    self->letters_until_us = INT64_MIN;
    if (!lines_integer(find(start, "every"), LINES_EVERY_LEAST_MS, LINES_EVERY_MOST_MS, &self->every_ms)) {
        self->every_ms = 0;
    }
    dragoman_status status = copy(self, find(start, "place"), &self->place);
    status = status == DRAGOMAN_OK ? read_layout(self, start) : status;
    return status == DRAGOMAN_OK ? make_lists(self) : status;
}

void lines_session_fini(void *instance) {
    lines_session *self = (lines_session *)instance;
    if (self == NULL) {
        return;
    }
    release(self, self->place);
    release(self, self->peer);
    self->host->release(self->context, self->standing);
    self->host->release(self->context, self->due_us);
    self->host->release(self->context, self->layout_block);
    self->host->release(self->context, self);
}

/* Where a device that came to us came from, without its port, which is another one each time. */
static dragoman_status keep_peer(lines_session *self, const dragoman_opened_event *event) {
    dragoman_bytes host = event->peer;
    while (host.size > 0 && host.data[host.size - 1] != ':') {
        host.size--;
    }
    release(self, self->peer);
    self->peer = (dragoman_bytes){NULL, 0};
    bool has_come = event->is_initiator == 0 && event->channel_kind == DRAGOMAN_CHANNEL_STREAM && host.size > 1;
    return has_come ? copy(self, lines_part(host, 0, host.size - 1), &self->peer) : DRAGOMAN_OK;
}

static dragoman_status open_line(lines_session *self, const dragoman_opened_event *event, const dragoman_now *now) {
    bool is_stream = event->channel_kind == DRAGOMAN_CHANNEL_STREAM;
    for (uint32_t i = 0; i < self->layout.poll_count; i++) {
        self->due_us[i] = is_stream ? now->monotonic_us : DRAGOMAN_NO_DEADLINE;
    }
    self->state = LINES_IDLE;
    self->is_out = false;
    /* A device that is asked says nothing before; else the line may have been opened in the middle of a record, of
     * which only a start mark tells the beginning. */
    self->is_midway = is_stream && self->layout.poll_count == 0 && self->layout.frame.start.size == 0;
    self->tells_again = true;
    self->serial.size = self->model.size = self->version.size = 0;
    return keep_peer(self, event);
}

static void close_line(lines_session *self) {
    self->state = LINES_CLOSED;
    self->is_out = false;
}

/* A record came: what was asked is answered. */
static void hear_answer(lines_session *self) {
    if (self->state == LINES_WAITING) {
        self->state = LINES_IDLE;
    }
}

static dragoman_status hear_bytes(lines_session *self, const dragoman_bytes_event *event, const dragoman_now *now,
                                  dragoman_progress *ret_progress) {
    lines_found found;
    dragoman_status status =
        lines_frame_find(&self->layout, event->unread, event->is_end != 0 && !self->is_midway, &found);
    ret_progress->consumed = found.consumed;
    self->host->count(self->context, DRAGOMAN_COUNT_RESYNCHRONISED, found.skipped);
    if (status == DRAGOMAN_NEED_MORE) {
        return DRAGOMAN_OK;
    }
    if (self->is_midway) {
        self->is_midway = false;
        self->host->count(self->context, DRAGOMAN_COUNT_RESYNCHRONISED, found.consumed - found.skipped);
        return DRAGOMAN_OK;
    }
    if (status == DRAGOMAN_INVALID) {
        self->host->count(self->context, DRAGOMAN_COUNT_BAD_FRAME, 1);
        return DRAGOMAN_OK;
    }
    if (found.text.size > 0) {
        hear_answer(self);
    }
    return lines_record_take(self, found.text, now);
}

dragoman_status lines_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                     dragoman_progress *ret_progress) {
    lines_session *self = (lines_session *)instance;
    switch (event->kind) {
    case DRAGOMAN_EVENT_OPENED:
        return open_line(self, &event->of.opened, now);
    case DRAGOMAN_EVENT_BYTES:
        return hear_bytes(self, &event->of.bytes, now, ret_progress);
    case DRAGOMAN_EVENT_CLOSED:
        close_line(self);
        return DRAGOMAN_OK;
    default:
        return DRAGOMAN_OK;
    }
}

/* The command that is due first; the count of them when there is none. */
static uint32_t next_poll(const lines_session *self) {
    uint32_t first = self->layout.poll_count;
    for (uint32_t i = 0; i < self->layout.poll_count; i++) {
        if (self->due_us[i] != DRAGOMAN_NO_DEADLINE &&
            (first == self->layout.poll_count || self->due_us[i] < self->due_us[first])) {
            first = i;
        }
    }
    return first;
}

int64_t lines_session_deadline(const void *instance) {
    const lines_session *self = (const lines_session *)instance;
    if (self->state == LINES_WAITING) {
        return self->wake_us;
    }
    uint32_t first = self->state == LINES_IDLE ? next_poll(self) : self->layout.poll_count;
    return first == self->layout.poll_count ? DRAGOMAN_NO_DEADLINE : self->due_us[first];
}

static void append(lines_session *self, const lines_mark *mark) {
    memcpy(self->out + self->out_size, mark->bytes, mark->size);
    self->out_size += mark->size;
}

/* The one place from which anything is sent: a command of the profile, as it stands there. */
static void ask(lines_session *self, const dragoman_now *now) {
    self->asked = next_poll(self);
    const lines_poll *poll = &self->layout.polls[self->asked];
    int64_t every_us = (self->every_ms > 0 ? self->every_ms : poll->every_ms) * 1000;
    self->out_size = 0;
    append(self, &poll->send);
    append(self, &poll->end);
    self->is_out = true;
    self->due_us[self->asked] += every_us;
    if (self->due_us[self->asked] <= now->monotonic_us) {
        self->due_us[self->asked] = now->monotonic_us + every_us; /* behind: nothing is made up for */
    }
    self->wake_us = now->monotonic_us + poll->timeout_ms * 1000;
    self->state = LINES_WAITING;
}

dragoman_status lines_session_expire(void *instance, const dragoman_now *now) {
    lines_session *self = (lines_session *)instance;
    if (self->state == LINES_WAITING && now->monotonic_us >= self->wake_us) {
        self->state = LINES_IDLE; /* no answer came: the next command has its turn */
    }
    if (self->state == LINES_IDLE && lines_session_deadline(self) <= now->monotonic_us) {
        ask(self, now);
    }
    return DRAGOMAN_OK;
}

dragoman_status lines_session_next(void *instance, dragoman_action *ret_action) {
    lines_session *self = (lines_session *)instance;
    if (!self->is_out) {
        return DRAGOMAN_NOT_FOUND;
    }
    self->is_out = false;
    ret_action->kind = DRAGOMAN_ACTION_SEND;
    ret_action->channel = 0;
    ret_action->data = (dragoman_bytes){self->out, self->out_size};
    return DRAGOMAN_OK;
}
