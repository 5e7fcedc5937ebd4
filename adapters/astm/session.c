#include "session.h"
#include "conversation.h"
#include "dialect.h"

static bool copy(astm_conversation *s, dragoman_bytes *text) {
    if (text->size == 0) {
        return true;
    }
    uint8_t *kept = (uint8_t *)s->host->allocate(s->context, text->size);
    if (kept != NULL) {
        memcpy(kept, text->data, text->size);
    }
    *text = kept == NULL ? (dragoman_bytes){NULL, 0} : (dragoman_bytes){kept, text->size};
    return kept != NULL;
}

static dragoman_status read_settings(astm_conversation *s, const dragoman_start *start) {
    for (const char *const *key = astm_dialect_keys; *key != NULL; key++) {
        dragoman_bytes name = {(const uint8_t *)*key, strlen(*key)};
        astm_dialect_set(&s->dialect, *key, dragoman_setting_find(start, name));
    }
    bool is_kept = copy(s, &s->dialect.charset);
    is_kept = copy(s, &s->dialect.code_system) && is_kept;
    s->answers_queries = !astm_is(dragoman_setting_find(start, DRAGOMAN_TEXT("queries")), "ignore");
    size_t size = 0;
    dragoman_bytes most = dragoman_setting_find(start, DRAGOMAN_TEXT("max_message"));
    for (size_t n = 0; n < most.size && n < 9 && most.data[n] >= '0' && most.data[n] <= '9'; n++) {
        size = size * 10 + (size_t)(most.data[n] - '0');
    }
    bool is_sane = size >= ASTM_MAX_MESSAGE_LEAST && size <= ASTM_MAX_MESSAGE_MOST;
    s->max_message = is_sane ? size : ASTM_MAX_MESSAGE;
    s->scanner.limit = s->max_message;
    return is_kept ? DRAGOMAN_OK : DRAGOMAN_NO_MEMORY;
}

dragoman_status astm_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                  void **ret_instance) {
    astm_conversation *s = (astm_conversation *)host->allocate(context, sizeof *s);
    *ret_instance = s;
    if (s == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    s->host = host;
    s->context = context;
    s->deadline_us = DRAGOMAN_NO_DEADLINE;
    astm_holding_init(&s->holding, host, context, (dragoman_bytes){NULL, 0});
    return read_settings(s, start);
}

void astm_session_fini(void *instance) {
    astm_conversation *s = (astm_conversation *)instance;
    if (s == NULL) {
        return;
    }
    astm_holding_fini(&s->holding);
    s->host->release(s->context, (void *)(uintptr_t)s->dialect.charset.data);
    s->host->release(s->context, (void *)(uintptr_t)s->dialect.code_system.data);
    s->host->release(s->context, s);
}

static astm_input input_of(const astm_conversation *s, const astm_sight *sight) {
    if (sight->kind == ASTM_SEES_SIGN) {
        return sight->sign == ASTM_ENQ   ? ASTM_SAW_ENQ
               : sight->sign == ASTM_EOT ? ASTM_SAW_EOT
               : sight->sign == ASTM_ACK ? ASTM_SAW_ACK
                                         : ASTM_SAW_NAK;
    }
    if (sight->kind == ASTM_SEES_BAD) {
        return ASTM_SAW_BAD;
    }
    if (sight->number == s->due) {
        return ASTM_SAW_NEXT;
    }
    return s->has_taken && astm_number_after(sight->number) == s->due ? ASTM_SAW_AGAIN : ASTM_SAW_OTHER;
}

static dragoman_status take_frames(astm_conversation *s, const dragoman_bytes_event *event, const dragoman_now *now,
                                   dragoman_progress *ret_progress) {
    astm_sight sight;
    astm_scanner_next(&s->scanner, event, &sight);
    ret_progress->consumed = sight.consumed;
    switch (sight.kind) {
    case ASTM_SEES_NOTHING:
        return event->is_end != 0 ? DRAGOMAN_OK : DRAGOMAN_NEED_MORE;
    case ASTM_SEES_NOISE:
        astm_count(s, DRAGOMAN_COUNT_RESYNCHRONISED, sight.noise);
        return DRAGOMAN_OK;
    case ASTM_SEES_CUT:
        astm_count(s, DRAGOMAN_COUNT_BAD_FRAME, 1);
        return DRAGOMAN_OK;
    case ASTM_SEES_BAD:
        astm_count(s, DRAGOMAN_COUNT_BAD_FRAME, 1);
        sight.text = (dragoman_bytes){event->unread.data, sight.consumed};
        break;
    default:
        break;
    }
    if (s->is_file && s->phase == ASTM_NEUTRAL && sight.kind == ASTM_SEES_FRAME) {
        /* Captures often begin with the first frame. */
        s->phase = ASTM_RECEIVING;
        s->due = sight.number;
    }
    return astm_step_do(s, input_of(s, &sight), &sight, now);
}

/* A file of bare records: one message at a time. */
static dragoman_status take_records(astm_conversation *s, const dragoman_bytes_event *event,
                                    dragoman_progress *ret_progress) {
    dragoman_bytes unread = event->unread;
    size_t size = astm_message_size(unread, &s->searched);
    bool is_long = unread.size > s->max_message && s->searched > 0;
    if (size == 0 && is_long) {
        size = s->searched;
    } else if (size == 0 && event->is_end != 0) {
        size = unread.size;
    } else if (size == 0) {
        return DRAGOMAN_NEED_MORE;
    }
    s->searched = 0;
    ret_progress->consumed = size;
    bool is_empty = true;
    for (size_t n = 0; n < size && is_empty; n++) {
        is_empty = astm_is_end(unread.data[n]) || unread.data[n] == ' ';
    }
    return is_empty ? DRAGOMAN_OK : astm_conversation_take(s, (dragoman_bytes){unread.data, size});
}

static dragoman_status take_bytes(astm_conversation *s, const dragoman_bytes_event *event, const dragoman_now *now,
                                  dragoman_progress *ret_progress) {
    if (s->is_file && !s->has_begun && event->unread.size > 0) {
        uint8_t first = event->unread.data[0];
        s->is_bare = first != ASTM_STX && first != ASTM_ENQ;
        s->has_begun = true;
    }
    dragoman_status status = event->is_end != 0 ? DRAGOMAN_OK : DRAGOMAN_NEED_MORE;
    if (event->unread.size > 0) {
        status = s->is_bare ? take_records(s, event, ret_progress) : take_frames(s, event, now, ret_progress);
    }
    bool is_over = event->is_end != 0 && ret_progress->consumed == event->unread.size;
    if (status == DRAGOMAN_OK && is_over && s->is_file && !s->is_bare) {
        return astm_step_do(s, ASTM_SAW_EOT, NULL, now);
    }
    return status;
}

/* The address without its port, which is another one at each connection. */
static void keep_peer(astm_conversation *s, dragoman_bytes peer) {
    size_t size = peer.size;
    for (size_t n = peer.size; n > 0 && size == peer.size; n--) {
        size = peer.data[n - 1] == ':' ? n - 1 : size;
    }
    s->peer_size = size < sizeof s->peer ? size : sizeof s->peer;
    if (s->peer_size > 0) {
        memcpy(s->peer, peer.data, s->peer_size);
    }
}

/* What a session before left behind when the program ended in the middle of a message: the other side may go on where
 * it was, or begin anew. */
static void open_session(astm_conversation *s, const dragoman_opened_event *event, const dragoman_now *now) {
    s->is_file = event->channel_kind == DRAGOMAN_CHANNEL_FILE;
    if (s->is_file) {
        return;
    }
    keep_peer(s, event->peer);
    astm_holding_fini(&s->holding);
    astm_holding_init(&s->holding, s->host, s->context, astm_peer_of(s));
    bool is_receiving = false;
    dragoman_status status = astm_holding_restore(&s->holding, &is_receiving, &s->due);
    if (status == DRAGOMAN_OK && is_receiving) {
        s->phase = ASTM_RECEIVING;
        s->has_taken = true;
        s->deadline_us = now->monotonic_us + ASTM_RECEIVER_TIMEOUT_US;
    } else if (status != DRAGOMAN_OK && status != DRAGOMAN_NOT_FOUND) {
        astm_say(s, DRAGOMAN_LOG_ERROR, "what was kept of a message could not be read back");
    }
}

/* The line is gone: what was received is handed on. At the end of the program it is kept for the next session. */
static dragoman_status close_session(astm_conversation *s, const dragoman_closed_event *event) {
    if (event->reason == DRAGOMAN_CLOSE_SHUTDOWN || s->is_bare) {
        return DRAGOMAN_OK;
    }
    s->phase = ASTM_NEUTRAL;
    s->deadline_us = DRAGOMAN_NO_DEADLINE;
    return astm_conversation_end(s);
}

/* A message was not kept: the link and the holding go back to where they were before it, and so does everything that
 * came after it. */
static void take_back(astm_conversation *s, uint32_t index) {
    const astm_owed *first = astm_answers_at(&s->answers, index);
    astm_holding_return(&s->holding, first->mark);
    if (s->phase == ASTM_RECEIVING) {
        s->phase = first->is_begin ? ASTM_NEUTRAL : ASTM_RECEIVING;
        s->due = first->due;
        s->has_taken = first->had_taken;
    }
    for (uint32_t n = index; n < s->answers.count; n++) {
        astm_owed *owed = astm_answers_at(&s->answers, n);
        owed->sign = owed->sign == ASTM_ACK ? ASTM_NAK : owed->sign;
        owed->is_due = true;
    }
}

static void settle(astm_conversation *s, const dragoman_settled_event *event) {
    bool is_kept = event->settlement != DRAGOMAN_NOT_KEPT;
    for (uint32_t n = 0; n < s->answers.count; n++) {
        astm_owed *owed = astm_answers_at(&s->answers, n);
        if (owed->is_due || owed->number > event->through) {
            continue;
        }
        if (!is_kept) {
            astm_say(s, DRAGOMAN_LOG_WARNING,
                     "what was received could not be kept; it is refused so that it comes again");
            take_back(s, n);
            break;
        }
        owed->is_due = true;
    }
    astm_answers_flush(&s->answers);
    if (s->answers.count == 0) {
        astm_holding_settled(&s->holding);
    }
}

static void drop_sent(astm_conversation *s) {
    if (s->is_sending) {
        s->answers.out_size = 0;
        s->is_sending = false;
    }
}

dragoman_status astm_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                    dragoman_progress *ret_progress) {
    astm_conversation *s = (astm_conversation *)instance;
    dragoman_status status = DRAGOMAN_OK;
    drop_sent(s);
    switch (event->kind) {
    case DRAGOMAN_EVENT_OPENED:
        open_session(s, &event->of.opened, now);
        break;
    case DRAGOMAN_EVENT_BYTES:
        status = take_bytes(s, &event->of.bytes, now, ret_progress);
        break;
    case DRAGOMAN_EVENT_SETTLED:
        settle(s, &event->of.settled);
        break;
    case DRAGOMAN_EVENT_CLOSED:
        status = close_session(s, &event->of.closed);
        break;
    default:
        break;
    }
    astm_answers_flush(&s->answers);
    return status;
}

int64_t astm_session_deadline(const void *instance) {
    return ((const astm_conversation *)instance)->deadline_us;
}

dragoman_status astm_session_expire(void *instance, const dragoman_now *now) {
    astm_conversation *s = (astm_conversation *)instance;
    drop_sent(s);
    if (now->monotonic_us < s->deadline_us) {
        return DRAGOMAN_OK;
    }
    s->deadline_us = DRAGOMAN_NO_DEADLINE;
    dragoman_status status = astm_step_do(s, ASTM_SAW_NOBODY, NULL, now);
    astm_answers_flush(&s->answers);
    return status;
}

dragoman_status astm_session_next(void *instance, dragoman_action *ret_action) {
    astm_conversation *s = (astm_conversation *)instance;
    drop_sent(s);
    astm_answers_flush(&s->answers);
    if (s->answers.out_size == 0) {
        return DRAGOMAN_NOT_FOUND;
    }
    ret_action->kind = DRAGOMAN_ACTION_SEND;
    ret_action->channel = 0;
    ret_action->data = (dragoman_bytes){s->answers.out, s->answers.out_size};
    s->is_sending = true;
    return DRAGOMAN_OK;
}
