#include "capture/capture.h"
#include "capture/layout.h"

#include "base/bytes.h"

static void append_number(buffer *to, uint64_t number, unsigned size) {
    for (unsigned i = 0; i < size; i++) {
        buffer_append_byte(to, (uint8_t)(number >> (8 * i)));
    }
}

static void append_slice(buffer *to, dragoman_bytes bytes) {
    append_number(to, bytes.size, 4);
    buffer_append_bytes(to, bytes);
}

/* Leaves room for a frame. Returns where it begins. */
static size_t frame_begin(buffer *to) {
    size_t at = to->size;
    append_number(to, 0, LAYOUT_FRAME_BYTES);
    return at;
}

static void frame_end(buffer *to, size_t at) {
    if (to->failed) {
        return;
    }
    dragoman_bytes body = {to->data + at + LAYOUT_FRAME_BYTES, to->size - at - LAYOUT_FRAME_BYTES};
    uint64_t frame = body.size | (uint64_t)layout_check(body) << 32;
    for (unsigned i = 0; i < LAYOUT_FRAME_BYTES; i++) {
        to->data[at + i] = (uint8_t)(frame >> (8 * i));
    }
}

void capture_write_header(const capture_header *header, buffer *to) {
    buffer_append(to, LAYOUT_MAGIC, LAYOUT_MAGIC_BYTES);
    append_number(to, LAYOUT_MAJOR, 2);
    append_number(to, LAYOUT_MINOR, 2);
    size_t frame = frame_begin(to);
    append_number(to, header->flags, 4);
    append_number(to, header->fact_count, 4);
    append_number(to, (uint64_t)header->start.monotonic_us, 8);
    append_number(to, (uint64_t)header->start.wall_us, 8);
    append_number(to, header->start.wall_quality, 4);
    for (uint32_t i = 0; i < header->fact_count; i++) {
        append_slice(to, header->facts[i].key);
        append_slice(to, header->facts[i].value);
    }
    frame_end(to, frame);
}

void capture_write_record(const capture_record *record, buffer *to) {
    size_t frame = frame_begin(to);
    append_number(to, record->kind, 1);
    append_number(to, record->flags, 1);
    append_number(to, record->channel, 1);
    append_number(to, record->now.wall_quality, 1);
    append_number(to, record->session, 4);
    append_number(to, (uint64_t)record->now.monotonic_us, 8);
    append_number(to, (uint64_t)record->now.wall_us, 8);
    append_number(to, record->number, 8);
    append_number(to, record->code, 4);
    append_number(to, record->detail, 4);
    for (uint32_t i = 0; i < record->part_count; i++) {
        append_slice(to, record->parts[i]);
    }
    frame_end(to, frame);
}

static void add_part(capture_record *to, dragoman_bytes part) {
    to->parts[to->part_count++] = part;
}

static void add_http(capture_record *to, const dragoman_http_event *http) {
    to->number = http->exchange;
    to->code = http->code;
    if (to->kind == CAPTURE_HTTP_REQUEST) {
        add_part(to, http->method);
        add_part(to, http->target);
    }
    add_part(to, http->headers);
    add_part(to, http->body);
}

static void add_opened(capture_record *to, const dragoman_opened_event *opened) {
    to->code = opened->channel_kind;
    to->detail = opened->is_initiator;
    add_part(to, opened->peer);
    add_part(to, opened->tls_subject);
    add_part(to, opened->tls_fingerprint);
}

capture_record capture_record_of_event(const dragoman_event *event) {
    capture_record made = {.kind = (uint8_t)event->kind, .channel = (uint8_t)event->channel};
    switch (event->kind) {
    case DRAGOMAN_EVENT_OPENED:
        add_opened(&made, &event->of.opened);
        break;
    case DRAGOMAN_EVENT_BYTES:
        made.code = event->of.bytes.is_end;
        add_part(&made, event->of.bytes.unread);
        break;
    case DRAGOMAN_EVENT_DATAGRAM:
        add_part(&made, event->of.datagram.from);
        add_part(&made, event->of.datagram.payload);
        break;
    case DRAGOMAN_EVENT_MESSAGE:
        made.code = event->of.message.is_retained;
        add_part(&made, event->of.message.topic);
        add_part(&made, event->of.message.payload);
        break;
    case DRAGOMAN_EVENT_HTTP_REQUEST:
    case DRAGOMAN_EVENT_HTTP_RESPONSE:
        add_http(&made, &event->of.http);
        break;
    case DRAGOMAN_EVENT_CLOSED:
        made.code = event->of.closed.reason;
        break;
    case DRAGOMAN_EVENT_SETTLED:
        made.number = event->of.settled.through;
        made.code = event->of.settled.settlement;
        made.detail = event->of.settled.status;
        add_part(&made, event->of.settled.reason);
        break;
    case DRAGOMAN_EVENT_REFUSED:
        made.code = event->of.refused.action;
        made.detail = event->of.refused.status;
        add_part(&made, event->of.refused.reason);
        break;
    default:
        break;
    }
    return made;
}

capture_record capture_record_of_action(const dragoman_action *action) {
    capture_record made = {.kind = (uint8_t)(CAPTURE_ACTION + action->kind),
                           .channel = (uint8_t)action->channel,
                           .number = action->exchange,
                           .code = action->code};
    if (action->kind != DRAGOMAN_ACTION_SEND && action->kind != DRAGOMAN_ACTION_CLOSE) {
        add_part(&made, action->target);
    }
    if (action->kind != DRAGOMAN_ACTION_OPEN && action->kind != DRAGOMAN_ACTION_CLOSE) {
        add_part(&made, action->data);
    }
    if (action->headers.size > 0) {
        add_part(&made, action->headers);
    }
    return made;
}

void capture_add_fact(capture_header *header, const char *key, dragoman_bytes value) {
    if (header->fact_count < CAPTURE_FACTS_MAX) {
        header->facts[header->fact_count++] = (dragoman_setting){bytes_of(key), value};
    }
}
