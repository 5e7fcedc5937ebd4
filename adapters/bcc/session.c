#include "session.h"
#include "conversation.h"
#include "settings.h"

dragoman_status bcc_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                 void **ret_instance) {
    bcc_conversation *made = (bcc_conversation *)host->allocate(context, sizeof *made);
    *ret_instance = made;
    if (made == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    made->rack.host = host;
    made->rack.context = context;
    return bcc_settings_read(host, context, start, &made->settings);
}

void bcc_session_fini(void *instance) {
    bcc_conversation *self = (bcc_conversation *)instance;
    if (self != NULL) {
        self->rack.host->release(self->rack.context, self);
    }
}

static void count(const bcc_conversation *self, uint32_t counter, uint64_t add) {
    self->rack.host->count(self->rack.context, counter, add);
}

/* What stands before a frame: the rack's own acknowledgements, or noise. */
static size_t skip(const bcc_conversation *self, dragoman_bytes unread) {
    size_t size = 0;
    uint64_t noise = 0;
    while (size < unread.size && unread.data[size] != BCC_SOH) {
        noise += unread.data[size] != BCC_ACK && unread.data[size] != BCC_NAK ? 1 : 0;
        size++;
    }
    if (noise > 0) {
        count(self, DRAGOMAN_COUNT_RESYNCHRONISED, noise);
    }
    return size;
}

/* Whole frames or nothing: a frame that another begins in, or that goes on for too long, is given up. */
static dragoman_status take_bytes(bcc_conversation *self, const dragoman_bytes_event *event, const dragoman_now *now,
                                  size_t *ret_consumed) {
    dragoman_bytes unread = event->unread;
    size_t seen = event->unread.size - event->fresh;
    if (unread.size > 0 && unread.data[0] != BCC_SOH) {
        *ret_consumed = skip(self, unread);
        return DRAGOMAN_OK;
    }
    for (size_t n = seen > 1 ? seen : 1; n < unread.size; n++) {
        if (unread.data[n] == BCC_EOT) {
            bcc_conversation_take(self, (dragoman_bytes){unread.data, n + 1}, now);
            *ret_consumed = n + 1;
            return DRAGOMAN_OK;
        }
        if (unread.data[n] == BCC_SOH || n == BCC_LINE_MOST) {
            count(self, DRAGOMAN_COUNT_BAD_FRAME, 1);
            *ret_consumed = n;
            return DRAGOMAN_OK;
        }
    }
    if (event->is_end != 0 && unread.size > 0) {
        count(self, DRAGOMAN_COUNT_BAD_FRAME, 1);
        *ret_consumed = unread.size;
        return DRAGOMAN_OK;
    }
    return unread.size > 0 ? DRAGOMAN_NEED_MORE : DRAGOMAN_OK;
}

dragoman_status bcc_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                   dragoman_progress *ret_progress) {
    bcc_conversation *self = (bcc_conversation *)instance;
    switch (event->kind) {
    case DRAGOMAN_EVENT_OPENED: {
        bool is_file = event->of.opened.channel_kind == DRAGOMAN_CHANNEL_FILE;
        bcc_conversation_happens(self, BCC_LINE_CLOSED, now);
        bcc_conversation_happens(self, is_file ? BCC_FILE_OPENED : BCC_OPENED, now);
        break;
    }
    case DRAGOMAN_EVENT_BYTES:
        return take_bytes(self, &event->of.bytes, now, &ret_progress->consumed);
    case DRAGOMAN_EVENT_CLOSED:
        bcc_conversation_happens(self, BCC_LINE_CLOSED, now);
        break;
    case DRAGOMAN_EVENT_SETTLED:
        bcc_conversation_settled(self, event->of.settled.through, event->of.settled.settlement != DRAGOMAN_NOT_KEPT);
        break;
    default:
        break;
    }
    return DRAGOMAN_OK;
}

int64_t bcc_session_deadline(const void *instance) {
    return bcc_conversation_deadline((const bcc_conversation *)instance);
}

dragoman_status bcc_session_expire(void *instance, const dragoman_now *now) {
    bcc_conversation_expire((bcc_conversation *)instance, now);
    return DRAGOMAN_OK;
}

dragoman_status bcc_session_next(void *instance, dragoman_action *ret_action) {
    dragoman_bytes bytes = bcc_conversation_speak((bcc_conversation *)instance);
    if (bytes.size == 0) {
        return DRAGOMAN_NOT_FOUND;
    }
    ret_action->kind = DRAGOMAN_ACTION_SEND;
    ret_action->channel = 0;
    ret_action->data = bytes;
    return DRAGOMAN_OK;
}
