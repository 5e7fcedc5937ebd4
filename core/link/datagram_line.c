#include "base/bytes.h"
#include "link/allowed.h"
#include "link/session.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Datagrams read in one turn before the other lines get theirs. */
#define DATAGRAMS_PER_TURN 64

static size_t unsent(const link_line *line) {
    (void)line;
    return 0;
}

static void update(link_line *line) {
    loop_watch_want(line->watch, link_session_may_read(line), false);
}

/* Says why a datagram did not leave. */
static void send_failed(link_line *line, const dragoman_action *action, dragoman_status status) {
    if (status == DRAGOMAN_CLOSED) {
        link_say(line->session->link, DRAGOMAN_LOG_WARNING, "%s: nobody listens there", line->peer);
        link_line_end(line, DRAGOMAN_CLOSE_BROKEN);
        return;
    }
    link_session_refuse(line->session, action, status,
                        status == DRAGOMAN_FULL ? "the system has no room for it now" : strerror(errno));
}

/* Whether a host was heard on any channel of the link: who announces itself by broadcast is spoken to from another. */
static bool was_heard(const link_session *session, const allowed_target *target) {
    for (const link_line *line = session->lines; line != NULL; line = line->after) {
        if (line->datagram != NULL &&
            link_datagram_has_heard(line->datagram, (const struct sockaddr *)&target->address)) {
            return true;
        }
    }
    return false;
}

/* The address to send to: false when the adapter may not, which it has been told. */
static bool find_target(link_line *line, const dragoman_action *action, allowed_target *ret_target) {
    const link_options *options = line->session->link->options;
    dragoman_status status = allowed_target_parse(action->target, ret_target);
    if (status != DRAGOMAN_OK) {
        link_session_refuse(line->session, action, status, "a target is a number address and a port: 10.0.0.9:24105");
        return false;
    }
    bool is_allowed = was_heard(line->session, ret_target) ||
                      allowed_by(options->allow_open, options->allow_open_count, action->target);
    if (!is_allowed) {
        link_session_refuse(line->session, action, DRAGOMAN_DENIED,
                            "nothing was heard from there, and allow_open does not name it");
    }
    return is_allowed;
}

static void act(link_line *line, const dragoman_action *action) {
    link_session *session = line->session;
    bool is_to_peer = link_datagram_is_connected(line->datagram);
    if (action->kind != DRAGOMAN_ACTION_DATAGRAM) {
        link_session_refuse(session, action, DRAGOMAN_UNSUPPORTED, "this channel carries datagrams");
        return;
    }
    if (action->data.size > LINK_DATAGRAM_BYTES_MAX) {
        link_session_refuse(session, action, DRAGOMAN_LIMIT, "it is larger than a datagram can be");
        return;
    }
    if (is_to_peer && action->target.size > 0 && !bytes_is(action->target, line->peer)) {
        link_session_refuse(session, action, DRAGOMAN_DENIED, "this channel speaks with one peer only");
        return;
    }
    allowed_target target = {.size = 0};
    if (!is_to_peer && !find_target(line, action, &target)) {
        return;
    }
    const struct sockaddr *to = is_to_peer ? NULL : (const struct sockaddr *)&target.address;
    dragoman_status status = link_datagram_send(line->datagram, action->data, to, target.size);
    if (status != DRAGOMAN_OK) {
        send_failed(line, action, status);
        return;
    }
    session->link->health.bytes_out += action->data.size;
}

static void take(link_line *line, const link_received *received, const dragoman_now *now) {
    link_session *session = line->session;
    link_heard(line, received->size, now);
    dragoman_event event = {.struct_size = sizeof(event), .kind = DRAGOMAN_EVENT_DATAGRAM, .channel = line->index};
    event.of.datagram = (dragoman_datagram_event){.payload = {session->link->read_room, received->size},
                                                  .from = bytes_of(received->from)};
    link_session_event(session, &event);
    link_session_after(session, DRAGOMAN_OK);
}

/* Counts what was lost before this datagram, and this one too when it waited so long that it would pass for new. */
static bool is_fresh(link_line *line, const link_received *received, const dragoman_now *now) {
    bool is_old = received->arrived_us != 0 && now->wall_us - received->arrived_us > LINK_DATAGRAM_AGE_US;
    link_dropped(line->session->link, received->lost + (is_old ? 1 : 0), now);
    return !is_old;
}

static void read_some(link_line *line) {
    link_session *session = line->session;
    link_link *link = session->link;
    for (int turn = 0; turn < DATAGRAMS_PER_TURN && link_session_may_read(line); turn++) {
        if (host_instance_is_over_budget(session->instance, link->options->unsettled_max)) {
            line->is_stopped = true;
            return;
        }
        link_received received;
        dragoman_status status = link_datagram_receive(line->datagram, link->read_room, LINK_READ_BYTES, &received);
        if (status == DRAGOMAN_OK) {
            dragoman_now now = clock_now();
            if (is_fresh(line, &received, &now)) {
                take(line, &received, &now);
            }
            continue;
        }
        if (status != DRAGOMAN_NEED_MORE) {
            link_say(link, DRAGOMAN_LOG_WARNING, "%s: %s", line->peer,
                     status == DRAGOMAN_CLOSED ? "nobody listens there" : strerror(errno));
            link_line_end(line, DRAGOMAN_CLOSE_BROKEN);
        }
        return;
    }
}

static void go_on(link_line *line) {
    line->is_stopped = false;
    read_some(line);
}

static void ready(void *context, bool can_read, bool can_write) {
    (void)can_read;
    (void)can_write;
    link_line *line = context;
    link_session *session = line->session;
    link_session_enter(session);
    read_some(line);
    link_session_after(session, DRAGOMAN_OK);
    link_session_leave(session);
}

static void give_up(link_line *line) {
    (void)line;
}

static void end(link_line *line, bool is_orderly) {
    (void)is_orderly;
    link_datagram_destroy(line->datagram);
    line->datagram = NULL;
}

static const line_carrier datagram_carrier = {.kind = DRAGOMAN_CHANNEL_DATAGRAM,
                                              .act = act,
                                              .go_on = go_on,
                                              .unsent = unsent,
                                              .update = update,
                                              .give_up = give_up,
                                              .end = end};

dragoman_status link_datagram_line_start(link_session *session, link_channel *channel, uint32_t index,
                                         link_datagram *datagram, bool is_initiator, const char *peer,
                                         error_record *error) {
    link_line *line = calloc(1, sizeof(*line));
    if (line != NULL) {
        line->watch = loop_watch_create(session->link->on, link_datagram_descriptor(datagram), ready, line);
    }
    if (line == NULL || line->watch == NULL) {
        free(line);
        link_datagram_destroy(datagram);
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for another channel");
    }
    line->channel = channel;
    line->index = index;
    line->carrier = &datagram_carrier;
    line->datagram = datagram;
    line->is_initiator = is_initiator;
    line->give_up_us = INT64_MAX;
    snprintf(line->peer, sizeof(line->peer), "%s", peer);
    link_session_enter(session);
    link_session_add(session, line);
    link_session_opened(line);
    link_session_after(session, DRAGOMAN_OK);
    link_session_leave(session);
    return DRAGOMAN_OK;
}
