/* A broker as a link's channel: its messages go to the adapter, and are acknowledged once what came of them is kept. */
#include "base/bytes.h"
#include "link/farewell.h"
#include "link/mqtt.h"
#include "link/session.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A password file has one line; longer ones are no passwords. */
#define PASSWORD_BYTES 1024
/* Messages that may wait for their acknowledgement: what a broker of version 5 is told. */
#define PENDING_MAX 1024u

/* A message that came and is not acknowledged yet. */
typedef struct pending {
    uint64_t after; /* once so many messages of the instance are settled */
    uint16_t packet;
} pending;

/* Begins with what all lines have, so that each is the other's address. */
typedef struct mqtt_line {
    link_line line;
    mqtt_subscription of;
    mqtt_reader reader;
    buffer unread, answers;
    char password[PASSWORD_BYTES];
    pending waiting[PENDING_MAX];
    uint32_t first, count;
    uint64_t not_kept;          /* of the instance, when it was looked at last */
    int64_t heard_us, spoke_us; /* monotonic */
    bool is_broken;             /* to be ended when nobody is in the middle of it */
} mqtt_line;

static mqtt_line *of(link_line *line) {
    return (mqtt_line *)line;
}

static size_t unsent(const link_line *line) {
    return link_stream_unsent(line->stream);
}

static void say_and_end(link_line *line, const char *reason) {
    link_say(line->session->link, DRAGOMAN_LOG_WARNING, "%s: %s", line->peer, reason);
    link_line_end(line, DRAGOMAN_CLOSE_BROKEN);
}

/* Sends what was put into `answers`. False: the connection is of no use. */
static bool send_answers(mqtt_line *self) {
    if (self->answers.size == 0) {
        return !self->answers.failed;
    }
    bool is_sent =
        !self->answers.failed && link_stream_write(self->line.stream, buffer_bytes(&self->answers)) == DRAGOMAN_OK;
    self->line.session->link->health.bytes_out += self->answers.size;
    buffer_reset(&self->answers);
    self->spoke_us = clock_now().monotonic_us;
    return is_sent;
}

/* Acknowledges what is settled by now, in the order in which it came (MQTT 5.0, 4.6). What could not be kept is not,
 * nor what came after it: the connection ends, and the broker gives it again. */
static void acknowledge(mqtt_line *self) {
    host_progress progress = host_instance_progress(self->line.session->instance);
    if (progress.not_kept != self->not_kept) {
        self->is_broken = true;
        return;
    }
    while (self->count > 0 && self->waiting[self->first].after <= progress.settled) {
        mqtt_acknowledge(self->waiting[self->first].packet, &self->answers);
        self->first = (self->first + 1) % PENDING_MAX;
        self->count--;
    }
    self->is_broken = !send_answers(self);
}

static int64_t interval_us(const mqtt_line *self) {
    return (int64_t)self->reader.keep_alive_s * 1000000;
}

/* A broker of which nothing is read cannot be heard. */
static int64_t silent_at(const mqtt_line *self) {
    bool is_read = link_session_may_read(&self->line);
    return is_read && self->reader.keep_alive_s > 0 ? self->heard_us + interval_us(self) * 3 / 2 : INT64_MAX;
}

/* When a sign of life is due, or the broker has given none. */
static int64_t next_look(const mqtt_line *self) {
    int64_t ping_us = self->reader.keep_alive_s > 0 ? self->spoke_us + interval_us(self) * 3 / 4 : INT64_MAX;
    int64_t silent_us = silent_at(self);
    return self->is_broken ? 0 : ping_us < silent_us ? ping_us : silent_us;
}

static void update(link_line *line) {
    mqtt_line *self = of(line);
    bool tls_read = false;
    bool want_write = false;
    if (line->stage == LINE_OPEN && !self->is_broken) {
        acknowledge(self);
    }
    link_stream_wants(line->stream, &tls_read, &want_write);
    bool is_waiting = line->stage == LINE_SHAKING && self->spoke_us > 0;
    loop_watch_want(line->watch, tls_read || is_waiting || link_session_may_read(line),
                    want_write || line->stage == LINE_CONNECTING);
    if (line->stage >= LINE_OPEN) {
        line->give_up_us = next_look(self);
    }
}

static void act(link_line *line, const dragoman_action *action) {
    link_session_refuse(line->session, action, DRAGOMAN_UNSUPPORTED, "a broker's messages come one way only");
}

static void refuse_too_long(mqtt_line *self, const mqtt_message *message) {
    link_link *link = self->line.session->link;
    link_say(link, DRAGOMAN_LOG_WARNING, "a message on %.*s has more than %u bytes and was refused",
             BYTES_FORMAT(message->topic), MQTT_PACKET_BYTES_MAX);
    link_count(link, DRAGOMAN_COUNT_REFUSED, 1);
}

/* Gives a message to the adapter and notes when it may be acknowledged. */
static void take(mqtt_line *self, const mqtt_message *message, size_t size) {
    link_line *line = &self->line;
    link_session *session = line->session;
    dragoman_now now = clock_now();
    link_heard(line, size, &now);
    if (message->is_too_long) {
        refuse_too_long(self, message);
    } else {
        dragoman_event event = {.struct_size = sizeof(event), .kind = DRAGOMAN_EVENT_MESSAGE, .channel = line->index};
        event.of.message = (dragoman_message_event){
            .topic = message->topic, .payload = message->payload, .is_retained = message->is_retained ? 1 : 0};
        link_session_event(session, &event);
    }
    if (message->packet != 0) {
        uint64_t after = host_instance_progress(session->instance).completed;
        self->waiting[(self->first + self->count++) % PENDING_MAX] = (pending){after, message->packet};
    }
    link_session_after(session, DRAGOMAN_OK);
}

/* The adapter meets the line when the broker has taken us in. */
static void look_at_stage(mqtt_line *self) {
    link_line *line = &self->line;
    if (line->stage == LINE_SHAKING && self->reader.stage >= MQTT_SUBSCRIBING) {
        link_session_opened(line);
        if (line->stage == LINE_OPEN) {
            self->not_kept = host_instance_progress(line->session->instance).not_kept;
            link_session_after(line->session, DRAGOMAN_OK);
        }
    }
    if (line->stage == LINE_OPEN && self->reader.stage == MQTT_READY) {
        line->channel->failures = 0;
    }
}

static bool may_take(mqtt_line *self) {
    link_line *line = &self->line;
    if (line->stage == LINE_SHAKING) {
        return true;
    }
    if (!link_session_may_read(line) || self->is_broken) {
        return false;
    }
    /* What waits for an acknowledgement that has no place in the list cannot be taken either. */
    line->is_stopped =
        self->count == self->of.receive_max ||
        host_instance_is_over_budget(line->session->instance, line->session->link->options->unsettled_max);
    return !line->is_stopped;
}

/* Takes whole packets out of what was read. May end the line. */
static void take_packets(mqtt_line *self) {
    link_line *line = &self->line;
    size_t used = 0;
    while (may_take(self) && used < self->unread.size) {
        error_record error = {0};
        mqtt_message message;
        size_t size = 0;
        dragoman_bytes rest = {self->unread.data + used, self->unread.size - used};
        dragoman_status status = mqtt_read(&self->reader, rest, &size, &message, &self->answers, &error);
        if (status == DRAGOMAN_NEED_MORE) {
            break;
        }
        if (status != DRAGOMAN_OK || !send_answers(self)) {
            say_and_end(line, status != DRAGOMAN_OK ? error.text : "it takes nothing");
            return;
        }
        used += size;
        look_at_stage(self);
        if (line->stage == LINE_OPEN && message.topic.size > 0) {
            take(self, &message, size);
        }
    }
    if (line->stage != LINE_OVER && used > 0) {
        memmove(self->unread.data, self->unread.data + used, self->unread.size - used);
        self->unread.size -= used;
    }
}

static void read_some(mqtt_line *self) {
    link_line *line = &self->line;
    link_link *link = line->session->link;
    for (int turn = 0; turn < LINK_READS_PER_TURN && may_take(self); turn++) {
        size_t size = 0;
        dragoman_status status = link_stream_read(line->stream, link->read_room, LINK_READ_BYTES, &size);
        if (status == DRAGOMAN_NEED_MORE) {
            return;
        }
        if (status != DRAGOMAN_OK) {
            say_and_end(line, "the connection ended");
            return;
        }
        self->heard_us = clock_now().monotonic_us;
        buffer_append(&self->unread, link->read_room, size);
        if (self->unread.failed) {
            say_and_end(line, "there is no memory for its messages");
            return;
        }
        take_packets(self);
        if (line->stage == LINE_OVER || (size < LINK_READ_BYTES && !link_stream_has_pending(line->stream))) {
            return;
        }
    }
}

static void go_on(link_line *line) {
    mqtt_line *self = of(line);
    line->is_stopped = false;
    acknowledge(self);
    take_packets(self);
    if (line->stage == LINE_OPEN && link_stream_has_pending(line->stream)) {
        read_some(self);
    }
}

/* Goes on with connection and TLS; the first word is ours. May end the line. */
static void go_on_opening(mqtt_line *self) {
    link_line *line = &self->line;
    int problem = 0;
    socklen_t size = sizeof(problem);
    getsockopt(link_stream_descriptor(line->stream), SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem != 0) {
        link_say(line->session->link, DRAGOMAN_LOG_WARNING, "cannot connect to %s: %s", line->peer, strerror(problem));
        link_line_end(line, DRAGOMAN_CLOSE_BROKEN);
        return;
    }
    line->stage = LINE_SHAKING;
    error_record error = {0};
    dragoman_status status = link_stream_handshake(line->stream, &error);
    if (status == DRAGOMAN_NEED_MORE) {
        return;
    }
    if (status == DRAGOMAN_OK) {
        mqtt_start(&self->reader, &self->of, &self->answers);
        status = send_answers(self) ? DRAGOMAN_OK : error_set(&error, DRAGOMAN_IO, "it takes nothing");
        explicit_bzero(self->password, sizeof(self->password));
    }
    if (status != DRAGOMAN_OK) {
        say_and_end(line, error.text);
    }
}

static void ready(void *context, bool can_read, bool can_write) {
    link_line *line = context;
    mqtt_line *self = of(line);
    link_session *session = line->session;
    link_session_enter(session);
    if (line->stage < LINE_OPEN && self->spoke_us == 0) {
        go_on_opening(self);
    } else if (can_write && link_stream_flush(line->stream) == DRAGOMAN_IO) {
        say_and_end(line, "the connection broke");
    }
    if (line->stage != LINE_OVER && self->spoke_us > 0) {
        take_packets(self);
    }
    if (line->stage != LINE_OVER && self->spoke_us > 0 && (can_read || link_stream_has_pending(line->stream))) {
        read_some(self);
    }
    link_session_after(session, DRAGOMAN_OK);
    link_session_leave(session);
}

static void give_up(link_line *line) {
    mqtt_line *self = of(line);
    int64_t now_us = clock_now().monotonic_us;
    if (line->stage < LINE_OPEN) {
        link_say(line->session->link, DRAGOMAN_LOG_WARNING, "%s does not answer", line->peer);
        link_line_end(line, DRAGOMAN_CLOSE_TIMEOUT);
        return;
    }
    if (self->is_broken) {
        say_and_end(line, "a message could not be kept, or its acknowledgement not be sent: it has to come again");
        return;
    }
    if (now_us >= silent_at(self)) {
        link_say(line->session->link, DRAGOMAN_LOG_WARNING, "%s gives no sign of life", line->peer);
        link_line_end(line, DRAGOMAN_CLOSE_TIMEOUT);
        return;
    }
    mqtt_ping(&self->answers);
    if (!send_answers(self)) {
        say_and_end(line, "it takes nothing");
    }
}

static void end(link_line *line, bool is_orderly) {
    mqtt_line *self = of(line);
    if (is_orderly) {
        acknowledge(self);
        mqtt_farewell(&self->answers);
        (void)send_answers(self);
        link_farewell_begin(line->session->link, line->stream);
    } else {
        link_stream_destroy(line->stream);
    }
    line->stream = NULL;
    buffer_fini(&self->unread);
    buffer_fini(&self->answers);
    explicit_bzero(self->password, sizeof(self->password));
}

static const line_carrier mqtt_carrier = {.kind = DRAGOMAN_CHANNEL_MESSAGE,
                                          .act = act,
                                          .go_on = go_on,
                                          .unsent = unsent,
                                          .update = update,
                                          .give_up = give_up,
                                          .end = end};

/* Read at each connect, so that a new password counts from then on. */
static dragoman_status read_password(mqtt_line *self, const char *path, error_record *error) {
    FILE *file = path == NULL ? NULL : fopen(path, "re");
    if (path == NULL) {
        return DRAGOMAN_OK;
    }
    if (file == NULL) {
        return error_set(error, DRAGOMAN_IO, "the password file %s cannot be read: %s", path, strerror(errno));
    }
    size_t size = fread(self->password, 1, PASSWORD_BYTES - 1, file);
    self->password[size] = '\0';
    self->password[strcspn(self->password, "\r\n")] = '\0';
    fclose(file);
    self->of.password = bytes_of(self->password);
    return DRAGOMAN_OK;
}

static mqtt_line *make_line(link_channel *channel, error_record *error) {
    const link_options *options = channel->link->options;
    const link_mqtt_options *mqtt = &options->mqtt;
    mqtt_line *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        error_set(error, DRAGOMAN_NO_MEMORY, "no memory for another connection");
        return NULL;
    }
    self->of = (mqtt_subscription){.is_v5 = mqtt->is_v5,
                                   .client_id = mqtt->client_id,
                                   .user = mqtt->user,
                                   .topics = mqtt->topics,
                                   .topic_count = mqtt->topic_count,
                                   .keep_alive_s = mqtt->keep_alive_s};
    self->of.receive_max = (uint16_t)(options->unsettled_max < PENDING_MAX ? options->unsettled_max : PENDING_MAX);
    buffer_init(&self->unread);
    buffer_init(&self->answers);
    if (read_password(self, mqtt->password_file, error) != DRAGOMAN_OK) {
        free(self);
        return NULL;
    }
    return self;
}

dragoman_status link_mqtt_line_start(link_session *session, link_channel *channel, uint32_t index, int descriptor,
                                     const char *peer, error_record *error) {
    link_stream *stream = NULL;
    dragoman_status status =
        link_stream_create(descriptor, channel->tls, true, channel->options->address.host, &stream, error);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    mqtt_line *self = make_line(channel, error);
    link_line *line = &self->line;
    if (self != NULL) {
        line->watch = loop_watch_create(session->link->on, descriptor, ready, line);
    }
    if (self == NULL || line->watch == NULL) {
        free(self);
        link_stream_destroy(stream);
        return self == NULL ? error->status : error_set(error, DRAGOMAN_NO_MEMORY, "no memory for another connection");
    }
    line->channel = channel;
    line->index = index;
    line->carrier = &mqtt_carrier;
    line->stream = stream;
    line->is_initiator = true;
    line->stage = LINE_CONNECTING;
    line->give_up_us = clock_now().monotonic_us + LINK_CONNECT_TIMEOUT_US;
    snprintf(line->peer, sizeof(line->peer), "%s", peer);
    link_session_enter(session);
    link_session_add(session, line);
    link_session_after(session, DRAGOMAN_OK);
    link_session_leave(session);
    return DRAGOMAN_OK;
}
