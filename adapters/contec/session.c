#include "session.h"
#include <string.h>

/* All that is ever sent. */
#define START_REALTIME 0xa1u
#define ASK_DEVICE_ID 0xaau
#define STAY 0xafu

/* What moves a session from one state to the next. */
typedef enum cause {
    CAUSE_OPENED,
    CAUSE_OPENED_FILE,
    CAUSE_FIRST,  /* a packet of the first protocol */
    CAUSE_V7,     /* one of V7.0 */
    CAUSE_PARTED, /* the device says that it ends */
    CAUSE_SILENCE,
    CAUSE_ALIVE, /* it is time to say something */
    CAUSE_CLOSED
} cause;

typedef void (*step)(contec_session *self, const dragoman_now *now);

static void begin(contec_session *self, const dragoman_now *now) {
    contec_oximeter_begin(&self->oximeter);
    self->heard_us = self->spoke_us = now->monotonic_us;
    self->is_in_step = false;
    self->out_size = 0;
}

static void put_command(contec_session *self, uint8_t command) {
    const uint8_t bytes[CONTEC_COMMAND_BYTES] = {CONTEC_COMMAND, 0x81, command, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
    if (self->out_size + sizeof bytes <= sizeof self->out) {
        memcpy(self->out + self->out_size, bytes, sizeof bytes);
        self->out_size = (uint8_t)(self->out_size + sizeof bytes);
    }
}

static void ask(contec_session *self, const dragoman_now *now) {
    self->heard_us = self->spoke_us = now->monotonic_us;
    put_command(self, ASK_DEVICE_ID);
    put_command(self, START_REALTIME);
}

static void stay(contec_session *self, const dragoman_now *now) {
    self->spoke_us = now->monotonic_us;
    put_command(self, STAY);
}

static void hear(contec_session *self, const dragoman_now *now) {
    self->heard_us = now->monotonic_us;
}

/* Every other pair changes nothing. */
static const struct {
    step run;
    uint8_t state, cause, next;
} steps[] = {
    {begin, CONTEC_CLOSED, CAUSE_OPENED, CONTEC_QUIET},  {begin, CONTEC_CLOSED, CAUSE_OPENED_FILE, CONTEC_IN_FILE},
    {hear, CONTEC_QUIET, CAUSE_FIRST, CONTEC_SPEAKS},    {hear, CONTEC_QUIET, CAUSE_V7, CONTEC_ANSWERS},
    {ask, CONTEC_QUIET, CAUSE_SILENCE, CONTEC_ASKED},    {hear, CONTEC_ASKED, CAUSE_FIRST, CONTEC_SPEAKS},
    {hear, CONTEC_ASKED, CAUSE_V7, CONTEC_ANSWERS},      {ask, CONTEC_ASKED, CAUSE_SILENCE, CONTEC_ASKED},
    {hear, CONTEC_SPEAKS, CAUSE_FIRST, CONTEC_SPEAKS},   {hear, CONTEC_SPEAKS, CAUSE_V7, CONTEC_ANSWERS},
    {ask, CONTEC_SPEAKS, CAUSE_SILENCE, CONTEC_ASKED},   {hear, CONTEC_ANSWERS, CAUSE_V7, CONTEC_ANSWERS},
    {hear, CONTEC_ANSWERS, CAUSE_FIRST, CONTEC_SPEAKS},  {stay, CONTEC_ANSWERS, CAUSE_ALIVE, CONTEC_ANSWERS},
    {ask, CONTEC_ANSWERS, CAUSE_SILENCE, CONTEC_ASKED},  {hear, CONTEC_ANSWERS, CAUSE_PARTED, CONTEC_ASKED},
    {NULL, CONTEC_IN_FILE, CAUSE_CLOSED, CONTEC_CLOSED}, {NULL, CONTEC_QUIET, CAUSE_CLOSED, CONTEC_CLOSED},
    {NULL, CONTEC_ASKED, CAUSE_CLOSED, CONTEC_CLOSED},   {NULL, CONTEC_SPEAKS, CAUSE_CLOSED, CONTEC_CLOSED},
    {NULL, CONTEC_ANSWERS, CAUSE_CLOSED, CONTEC_CLOSED},
};

static void take_step(contec_session *self, cause why, const dragoman_now *now) {
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

dragoman_status contec_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                    void **ret_instance) {
    (void)start;
    contec_session *made = (contec_session *)host->allocate(context, sizeof *made);
    *ret_instance = made;
    if (made == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    made->oximeter.host = host;
    made->oximeter.context = context;
    return DRAGOMAN_OK;
}

void contec_session_fini(void *instance) {
    contec_session *self = (contec_session *)instance;
    if (self != NULL) {
        self->oximeter.host->release(self->oximeter.context, self);
    }
}

static void count(const contec_session *self, uint32_t what, uint64_t add) {
    self->oximeter.host->count(self->oximeter.context, what, add);
}

static dragoman_status take_packet(contec_session *self, const contec_packet *packet, const dragoman_now *now) {
    self->is_in_step = true;
    if (packet->type == CONTEC_DISCONNECT) {
        take_step(self, CAUSE_PARTED, now);
    } else {
        take_step(self, packet->type == CONTEC_FIRST ? CAUSE_FIRST : CAUSE_V7, now);
    }
    return contec_oximeter_take(&self->oximeter, packet, now);
}

/* One packet, or the bytes before the next one; a gap ends the block. */
static dragoman_status take_bytes(contec_session *self, const dragoman_bytes_event *bytes, const dragoman_now *now,
                                  dragoman_progress *ret_progress) {
    contec_packet packet;
    dragoman_status found = DRAGOMAN_INVALID;
    size_t at = 0;
    for (; at < bytes->unread.size; at++) {
        found = contec_packet_read((dragoman_bytes){bytes->unread.data + at, bytes->unread.size - at}, &packet);
        if (found != DRAGOMAN_INVALID) {
            break;
        }
    }
    if (found == DRAGOMAN_NEED_MORE && bytes->is_end != 0) {
        at = bytes->unread.size;
    }
    if (at > 0) {
        count(self, DRAGOMAN_COUNT_BAD_FRAME, self->is_in_step ? 1 : 0);
        count(self, DRAGOMAN_COUNT_RESYNCHRONISED, at);
        self->is_in_step = false;
        ret_progress->consumed = at;
        return contec_oximeter_tell(&self->oximeter, now);
    }
    if (found != DRAGOMAN_OK) {
        return DRAGOMAN_OK;
    }
    ret_progress->consumed = packet.size;
    return take_packet(self, &packet, now);
}

dragoman_status contec_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                      dragoman_progress *ret_progress) {
    contec_session *self = (contec_session *)instance;
    dragoman_status status = DRAGOMAN_OK;
    switch (event->kind) {
    case DRAGOMAN_EVENT_OPENED: {
        bool is_file = event->of.opened.channel_kind == DRAGOMAN_CHANNEL_FILE;
        take_step(self, CAUSE_CLOSED, now);
        take_step(self, is_file ? CAUSE_OPENED_FILE : CAUSE_OPENED, now);
        return DRAGOMAN_OK;
    }
    case DRAGOMAN_EVENT_BYTES:
        return take_bytes(self, &event->of.bytes, now, ret_progress);
    case DRAGOMAN_EVENT_CLOSED:
        status = contec_oximeter_tell(&self->oximeter, now);
        take_step(self, CAUSE_CLOSED, now);
        return status;
    default:
        return DRAGOMAN_OK;
    }
}

static int64_t silent_at(const contec_session *self) {
    return self->heard_us + (self->state == CONTEC_QUIET ? CONTEC_QUIET_US : CONTEC_SILENCE_US);
}

int64_t contec_session_deadline(const void *instance) {
    const contec_session *self = (const contec_session *)instance;
    if (self->state < CONTEC_QUIET) {
        return DRAGOMAN_NO_DEADLINE;
    }
    int64_t alive_us = self->state == CONTEC_ANSWERS ? self->spoke_us + CONTEC_ALIVE_US : DRAGOMAN_NO_DEADLINE;
    return silent_at(self) < alive_us ? silent_at(self) : alive_us;
}

dragoman_status contec_session_expire(void *instance, const dragoman_now *now) {
    contec_session *self = (contec_session *)instance;
    dragoman_status status = DRAGOMAN_OK;
    if (self->state >= CONTEC_QUIET && silent_at(self) <= now->monotonic_us) {
        status = contec_oximeter_tell(&self->oximeter, now);
        take_step(self, CAUSE_SILENCE, now);
    }
    if (self->state == CONTEC_ANSWERS && self->spoke_us + CONTEC_ALIVE_US <= now->monotonic_us) {
        take_step(self, CAUSE_ALIVE, now);
    }
    return status;
}

dragoman_status contec_session_next(void *instance, dragoman_action *ret_action) {
    contec_session *self = (contec_session *)instance;
    if (self->out_size == 0) {
        return DRAGOMAN_NOT_FOUND;
    }
    ret_action->kind = DRAGOMAN_ACTION_SEND;
    ret_action->channel = 0;
    ret_action->data = (dragoman_bytes){self->out, self->out_size};
    self->out_size = 0;
    return DRAGOMAN_OK;
}
