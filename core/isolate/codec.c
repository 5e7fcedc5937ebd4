#include "isolate/codec.h"

#include "base/bytes.h"

static void put_head(buffer *to, const dragoman_event *event) {
    wire_put_number(to, event->kind);
    wire_put_number(to, event->channel);
}

void codec_put_event(buffer *to, const dragoman_event *event) {
    put_head(to, event);
    switch (event->kind) {
    case DRAGOMAN_EVENT_OPENED:
        wire_put_number(to, event->of.opened.channel_kind);
        wire_put_number(to, event->of.opened.is_initiator);
        wire_put_bytes(to, event->of.opened.peer);
        wire_put_bytes(to, event->of.opened.tls_subject);
        wire_put_bytes(to, event->of.opened.tls_fingerprint);
        return;
    case DRAGOMAN_EVENT_BYTES:
        wire_put_number(to, event->of.bytes.fresh);
        wire_put_number(to, event->of.bytes.is_end);
        wire_put_bytes(to, event->of.bytes.unread);
        return;
    case DRAGOMAN_EVENT_DATAGRAM:
        wire_put_bytes(to, event->of.datagram.payload);
        wire_put_bytes(to, event->of.datagram.from);
        return;
    case DRAGOMAN_EVENT_MESSAGE:
        wire_put_bytes(to, event->of.message.topic);
        wire_put_bytes(to, event->of.message.payload);
        wire_put_number(to, event->of.message.is_retained);
        return;
    case DRAGOMAN_EVENT_HTTP_REQUEST:
    case DRAGOMAN_EVENT_HTTP_RESPONSE:
        wire_put_number(to, event->of.http.exchange);
        wire_put_bytes(to, event->of.http.method);
        wire_put_bytes(to, event->of.http.target);
        wire_put_bytes(to, event->of.http.headers);
        wire_put_bytes(to, event->of.http.body);
        wire_put_number(to, event->of.http.code);
        return;
    case DRAGOMAN_EVENT_CLOSED:
        wire_put_number(to, event->of.closed.reason);
        return;
    case DRAGOMAN_EVENT_SETTLED:
        wire_put_number(to, event->of.settled.through);
        wire_put_number(to, event->of.settled.settlement);
        wire_put_number(to, event->of.settled.status);
        wire_put_bytes(to, event->of.settled.reason);
        return;
    case DRAGOMAN_EVENT_REFUSED:
        wire_put_number(to, event->of.refused.action);
        wire_put_number(to, event->of.refused.status);
        wire_put_bytes(to, event->of.refused.reason);
        return;
    default:
        /* A kind that is not known here is told by its number; the adapter answers it with nothing. */
        return;
    }
}

static dragoman_http_event get_http(wire_reader *from) {
    dragoman_http_event http = {0};
    http.exchange = wire_get_number(from);
    http.method = wire_get_bytes(from);
    http.target = wire_get_bytes(from);
    http.headers = wire_get_bytes(from);
    http.body = wire_get_bytes(from);
    http.code = (uint32_t)wire_get_number(from);
    return http;
}

static dragoman_settled_event get_settled(wire_reader *from) {
    dragoman_settled_event settled = {0};
    settled.through = wire_get_number(from);
    settled.settlement = (uint32_t)wire_get_number(from);
    settled.status = (uint32_t)wire_get_number(from);
    settled.reason = wire_get_bytes(from);
    return settled;
}

void codec_get_event(wire_reader *from, dragoman_event *ret_event) {
    dragoman_event event = {.struct_size = sizeof(event)};
    event.kind = (uint32_t)wire_get_number(from);
    event.channel = (uint32_t)wire_get_number(from);
    switch (event.kind) {
    case DRAGOMAN_EVENT_OPENED:
        event.of.opened.channel_kind = (uint32_t)wire_get_number(from);
        event.of.opened.is_initiator = (uint32_t)wire_get_number(from);
        event.of.opened.peer = wire_get_bytes(from);
        event.of.opened.tls_subject = wire_get_bytes(from);
        event.of.opened.tls_fingerprint = wire_get_bytes(from);
        break;
    case DRAGOMAN_EVENT_BYTES:
        event.of.bytes.fresh = wire_get_number(from);
        event.of.bytes.is_end = (uint32_t)wire_get_number(from);
        event.of.bytes.unread = wire_get_bytes(from);
        break;
    case DRAGOMAN_EVENT_DATAGRAM:
        event.of.datagram.payload = wire_get_bytes(from);
        event.of.datagram.from = wire_get_bytes(from);
        break;
    case DRAGOMAN_EVENT_MESSAGE:
        event.of.message.topic = wire_get_bytes(from);
        event.of.message.payload = wire_get_bytes(from);
        event.of.message.is_retained = (uint32_t)wire_get_number(from);
        break;
    case DRAGOMAN_EVENT_HTTP_REQUEST:
    case DRAGOMAN_EVENT_HTTP_RESPONSE:
        event.of.http = get_http(from);
        break;
    case DRAGOMAN_EVENT_CLOSED:
        event.of.closed.reason = (uint32_t)wire_get_number(from);
        break;
    case DRAGOMAN_EVENT_SETTLED:
        event.of.settled = get_settled(from);
        break;
    case DRAGOMAN_EVENT_REFUSED:
        event.of.refused.action = (uint32_t)wire_get_number(from);
        event.of.refused.status = (uint32_t)wire_get_number(from);
        event.of.refused.reason = wire_get_bytes(from);
        break;
    default:
        break;
    }
    *ret_event = event;
}

void codec_put_action(buffer *to, const dragoman_action *action) {
    wire_put_number(to, action->kind);
    wire_put_number(to, action->channel);
    wire_put_number(to, action->code);
    wire_put_number(to, action->exchange);
    wire_put_bytes(to, action->data);
    wire_put_bytes(to, action->target);
    wire_put_bytes(to, action->headers);
}

void codec_get_action(wire_reader *from, dragoman_action *ret_action) {
    dragoman_action action = {.struct_size = sizeof(action)};
    action.kind = (uint32_t)wire_get_number(from);
    action.channel = (uint32_t)wire_get_number(from);
    action.code = (uint32_t)wire_get_number(from);
    action.exchange = wire_get_number(from);
    action.data = wire_get_bytes(from);
    action.target = wire_get_bytes(from);
    action.headers = wire_get_bytes(from);
    *ret_action = action;
}

void codec_put_settings(buffer *to, const dragoman_list *settings) {
    wire_put_number(to, settings->count);
    for (uint32_t i = 0; i < settings->count; i++) {
        const dragoman_setting *setting = dragoman_list_at(settings, i);
        wire_put_bytes(to, setting->key);
        wire_put_bytes(to, setting->value);
    }
}

dragoman_list codec_get_settings(wire_reader *from, arena *memory) {
    uint64_t count = wire_get_number(from);
    dragoman_setting *items = count > CODEC_VALUES_MAX ? NULL : arena_allocate(memory, count * sizeof(*items));
    if (items == NULL) {
        from->has_failed = true;
        return (dragoman_list){0};
    }
    for (uint64_t i = 0; i < count; i++) {
        items[i].key = wire_get_bytes(from);
        items[i].value = wire_get_bytes(from);
    }
    return DRAGOMAN_LIST(items, (uint32_t)count);
}

/* ---- descriptors */

/* A C string; NULL is told from an empty one. */
static void put_text(buffer *to, const char *text) {
    wire_put_number(to, text != NULL);
    wire_put_bytes(to, bytes_of(text));
}

static const char *get_text(wire_reader *from, arena *memory) {
    bool is_there = wire_get_number(from) != 0;
    dragoman_bytes bytes = wire_get_bytes(from);
    if (!is_there || from->has_failed) {
        return NULL;
    }
    char *text = bytes.size > CODEC_TEXT_BYTES_MAX ? NULL : arena_allocate_zeroed(memory, bytes.size + 1);
    if (text == NULL || !bytes_is_utf8(bytes)) {
        from->has_failed = true;
        return NULL;
    }
    if (bytes.size > 0) {
        memcpy(text, bytes.data, bytes.size);
    }
    return text;
}

void codec_put_descriptor(buffer *to, const dragoman_adapter_descriptor *descriptor) {
    bool has_check = DRAGOMAN_HAS(descriptor, check_profile) && descriptor->check_profile != NULL;
    wire_put_number(to, descriptor->recognise != NULL);
    wire_put_number(to, has_check);
    wire_put_number(to, descriptor->magic);
    wire_put_number(to, descriptor->abi_major);
    wire_put_number(to, descriptor->abi_minor);
    wire_put_number(to, descriptor->scope);
    put_text(to, descriptor->name);
    put_text(to, descriptor->version);
    put_text(to, descriptor->summary);
    wire_put_number(to, descriptor->channel_count);
    for (uint32_t i = 0; i < descriptor->channel_count; i++) {
        put_text(to, descriptor->channels[i].name);
        wire_put_number(to, descriptor->channels[i].kinds);
        wire_put_number(to, descriptor->channels[i].is_optional);
    }
    wire_put_number(to, descriptor->setting_count);
    for (uint32_t i = 0; i < descriptor->setting_count; i++) {
        const dragoman_setting_rule *rule = &descriptor->settings[i];
        put_text(to, rule->key);
        put_text(to, rule->summary);
        put_text(to, rule->default_value);
        put_text(to, rule->choices);
        wire_put_number(to, (uint64_t)rule->minimum);
        wire_put_number(to, (uint64_t)rule->maximum);
        wire_put_number(to, rule->type);
        wire_put_number(to, rule->is_list);
    }
    wire_put_number(to, descriptor->charset_count);
    for (uint32_t i = 0; i < descriptor->charset_count; i++) {
        put_text(to, descriptor->charsets[i]);
    }
}

/* How many follow, each of `size` bytes in `memory`; NULL when there are too many. */
static void *get_array(wire_reader *from, arena *memory, uint32_t most, size_t size, uint32_t *ret_count) {
    uint64_t count = wire_get_number(from);
    void *items = count > most ? NULL : arena_allocate_zeroed(memory, count * size);
    from->has_failed |= items == NULL;
    *ret_count = items == NULL ? 0 : (uint32_t)count;
    return items;
}

static bool get_channels(wire_reader *from, arena *memory, dragoman_adapter_descriptor *to) {
    dragoman_channel *channels = get_array(from, memory, CODEC_CHANNELS_MAX, sizeof(*channels), &to->channel_count);
    bool is_good = true;
    for (uint32_t i = 0; i < to->channel_count; i++) {
        channels[i].name = get_text(from, memory);
        channels[i].kinds = (uint32_t)wire_get_number(from);
        channels[i].is_optional = (uint32_t)wire_get_number(from);
        is_good = is_good && channels[i].name != NULL;
    }
    to->channels = channels;
    return is_good;
}

static bool get_rules(wire_reader *from, arena *memory, dragoman_adapter_descriptor *to) {
    dragoman_setting_rule *rules = get_array(from, memory, CODEC_SETTINGS_MAX, sizeof(*rules), &to->setting_count);
    bool is_good = true;
    for (uint32_t i = 0; i < to->setting_count; i++) {
        rules[i].key = get_text(from, memory);
        rules[i].summary = get_text(from, memory);
        rules[i].default_value = get_text(from, memory);
        rules[i].choices = get_text(from, memory);
        rules[i].minimum = (int64_t)wire_get_number(from);
        rules[i].maximum = (int64_t)wire_get_number(from);
        rules[i].type = (uint32_t)wire_get_number(from);
        rules[i].is_list = (uint32_t)wire_get_number(from);
        is_good = is_good && rules[i].key != NULL && rules[i].summary != NULL &&
                  (rules[i].type != DRAGOMAN_SETTING_CHOICE || rules[i].choices != NULL);
    }
    to->settings = rules;
    return is_good;
}

static bool get_charsets(wire_reader *from, arena *memory, dragoman_adapter_descriptor *to) {
    const char **charsets = get_array(from, memory, CODEC_CHARSETS_MAX, sizeof(*charsets), &to->charset_count);
    bool is_good = true;
    for (uint32_t i = 0; i < to->charset_count; i++) {
        charsets[i] = get_text(from, memory);
        is_good = is_good && charsets[i] != NULL;
    }
    to->charsets = charsets;
    return is_good;
}

dragoman_status codec_get_descriptor(wire_reader *from, arena *memory, dragoman_adapter_descriptor *ret_descriptor,
                                     bool *ret_can_recognise, bool *ret_can_check) {
    dragoman_adapter_descriptor made = {.struct_size = sizeof(made)};
    *ret_can_recognise = wire_get_number(from) != 0;
    *ret_can_check = wire_get_number(from) != 0;
    made.magic = (uint32_t)wire_get_number(from);
    made.abi_major = (uint16_t)wire_get_number(from);
    made.abi_minor = (uint16_t)wire_get_number(from);
    made.scope = (uint32_t)wire_get_number(from);
    made.name = get_text(from, memory);
    made.version = get_text(from, memory);
    made.summary = get_text(from, memory);
    bool is_good = get_channels(from, memory, &made);
    is_good = get_rules(from, memory, &made) && is_good;
    is_good = get_charsets(from, memory, &made) && is_good;
    *ret_descriptor = made;
    return is_good && !from->has_failed ? DRAGOMAN_OK : DRAGOMAN_INVALID;
}
