#include "base/bytes.h"
#include "kit/fake_host.h"
#include <stdlib.h>

#define SETTINGS 256

static void note(fake_session *self, const char *what) {
    self->host.broken = self->host.broken == NULL ? what : self->host.broken;
}

/* Turns "key=value key=value" into settings; '+' in a value becomes a blank. `text` is changed. */
static uint32_t read_settings(char *text, dragoman_setting *settings) {
    uint32_t count = 0;
    for (char *word = strtok(text, " "); word != NULL && count < SETTINGS; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        if (value == NULL) {
            continue;
        }
        *value++ = 0;
        for (char *at = value; *at != 0; at++) {
            *at = *at == '+' ? ' ' : *at;
        }
        settings[count++] = (dragoman_setting){bytes_of(word), bytes_of(value)};
    }
    return count;
}

static void write_datagram(fake_session *self, const dragoman_action *action) {
    buffer_append_format(&self->datagrams, "%u %.*s ", action->channel, BYTES_FORMAT(action->target));
    for (size_t n = 0; n < action->data.size; n++) {
        buffer_append_format(&self->datagrams, "%02x", action->data.data[n]);
    }
    buffer_append_byte(&self->datagrams, '\n');
}

static void take_actions(fake_session *self) {
    for (;;) {
        dragoman_action action = {.struct_size = sizeof action};
        dragoman_status status = self->adapter->next(self->instance, &action);
        if (status == DRAGOMAN_NOT_FOUND) {
            return;
        }
        if (status != DRAGOMAN_OK) {
            note(self, "next gives OK or NOT_FOUND");
            return;
        }
        if (action.kind == DRAGOMAN_ACTION_SEND) {
            buffer_append_bytes(&self->sent, action.data);
            self->sends++;
        } else if (action.kind == DRAGOMAN_ACTION_DATAGRAM) {
            write_datagram(self, &action);
        } else if (action.kind == DRAGOMAN_ACTION_CLOSE) {
            self->closes++;
        }
    }
}

static void call(fake_session *self, dragoman_event *event, dragoman_progress *progress) {
    event->struct_size = sizeof *event;
    *progress = (dragoman_progress){0, 0};
    self->now.monotonic_us++;
    self->now.wall_us++;
    self->status = self->adapter->handle(self->instance, event, &self->now, progress);
    self->has_failed |= self->status != DRAGOMAN_OK && self->status != DRAGOMAN_NEED_MORE;
    arena_reset(&self->host.batch);
    take_actions(self);
    int64_t deadline = self->adapter->deadline(self->instance);
    if (deadline < self->now.monotonic_us) {
        (void)self->adapter->expire(self->instance, &self->now);
        take_actions(self);
        if (self->adapter->deadline(self->instance) <= self->now.monotonic_us) {
            note(self, "the deadline lies in the past after expire");
        }
    }
}

void fake_session_settle(fake_session *self, uint64_t through, dragoman_settlement settlement, dragoman_status status,
                         const char *reason) {
    dragoman_progress progress;
    dragoman_event event = {.kind = DRAGOMAN_EVENT_SETTLED};
    event.of.settled = (dragoman_settled_event){
        .through = through, .settlement = settlement, .status = status, .reason = bytes_of(reason)};
    self->settled = through;
    call(self, &event, &progress);
}

static void settle_at_once(fake_session *self) {
    if (self->settling == FAKE_SETTLE_AT_ONCE && !self->host.is_open && self->host.last_number > self->settled) {
        fake_session_settle(self, self->host.last_number, DRAGOMAN_DURABLE, DRAGOMAN_OK, NULL);
    }
}

void fake_session_pass(fake_session *self, int64_t us) {
    int64_t until = self->now.monotonic_us + us;
    while (!self->has_failed) {
        int64_t deadline = self->adapter->deadline(self->instance);
        if (deadline > until) {
            break;
        }
        int64_t step = deadline > self->now.monotonic_us ? deadline - self->now.monotonic_us : 0;
        self->now.monotonic_us += step;
        self->now.wall_us += step;
        (void)self->adapter->expire(self->instance, &self->now);
        arena_reset(&self->host.batch);
        take_actions(self);
        settle_at_once(self);
        if (self->adapter->deadline(self->instance) <= self->now.monotonic_us) {
            note(self, "the deadline lies in the past after expire");
            break;
        }
    }
    self->now.wall_us += until - self->now.monotonic_us;
    self->now.monotonic_us = until;
}

/* An instance on the session's host, and its channel opened. */
static bool make_instance(fake_session *self, const char *settings, const char *device,
                          dragoman_channel_kind channel_kind) {
    dragoman_setting list[SETTINGS];
    dragoman_setting entries[SETTINGS];
    char *words = strdup(settings == NULL ? "" : settings);
    char *section = strdup(device == NULL ? "" : device);
    uint32_t count = read_settings(words, list);
    uint32_t entry_count = read_settings(section, entries);
    dragoman_start start = {.struct_size = sizeof start,
                            .link = bytes_of("ward"),
                            .settings = DRAGOMAN_LIST(list, count),
                            .seed = {1, 2, 3, 4},
                            .now = self->now,
                            .profile = DRAGOMAN_LIST(entries, entry_count)};
    dragoman_status status = self->adapter->init(&self->host.table, &self->host, &start, &self->instance);
    memset(words, 'x', strlen(words));
    free(words);
    memset(section, 'x', strlen(section));
    free(section);
    if (status != DRAGOMAN_OK) {
        return false;
    }
    dragoman_progress progress;
    dragoman_event event = {.kind = DRAGOMAN_EVENT_OPENED};
    event.of.opened = (dragoman_opened_event){.channel_kind = channel_kind, .peer = bytes_of("10.0.0.9:40001")};
    call(self, &event, &progress);
    return true;
}

bool fake_session_open(fake_session *self, const dragoman_adapter_descriptor *adapter, const char *settings,
                       dragoman_channel_kind channel_kind) {
    return fake_session_open_device(self, adapter, settings, NULL, channel_kind);
}

bool fake_session_open_device(fake_session *self, const dragoman_adapter_descriptor *adapter, const char *settings,
                              const char *device, dragoman_channel_kind channel_kind) {
    memset(self, 0, sizeof *self);
    fake_host_init(&self->host, adapter);
    self->adapter = adapter;
    self->now = (dragoman_now){.monotonic_us = 1000000,
                               .wall_us = INT64_C(1767323045000000), /* 2026-01-02T03:04:05Z */
                               .wall_quality = DRAGOMAN_CLOCK_SYNCHRONISED};
    buffer_init(&self->unread);
    buffer_init(&self->sent);
    buffer_init(&self->datagrams);
    return make_instance(self, settings, device, channel_kind);
}

bool fake_session_restart(fake_session *self, const char *settings, dragoman_channel_kind channel_kind) {
    if (self->host.is_open) {
        self->host.table.message_abandon(&self->host);
    }
    self->adapter->fini(self->instance);
    self->instance = NULL;
    buffer_reset(&self->unread);
    self->fresh = self->needed = 0;
    self->has_failed = false;
    self->settled = self->host.last_number = 0;
    return make_instance(self, settings, NULL, channel_kind);
}

/* Calls the adapter while it consumes and bytes are left. The unread bytes are handed over in memory of their own size,
 * so that a look beyond their end is seen by the checks. */
static void pump(fake_session *self, bool is_end) {
    bool is_going = true;
    while (is_going && !self->has_failed) {
        size_t size = self->unread.size;
        uint8_t *copy = malloc(size + (size == 0));
        if (size > 0) {
            memcpy(copy, self->unread.data, size);
        }
        dragoman_progress progress;
        dragoman_event event = {.kind = DRAGOMAN_EVENT_BYTES};
        event.of.bytes = (dragoman_bytes_event){{copy, size}, self->fresh, is_end ? 1u : 0u, 0};
        self->bytes_calls++;
        call(self, &event, &progress);
        free(copy);
        if (progress.consumed > size) {
            note(self, "more was consumed than there was");
            return;
        }
        if (self->status == DRAGOMAN_NEED_MORE && progress.consumed > 0) {
            note(self, "NEED_MORE consumes nothing");
        }
        size_t left = size - progress.consumed;
        if (left > 0 && progress.consumed > 0) {
            memmove(self->unread.data, self->unread.data + progress.consumed, left);
        }
        self->unread.size = left;
        self->fresh = self->fresh > left ? left : self->fresh;
        self->fresh = progress.consumed == 0 ? 0 : self->fresh;
        self->needed = progress.needed;
        settle_at_once(self);
        is_going = progress.consumed > 0 && left > 0;
    }
}

void fake_session_tell(fake_session *self, dragoman_event event) {
    dragoman_progress progress;
    if (!self->has_failed) {
        call(self, &event, &progress);
        settle_at_once(self);
    }
}

void fake_session_datagram(fake_session *self, uint32_t channel, const char *from, dragoman_bytes payload) {
    uint8_t *copy = malloc(payload.size + (payload.size == 0));
    if (payload.size > 0) {
        memcpy(copy, payload.data, payload.size);
    }
    dragoman_event event = {.kind = DRAGOMAN_EVENT_DATAGRAM, .channel = channel};
    event.of.datagram = (dragoman_datagram_event){.payload = {copy, payload.size}, .from = bytes_of(from)};
    fake_session_tell(self, event);
    free(copy);
}

const char *fake_session_datagrams(fake_session *self) {
    buffer_append_byte(&self->datagrams, 0);
    self->datagrams.size--;
    return (const char *)self->datagrams.data;
}

void fake_session_feed(fake_session *self, dragoman_bytes bytes, bool is_end) {
    buffer_append_bytes(&self->unread, bytes);
    self->fresh += bytes.size;
    if (is_end || self->needed == 0 || self->unread.size >= self->needed) {
        pump(self, is_end);
    }
}

void fake_session_feed_pieces(fake_session *self, dragoman_bytes bytes, size_t size, bool is_end) {
    while (bytes.size > size) {
        fake_session_feed(self, (dragoman_bytes){bytes.data, size}, false);
        bytes = (dragoman_bytes){bytes.data + size, bytes.size - size};
    }
    fake_session_feed(self, bytes, is_end);
}

const char *fake_session_sent(fake_session *self) {
    for (size_t n = 0; n < self->sent.size; n++) {
        uint8_t *byte = &self->sent.data[n];
        *byte = *byte == '\r' ? '\n' : *byte == 0x0b ? '<' : *byte == 0x1c ? '>' : *byte;
    }
    buffer_append_byte(&self->sent, 0);
    self->sent.size--;
    return (const char *)self->sent.data;
}

const char *fake_session_close(fake_session *self) {
    if (self->instance != NULL && !self->has_failed) {
        dragoman_progress progress;
        dragoman_event event = {.kind = DRAGOMAN_EVENT_CLOSED};
        event.of.closed.reason = DRAGOMAN_CLOSE_PEER;
        call(self, &event, &progress);
    }
    self->adapter->fini(self->instance);
    self->instance = NULL;
    fake_host_fini(&self->host);
    buffer_fini(&self->unread);
    buffer_fini(&self->sent);
    buffer_fini(&self->datagrams);
    return self->host.broken;
}
