#include "session.h"

#include <string.h>

/* What moves a session from one state to the next. */
typedef enum cause { CAUSE_OPENED, CAUSE_TIME, CAUSE_ANSWER, CAUSE_CLOSED } cause;

typedef void (*step)(modbus_session *self, const dragoman_now *now);

static void meet(modbus_session *self, const dragoman_now *now) {
    modbus_poll_start(self, now);
}

static void pause(modbus_session *self, const dragoman_now *now) {
    self->wake_us = now->monotonic_us + self->pause_us;
}

static void give_up(modbus_session *self, const dragoman_now *now) {
    modbus_hear_nothing(self, now);
    pause(self, now);
}

static void part(modbus_session *self, const dragoman_now *now) {
    (void)now;
    self->out_size = 0;
    if (!self->is_stopping) {
        modbus_hear_end(self);
    }
}

/* MODBUS over Serial Line V1.02, 2.4.1, the client's states; its "processing reply" and "processing error" take no
 * time here. Every other pair changes nothing: what comes while nothing is out is thrown away. */
static const struct {
    step run;
    uint8_t state, cause, next;
} steps[] = {
    {meet, MODBUS_CLOSED, CAUSE_OPENED, MODBUS_IDLE},
    {modbus_poll_ask, MODBUS_IDLE, CAUSE_TIME, MODBUS_WAITING}, /* "unicast request sent" */
    {pause, MODBUS_WAITING, CAUSE_ANSWER, MODBUS_PAUSING},      /* "reply received" */
    {give_up, MODBUS_WAITING, CAUSE_TIME, MODBUS_PAUSING},      /* "time out" */
    {NULL, MODBUS_PAUSING, CAUSE_TIME, MODBUS_IDLE},            /* 2.5.1.1: 3.5 characters of silence */
    {part, MODBUS_IDLE, CAUSE_CLOSED, MODBUS_CLOSED},           /* a connection ended */
    {part, MODBUS_WAITING, CAUSE_CLOSED, MODBUS_CLOSED},
    {part, MODBUS_PAUSING, CAUSE_CLOSED, MODBUS_CLOSED},
};

static void take_step(modbus_session *self, cause why, const dragoman_now *now) {
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i].state == self->state && steps[i].cause == (uint8_t)why) {
            if (steps[i].run != NULL) {
                steps[i].run(self, now);
            }
            self->state = steps[i].next;
            return;
        }
    }
}

dragoman_status modbus_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                    void **ret_instance) {
    modbus_session *self = (modbus_session *)host->allocate(context, sizeof *self);
    *ret_instance = self;
    if (self == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    memset(self, 0, sizeof *self);
    self->host = host;
    self->context = context;
    return modbus_settings_read(self, start);
}

void modbus_session_fini(void *instance) {
    modbus_session *self = (modbus_session *)instance;
    if (self != NULL) {
        modbus_settings_release(self);
        self->host->release(self->context, self);
    }
}

int64_t modbus_session_deadline(const void *instance) {
    const modbus_session *self = (const modbus_session *)instance;
    switch (self->state) {
    case MODBUS_IDLE:
        return modbus_poll_due(self);
    case MODBUS_WAITING:
    case MODBUS_PAUSING:
        return self->wake_us;
    default:
        return DRAGOMAN_NO_DEADLINE;
    }
}

/* Does what is due, until something is waited for. */
static void advance(modbus_session *self, const dragoman_now *now) {
    while (modbus_session_deadline(self) <= now->monotonic_us) {
        take_step(self, CAUSE_TIME, now);
    }
}

/* Where a device that came to us came from, without its port, which is another one each time. */
static dragoman_status keep_peer(modbus_session *self, dragoman_bytes peer) {
    self->host->release(self->context, (void *)(uintptr_t)self->peer.data);
    self->peer = (dragoman_bytes){NULL, 0};
    size_t size = peer.size;
    while (size > 0 && peer.data[size - 1] != ':') {
        size--;
    }
    size = size > 0 ? size - 1 : peer.size;
    if (size == 0) {
        return DRAGOMAN_OK;
    }
    uint8_t *kept = (uint8_t *)self->host->allocate(self->context, size);
    if (kept == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    memcpy(kept, peer.data, size);
    self->peer = (dragoman_bytes){kept, size};
    return DRAGOMAN_OK;
}

/* A serial port is a path; what is not said in the settings, the channel tells. */
static dragoman_status open_channel(modbus_session *self, const dragoman_opened_event *event, const dragoman_now *now) {
    bool is_port = event->peer.size > 0 && event->peer.data[0] == '/';
    if (!self->is_framing_known) {
        self->framing = is_port ? MODBUS_RTU : MODBUS_TCP;
    }
    if (!self->is_pause_known) {
        self->pause_us = self->framing == MODBUS_TCP ? 0 : MODBUS_SERIAL_TURNAROUND_MS * INT64_C(1000);
    }
    dragoman_status status = DRAGOMAN_OK;
    if (event->is_initiator == 0 && !is_port) {
        status = keep_peer(self, event->peer);
    }
    take_step(self, CAUSE_OPENED, now);
    return status;
}

static void count(modbus_session *self, uint32_t counter, uint64_t add) {
    if (add > 0) {
        self->host->count(self->context, counter, add);
    }
}

static dragoman_status take_bytes(modbus_session *self, const dragoman_bytes_event *event, const dragoman_now *now,
                                  dragoman_progress *ret_progress) {
    size_t seen = event->unread.size - event->fresh;
    if (self->state != MODBUS_WAITING || (self->has_stale && seen > 0)) {
        /* What came before the question cannot be its answer. */
        ret_progress->consumed = self->state != MODBUS_WAITING ? event->unread.size : seen;
        count(self, DRAGOMAN_COUNT_RESYNCHRONISED, ret_progress->consumed);
        self->has_stale = false;
        return DRAGOMAN_OK;
    }
    modbus_answer answer;
    modbus_frame_find(&self->asked, event->unread, self->room, &answer);
    self->has_stale = false;
    self->is_garbled |= event->unread.size > 0;
    count(self, DRAGOMAN_COUNT_BAD_FRAME, answer.broken);
    bool is_answered = answer.find == MODBUS_FIND_ANSWER;
    size_t behind = is_answered ? event->unread.size - answer.consumed : 0;
    count(self, DRAGOMAN_COUNT_RESYNCHRONISED, answer.noise + behind);
    ret_progress->consumed = answer.consumed;
    if (is_answered) {
        /* One question, one answer: what stands behind it answers nothing, least of all the next question. */
        ret_progress->consumed = event->unread.size;
        modbus_hear_answer(self, answer.pdu, now);
        take_step(self, CAUSE_ANSWER, now);
        return DRAGOMAN_OK;
    }
    return answer.consumed > 0 || event->unread.size == 0 ? DRAGOMAN_OK : DRAGOMAN_NEED_MORE;
}

dragoman_status modbus_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                      dragoman_progress *ret_progress) {
    modbus_session *self = (modbus_session *)instance;
    dragoman_status status = DRAGOMAN_OK;
    switch (event->kind) {
    case DRAGOMAN_EVENT_OPENED:
        status = open_channel(self, &event->of.opened, now);
        break;
    case DRAGOMAN_EVENT_BYTES:
        status = take_bytes(self, &event->of.bytes, now, ret_progress);
        break;
    case DRAGOMAN_EVENT_CLOSED:
        /* When dragoman stops, nothing is known of the device that was not known before. */
        self->is_stopping = event->of.closed.reason == DRAGOMAN_CLOSE_SHUTDOWN;
        take_step(self, CAUSE_CLOSED, now);
        break;
    default:
        break;
    }
    advance(self, now);
    return status;
}

dragoman_status modbus_session_expire(void *instance, const dragoman_now *now) {
    advance((modbus_session *)instance, now);
    return DRAGOMAN_OK;
}

dragoman_status modbus_session_next(void *instance, dragoman_action *ret_action) {
    modbus_session *self = (modbus_session *)instance;
    if (self->out_size == 0) {
        return DRAGOMAN_NOT_FOUND;
    }
    ret_action->kind = DRAGOMAN_ACTION_SEND;
    ret_action->channel = 0;
    ret_action->data = (dragoman_bytes){self->out, self->out_size};
    self->out_size = 0;
    return DRAGOMAN_OK;
}
