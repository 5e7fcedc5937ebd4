#include "session.h"
#include "octets.h"
#include "translate.h"

/* "*" and four hexadecimal digits behind the envelope. */
#define CHECK_BYTES 5

typedef struct session {
    const dragoman_host *host;
    void *context;
    bool needs_check; /* lines without a check are refused */
    bool is_skipping; /* inside a line that is too long */
} session;

static void say(session *s, uint32_t level, const char *text) {
    s->host->log(s->context, level, (dragoman_bytes){(const uint8_t *)text, strlen(text)}, (dragoman_bytes){NULL, 0});
}

dragoman_status gatt_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                  void **ret_instance) {
    session *s = (session *)host->allocate(context, sizeof *s);
    *ret_instance = s;
    if (s == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    s->host = host;
    s->context = context;
    s->needs_check = gatt_is(dragoman_setting_find(start, DRAGOMAN_TEXT("line_check")), "crc16");
    return DRAGOMAN_OK;
}

void gatt_session_fini(void *instance) {
    session *s = (session *)instance;
    if (s != NULL) {
        s->host->release(s->context, s);
    }
}

/* FNV-1a of the bytes: whether a repeated id says the same. */
static uint64_t digest_of(dragoman_bytes bytes) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t n = 0; n < bytes.size; n++) {
        hash = (hash ^ bytes.data[n]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* What cannot be read goes to the dead letters, in a message of its own. */
static dragoman_status bury(session *s, dragoman_bytes payload, const char *reason) {
    say(s, DRAGOMAN_LOG_WARNING, reason);
    s->host->count(s->context, DRAGOMAN_COUNT_REFUSED, 1);
    return s->host->dead_letter(s->context, payload, DRAGOMAN_TEXT("envelope"),
                                (dragoman_bytes){(const uint8_t *)reason, strlen(reason)});
}

/* Inside of the host's message. `ret_fault` is set when the value could not be read. */
static dragoman_status translate(session *s, const gatt_envelope *envelope, const char **ret_fault) {
    gatt_outcome outcome;
    dragoman_status status = gatt_translate(s->host, s->context, envelope, &outcome);
    *ret_fault = status == DRAGOMAN_INVALID ? "the values break a rule of the model" : outcome.fault;
    if (outcome.is_idle) {
        s->host->count(s->context, DRAGOMAN_COUNT_DISCARDED, 1);
    }
    if (outcome.is_odd) {
        s->host->count(s->context, DRAGOMAN_COUNT_ODD_VALUE, 1);
    }
    return status == DRAGOMAN_INVALID ? DRAGOMAN_OK : status;
}

/* One envelope. Our own trouble is the caller's to hand on: the message is not settled then and comes again. */
static dragoman_status take(session *s, dragoman_bytes text, bool is_retained) {
    gatt_envelope *envelope = (gatt_envelope *)s->host->batch(s->context, sizeof *envelope);
    if (envelope == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    const char *fault = gatt_envelope_read(s->host, s->context, text, envelope);
    if (fault != NULL) {
        return bury(s, text, fault);
    }
    if (is_retained && envelope->received_at.precision == DRAGOMAN_TIME_NONE) {
        /* The broker kept it, nobody knows since when: it must not be taken for what is now. */
        s->host->count(s->context, DRAGOMAN_COUNT_DISCARDED, 1);
        return DRAGOMAN_OK;
    }
    dragoman_bytes sender = envelope->gateway.size > 0 ? envelope->gateway : envelope->address;
    uint64_t number = 0;
    dragoman_status status = s->host->message_begin(s->context, sender, envelope->id, digest_of(text), &number);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    status = translate(s, envelope, &fault);
    if (status == DRAGOMAN_OK && fault == NULL) {
        return s->host->message_end(s->context);
    }
    s->host->message_abandon(s->context);
    return status == DRAGOMAN_OK ? bury(s, text, fault) : status;
}

static int hex_digit(uint8_t byte) {
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    uint8_t small = (uint8_t)(byte | 0x20u);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/* Cuts the check off the end of a line. NULL: it is right, or not there and not needed. */
static const char *check_line(const session *s, dragoman_bytes *line) {
    bool has_check = line->size > CHECK_BYTES && line->data[line->size - CHECK_BYTES] == '*';
    if (!has_check) {
        return s->needs_check ? "the line has no check" : NULL;
    }
    line->size -= CHECK_BYTES;
    uint32_t said = 0;
    for (size_t n = 1; n < CHECK_BYTES; n++) {
        int digit = hex_digit(line->data[line->size + n]);
        if (digit < 0) {
            return "the check of the line is no number";
        }
        said = said * 16 + (uint32_t)digit;
    }
    return said == gatt_crc(line->data, line->size) ? NULL : "the check of the line is wrong";
}

static bool is_blank(uint8_t byte) {
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static dragoman_status take_line(session *s, dragoman_bytes line) {
    while (line.size > 0 && is_blank(line.data[line.size - 1])) {
        line.size--;
    }
    while (line.size > 0 && is_blank(line.data[0])) {
        line = (dragoman_bytes){line.data + 1, line.size - 1};
    }
    if (line.size == 0) {
        return DRAGOMAN_OK;
    }
    dragoman_bytes whole = line;
    const char *fault = check_line(s, &line);
    if (fault != NULL) {
        s->host->count(s->context, DRAGOMAN_COUNT_BAD_FRAME, 1);
        return bury(s, whole, fault);
    }
    return take(s, line, false);
}

/* A line that is too long is told once, and its rest is skipped. */
static dragoman_status skip_line(session *s, dragoman_bytes unread, size_t end, bool has_end,
                                 dragoman_progress *ret_progress) {
    bool was_skipping = s->is_skipping;
    s->is_skipping = !has_end;
    ret_progress->consumed = has_end ? end + 1 : unread.size;
    s->host->count(s->context, DRAGOMAN_COUNT_RESYNCHRONISED, ret_progress->consumed);
    dragoman_bytes beginning = {unread.data, GATT_MESSAGE_BYTES};
    return was_skipping ? DRAGOMAN_OK : bury(s, beginning, "a line is longer than any envelope");
}

static dragoman_status take_bytes(session *s, const dragoman_bytes_event *event, dragoman_progress *ret_progress) {
    dragoman_bytes unread = event->unread;
    /* Only fresh bytes can hold a line end that was not there before; after progress all of them are. */
    size_t at = unread.size - event->fresh;
    while (at < unread.size && unread.data[at] != '\n') {
        at++;
    }
    bool has_end = at < unread.size;
    if (s->is_skipping || at > GATT_MESSAGE_BYTES) {
        return unread.size == 0 ? DRAGOMAN_OK : skip_line(s, unread, at, has_end, ret_progress);
    }
    if (!has_end && event->is_end == 0) {
        return DRAGOMAN_NEED_MORE;
    }
    ret_progress->consumed = has_end ? at + 1 : unread.size;
    return take_line(s, (dragoman_bytes){unread.data, at});
}

static dragoman_status take_message(session *s, const dragoman_message_event *event) {
    if (event->payload.size > GATT_MESSAGE_BYTES) {
        dragoman_bytes beginning = {event->payload.data, GATT_MESSAGE_BYTES};
        return bury(s, beginning, "a message is longer than any envelope");
    }
    return take(s, event->payload, event->is_retained != 0);
}

dragoman_status gatt_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                    dragoman_progress *ret_progress) {
    session *s = (session *)instance;
    (void)now;
    switch (event->kind) {
    case DRAGOMAN_EVENT_BYTES:
        return take_bytes(s, &event->of.bytes, ret_progress);
    case DRAGOMAN_EVENT_MESSAGE:
        return take_message(s, &event->of.message);
    default:
        return DRAGOMAN_OK;
    }
}

int64_t gatt_session_deadline(const void *instance) {
    (void)instance;
    return DRAGOMAN_NO_DEADLINE;
}

dragoman_status gatt_session_expire(void *instance, const dragoman_now *now) {
    (void)instance;
    (void)now;
    return DRAGOMAN_OK;
}

dragoman_status gatt_session_next(void *instance, dragoman_action *ret_action) {
    (void)instance;
    (void)ret_action;
    return DRAGOMAN_NOT_FOUND;
}
