#include "link/session.h"

#include "base/bytes.h"
#include "link/pace.h"
#include <stdlib.h>
#include <sys/random.h>

static bool is_for_link(const link_link *link) {
    return link->options->adapter->descriptor->scope == DRAGOMAN_SCOPE_LINK;
}

static void session_timer(void *context);

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

/* After its close a connection's adapter has nothing more to say. */
static bool may_speak(const link_session *session) {
    if (is_for_link(session->link)) {
        return true;
    }
    for (const link_line *line = session->lines; line != NULL; line = line->after) {
        if (line->stage == LINE_OPEN) {
            return true;
        }
    }
    return false;
}

/* When the adapter wants to be woken. A deadline that stays in the past must not turn in a circle. */
static int64_t wake_at(const link_session *session) {
    if (session->instance == NULL || !may_speak(session)) {
        return INT64_MAX;
    }
    int64_t at_us = host_instance_deadline(session->instance);
    int64_t least_us = session->expired_us + LINK_EXPIRE_LEAST_US;
    return at_us < least_us ? least_us : at_us;
}

static void update(link_session *session) {
    int64_t at_us = wake_at(session);
    for (link_line *line = session->lines; line != NULL; line = line->after) {
        if (line->stage == LINE_OVER) {
            continue;
        }
        line->carrier->update(line);
        int64_t paced_us = link_pace_due_us(line);
        at_us = line->give_up_us < at_us ? line->give_up_us : at_us;
        at_us = paced_us < at_us ? paced_us : at_us;
    }
    set_timer(session, at_us);
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
                                  .stale_after_us = options->stale_after_us,
                                  .owner = session,
                                  .recorder = options->recorder};
    dragoman_now now = clock_now();
    return host_instance_create(link->environment, options->adapter, &made, &now, &session->instance, error);
}

link_session *link_session_create(link_link *link, error_record *error) {
    link_session *session = calloc(1, sizeof(*session));
    if (session == NULL) {
        error_set(error, DRAGOMAN_NO_MEMORY, "no memory for another connection");
        return NULL;
    }
    session->link = link;
    if (is_for_link(link) && make_instance(session, error) != DRAGOMAN_OK) {
        free(session);
        return NULL;
    }
    session->after = link->sessions;
    if (link->sessions != NULL) {
        link->sessions->before = session;
    }
    link->sessions = session;
    return session;
}

link_session *link_session_for_line(link_link *link, error_record *error) {
    if (!is_for_link(link)) {
        return link_session_create(link, error);
    }
    if (link->sessions == NULL) {
        error_set(error, DRAGOMAN_CLOSED, "the adapter is not running");
    }
    return link->sessions;
}

void link_session_enter(link_session *session) {
    session->depth++;
}

/* Frees the lines that are over. */
static void sweep(link_session *session) {
    link_line **at = &session->lines;
    while (*at != NULL) {
        link_line *line = *at;
        if (line->stage == LINE_OVER) {
            *at = line->after;
            free(line);
        } else {
            at = &line->after;
        }
    }
}

void link_session_leave(link_session *session) {
    if (--session->depth > 0) {
        return;
    }
    sweep(session);
    bool is_unused = session->live == 0 && !is_for_link(session->link);
    if (!session->is_over && !is_unused) {
        return;
    }
    link_link *link = session->link;
    if (session->before != NULL) {
        session->before->after = session->after;
    } else {
        link->sessions = session->after;
    }
    if (session->after != NULL) {
        session->after->before = session->before;
    }
    host_instance_destroy(session->instance);
    loop_timer_destroy(session->timer);
    free(session);
    if (is_for_link(link) && !link->is_draining) {
        link_restart_later(link);
    }
}

void link_session_add(link_session *session, link_line *line) {
    line->session = session;
    line->after = session->lines;
    session->lines = line;
    session->live++;
    session->link->health.sessions++;
}

void link_session_event(link_session *session, const dragoman_event *event) {
    dragoman_now now = clock_now();
    (void)host_instance_handle(session->instance, event, &now);
}

void link_session_refuse(link_session *session, const dragoman_action *action, dragoman_status status,
                         const char *reason) {
    dragoman_event refused = {
        .struct_size = sizeof(refused), .kind = DRAGOMAN_EVENT_REFUSED, .channel = action->channel};
    refused.of.refused = (dragoman_refused_event){.action = action->kind, .status = status, .reason = bytes_of(reason)};
    link_session_event(session, &refused);
}

void link_session_opened(link_line *line) {
    link_session *session = line->session;
    link_link *link = session->link;
    error_record error = {0};
    line->stage = LINE_OPEN;
    line->give_up_us = INT64_MAX;
    if (session->instance == NULL && make_instance(session, &error) != DRAGOMAN_OK) {
        link_say(link, DRAGOMAN_LOG_ERROR, "%s", error.text);
        link_line_end(line, DRAGOMAN_CLOSE_BROKEN);
        return;
    }
    link->health.sessions_total++;
    link->open_lines++;
    line->is_open = true;
    link->health.last_error[0] = '\0';
    dragoman_event event = {.struct_size = sizeof(event), .kind = DRAGOMAN_EVENT_OPENED, .channel = line->index};
    event.of.opened = (dragoman_opened_event){
        .channel_kind = line->carrier->kind, .is_initiator = line->is_initiator ? 1 : 0, .peer = bytes_of(line->peer)};
    if (line->stream != NULL) {
        link_stream_peer(line->stream, &event.of.opened.tls_subject, &event.of.opened.tls_fingerprint);
    }
    link_session_event(session, &event);
}

link_line *link_session_line(const link_session *session, uint32_t index) {
    for (link_line *line = session->lines; line != NULL; line = line->after) {
        if (line->index == index && line->stage == LINE_OPEN) {
            return line;
        }
    }
    return NULL;
}

bool link_session_has_line(const link_session *session, uint32_t index) {
    for (const link_line *line = session->lines; line != NULL; line = line->after) {
        if (line->index == index && line->stage != LINE_OVER) {
            return true;
        }
    }
    return false;
}

bool link_session_may_read(const link_line *line) {
    return line->stage == LINE_OPEN && !line->is_stopped && !line->is_ended && !line->session->is_draining &&
           line->carrier->unsent(line) == 0;
}

static void run_action(link_session *session, const dragoman_action *action) {
    link_line *line = link_session_line(session, action->channel);
    switch (action->kind) {
    case DRAGOMAN_ACTION_SEND:
    case DRAGOMAN_ACTION_DATAGRAM:
        if (line != NULL) {
            link_pace_act(line, action);
        } else {
            link_session_refuse(session, action, DRAGOMAN_CLOSED, "the channel is not open");
        }
        return;
    case DRAGOMAN_ACTION_CLOSE:
        if (line != NULL) {
            line->stage = LINE_CLOSING;
        }
        return;
    case DRAGOMAN_ACTION_OPEN:
        link_channel_dial(session, action);
        return;
    default:
        link_session_refuse(session, action, DRAGOMAN_UNSUPPORTED, "this link carries streams and datagrams");
        return;
    }
}

/* Does what the adapter wants done. */
static void run_actions(link_session *session) {
    dragoman_action action;
    for (uint32_t done = 0; !session->is_over && may_speak(session); done++) {
        if (host_instance_next(session->instance, &action) != DRAGOMAN_OK) {
            return;
        }
        if (done == LINK_ACTIONS_MAX) {
            link_say(session->link, DRAGOMAN_LOG_ERROR, "the adapter's actions do not end");
            session->has_failed = true;
            return;
        }
        run_action(session, &action);
    }
}

/* Whether a line may end now: nothing that it waits for is unsettled, and nothing unsent. */
static bool is_finished(const link_line *line) {
    const link_session *session = line->session;
    size_t bytes = 0;
    if (line->stage < LINE_OPEN || line->stage == LINE_OVER || line->carrier->unsent(line) > 0 ||
        line->waiting != NULL) {
        return false;
    }
    bool is_settled = host_instance_unsettled(session->instance, &bytes) == 0;
    if (line->stage == LINE_CLOSING) {
        return true;
    }
    if (line->is_ended) {
        /* Others go on over a link that lives longer than its lines, so that there may never be nothing unsettled. */
        return !line->is_stopped && (is_settled || (is_for_link(session->link) && !session->is_draining));
    }
    return session->is_draining && is_settled;
}

/* Ends what is finished; true when anything was. */
static bool end_finished(link_session *session) {
    bool has_ended = false;
    for (link_line *line = session->lines; line != NULL; line = line->after) {
        if (is_finished(line)) {
            link_line_end(line, line->stage == LINE_CLOSING ? DRAGOMAN_CLOSE_SELF
                                : line->is_ended            ? DRAGOMAN_CLOSE_PEER
                                                            : DRAGOMAN_CLOSE_SHUTDOWN);
            has_ended = true;
        }
    }
    size_t bytes = 0;
    if (session->is_draining && session->live == 0 &&
        (session->instance == NULL || host_instance_unsettled(session->instance, &bytes) == 0)) {
        session->is_over = true;
    }
    return has_ended;
}

static void fail(link_session *session, dragoman_status status) {
    session->link->health.restarts++;
    const char *reason = session->has_failed ? NULL : host_instance_failure_reason(session->instance);
    link_say(session->link, DRAGOMAN_LOG_ERROR, "%s%s%s%s", session->lines == NULL ? "" : session->lines->peer,
             session->lines == NULL ? "" : ": ", reason != NULL ? "" : "the adapter ended the session: ",
             reason != NULL ? reason : error_status_name(status));
    link_session_end(session, DRAGOMAN_CLOSE_BROKEN);
}

/* Whether the adapter goes on; else it is ended. Asked after each call: it catches what the adapter said of a
 * settlement and of a refusal too. */
static bool is_well(link_session *session, dragoman_status status) {
    if (session->is_over || session->instance == NULL) {
        return false;
    }
    if (status == DRAGOMAN_OK || status == DRAGOMAN_NEED_MORE) {
        status = host_instance_failure(session->instance);
    }
    if (session->has_failed) {
        status = DRAGOMAN_LIMIT;
    }
    if (status != DRAGOMAN_OK) {
        fail(session, status);
    }
    return status == DRAGOMAN_OK;
}

void link_session_after(link_session *session, dragoman_status status) {
    bool is_moving = true;
    while (is_moving && is_well(session, status)) {
        run_actions(session);
        status = DRAGOMAN_OK;
        if (!is_well(session, status)) {
            return;
        }
        /* An end is an event, after which there may be actions. */
        is_moving = end_finished(session);
    }
    if (!session->is_over) {
        update(session);
    }
}

void link_line_end(link_line *line, dragoman_close_reason reason) {
    link_session *session = line->session;
    link_link *link = session->link;
    if (line->stage == LINE_OVER) {
        return;
    }
    /* Who stops the peer in the middle of its words lets it hear the answers to what it said before. */
    bool is_orderly = reason == DRAGOMAN_CLOSE_SELF || reason == DRAGOMAN_CLOSE_SHUTDOWN || session->is_draining;
    is_orderly = is_orderly && !line->is_ended && line->stage >= LINE_OPEN;
    line->stage = LINE_OVER;
    session->live--;
    link->health.sessions--;
    if (line->is_open) {
        link->open_lines--;
        dragoman_event event = {.struct_size = sizeof(event), .kind = DRAGOMAN_EVENT_CLOSED, .channel = line->index};
        event.of.closed.reason = reason;
        link_session_event(session, &event);
    }
    loop_watch_destroy(line->watch);
    line->watch = NULL;
    link_pace_fini(line);
    line->carrier->end(line, is_orderly);
    host_stream_fini(&line->unread);
    if (line->channel != NULL) {
        link_channel_again(line->channel);
    }
    if (session->live == 0 && !is_for_link(link)) {
        session->is_over = true;
    }
}

void link_session_end(link_session *session, dragoman_close_reason reason) {
    link_session_enter(session);
    for (link_line *line = session->lines; line != NULL; line = line->after) {
        link_line_end(line, reason);
    }
    session->is_over = true;
    link_session_leave(session);
}

static void session_timer(void *context) {
    link_session *session = context;
    dragoman_status status = DRAGOMAN_OK;
    dragoman_now now = clock_now();
    link_session_enter(session);
    for (link_line *line = session->lines; line != NULL; line = line->after) {
        if (line->stage != LINE_OVER && line->give_up_us <= now.monotonic_us) {
            line->carrier->give_up(line);
        }
        link_pace_go_on(line);
    }
    if (!session->is_over && wake_at(session) <= now.monotonic_us) {
        session->expired_us = now.monotonic_us;
        status = host_instance_expire(session->instance, &now);
    }
    link_session_after(session, status);
    link_session_leave(session);
}

void link_session_told(void *owner) {
    link_session *session = owner;
    link_session_enter(session);
    for (link_line *line = session->lines; line != NULL; line = line->after) {
        bool is_open = line->stage == LINE_OPEN && !session->is_over;
        line->is_stopped |= is_open && host_instance_is_held(session->instance, line->index);
        if (line->is_stopped && is_open) {
            line->carrier->go_on(line);
        }
    }
    link_session_after(session, DRAGOMAN_OK);
    link_session_leave(session);
}

void link_session_drain(link_session *session) {
    link_session_enter(session);
    session->is_draining = true;
    for (link_line *line = session->lines; line != NULL; line = line->after) {
        if (line->stage < LINE_OPEN || (line->stage == LINE_OPEN && is_finished(line))) {
            link_line_end(line, DRAGOMAN_CLOSE_SHUTDOWN);
        }
    }
    if (!session->is_over) {
        (void)end_finished(session);
        update(session);
    }
    link_session_leave(session);
}
