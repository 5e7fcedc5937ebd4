#include "session.h"

dragoman_status nonin_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                   void **ret_instance) {
    (void)start;
    nonin_session *made = (nonin_session *)host->allocate(context, sizeof *made);
    *ret_instance = made;
    if (made == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    made->oximeter.host = host;
    made->oximeter.context = context;
    return DRAGOMAN_OK;
}

void nonin_session_fini(void *instance) {
    nonin_session *self = (nonin_session *)instance;
    if (self != NULL) {
        self->oximeter.host->release(self->oximeter.context, self);
    }
}

static void count(const nonin_session *self, uint32_t what, uint64_t add) {
    self->oximeter.host->count(self->oximeter.context, what, add);
}

/* Bytes that no packet begins with. Where one had to begin, a frame is bad. */
static void skip(nonin_session *self, size_t size) {
    if (size > 0) {
        count(self, DRAGOMAN_COUNT_BAD_FRAME, self->is_in_step ? 1 : 0);
        count(self, DRAGOMAN_COUNT_RESYNCHRONISED, size);
        self->is_in_step = false;
    }
}

static dragoman_status take_bytes(nonin_session *self, const dragoman_bytes_event *bytes, const dragoman_now *now,
                                  dragoman_progress *ret_progress) {
    nonin_packet packet;
    dragoman_status found = DRAGOMAN_INVALID;
    size_t at = 0;
    for (; at < bytes->unread.size; at++) {
        found = nonin_packet_read((dragoman_bytes){bytes->unread.data + at, bytes->unread.size - at}, &packet);
        if (found != DRAGOMAN_INVALID) {
            break;
        }
    }
    if (found == DRAGOMAN_NEED_MORE && bytes->is_end != 0) {
        at = bytes->unread.size;
    }
    skip(self, at);
    ret_progress->consumed = at;
    if (found == DRAGOMAN_NEED_MORE && at == 0) {
        ret_progress->needed = NONIN_PACKET_BYTES;
    }
    if (found != DRAGOMAN_OK) {
        return DRAGOMAN_OK;
    }
    self->is_in_step = true;
    ret_progress->consumed = at + NONIN_PACKET_BYTES;
    return nonin_oximeter_tell(&self->oximeter, &packet, now);
}

dragoman_status nonin_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                     dragoman_progress *ret_progress) {
    nonin_session *self = (nonin_session *)instance;
    switch (event->kind) {
    case DRAGOMAN_EVENT_OPENED:
        self->oximeter.tells_again = true;
        self->is_in_step = false;
        return DRAGOMAN_OK;
    case DRAGOMAN_EVENT_BYTES:
        return take_bytes(self, &event->of.bytes, now, ret_progress);
    default:
        return DRAGOMAN_OK;
    }
}

int64_t nonin_session_deadline(const void *instance) {
    (void)instance;
    return DRAGOMAN_NO_DEADLINE;
}

dragoman_status nonin_session_expire(void *instance, const dragoman_now *now) {
    (void)instance, (void)now;
    return DRAGOMAN_OK;
}

dragoman_status nonin_session_next(void *instance, dragoman_action *ret_action) {
    (void)instance, (void)ret_action;
    return DRAGOMAN_NOT_FOUND;
}
