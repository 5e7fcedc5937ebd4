#include "link/link.h"

#include "base/bytes.h"
#include "link/farewell.h"
#include "link/session.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* Losses are told at most so often. */
#define TELL_DROPPED_EVERY_US 10000000

void link_say(link_link *link, uint32_t level, const char *format, ...) {
    char text[ERROR_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (level <= DRAGOMAN_LOG_WARNING) {
        memcpy(link->health.last_error, text, sizeof(text));
    }
    host_environment_log(link->environment, link->options->name, level, bytes_of(text));
}

/* splitmix64: jitter needs spread, not secrecy. */
static uint64_t draw(link_link *link) {
    uint64_t z = (link->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int64_t link_backoff_us(link_link *link, uint32_t failures, int64_t last_us) {
    int64_t wait_us = LINK_BACKOFF_FIRST_US;
    for (uint32_t i = 0; i < failures && wait_us < last_us; i++) {
        wait_us *= 2;
    }
    wait_us = wait_us < last_us ? wait_us : last_us;
    /* Between half and the whole of it, so that many links do not come back in step. */
    return wait_us / 2 + (int64_t)(draw(link) % (uint64_t)(wait_us / 2));
}

void link_heard(link_line *line, size_t size, const dragoman_now *now) {
    link_link *link = line->session->link;
    link->health.bytes_in += size;
    link->health.last_heard_us = now->wall_us;
    link->heard_us = now->monotonic_us;
    link->restarts = 0;
    if (line->channel != NULL) {
        line->channel->failures = 0;
    }
}

void link_dropped(link_link *link, uint64_t count, const dragoman_now *now) {
    link->health.dropped += count;
    link->untold += count;
    if (link->untold == 0 || now->monotonic_us < link->tell_dropped_us) {
        return;
    }
    link_say(link, DRAGOMAN_LOG_WARNING, "a gap: %llu datagrams came faster than they could be kept, and were dropped",
             (unsigned long long)link->untold);
    link->untold = 0;
    link->tell_dropped_us = now->monotonic_us + TELL_DROPPED_EVERY_US;
}

static void stop_coming(link_link *link) {
    for (uint32_t i = 0; i < link->options->channel_count; i++) {
        link_channel_stop(&link->channels[i]);
    }
}

/* The only instance of a link, if it has one, and all channels. */
static dragoman_status open_all(link_link *link, error_record *error) {
    if (link->options->adapter->descriptor->scope == DRAGOMAN_SCOPE_LINK && link_session_create(link, error) == NULL) {
        return error->status;
    }
    for (uint32_t i = 0; i < link->options->channel_count; i++) {
        dragoman_status status = link_channel_start(&link->channels[i], error);
        if (status != DRAGOMAN_OK) {
            return status;
        }
    }
    return DRAGOMAN_OK;
}

static void begin_anew(void *context) {
    link_link *link = context;
    error_record error = {0};
    if (link->is_draining || link->sessions != NULL || open_all(link, &error) == DRAGOMAN_OK) {
        return;
    }
    link_say(link, DRAGOMAN_LOG_ERROR, "%s", error.text);
    if (link->sessions != NULL) {
        link_session_end(link->sessions, DRAGOMAN_CLOSE_BROKEN);
    } else {
        link_restart_later(link);
    }
}

void link_restart_later(link_link *link) {
    stop_coming(link);
    if (link->restart == NULL) {
        link->restart = loop_timer_create(link->on, begin_anew, link);
    }
    if (link->restart != NULL) {
        loop_timer_set(link->restart,
                       clock_now().monotonic_us + link_backoff_us(link, link->restarts++, LINK_BACKOFF_LAST_US));
    }
}

static dragoman_status start(link_link *link, error_record *error) {
    uint32_t count = link->options->channel_count;
    if (getrandom(&link->random, sizeof(link->random), 0) != (ssize_t)sizeof(link->random)) {
        return error_set(error, DRAGOMAN_IO, "the system gives no random numbers");
    }
    if (link->options->serial.baud != 0 && !serial_has_baud(link->options->serial.baud)) {
        return error_set(error, DRAGOMAN_INVALID, "link %.*s: a serial port has no speed of %u",
                         BYTES_FORMAT(link->options->name), link->options->serial.baud);
    }
    /* What is read is used up before the next read on this thread: two thousand links need no room each. */
    static _Thread_local uint8_t read_room[LINK_READ_BYTES];
    link->read_room = read_room;
    link->channels = calloc(count, sizeof(*link->channels));
    if (link->channels == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for link %.*s", BYTES_FORMAT(link->options->name));
    }
    for (uint32_t i = 0; i < count; i++) {
        link->channels[i] = (link_channel){.link = link, .options = &link->options->channels[i], .listener = -1};
    }
    return open_all(link, error);
}

dragoman_status link_create(loop *on, host_environment *environment, const link_options *options, link_link **ret_link,
                            error_record *error) {
    link_link *link = calloc(1, sizeof(*link));
    if (link == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for link %.*s", BYTES_FORMAT(options->name));
    }
    *link = (link_link){.on = on, .environment = environment, .options = options};
    dragoman_status status = start(link, error);
    if (status != DRAGOMAN_OK) {
        link_destroy(link);
        return status;
    }
    *ret_link = link;
    return DRAGOMAN_OK;
}

void link_drain(link_link *self) {
    self->is_draining = true;
    stop_coming(self);
    for (link_session *session = self->sessions; session != NULL;) {
        link_session *after = session->after;
        link_session_drain(session);
        session = after;
    }
}

bool link_is_drained(const link_link *self) {
    return self->is_draining && self->sessions == NULL && self->farewells == NULL;
}

void link_destroy(link_link *self) {
    if (self == NULL) {
        return;
    }
    self->is_draining = true;
    if (self->channels != NULL) {
        stop_coming(self);
    }
    while (self->sessions != NULL) {
        link_session_end(self->sessions, DRAGOMAN_CLOSE_SHUTDOWN);
    }
    link_farewell_end_all(self);
    for (uint32_t i = 0; self->channels != NULL && i < self->options->channel_count; i++) {
        link_tls_destroy(self->channels[i].tls);
    }
    loop_timer_destroy(self->restart);
    free(self->channels);
    free(self);
}

uint16_t link_port(const link_link *self) {
    for (uint32_t i = 0; i < self->options->channel_count; i++) {
        if (self->channels[i].port != 0) {
            return self->channels[i].port;
        }
    }
    return 0;
}

uint16_t link_channel_port(const link_link *self, uint32_t channel) {
    for (uint32_t i = 0; i < self->options->channel_count; i++) {
        if (self->channels[i].options->channel == channel) {
            return self->channels[i].port;
        }
    }
    return 0;
}

static link_state state_of(const link_link *self) {
    bool was_heard = self->health.last_heard_us != 0;
    bool is_waiting = self->options->channel_count > 0 && self->options->channels[0].is_listener;
    if (self->open_lines == 0) {
        return was_heard ? LINK_GONE : is_waiting ? LINK_NEVER_SEEN : LINK_CONNECTING;
    }
    int64_t quiet_us = clock_now().monotonic_us - self->heard_us;
    if (!was_heard) {
        return LINK_NEVER_SEEN;
    }
    return self->options->stale_after_us > 0 && quiet_us > self->options->stale_after_us ? LINK_STALE : LINK_LIVE;
}

void link_health_get(const link_link *self, link_health *ret_health) {
    *ret_health = self->health;
    ret_health->state = state_of(self);
}

void link_count(link_link *self, uint32_t counter, uint64_t add) {
    if (counter < sizeof(self->health.counters) / sizeof(self->health.counters[0])) {
        self->health.counters[counter] += add;
    }
}
