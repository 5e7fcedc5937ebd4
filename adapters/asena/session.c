#include "session.h"
#include "conversation.h"
#include "settings.h"

dragoman_status asena_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                   void **ret_instance) {
    asena_conversation *made = (asena_conversation *)host->allocate(context, sizeof *made);
    *ret_instance = made;
    if (made == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    made->pump.host = host;
    made->pump.context = context;
    asena_settings_read(start, made->every_us);
    return DRAGOMAN_OK;
}

void asena_session_fini(void *instance) {
    asena_conversation *self = (asena_conversation *)instance;
    if (self != NULL) {
        self->pump.host->release(self->pump.context, self);
    }
}

/* Up to the end of the first answer. */
static size_t take_bytes(asena_conversation *self, dragoman_bytes unread, const dragoman_now *now) {
    for (size_t n = 0; n < unread.size; n++) {
        if (asena_conversation_byte(self, unread.data[n], now)) {
            return n + 1;
        }
    }
    return unread.size;
}

dragoman_status asena_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                     dragoman_progress *ret_progress) {
    asena_conversation *self = (asena_conversation *)instance;
    switch (event->kind) {
    case DRAGOMAN_EVENT_OPENED: {
        bool is_file = event->of.opened.channel_kind == DRAGOMAN_CHANNEL_FILE;
        asena_conversation_happens(self, ASENA_LINE_CLOSED, now);
        asena_conversation_happens(self, is_file ? ASENA_FILE_OPENED : ASENA_OPENED, now);
        break;
    }
    case DRAGOMAN_EVENT_BYTES:
        ret_progress->consumed = take_bytes(self, event->of.bytes.unread, now);
        break;
    case DRAGOMAN_EVENT_CLOSED:
        asena_conversation_happens(self, ASENA_LINE_CLOSED, now);
        break;
    default:
        break;
    }
    return DRAGOMAN_OK;
}

int64_t asena_session_deadline(const void *instance) {
    return asena_conversation_deadline((const asena_conversation *)instance);
}

dragoman_status asena_session_expire(void *instance, const dragoman_now *now) {
    asena_conversation_expire((asena_conversation *)instance, now);
    return DRAGOMAN_OK;
}

dragoman_status asena_session_next(void *instance, dragoman_action *ret_action) {
    asena_query query;
    if (!asena_conversation_speak((asena_conversation *)instance, &query)) {
        return DRAGOMAN_NOT_FOUND;
    }
    ret_action->kind = DRAGOMAN_ACTION_SEND;
    ret_action->channel = 0;
    ret_action->data = asena_query_frame(query);
    return DRAGOMAN_OK;
}
