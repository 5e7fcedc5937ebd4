#include "base/bytes.h"
#include "link/farewell.h"
#include "link/session.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static size_t unsent(const link_line *line) {
    return link_stream_unsent(line->stream);
}

/* Waits for what the stage and the stream need, and for the end of our patience with a peer that takes nothing. */
static void update(link_line *line) {
    bool tls_read = false;
    bool want_write = false;
    link_stream_wants(line->stream, &tls_read, &want_write);
    bool is_asking = line->stage == LINE_SHAKING && line->telnet != NULL;
    loop_watch_want(line->watch, tls_read || is_asking || link_session_may_read(line),
                    want_write || line->stage == LINE_CONNECTING);
    if (line->stage < LINE_OPEN) {
        return;
    }
    size_t left = unsent(line);
    if (left == 0) {
        line->give_up_us = INT64_MAX;
    } else if (left != line->unread_by_peer) {
        int64_t patience_us = line->session->link->options->send_timeout_us;
        line->give_up_us = clock_now().monotonic_us + (patience_us > 0 ? patience_us : LINK_SEND_TIMEOUT_US);
    }
    line->unread_by_peer = left;
}

static void act(link_line *line, const dragoman_action *action) {
    if (action->kind != DRAGOMAN_ACTION_SEND) {
        link_session_refuse(line->session, action, DRAGOMAN_UNSUPPORTED, "this channel is a stream of bytes");
        return;
    }
    dragoman_status status = DRAGOMAN_OK;
    if (line->telnet == NULL) {
        status = link_stream_write(line->stream, action->data);
    } else {
        buffer escaped;
        buffer_init(&escaped);
        rfc2217_escape(action->data, &escaped);
        status = escaped.failed ? DRAGOMAN_NO_MEMORY : link_stream_write(line->stream, buffer_bytes(&escaped));
        buffer_fini(&escaped);
    }
    if (status != DRAGOMAN_OK) {
        link_say(line->session->link, DRAGOMAN_LOG_WARNING, "%s takes no answers: %s", line->peer,
                 status == DRAGOMAN_LIMIT ? "it does not read" : "the connection broke");
        link_line_end(line, DRAGOMAN_CLOSE_BROKEN);
        return;
    }
    line->session->link->health.bytes_out += action->data.size;
}

static void feed(link_line *line, dragoman_bytes bytes) {
    link_session *session = line->session;
    dragoman_now now = clock_now();
    if (bytes.size > 0) {
        link_heard(line, bytes.size, &now);
    }
    dragoman_status status = host_instance_feed(session->instance, line->index, &line->unread, bytes, line->is_ended,
                                                session->link->options->unsettled_max, &now, &line->is_stopped);
    link_session_after(session, status);
}

/* Takes the terminal server's own words out of what was read, and answers them. */
static size_t take_telnet(link_line *line, size_t size) {
    buffer answer;
    buffer_init(&answer);
    size = rfc2217_take(line->telnet, line->session->link->read_room, size, &answer);
    /* A connection that breaks here says so at the next read. */
    (void)link_stream_write(line->stream, buffer_bytes(&answer));
    buffer_fini(&answer);
    return size;
}

static void read_some(link_line *line) {
    link_link *link = line->session->link;
    for (int turn = 0; turn < LINK_READS_PER_TURN && link_session_may_read(line); turn++) {
        size_t size = 0;
        dragoman_status status = link_stream_read(line->stream, link->read_room, LINK_READ_BYTES, &size);
        if (status == DRAGOMAN_NEED_MORE) {
            return;
        }
        if (status == DRAGOMAN_IO) {
            link_line_end(line, DRAGOMAN_CLOSE_BROKEN);
            return;
        }
        line->is_ended = status == DRAGOMAN_CLOSED;
        bool is_all = size < LINK_READ_BYTES;
        size = line->telnet == NULL ? size : take_telnet(line, size);
        feed(line, (dragoman_bytes){link->read_room, size});
        if (is_all && line->stage == LINE_OPEN && !link_stream_has_pending(line->stream)) {
            return;
        }
    }
}

/* What TLS holds already, no readiness of the socket will announce. */
static void read_pending(link_line *line) {
    if (link_session_may_read(line) && link_stream_has_pending(line->stream)) {
        read_some(line);
    }
}

static void go_on(link_line *line) {
    feed(line, (dragoman_bytes){NULL, 0});
    read_pending(line);
}

/* True when the connection was made. */
static bool is_connected(link_line *line) {
    int problem = 0;
    socklen_t size = sizeof(problem);
    getsockopt(link_stream_descriptor(line->stream), SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem != 0) {
        link_say(line->session->link, DRAGOMAN_LOG_WARNING, "cannot connect to %s: %s", line->peer, strerror(problem));
        link_line_end(line, DRAGOMAN_CLOSE_BROKEN);
    }
    return problem == 0;
}

static void opened(link_line *line) {
    link_session_opened(line);
    link_session_after(line->session, DRAGOMAN_OK);
    read_pending(line);
}

/* The terminal server is asked to set its port as ours would be. */
static void begin_telnet(link_line *line) {
    buffer first;
    buffer_init(&first);
    line->telnet = calloc(1, sizeof(*line->telnet));
    if (line->telnet != NULL) {
        rfc2217_begin(line->telnet, &line->session->link->options->serial, &first);
    }
    if (line->telnet == NULL || first.failed || link_stream_write(line->stream, buffer_bytes(&first)) != DRAGOMAN_OK) {
        link_line_end(line, DRAGOMAN_CLOSE_BROKEN);
    }
    buffer_fini(&first);
}

/* What the port says before it has its settings is no data. */
static void go_on_with_telnet(link_line *line) {
    link_link *link = line->session->link;
    size_t size = 0;
    (void)link_stream_flush(line->stream);
    dragoman_status status = link_stream_read(line->stream, link->read_room, LINK_READ_BYTES, &size);
    if (status == DRAGOMAN_OK) {
        (void)take_telnet(line, size);
    }
    if (line->telnet->is_refused) {
        link_say(link, DRAGOMAN_LOG_WARNING, "%s does not speak RFC 2217: a raw port is reached by tcp://", line->peer);
    } else if (status == DRAGOMAN_CLOSED || status == DRAGOMAN_IO) {
        link_say(link, DRAGOMAN_LOG_WARNING, "%s ended the connection before its port was set", line->peer);
    } else if (rfc2217_is_ready(line->telnet)) {
        bool has_differing = line->telnet->has_differing;
        opened(line);
        if (has_differing) {
            link_say(link, DRAGOMAN_LOG_WARNING, "%s did not take all of the settings of `serial:`", line->peer);
        }
        return;
    } else {
        return;
    }
    link_line_end(line, DRAGOMAN_CLOSE_BROKEN);
}

static void go_on_opening(link_line *line) {
    if (line->stage == LINE_CONNECTING && !is_connected(line)) {
        return;
    }
    line->stage = LINE_SHAKING;
    if (line->telnet != NULL) {
        go_on_with_telnet(line);
        return;
    }
    error_record error = {0};
    dragoman_status status = link_stream_handshake(line->stream, &error);
    if (status == DRAGOMAN_OK && line->channel != NULL && line->channel->options->address.scheme == LINK_RFC2217) {
        begin_telnet(line);
    } else if (status == DRAGOMAN_OK) {
        opened(line);
    } else if (status != DRAGOMAN_NEED_MORE) {
        link_say(line->session->link, DRAGOMAN_LOG_WARNING, "%s: %s", line->peer, error.text);
        link_line_end(line, DRAGOMAN_CLOSE_BROKEN);
    }
}

static void ready(void *context, bool can_read, bool can_write) {
    link_line *line = context;
    link_session *session = line->session;
    link_session_enter(session);
    if (line->stage < LINE_OPEN) {
        go_on_opening(line);
    } else {
        if ((can_write || line->stage == LINE_CLOSING) && link_stream_flush(line->stream) == DRAGOMAN_IO) {
            link_line_end(line, DRAGOMAN_CLOSE_BROKEN);
        }
        link_session_after(session, DRAGOMAN_OK);
        if (link_session_may_read(line) && (can_read || link_stream_has_pending(line->stream))) {
            read_some(line);
        }
    }
    link_session_after(session, DRAGOMAN_OK);
    link_session_leave(session);
}

static void give_up(link_line *line) {
    link_say(line->session->link, DRAGOMAN_LOG_WARNING,
             line->stage < LINE_OPEN ? "%s does not answer" : "%s takes nothing any more", line->peer);
    link_line_end(line, DRAGOMAN_CLOSE_TIMEOUT);
}

static void end(link_line *line, bool is_orderly) {
    if (is_orderly) {
        link_farewell_begin(line->session->link, line->stream);
    } else {
        link_stream_destroy(line->stream);
    }
    line->stream = NULL;
    free(line->telnet);
    line->telnet = NULL;
}

static const line_carrier stream_carrier = {.kind = DRAGOMAN_CHANNEL_STREAM,
                                            .act = act,
                                            .go_on = go_on,
                                            .unsent = unsent,
                                            .update = update,
                                            .give_up = give_up,
                                            .end = end};

dragoman_status link_stream_line_start(link_session *session, link_channel *channel, uint32_t index, int descriptor,
                                       bool is_initiator, const char *peer, error_record *error) {
    link_stream *stream = NULL;
    link_tls *tls = channel == NULL ? NULL : channel->tls;
    dragoman_status status =
        link_stream_create(descriptor, tls, is_initiator,
                           is_initiator && tls != NULL ? channel->options->address.host : NULL, &stream, error);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    link_line *line = calloc(1, sizeof(*line));
    if (line != NULL) {
        line->watch = loop_watch_create(session->link->on, descriptor, ready, line);
    }
    if (line == NULL || line->watch == NULL) {
        free(line);
        link_stream_destroy(stream);
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for another connection");
    }
    line->channel = channel;
    line->index = index;
    line->carrier = &stream_carrier;
    line->stream = stream;
    line->is_initiator = is_initiator;
    line->stage = is_initiator ? LINE_CONNECTING : LINE_SHAKING;
    line->give_up_us = clock_now().monotonic_us + LINK_CONNECT_TIMEOUT_US;
    snprintf(line->peer, sizeof(line->peer), "%s", peer);
    link_session_enter(session);
    link_session_add(session, line);
    if (!is_initiator) {
        go_on_opening(line);
    }
    link_session_after(session, DRAGOMAN_OK);
    link_session_leave(session);
    return DRAGOMAN_OK;
}
