#include "session.h"
#include "conversation.h"

dragoman_status medibus_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                     void **ret_instance) {
    medibus_conversation *made = (medibus_conversation *)host->allocate(context, sizeof *made);
    *ret_instance = made;
    if (made == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    made->device.host = host;
    made->device.context = context;
    made->device.settings = &made->settings;
    return medibus_settings_read(host, context, start, &made->settings);
}

void medibus_session_fini(void *instance) {
    medibus_conversation *self = (medibus_conversation *)instance;
    if (self != NULL) {
        self->device.host->release(self->device.context, self);
    }
}

/* Up to the end of the first frame or block. */
static size_t take_bytes(medibus_conversation *self, dragoman_bytes unread, const dragoman_now *now) {
    for (size_t n = 0; n < unread.size; n++) {
        if (medibus_conversation_byte(self, unread.data[n], now)) {
            return n + 1;
        }
    }
    return unread.size;
}

dragoman_status medibus_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                       dragoman_progress *ret_progress) {
    medibus_conversation *self = (medibus_conversation *)instance;
    switch (event->kind) {
    case DRAGOMAN_EVENT_OPENED: {
        bool is_file = event->of.opened.channel_kind == DRAGOMAN_CHANNEL_FILE;
        medibus_conversation_happens(self, MEDIBUS_LINE_CLOSED, now);
        medibus_conversation_happens(self, is_file ? MEDIBUS_FILE_OPENED : MEDIBUS_OPENED, now);
        break;
    }
    case DRAGOMAN_EVENT_BYTES:
        if (event->of.bytes.unread.size > 0) {
            ret_progress->consumed = take_bytes(self, event->of.bytes.unread, now);
        }
        break;
    case DRAGOMAN_EVENT_CLOSED:
        medibus_conversation_happens(self, MEDIBUS_LINE_CLOSED, now);
        break;
    default:
        break;
    }
    return DRAGOMAN_OK;
}

int64_t medibus_session_deadline(const void *instance) {
    return medibus_conversation_deadline((const medibus_conversation *)instance);
}

dragoman_status medibus_session_expire(void *instance, const dragoman_now *now) {
    medibus_conversation_expire((medibus_conversation *)instance, now);
    return DRAGOMAN_OK;
}

dragoman_status medibus_session_next(void *instance, dragoman_action *ret_action) {
    dragoman_bytes bytes = medibus_conversation_speak((medibus_conversation *)instance);
    if (bytes.size == 0) {
        return DRAGOMAN_NOT_FOUND;
    }
    ret_action->kind = DRAGOMAN_ACTION_SEND;
    ret_action->channel = 0;
    ret_action->data = bytes;
    return DRAGOMAN_OK;
}
