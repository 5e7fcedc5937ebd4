#include "session.h"
#include "digest.h"

/* Words of a log line or dead letter. */
#define WORDS 256

typedef struct session {
    const dragoman_host *host;
    void *context;
    hl7v2_settings settings;
    hl7v2_framer framer;
    hl7v2_translation translation;
    hl7v2_answers answers;
    dragoman_bytes peer; /* ours to release */
    bool is_sending;     /* the host holds a pointer to what is to be sent until its next call */
    bool is_closed;      /* we asked for the end of the connection */
    size_t batch_left;   /* bytes at the start of unread that belong to a batch, */
    size_t batch_end;    /* and behind them to the end of its block */
} session;

typedef struct words {
    char text[WORDS];
    size_t size;
} words;

static void say(words *to, const char *text) {
    size_t size = strlen(text);
    size = size < WORDS - to->size ? size : WORDS - to->size;
    memcpy(to->text + to->size, text, size);
    to->size += size;
}

static void say_number(words *to, uint32_t number) {
    char digits[11];
    size_t at = sizeof digits - 1;
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    say(to, digits + at);
}

static dragoman_bytes said(const words *from) {
    return (dragoman_bytes){(const uint8_t *)from->text, from->size};
}

/* "segment OBX[3] field 5: the value is not of the type in OBX-2". Free of patient data: what has no name is counted.
 */
static void say_fault(words *to, const hl7v2_fault *fault) {
    char name[4] = {0};
    for (size_t n = 0; n < 3 && !fault->is_nameless && fault->segment[n] != 0; n++) {
        name[n] = fault->segment[n] > ' ' && fault->segment[n] < 0x7f ? fault->segment[n] : '?';
    }
    say(to, "segment ");
    say(to, name);
    say(to, "[");
    say_number(to, fault->sequence);
    say(to, "]");
    if (fault->field > 0) {
        say(to, " field ");
        say_number(to, fault->field);
    }
    say(to, ": ");
    say(to, fault->reason);
}

dragoman_status hl7v2_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                   void **ret_instance) {
    session *s = (session *)host->allocate(context, sizeof *s);
    *ret_instance = s;
    if (s == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    s->host = host;
    s->context = context;
    hl7v2_translation_init(&s->translation, host, context, &s->settings);
    s->answers = (hl7v2_answers){.host = host, .context = context};
    s->answers.seed = hl7v2_digest((dragoman_bytes){start->seed, DRAGOMAN_SEED_BYTES}, 0);
    dragoman_status status = hl7v2_settings_read(host, context, start, &s->settings, &s->translation.dialects.link);
    s->framer.limit = s->settings.max_message;
    return status;
}

void hl7v2_session_fini(void *instance) {
    session *s = (session *)instance;
    if (s == NULL) {
        return;
    }
    hl7v2_answers_fini(&s->answers);
    hl7v2_settings_fini(s->host, s->context, &s->settings);
    s->host->release(s->context, (void *)(uintptr_t)s->peer.data);
    s->host->release(s->context, s);
}

/* The peer without its port, which is another one at each connection. */
static dragoman_bytes peer_host(dragoman_bytes peer) {
    for (size_t n = peer.size; n > 0; n--) {
        if (peer.data[n - 1] == ':') {
            return (dragoman_bytes){peer.data, n - 1};
        }
    }
    return peer;
}

static dragoman_status open_session(session *s, const dragoman_opened_event *event) {
    s->framer =
        (hl7v2_framer){.limit = s->settings.max_message, .is_file = event->channel_kind == DRAGOMAN_CHANNEL_FILE};
    s->batch_left = 0;
    s->host->release(s->context, (void *)(uintptr_t)s->peer.data);
    s->peer = s->translation.peer = (dragoman_bytes){NULL, 0};
    uint8_t *peer = (uint8_t *)s->host->allocate(s->context, event->peer.size + 1);
    if (peer == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    if (event->peer.size > 0) {
        memcpy(peer, event->peer.data, event->peer.size);
    }
    s->peer = (dragoman_bytes){peer, event->peer.size};
    s->translation.peer = s->framer.is_file ? (dragoman_bytes){NULL, 0} : peer_host(s->peer);
    return DRAGOMAN_OK;
}

/* Who the host should think the sender is, for telling repetitions apart. */
static dragoman_bytes sender_of(session *s) {
    hl7v2_translation *t = &s->translation;
    dragoman_bytes parts[3] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    if (s->settings.sender_has_header) {
        parts[0] = hl7v2_header_field(&t->header, 3);
        parts[1] = hl7v2_header_field(&t->header, 4);
    }
    if (s->settings.sender_has_peer || parts[0].size + parts[1].size == 0) {
        parts[2] = peer_host(s->peer);
    }
    uint32_t given = (parts[0].size > 0 ? 1u : 0u) + (parts[1].size > 0 ? 1u : 0u) + (parts[2].size > 0 ? 1u : 0u);
    if (given == 1) {
        return parts[0].size > 0 ? parts[0] : parts[1].size > 0 ? parts[1] : parts[2];
    }
    /* The sender is named again when the message is refused, after the report's memory is gone. */
    hl7v2_memory *memory = t->message.memory;
    t->message.memory = &t->header_memory;
    dragoman_bytes sender = hl7v2_join(&t->message, parts, 3, '|');
    t->message.memory = memory;
    return sender;
}

static void count(session *s, uint32_t counter, uint64_t add) {
    if (add > 0) {
        s->host->count(s->context, counter, add);
    }
}

/* What was refused goes to the dead letters. */
static dragoman_status bury(session *s, dragoman_bytes content, dragoman_bytes sender, uint64_t digest,
                            uint64_t *ret_number) {
    const hl7v2_fault *fault = &s->translation.fault;
    words reason = {.size = 0};
    say_fault(&reason, fault);
    words line = {.size = 0};
    say(&line, "a message was refused: ");
    say_fault(&line, fault);
    s->host->log(s->context, DRAGOMAN_LOG_WARNING, said(&line), (dragoman_bytes){NULL, 0});
    count(s, DRAGOMAN_COUNT_REFUSED, 1);
    dragoman_status status = s->host->message_begin(s->context, sender, s->translation.id, digest, ret_number);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    bool is_foreign = fault->code == HL7V2_UNSUPPORTED_MESSAGE || fault->code == HL7V2_UNSUPPORTED_EVENT;
    /* Of what is none of our business the header is enough to see who sends it. */
    (void)s->host->dead_letter(s->context, is_foreign ? s->translation.header.raw : content, DRAGOMAN_TEXT("translate"),
                               said(&reason));
    return s->host->message_end(s->context);
}

/* One message between begin and end; a fault takes all of it back. */
static dragoman_status take_whole(session *s, dragoman_bytes content, uint64_t *ret_number) {
    hl7v2_translation *t = &s->translation;
    dragoman_bytes sender = sender_of(s);
    uint64_t digest = hl7v2_digest(content, 0);
    dragoman_status status = DRAGOMAN_OK;
    if (t->fault.code == 0) {
        status = s->host->message_begin(s->context, sender, t->id, digest, ret_number);
        if (status != DRAGOMAN_OK) {
            *ret_number = 0;
            return status;
        }
        if (t->kind == HL7V2_KIND_DISCARDED) {
            count(s, DRAGOMAN_COUNT_DISCARDED, 1);
        } else {
            hl7v2_translation_run(t);
        }
        if (t->fault.code == 0) {
            return s->host->message_end(s->context);
        }
        s->host->message_abandon(s->context);
    }
    status = bury(s, content, sender, digest, ret_number);
    if (status != DRAGOMAN_OK) {
        *ret_number = 0;
    }
    return status;
}

static dragoman_status take_message(session *s, dragoman_bytes content, const dragoman_now *now) {
    hl7v2_translation *t = &s->translation;
    uint64_t number = 0;
    bool is_headless = t->fault.code == HL7V2_SEGMENT_SEQUENCE && t->header.count == 0;
    dragoman_status taken = take_whole(s, content, &number);
    count(s, DRAGOMAN_COUNT_REPLACED_CHARACTER, t->message.replaced);
    count(s, DRAGOMAN_COUNT_ODD_VALUE, t->odd_values);
    bool is_silent = s->framer.is_file || is_headless;
    dragoman_status status = hl7v2_answers_add(&s->answers, number, content, t, is_silent);
    if (taken != DRAGOMAN_OK) {
        s->host->log(s->context, DRAGOMAN_LOG_ERROR, DRAGOMAN_TEXT("a message could not be handed on"),
                     (dragoman_bytes){NULL, 0});
    }
    hl7v2_answers_flush(&s->answers, now->wall_us);
    return status;
}

/* The next message of a batch inside of one MLLP block, which came whole: one a call, so that a long batch is held back
 * like as many single messages. */
static dragoman_status take_from_batch(session *s, dragoman_bytes unread, const dragoman_now *now,
                                       dragoman_progress *ret_progress) {
    hl7v2_framer inner = {.limit = s->framer.limit, .is_file = true};
    dragoman_bytes_event event = {.unread = {unread.data, s->batch_left}, .fresh = s->batch_left, .is_end = 1};
    hl7v2_frame frame;
    hl7v2_framer_next(&inner, &event, &frame);
    /* What the framer makes nothing of is the end of it. */
    ret_progress->consumed = frame.consumed > 0 ? frame.consumed : s->batch_left;
    s->batch_left -= ret_progress->consumed;
    if (s->batch_left == 0) {
        ret_progress->consumed += s->batch_end;
    }
    if (frame.kind != HL7V2_FRAME_MESSAGE) {
        return DRAGOMAN_OK;
    }
    hl7v2_translation_begin(&s->translation, frame.content);
    return take_message(s, frame.content, now);
}

static dragoman_bytes without_lines(dragoman_bytes content) {
    while (content.size > 0 && (content.data[0] == '\r' || content.data[0] == '\n' || content.data[0] == ' ')) {
        content.data++;
        content.size--;
    }
    return content;
}

static dragoman_status take_long(session *s, dragoman_bytes content, const dragoman_now *now) {
    size_t size = content.size < HL7V2_HEADER ? content.size : HL7V2_HEADER;
    content = without_lines((dragoman_bytes){content.data, size});
    hl7v2_translation_begin(&s->translation, content);
    if (s->translation.fault.code == 0) {
        hl7v2_fail(&s->translation, HL7V2_INTERNAL_ERROR, "MSH", 1, 0, "the message is longer than max_message");
    }
    return take_message(s, content, now);
}

static dragoman_status take_frame(session *s, dragoman_bytes unread, const hl7v2_frame *frame, const dragoman_now *now,
                                  dragoman_progress *ret_progress) {
    switch (frame->kind) {
    case HL7V2_FRAME_MESSAGE: {
        dragoman_bytes content = without_lines(frame->content);
        if (hl7v2_frame_is_batch_line(content)) {
            size_t before = (size_t)(content.data - unread.data);
            s->batch_left = content.size;
            s->batch_end = frame->consumed - before - content.size;
            dragoman_status status = take_from_batch(s, content, now, ret_progress);
            ret_progress->consumed += before;
            return status;
        }
        hl7v2_translation_begin(&s->translation, content);
        return take_message(s, content, now);
    }
    case HL7V2_FRAME_TOO_LONG:
        return take_long(s, frame->content, now);
    case HL7V2_FRAME_BROKEN:
        count(s, DRAGOMAN_COUNT_BAD_FRAME, 1);
        return DRAGOMAN_OK;
    default:
        count(s, DRAGOMAN_COUNT_RESYNCHRONISED, frame->garbage);
        return DRAGOMAN_OK;
    }
}

static dragoman_status take_bytes(session *s, const dragoman_bytes_event *event, const dragoman_now *now,
                                  dragoman_progress *ret_progress) {
    if (s->is_closed) {
        ret_progress->consumed = event->unread.size;
        return DRAGOMAN_OK;
    }
    hl7v2_translation_forget(&s->translation);
    if (s->batch_left > 0) {
        return take_from_batch(s, event->unread, now, ret_progress);
    }
    hl7v2_frame frame;
    hl7v2_framer_next(&s->framer, event, &frame);
    ret_progress->consumed = frame.consumed;
    if (frame.kind == HL7V2_FRAME_MORE) {
        return event->is_end != 0 ? DRAGOMAN_OK : DRAGOMAN_NEED_MORE;
    }
    return take_frame(s, event->unread, &frame, now, ret_progress);
}

static void drop_sent(session *s) {
    if (s->is_sending) {
        hl7v2_answers_sent(&s->answers);
        s->is_sending = false;
    }
}

dragoman_status hl7v2_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                     dragoman_progress *ret_progress) {
    session *s = (session *)instance;
    drop_sent(s);
    dragoman_status status = DRAGOMAN_OK;
    switch (event->kind) {
    case DRAGOMAN_EVENT_OPENED:
        status = open_session(s, &event->of.opened);
        break;
    case DRAGOMAN_EVENT_BYTES:
        status = take_bytes(s, &event->of.bytes, now, ret_progress);
        break;
    case DRAGOMAN_EVENT_SETTLED:
        hl7v2_answers_settle(&s->answers, &event->of.settled, now->wall_us);
        break;
    default:
        break;
    }
    return s->answers.is_out_of_memory ? DRAGOMAN_NO_MEMORY : status;
}

int64_t hl7v2_session_deadline(const void *instance) {
    (void)instance;
    return DRAGOMAN_NO_DEADLINE;
}

dragoman_status hl7v2_session_expire(void *instance, const dragoman_now *now) {
    (void)now;
    drop_sent((session *)instance);
    return DRAGOMAN_OK;
}

dragoman_status hl7v2_session_next(void *instance, dragoman_action *ret_action) {
    session *s = (session *)instance;
    drop_sent(s);
    if (s->answers.out_size > 0) {
        ret_action->kind = DRAGOMAN_ACTION_SEND;
        ret_action->channel = 0;
        ret_action->data = (dragoman_bytes){s->answers.out, s->answers.out_size};
        s->is_sending = true;
        return DRAGOMAN_OK;
    }
    if (s->answers.wants_close && !s->is_closed) {
        s->is_closed = true;
        ret_action->kind = DRAGOMAN_ACTION_CLOSE;
        ret_action->channel = 0;
        return DRAGOMAN_OK;
    }
    return DRAGOMAN_NOT_FOUND;
}
