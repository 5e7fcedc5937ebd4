#include "session.h"
#include "map.h"
#include "report.h"

typedef struct session {
    const dragoman_host *host;
    void *context;
    json_map map;
    bool is_skipping; /* inside a line that is too long */
} session;

dragoman_status json_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                  void **ret_instance) {
    session *s = (session *)host->allocate(context, sizeof *s);
    *ret_instance = s;
    if (s == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    s->host = host;
    s->context = context;
    dragoman_status status = json_map_read(&start->profile, host, context, &s->map);
    if (status == DRAGOMAN_INVALID) {
        host->log(context, DRAGOMAN_LOG_ERROR,
                  DRAGOMAN_TEXT("a profile is needed whose device section says what the messages hold"),
                  (dragoman_bytes){NULL, 0});
    }
    return status;
}

void json_session_fini(void *instance) {
    session *s = (session *)instance;
    if (s != NULL) {
        json_map_release(&s->map, s->host, s->context);
        s->host->release(s->context, s);
    }
}

/* FNV-1a of the bytes: whether a repeated message says the same. */
static uint64_t digest_of(dragoman_bytes bytes) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t n = 0; n < bytes.size; n++) {
        hash = (hash ^ bytes.data[n]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* What cannot be read goes to the dead letters, in a message of its own. */
static dragoman_status bury(session *s, dragoman_bytes payload, const char *reason) {
    dragoman_bytes words = {(const uint8_t *)reason, strlen(reason)};
    s->host->log(s->context, DRAGOMAN_LOG_WARNING, words, (dragoman_bytes){NULL, 0});
    s->host->count(s->context, DRAGOMAN_COUNT_REFUSED, 1);
    return s->host->dead_letter(s->context, payload, DRAGOMAN_TEXT("message"), words);
}

/* One JSON text. */
static dragoman_status take(session *s, dragoman_bytes topic, dragoman_bytes text) {
    json_tree tree;
    json_outcome outcome = {.matches = 0};
    uint64_t number = 0;
    const char *fault = text.size > JSON_MESSAGE_BYTES ? "a message is longer than any of measurements"
                                                       : json_tree_read(s->host, s->context, text, &tree);
    if (fault != NULL) {
        dragoman_bytes beginning = {text.data, text.size > JSON_MESSAGE_BYTES ? JSON_MESSAGE_BYTES : text.size};
        return bury(s, beginning, fault);
    }
    dragoman_status status =
        s->host->message_begin(s->context, topic, (dragoman_bytes){NULL, 0}, digest_of(text), &number);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    status = json_report_emit(s->host, s->context, &s->map, &tree, topic, &outcome);
    if (status == DRAGOMAN_INVALID) {
        outcome.fault = "the values break a rule of the model";
    }
    if (outcome.odd > 0) {
        s->host->count(s->context, DRAGOMAN_COUNT_ODD_VALUE, outcome.odd);
    }
    if (status == DRAGOMAN_OK && outcome.fault == NULL) {
        s->host->count(s->context, DRAGOMAN_COUNT_DISCARDED, outcome.matches == 0 ? 1 : 0);
        return s->host->message_end(s->context);
    }
    s->host->message_abandon(s->context);
    return outcome.fault != NULL ? bury(s, text, outcome.fault) : status;
}

static dragoman_bytes trimmed(dragoman_bytes line) {
    while (line.size > 0 && line.data[line.size - 1] <= ' ') {
        line.size--;
    }
    return line;
}

/* A line that is too long is told once, and its rest is skipped. */
static dragoman_status skip_line(session *s, dragoman_bytes unread, size_t end, bool has_end,
                                 dragoman_progress *ret_progress) {
    bool was_skipping = s->is_skipping;
    s->is_skipping = !has_end;
    ret_progress->consumed = has_end ? end + 1 : unread.size;
    s->host->count(s->context, DRAGOMAN_COUNT_RESYNCHRONISED, ret_progress->consumed);
    dragoman_bytes beginning = {unread.data, unread.size < JSON_MESSAGE_BYTES ? unread.size : JSON_MESSAGE_BYTES};
    return was_skipping ? DRAGOMAN_OK : bury(s, beginning, "a line is longer than any message of measurements");
}

static dragoman_status take_bytes(session *s, const dragoman_bytes_event *event, dragoman_progress *ret_progress) {
    dragoman_bytes unread = event->unread;
    size_t at = unread.size - event->fresh;
    while (at < unread.size && unread.data[at] != '\n') {
        at++;
    }
    bool has_end = at < unread.size;
    if (s->is_skipping || at > JSON_MESSAGE_BYTES) {
        return unread.size == 0 ? DRAGOMAN_OK : skip_line(s, unread, at, has_end, ret_progress);
    }
    if (!has_end && event->is_end == 0) {
        return DRAGOMAN_NEED_MORE;
    }
    ret_progress->consumed = has_end ? at + 1 : unread.size;
    dragoman_bytes line = trimmed((dragoman_bytes){unread.data, at});
    return line.size == 0 ? DRAGOMAN_OK : take(s, (dragoman_bytes){NULL, 0}, line);
}

dragoman_status json_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                    dragoman_progress *ret_progress) {
    session *s = (session *)instance;
    (void)now;
    if (event->kind == DRAGOMAN_EVENT_BYTES) {
        return take_bytes(s, &event->of.bytes, ret_progress);
    }
    if (event->kind != DRAGOMAN_EVENT_MESSAGE) {
        return DRAGOMAN_OK;
    }
    if (event->of.message.is_retained != 0) {
        /* The broker kept it, nobody knows since when: it must not be taken for what is now. */
        s->host->count(s->context, DRAGOMAN_COUNT_DISCARDED, 1);
        return DRAGOMAN_OK;
    }
    return take(s, event->of.message.topic, event->of.message.payload);
}

int64_t json_session_deadline(const void *instance) {
    (void)instance;
    return DRAGOMAN_NO_DEADLINE;
}

dragoman_status json_session_expire(void *instance, const dragoman_now *now) {
    (void)instance;
    (void)now;
    return DRAGOMAN_OK;
}

dragoman_status json_session_next(void *instance, dragoman_action *ret_action) {
    (void)instance;
    (void)ret_action;
    return DRAGOMAN_NOT_FOUND;
}
