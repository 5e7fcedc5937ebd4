/*
 * What an adapter's process may write to its pipe: any bytes. Frames end, and what is read of one and can be written is
 * read again the same.
 */
#include "base/bytes.h"
#include "host/adapter.h"
#include "isolate/codec.h"
#include <stdlib.h>

#define MOST_MEMORY ((size_t)64 << 20)

static void demand(bool holds) {
    if (!holds) {
        abort();
    }
}

static void check_event(wire_reader reader) {
    dragoman_event event = {0};
    dragoman_event again = {0};
    buffer to;
    buffer_init(&to);
    codec_get_event(&reader, &event);
    if (!reader.has_failed) {
        codec_put_event(&to, &event);
        wire_reader second = {.rest = buffer_bytes(&to)};
        codec_get_event(&second, &again);
        demand(!second.has_failed && second.rest.size == 0 && again.kind == event.kind &&
               again.channel == event.channel);
    }
    buffer_fini(&to);
}

static void check_action(wire_reader reader) {
    dragoman_action action = {.struct_size = sizeof(action)};
    dragoman_action again = {.struct_size = sizeof(again)};
    buffer to;
    buffer_init(&to);
    codec_get_action(&reader, &action);
    if (!reader.has_failed) {
        codec_put_action(&to, &action);
        wire_reader second = {.rest = buffer_bytes(&to)};
        codec_get_action(&second, &again);
        demand(!second.has_failed && second.rest.size == 0 && again.kind == action.kind &&
               again.exchange == action.exchange && bytes_equal(again.data, action.data) &&
               bytes_equal(again.target, action.target) && bytes_equal(again.headers, action.headers));
    }
    buffer_fini(&to);
}

static void check_settings(wire_reader reader, arena *memory) {
    buffer to;
    buffer_init(&to);
    dragoman_list list = codec_get_settings(&reader, memory);
    if (!reader.has_failed) {
        codec_put_settings(&to, &list);
        wire_reader second = {.rest = buffer_bytes(&to)};
        demand(codec_get_settings(&second, memory).count == list.count && !second.has_failed);
    }
    buffer_fini(&to);
}

static void check_descriptor(wire_reader reader, arena *memory) {
    dragoman_adapter_descriptor descriptor;
    dragoman_adapter_descriptor again;
    bool can_recognise = false;
    bool can_check = false;
    buffer to;
    buffer_init(&to);
    if (codec_get_descriptor(&reader, memory, &descriptor, &can_recognise, &can_check) == DRAGOMAN_OK) {
        (void)host_adapter_judge(&descriptor, "fuzz", NULL);
        codec_put_descriptor(&to, &descriptor);
        wire_reader second = {.rest = buffer_bytes(&to)};
        demand(codec_get_descriptor(&second, memory, &again, &can_recognise, &can_check) == DRAGOMAN_OK);
        demand(bytes_equal(bytes_of(again.name), bytes_of(descriptor.name)) &&
               again.setting_count == descriptor.setting_count && again.channel_count == descriptor.channel_count);
    }
    buffer_fini(&to);
}

static void check_body(dragoman_bytes body) {
    arena memory;
    arena_init(&memory, MOST_MEMORY);
    wire_reader reader = {.rest = body};
    check_event(reader);
    check_action(reader);
    check_settings(reader, &memory);
    check_descriptor(reader, &memory);
    arena_fini(&memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    dragoman_bytes rest = {data, size};
    wire_frame frame;
    check_body(rest);
    while (rest.size > 0 && wire_next(rest, &frame) == DRAGOMAN_OK) {
        demand(frame.size > 0 && frame.size <= rest.size && frame.body.size <= frame.size);
        check_body(frame.body);
        rest.data += frame.size;
        rest.size -= frame.size;
    }
    return 0;
}
