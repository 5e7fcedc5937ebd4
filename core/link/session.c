#include "base/bytes.h"
#include "link/farewell.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>

#define PEER_BYTES 80

/* The channel that carries a link's one stream. */
#define MAIN_CHANNEL 0u

typedef enum session_stage {
    STAGE_CONNECTING, /* the socket is not connected yet */
    STAGE_SHAKING,    /* TLS */
    STAGE_OPEN,
    STAGE_CLOSING, /* no more input; what is unsent still leaves */
} session_stage;

struct link_session {
    link_session *before, *after;
    link_link *link;
    link_stream *stream;
    loop_watch *watch;
    loop_timer *timer; /* the adapter's deadline, or the connect's; made when first needed */
    host_instance *instance;
    host_stream unread;
    session_stage stage;
    bool is_initiator;
    bool is_open;    /* it counts among the link's open sessions */
    bool is_stopped; /* too much is unsettled: not reading */
    bool is_ended;   /* the peer sends no more */
    bool is_draining;
    int64_t give_up_us; /* when a connect, a handshake or a peer that takes nothing has lasted too long */
    size_t unsent;      /* what the peer had not taken when give_up_us was set */
    char peer[PEER_BYTES];
};

static void session_ready(void *context, bool can_read, bool can_write);
static void session_timer(void *context);
static void session_end(link_session *session, dragoman_close_reason reason);

static void set_timer(link_session *session, int64_t at_us) {
    if (session->timer == NULL) {
        if (at_us == INT64_MAX) {
            return;
        }
        session->timer = loop_timer_create(session->link->on, session_timer, session);
    }
    if (session->timer != NULL) {
        loop_timer_set(session->timer, at_us);
    }
}

static void link_in(link_session *session) {
    link_link *link = session->link;
    session->after = link->sessions;
    if (link->sessions != NULL) {
        link->sessions->before = session;
    }
    link->sessions = session;
    link->health.sessions++;
}

static void link_out(link_session *session) {
    link_link *link = session->link;
    if (session->before != NULL) {
        session->before->after = session->after;
    } else {
        link->sessions = session->after;
    }
    if (session->after != NULL) {
        session->after->before = session->before;
    }
    link->health.sessions--;
    link->open_sessions -= session->is_open ? 1 : 0;
}

/* Sets the timer for what comes first: the adapter's deadline, or the end of our patience with a peer that takes
 * nothing. */
static void update_timer(link_session *session) {
    int64_t at_us = session->stage == STAGE_CLOSING ? DRAGOMAN_NO_DEADLINE : host_instance_deadline(session->instance);
    size_t unsent = link_stream_unsent(session->stream);
    if (unsent != session->unsent) {
        int64_t patience_us = session->link->options->send_timeout_us;
        session->unsent = unsent;
        session->give_up_us = clock_now().monotonic_us + (patience_us > 0 ? patience_us : LINK_SEND_TIMEOUT_US);
    }
    set_timer(session, unsent > 0 && session->give_up_us < at_us ? session->give_up_us : at_us);
}

/* Whether more input may come: not from a peer that does not take its answers, since those would pile up here. */
static bool may_read(const link_session *session) {
    return session->stage == STAGE_OPEN && !session->is_stopped && !session->is_ended && !session->is_draining &&
           link_stream_unsent(session->stream) == 0;
}

/* Waits for what the stage and the streams need. */
static void update_watch(link_session *session) {
    bool tls_read = false;
    bool want_write = false;
    link_stream_wants(session->stream, &tls_read, &want_write);
    bool want_read = tls_read || may_read(session);
    if (session->stage == STAGE_CONNECTING) {
        want_write = true;
    }
    loop_watch_want(session->watch, want_read, want_write);
    if (session->instance != NULL) {
        update_timer(session);
    }
}

dragoman_status link_session_create(link_link *link, int descriptor, bool is_initiator, const char *peer,
                                    error_record *error) {
    link_stream *stream = NULL;
    dragoman_status status = link_stream_create(descriptor, link->tls, is_initiator,
                                                is_initiator ? link->options->address.host : NULL, &stream, error);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    link_session *session = calloc(1, sizeof(*session));
    if (session != NULL) {
        session->watch = loop_watch_create(link->on, descriptor, session_ready, session);
    }
    if (session == NULL || session->watch == NULL) {
        free(session);
        link_stream_destroy(stream);
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for another connection");
    }
    session->link = link;
    session->stream = stream;
    session->is_initiator = is_initiator;
    session->stage = is_initiator ? STAGE_CONNECTING : STAGE_SHAKING;
    snprintf(session->peer, sizeof(session->peer), "%s", peer);
    link_in(session);
    if (is_initiator || link->tls != NULL) {
        session->give_up_us = clock_now().monotonic_us + LINK_CONNECT_TIMEOUT_US;
        set_timer(session, session->give_up_us);
    }
    if (!is_initiator && link->tls == NULL) {
        session_ready(session, false, false);
        return DRAGOMAN_OK;
    }
    update_watch(session);
    if (!is_initiator) {
        loop_watch_want(session->watch, true, false);
    }
    return DRAGOMAN_OK;
}

/* Does what the adapter wants done. False when the session ended. */
static bool run_actions(link_session *session) {
    dragoman_action action;
    while (session->stage != STAGE_CLOSING && host_instance_next(session->instance, &action) == DRAGOMAN_OK) {
        if (action.kind == DRAGOMAN_ACTION_SEND) {
            dragoman_status status = link_stream_write(session->stream, action.data);
            if (status != DRAGOMAN_OK) {
                link_say(session->link, DRAGOMAN_LOG_WARNING, "%s takes no answers: %s", session->peer,
                         status == DRAGOMAN_LIMIT ? "it does not read" : "the connection broke");
                session_end(session, DRAGOMAN_CLOSE_BROKEN);
                return false;
            }
            session->link->health.bytes_out += action.data.size;
        } else if (action.kind == DRAGOMAN_ACTION_CLOSE) {
            session->stage = STAGE_CLOSING;
        } else {
            dragoman_event refused = {.struct_size = sizeof(refused), .kind = DRAGOMAN_EVENT_REFUSED};
            refused.of.refused = (dragoman_refused_event){.action = action.kind,
                                                          .status = DRAGOMAN_UNSUPPORTED,
                                                          .reason = DRAGOMAN_TEXT("this link is a stream of bytes")};
            dragoman_now now = clock_now();
            (void)host_instance_handle(session->instance, &refused, &now);
        }
    }
    return true;
}

/* Whether the session may end now: nothing is unsettled and nothing unsent. */
static bool is_finished(const link_session *session) {
    bool wants_read = false;
    bool wants_write = false;
    size_t bytes = 0;
    link_stream_wants(session->stream, &wants_read, &wants_write);
    bool is_settled = session->instance == NULL || host_instance_unsettled(session->instance, &bytes) == 0;
    if (session->stage == STAGE_CLOSING) {
        return !wants_write;
    }
    if (session->is_ended) {
        return is_settled && !wants_write && !session->is_stopped;
    }
    return session->is_draining && is_settled && !wants_write;
}

/* After anything happened: actions, then an end that has come, then what to wait for. False when the session is gone.
 */
static bool after_call(link_session *session, dragoman_status status) {
    /* The first catches what it said of a settlement, the second what it says of a refusal. */
    if (status == DRAGOMAN_OK || status == DRAGOMAN_NEED_MORE) {
        status = host_instance_failure(session->instance);
    }
    if (status == DRAGOMAN_OK) {
        if (!run_actions(session)) {
            return false;
        }
        status = host_instance_failure(session->instance);
    }
    if (status != DRAGOMAN_OK) {
        session->link->health.restarts++;
        link_say(session->link, DRAGOMAN_LOG_ERROR, "%s: the adapter ended the session: %s", session->peer,
                 error_status_name(status));
        session_end(session, DRAGOMAN_CLOSE_BROKEN);
        return false;
    }
    if (is_finished(session)) {
        session_end(session, session->stage == STAGE_CLOSING ? DRAGOMAN_CLOSE_SELF : DRAGOMAN_CLOSE_PEER);
        return false;
    }
    update_watch(session);
    return true;
}

static bool feed(link_session *session, dragoman_bytes bytes, bool is_end) {
    dragoman_now now = clock_now();
    if (bytes.size > 0) {
        session->link->health.bytes_in += bytes.size;
        session->link->health.last_heard_us = now.wall_us;
    }
    dragoman_status status = host_instance_feed(session->instance, MAIN_CHANNEL, &session->unread, bytes, is_end,
                                                session->link->options->unsettled_max, &now, &session->is_stopped);
    return after_call(session, status);
}

static void read_some(link_session *session) {
    link_link *link = session->link;
    for (int turn = 0; turn < LINK_READS_PER_TURN; turn++) {
        size_t size = 0;
        dragoman_status status = link_stream_read(session->stream, link->read_room, LINK_READ_BYTES, &size);
        if (status == DRAGOMAN_NEED_MORE) {
            update_watch(session);
            return;
        }
        if (status == DRAGOMAN_IO) {
            session_end(session, DRAGOMAN_CLOSE_BROKEN);
            return;
        }
        session->is_ended = status == DRAGOMAN_CLOSED;
        if (!feed(session, (dragoman_bytes){link->read_room, size}, session->is_ended) || !may_read(session)) {
            return;
        }
        if (size < LINK_READ_BYTES && !link_stream_has_pending(session->stream)) {
            return;
        }
    }
}

static dragoman_status make_instance(link_session *session, error_record *error) {
    link_link *link = session->link;
    uint8_t seed[DRAGOMAN_SEED_BYTES];
    if (getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed)) {
        return error_set(error, DRAGOMAN_IO, "the system gives no random numbers");
    }
    const link_options *options = link->options;
    host_instance_options made = {.link = options->name,
                                  .profile = options->profile,
                                  .settings = options->settings,
                                  .setting_count = options->setting_count,
                                  .seed = seed,
                                  .zone = options->zone,
                                  .habit = options->habit,
                                  .owner = session,
                                  .recorder = options->recorder};
    dragoman_now now = clock_now();
    return host_instance_create(link->environment, options->adapter, &made, &now, &session->instance, error);
}

/* The stream is up: the adapter meets it. */
static void session_opened(link_session *session) {
    link_link *link = session->link;
    error_record error = {0};
    session->stage = STAGE_OPEN;
    set_timer(session, INT64_MAX);
    if (make_instance(session, &error) != DRAGOMAN_OK) {
        link_say(link, DRAGOMAN_LOG_ERROR, "%s", error.text);
        session_end(session, DRAGOMAN_CLOSE_BROKEN);
        return;
    }
    link->failures = 0;
    link->health.sessions_total++;
    link->open_sessions++;
    session->is_open = true;
    link->health.last_error[0] = '\0';
    dragoman_event event = {.struct_size = sizeof(event), .kind = DRAGOMAN_EVENT_OPENED, .channel = MAIN_CHANNEL};
    event.of.opened = (dragoman_opened_event){.channel_kind = DRAGOMAN_CHANNEL_STREAM,
                                              .is_initiator = session->is_initiator ? 1 : 0,
                                              .peer = bytes_of(session->peer)};
    link_stream_peer(session->stream, &event.of.opened.tls_subject, &event.of.opened.tls_fingerprint);
    dragoman_now now = clock_now();
    if (after_call(session, host_instance_handle(session->instance, &event, &now)) &&
        link_stream_has_pending(session->stream)) {
        read_some(session);
    }
}

static void go_on_opening(link_session *session) {
    link_link *link = session->link;
    if (session->stage == STAGE_CONNECTING) {
        int problem = 0;
        socklen_t size = sizeof(problem);
        getsockopt(link_stream_descriptor(session->stream), SOL_SOCKET, SO_ERROR, &problem, &size);
        if (problem != 0) {
            link_say(link, DRAGOMAN_LOG_WARNING, "cannot connect to %s: %s", session->peer, strerror(problem));
            session_end(session, DRAGOMAN_CLOSE_BROKEN);
            return;
        }
        session->stage = STAGE_SHAKING;
    }
    error_record error = {0};
    dragoman_status status = link_stream_handshake(session->stream, &error);
    if (status == DRAGOMAN_OK) {
        session_opened(session);
    } else if (status == DRAGOMAN_NEED_MORE) {
        update_watch(session);
    } else {
        link_say(link, DRAGOMAN_LOG_WARNING, "%s: %s", session->peer, error.text);
        session_end(session, DRAGOMAN_CLOSE_BROKEN);
    }
}

static void session_ready(void *context, bool can_read, bool can_write) {
    link_session *session = context;
    if (session->stage == STAGE_CONNECTING || session->stage == STAGE_SHAKING) {
        go_on_opening(session);
        return;
    }
    if (can_write || session->stage == STAGE_CLOSING) {
        dragoman_status status = link_stream_flush(session->stream);
        if (status == DRAGOMAN_IO) {
            session_end(session, DRAGOMAN_CLOSE_BROKEN);
            return;
        }
        if (!after_call(session, DRAGOMAN_OK)) {
            return;
        }
    }
    if (may_read(session) && (can_read || link_stream_has_pending(session->stream))) {
        read_some(session);
    }
}

static void session_timer(void *context) {
    link_session *session = context;
    if (session->stage == STAGE_CONNECTING || session->stage == STAGE_SHAKING) {
        link_say(session->link, DRAGOMAN_LOG_WARNING, "%s does not answer", session->peer);
        session_end(session, DRAGOMAN_CLOSE_TIMEOUT);
        return;
    }
    dragoman_now now = clock_now();
    if (session->unsent > 0 && session->give_up_us <= now.monotonic_us) {
        link_say(session->link, DRAGOMAN_LOG_WARNING, "%s takes nothing any more", session->peer);
        session_end(session, DRAGOMAN_CLOSE_TIMEOUT);
        return;
    }
    after_call(session, host_instance_expire(session->instance, &now));
}

void link_session_told(void *owner) {
    link_session *session = owner;
    if (session->is_stopped && session->stage == STAGE_OPEN) {
        if (feed(session, (dragoman_bytes){NULL, 0}, session->is_ended) && may_read(session) &&
            link_stream_has_pending(session->stream)) {
            read_some(session);
        }
        return;
    }
    after_call(session, DRAGOMAN_OK);
}

static void session_end(link_session *session, dragoman_close_reason reason) {
    link_link *link = session->link;
    if (session->instance != NULL) {
        dragoman_event event = {.struct_size = sizeof(event), .kind = DRAGOMAN_EVENT_CLOSED, .channel = MAIN_CHANNEL};
        event.of.closed.reason = reason;
        dragoman_now now = clock_now();
        (void)host_instance_handle(session->instance, &event, &now);
        host_instance_destroy(session->instance);
    }
    bool was_initiator = session->is_initiator;
    link_out(session);
    loop_watch_destroy(session->watch);
    loop_timer_destroy(session->timer);
    /* Who stops the peer in the middle of its words lets it hear the answers to what it said before. */
    bool is_orderly = reason == DRAGOMAN_CLOSE_SELF || reason == DRAGOMAN_CLOSE_SHUTDOWN || session->is_draining;
    if (is_orderly && !session->is_ended && session->stage >= STAGE_OPEN) {
        link_farewell_begin(link, session->stream);
    } else {
        link_stream_destroy(session->stream);
    }
    host_stream_fini(&session->unread);
    free(session);
    if (was_initiator) {
        link_reconnect_later(link);
    }
}

void link_session_end_all(link_link *link) {
    for (link_session *session = link->sessions; session != NULL;) {
        link_session *after = session->after;
        session_end(session, DRAGOMAN_CLOSE_SHUTDOWN);
        session = after;
    }
}

void link_session_drain_all(link_link *link) {
    link_session *session = link->sessions;
    while (session != NULL) {
        link_session *after = session->after;
        session->is_draining = true;
        if (session->stage == STAGE_OPEN && !is_finished(session)) {
            update_watch(session);
        } else if (session->stage != STAGE_CLOSING) {
            session_end(session, DRAGOMAN_CLOSE_SHUTDOWN);
        }
        session = after;
    }
}
