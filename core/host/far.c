#include "host/far.h"

#include "host/internal.h"

const dragoman_host *host_far_services(void) {
    return &host_services;
}

void host_far_begin(host_instance *instance, const dragoman_now *now) {
    instance->now = *now;
}

void host_far_end(host_instance *instance) {
    if (instance->tap != NULL) {
        capture_session_note(instance->tap, instance->last_number);
    }
    arena_reset(&instance->environment->batch);
}

dragoman_status host_far_message_begin(host_instance *instance, uint64_t number, dragoman_bytes sender,
                                       dragoman_bytes id, uint64_t digest) {
    return host_message_open(instance, number, sender, id, digest);
}

void host_far_answered(host_instance *instance, size_t size, dragoman_status status) {
    instance->answered++;
    instance->unanswered_bytes -= size;
    if (status != DRAGOMAN_OK && status != DRAGOMAN_NEED_MORE && instance->failure == DRAGOMAN_OK) {
        instance->failure = status;
    }
}

void host_far_lost(host_instance *instance, const char *reason) {
    instance->lost_reason = reason;
    host_services.message_abandon(instance);
    instance->is_far_lost = true;
    instance->answered = instance->given;
    instance->unanswered_bytes = 0;
    if (instance->failure == DRAGOMAN_OK) {
        instance->failure = DRAGOMAN_CLOSED;
    }
}

void host_far_hold(host_instance *instance, uint32_t channel, bool is_held) {
    uint64_t bit = channel < 64 ? UINT64_C(1) << channel : 0;
    instance->held = is_held ? instance->held | bit : instance->held & ~bit;
}

bool host_far_is_let_go(const host_instance *instance) {
    return instance->is_dead;
}

void host_far_gone(host_instance *instance) {
    instance->is_far_open = false;
    host_instance_free_dead(instance);
}

size_t host_far_size(const dragoman_event *event) {
    switch (event->kind) {
    case DRAGOMAN_EVENT_BYTES:
        return event->of.bytes.unread.size;
    case DRAGOMAN_EVENT_DATAGRAM:
        return event->of.datagram.payload.size;
    case DRAGOMAN_EVENT_MESSAGE:
        return event->of.message.topic.size + event->of.message.payload.size;
    case DRAGOMAN_EVENT_HTTP_REQUEST:
    case DRAGOMAN_EVENT_HTTP_RESPONSE:
        return event->of.http.headers.size + event->of.http.body.size;
    default:
        return 0;
    }
}
