#include "session.h"
#include <string.h>

#define US_PER_MS INT64_C(1000)

uint64_t phd_digest(dragoman_bytes bytes) {
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t n = 0; n < bytes.size; n++) {
        hash = (hash ^ bytes.data[n]) * UINT64_C(1099511628211);
    }
    return hash;
}

void phd_session_log(phd_session *s, uint32_t level, const char *text) {
    s->host->log(s->context, level, (dragoman_bytes){(const uint8_t *)text, strlen(text)}, (dragoman_bytes){NULL, 0});
}

void phd_session_wait(phd_session *s, int64_t ms) {
    s->deadline_us = s->now.monotonic_us + ms * US_PER_MS;
}

dragoman_status phd_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                 void **ret_instance) {
    phd_session *s = (phd_session *)host->allocate(context, sizeof *s);
    *ret_instance = s;
    if (s == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    s->host = host;
    s->context = context;
    s->state = PHD_DISCONNECTED;
    s->now = start->now;
    s->deadline_us = s->silence_us = DRAGOMAN_NO_DEADLINE;
    if (!phd_association_settings(s, start)) {
        phd_session_log(s, DRAGOMAN_LOG_ERROR, "system_id is not an EUI-64 of sixteen hexadecimal digits");
        return DRAGOMAN_INVALID;
    }
    return DRAGOMAN_OK;
}

/* What an association leaves behind goes with it. */
static void forget_association(phd_session *s) {
    phd_store_clear(s);
    phd_configuration_clear(&s->configuration, s->host, s->context);
    phd_facts_clear(&s->facts, s->host, s->context);
    s->pending_count = 0;
    s->is_waiting = false;
}

void phd_session_fini(void *instance) {
    phd_session *s = (phd_session *)instance;
    if (s == NULL) {
        return;
    }
    forget_association(s);
    s->host->release(s->context, s->outbox);
    s->host->release(s->context, s);
}

/* The clock of the state that was entered. */
static void start_clock(phd_session *s) {
    switch (s->state) {
    case PHD_WAITING_FOR_CONFIG:
        phd_session_wait(s, PHD_TO_CONFIG_MS);
        break;
    case PHD_DISASSOCIATING:
        phd_session_wait(s, PHD_TO_RELEASE_MS);
        break;
    default:
        s->deadline_us = DRAGOMAN_NO_DEADLINE;
        break;
    }
}

static void act(phd_session *s, phd_act act, const phd_data *data) {
    switch (act) {
    case PHD_ACT_ACCEPT:
        phd_answer_association(s, PHD_ACCEPTED);
        phd_request_begin(s);
        break;
    case PHD_ACT_ACCEPT_UNKNOWN:
        phd_answer_association(s, PHD_ACCEPTED_UNKNOWN_CONFIG);
        break;
    case PHD_ACT_ABORT:
        phd_answer_reason(s, PHD_ABRT, PHD_ABORT_UNDEFINED);
        break;
    case PHD_ACT_ABORT_LATE:
        phd_answer_reason(s, PHD_ABRT, PHD_ABORT_RESPONSE_TIMEOUT);
        break;
    case PHD_ACT_ABORT_NO_CONFIG:
        phd_answer_reason(s, PHD_ABRT, PHD_ABORT_CONFIGURATION_TIMEOUT);
        break;
    case PHD_ACT_RELEASE:
        phd_answer_reason(s, PHD_RLRQ, PHD_RELEASE_NORMAL);
        break;
    case PHD_ACT_RELEASED:
        phd_answer_reason(s, PHD_RLRE, PHD_RELEASE_NORMAL);
        break;
    case PHD_ACT_TAKE_CONFIG:
        phd_event_config(s, data);
        break;
    case PHD_ACT_CONFIG_ACCEPTED:
        phd_request_begin(s);
        break;
    case PHD_ACT_NO_SUCH_OBJECT:
        if (data != NULL) {
            phd_answer_refusal(s, data->invoke_id, PHD_ERROR, PHD_NO_SUCH_OBJECT);
        }
        break;
    case PHD_ACT_TAKE_EVENT:
        phd_event_take(s, data);
        break;
    case PHD_ACT_TAKE_RESPONSE:
        phd_request_answered(s, data);
        break;
    /* The answers to an aarq and to a configuration depend on more than the row: who found the input writes them. */
    case PHD_ACT_REFUSE:
    case PHD_ACT_CONFIG_UNSUPPORTED:
    case PHD_ACT_NONE:
        break;
    }
}

void phd_session_input(phd_session *s, phd_input input, const phd_data *data) {
    const phd_row *row = phd_machine_row(s->state, input);
    if (row == NULL) {
        return;
    }
    bool is_other = row->next != (uint8_t)s->state;
    s->state = (phd_state)row->next;
    if (is_other) {
        start_clock(s);
    }
    if (is_other && (s->state == PHD_UNASSOCIATED || s->state == PHD_DISCONNECTED)) {
        forget_association(s);
    }
    act(s, (phd_act)row->act, data);
}

static void take_association(phd_session *s, dragoman_bytes body) {
    uint16_t result = PHD_ACCEPTED;
    phd_input input = s->state == PHD_UNASSOCIATED ? phd_association_judge(s, body, &result) : PHD_RX_AARQ_UNACCEPTABLE;
    if (s->state == PHD_UNASSOCIATED && input == PHD_RX_AARQ_UNACCEPTABLE) {
        phd_session_log(s, DRAGOMAN_LOG_WARNING, "an agent's association request was rejected");
        s->host->count(s->context, DRAGOMAN_COUNT_REFUSED, 1);
        phd_answer_association(s, result);
    }
    phd_session_input(s, input, NULL);
}

static phd_input input_of(uint16_t choice) {
    switch (choice) {
    case PHD_CONFIRMED_EVENT:
        return PHD_RX_CONFIRMED_EVENT;
    case PHD_EVENT:
        return PHD_RX_EVENT;
    case PHD_GET:
    case PHD_SET:
    case PHD_CONFIRMED_SET:
    case PHD_ACTION:
    case PHD_CONFIRMED_ACTION:
        return PHD_RX_OTHER_INVOKE;
    default:
        return PHD_RX_RESPONSE;
    }
}

static void take_apdu(phd_session *s, const phd_frame *frame) {
    switch (frame->choice) {
    case PHD_AARQ:
        take_association(s, frame->body);
        break;
    case PHD_AARE:
        phd_session_input(s, PHD_RX_AARE, NULL);
        break;
    case PHD_RLRQ:
        phd_session_input(s, PHD_RX_RLRQ, NULL);
        break;
    case PHD_RLRE:
        phd_session_input(s, PHD_RX_RLRE, NULL);
        break;
    case PHD_ABRT:
        phd_session_input(s, PHD_RX_ABRT, NULL);
        break;
    default: {
        phd_data data = phd_data_read(frame->body);
        phd_session_input(s, input_of(data.choice), &data);
        break;
    }
    }
}

/* An APDU whose rest has not come for so long has lost its end: what was there of it is left behind when more comes. */
static bool is_abandoned(const phd_session *s, const dragoman_bytes_event *event) {
    return s->incomplete_us != 0 && event->fresh > 0 && event->fresh < event->unread.size &&
           s->now.monotonic_us - s->incomplete_us > PHD_APDU_MS * US_PER_MS;
}

static phd_frame next_frame(const phd_session *s, const dragoman_bytes_event *event) {
    if (is_abandoned(s, event)) {
        return (phd_frame){.kind = PHD_FRAME_SKIP, .consumed = event->unread.size - event->fresh, .is_broken = true};
    }
    phd_frame frame = phd_frame_next(event->unread);
    if (frame.kind == PHD_FRAME_MORE && event->is_end != 0 && event->unread.size > 0) {
        return (phd_frame){.kind = PHD_FRAME_SKIP, .consumed = event->unread.size, .is_broken = true};
    }
    return frame;
}

static dragoman_status take_bytes(phd_session *s, const dragoman_bytes_event *event, dragoman_progress *ret_progress) {
    phd_frame frame = next_frame(s, event);
    ret_progress->consumed = frame.consumed;
    if (frame.kind == PHD_FRAME_MORE) {
        s->incomplete_us = event->unread.size == 0 ? 0 : event->fresh > 0 ? s->now.monotonic_us : s->incomplete_us;
        return DRAGOMAN_NEED_MORE;
    }
    s->incomplete_us = 0;
    if (frame.kind == PHD_FRAME_SKIP) {
        s->host->count(s->context, DRAGOMAN_COUNT_RESYNCHRONISED, frame.consumed);
        s->host->count(s->context, DRAGOMAN_COUNT_BAD_FRAME, frame.is_broken ? 1 : 0);
        return DRAGOMAN_OK;
    }
    take_apdu(s, &frame);
    return DRAGOMAN_OK;
}

/* What was sent has left with the call after it. */
static void clean_outbox(phd_session *s) {
    if (!s->is_sending) {
        return;
    }
    s->is_sending = false;
    s->outbox_size = 0;
    if (s->outbox_room > PHD_OUTBOX_KEPT_BYTES) {
        s->host->release(s->context, s->outbox);
        s->outbox = NULL;
        s->outbox_room = 0;
    }
}

static void heard(phd_session *s) {
    bool counts = s->settings.release_after_ms > 0;
    s->silence_us = counts ? s->now.monotonic_us + s->settings.release_after_ms * US_PER_MS : DRAGOMAN_NO_DEADLINE;
}

dragoman_status phd_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                   dragoman_progress *ret_progress) {
    phd_session *s = (phd_session *)instance;
    dragoman_status status = DRAGOMAN_OK;
    s->now = *now;
    clean_outbox(s);
    switch (event->kind) {
    case DRAGOMAN_EVENT_OPENED:
        phd_session_input(s, PHD_IND_CONNECTION, NULL);
        break;
    case DRAGOMAN_EVENT_BYTES:
        if (event->of.bytes.fresh > 0) {
            heard(s);
        }
        status = take_bytes(s, &event->of.bytes, ret_progress);
        break;
    case DRAGOMAN_EVENT_SETTLED:
        phd_event_settled(s, &event->of.settled);
        break;
    case DRAGOMAN_EVENT_CLOSED:
        phd_session_input(s, PHD_IND_DISCONNECT, NULL);
        s->silence_us = DRAGOMAN_NO_DEADLINE;
        s->incomplete_us = 0;
        break;
    default:
        break;
    }
    return s->is_full ? DRAGOMAN_LIMIT : status;
}

/* Silence counts only where there is an association that can be released. */
static int64_t silence_of(const phd_session *s) {
    bool is_associated = s->state == PHD_OPERATING && s->deadline_us == DRAGOMAN_NO_DEADLINE;
    return is_associated ? s->silence_us : DRAGOMAN_NO_DEADLINE;
}

int64_t phd_session_deadline(const void *instance) {
    const phd_session *s = (const phd_session *)instance;
    int64_t silence_us = silence_of(s);
    return s->deadline_us < silence_us ? s->deadline_us : silence_us;
}

dragoman_status phd_session_expire(void *instance, const dragoman_now *now) {
    phd_session *s = (phd_session *)instance;
    s->now = *now;
    clean_outbox(s);
    if (s->deadline_us <= now->monotonic_us) {
        s->deadline_us = DRAGOMAN_NO_DEADLINE;
        phd_session_log(s, DRAGOMAN_LOG_WARNING, "an agent did not answer in time; the association is given up");
        phd_session_input(s, PHD_IND_TIMEOUT, NULL);
    } else if (silence_of(s) <= now->monotonic_us) {
        s->silence_us = DRAGOMAN_NO_DEADLINE;
        phd_session_log(s, DRAGOMAN_LOG_INFO, "an agent has been silent for release_after; it is released");
        phd_session_input(s, PHD_REQ_RELEASE, NULL);
    }
    return s->is_full ? DRAGOMAN_LIMIT : DRAGOMAN_OK;
}

dragoman_status phd_session_next(void *instance, dragoman_action *ret_action) {
    phd_session *s = (phd_session *)instance;
    if (s->is_sending) {
        clean_outbox(s);
        return DRAGOMAN_NOT_FOUND;
    }
    if (s->outbox_size == 0) {
        return DRAGOMAN_NOT_FOUND;
    }
    ret_action->kind = DRAGOMAN_ACTION_SEND;
    ret_action->channel = 0;
    ret_action->data = (dragoman_bytes){s->outbox, s->outbox_size};
    s->is_sending = true;
    return DRAGOMAN_OK;
}
