/* Frames: what is written is read again, and what is too short or too long is told. */
#include "base/bytes.h"
#include "isolate/codec.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_frame_comes_back_and_no_part_of_it_is_one(void **state) {
    (void)state;
    buffer to;
    wire_frame frame;
    buffer_init(&to);
    size_t began = wire_begin(&to, WIRE_LOG, 7);
    wire_put_number(&to, UINT64_MAX);
    wire_put_bytes(&to, DRAGOMAN_TEXT("text"));
    wire_put_bytes(&to, (dragoman_bytes){NULL, 0});
    wire_put_now(&to, &(dragoman_now){.monotonic_us = -5, .wall_us = INT64_MAX, .wall_quality = 2});
    wire_end(&to, began);
    for (size_t size = 0; size < to.size; size++) {
        assert_int_equal(wire_next((dragoman_bytes){to.data, size}, &frame), DRAGOMAN_NEED_MORE);
    }
    assert_int_equal(wire_next(buffer_bytes(&to), &frame), DRAGOMAN_OK);
    assert_int_equal(frame.kind, WIRE_LOG);
    assert_int_equal(frame.instance, 7);
    assert_int_equal(frame.size, to.size);
    wire_reader reader = {.rest = frame.body};
    assert_true(wire_get_number(&reader) == UINT64_MAX);
    assert_true(bytes_is(wire_get_bytes(&reader), "text"));
    assert_int_equal(wire_get_bytes(&reader).size, 0);
    dragoman_now now = wire_get_now(&reader);
    assert_true(now.monotonic_us == -5 && now.wall_us == INT64_MAX && now.wall_quality == 2);
    assert_false(reader.has_failed);
    assert_int_equal(wire_get_number(&reader), 0);
    assert_true(reader.has_failed);
    buffer_fini(&to);
}

/* A size that says more than there is, up to one that would wrap. */
static void a_slice_ends_with_its_frame(void **state) {
    (void)state;
    const uint64_t sizes[] = {9, (uint64_t)1 << 32, UINT64_MAX, UINT64_MAX - 7};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint8_t body[16] = {0};
        memcpy(body, &sizes[i], sizeof(sizes[i]));
        wire_reader reader = {.rest = {body, sizeof(body)}};
        dragoman_bytes slice = wire_get_bytes(&reader);
        assert_null(slice.data);
        assert_true(reader.has_failed);
    }
}

static void a_frame_that_is_too_long_is_none(void **state) {
    (void)state;
    uint8_t head[16] = {0xff, 0xff, 0xff, 0xff, WIRE_LOG};
    wire_frame frame;
    assert_int_equal(wire_next((dragoman_bytes){head, sizeof(head)}, &frame), DRAGOMAN_CORRUPT);
}

static dragoman_event one_of_each(uint32_t kind) {
    dragoman_event event = {.struct_size = sizeof(event), .kind = kind, .channel = 3};
    switch (kind) {
    case DRAGOMAN_EVENT_OPENED:
        event.of.opened = (dragoman_opened_event){.channel_kind = 1,
                                                  .is_initiator = 1,
                                                  .peer = DRAGOMAN_TEXT("10.0.0.9:1"),
                                                  .tls_subject = DRAGOMAN_TEXT("CN=x"),
                                                  .tls_fingerprint = DRAGOMAN_TEXT("0123")};
        break;
    case DRAGOMAN_EVENT_BYTES:
        event.of.bytes = (dragoman_bytes_event){.unread = DRAGOMAN_TEXT("abc"), .fresh = 2, .is_end = 1};
        break;
    case DRAGOMAN_EVENT_DATAGRAM:
        event.of.datagram = (dragoman_datagram_event){DRAGOMAN_TEXT("p"), DRAGOMAN_TEXT("10.0.0.9:2")};
        break;
    case DRAGOMAN_EVENT_MESSAGE:
        event.of.message = (dragoman_message_event){DRAGOMAN_TEXT("t/u"), DRAGOMAN_TEXT("{}"), 1, 0};
        break;
    case DRAGOMAN_EVENT_HTTP_REQUEST:
    case DRAGOMAN_EVENT_HTTP_RESPONSE:
        event.of.http = (dragoman_http_event){.exchange = 9,
                                              .method = DRAGOMAN_TEXT("GET"),
                                              .target = DRAGOMAN_TEXT("/"),
                                              .headers = DRAGOMAN_TEXT("A: b\r\n"),
                                              .body = DRAGOMAN_TEXT("x"),
                                              .code = 200};
        break;
    case DRAGOMAN_EVENT_CLOSED:
        event.of.closed.reason = DRAGOMAN_CLOSE_TIMEOUT;
        break;
    case DRAGOMAN_EVENT_SETTLED:
        event.of.settled = (dragoman_settled_event){5, DRAGOMAN_NOT_KEPT, DRAGOMAN_FULL, DRAGOMAN_TEXT("full")};
        break;
    default:
        event.of.refused = (dragoman_refused_event){DRAGOMAN_ACTION_OPEN, DRAGOMAN_DENIED, DRAGOMAN_TEXT("no")};
        break;
    }
    return event;
}

/* Written again it is the same: everything that was in it came over. */
static void every_event_comes_over_whole(void **state) {
    (void)state;
    for (uint32_t kind = DRAGOMAN_EVENT_OPENED; kind <= DRAGOMAN_EVENT_REFUSED; kind++) {
        buffer first;
        buffer second;
        dragoman_event event = one_of_each(kind);
        dragoman_event read;
        buffer_init(&first);
        buffer_init(&second);
        codec_put_event(&first, &event);
        wire_reader reader = {.rest = buffer_bytes(&first)};
        codec_get_event(&reader, &read);
        assert_false(reader.has_failed);
        assert_int_equal(reader.rest.size, 0);
        codec_put_event(&second, &read);
        assert_true(bytes_equal(buffer_bytes(&first), buffer_bytes(&second)));
        /* Cut anywhere it says that it was. */
        for (size_t size = 0; size < first.size; size++) {
            reader = (wire_reader){.rest = {first.data, size}};
            codec_get_event(&reader, &read);
            assert_true(reader.has_failed);
        }
        buffer_fini(&first);
        buffer_fini(&second);
    }
}

static void a_descriptor_that_claims_too_much_is_none(void **state) {
    (void)state;
    static const dragoman_channel channels[] = {{.name = "main", .kinds = 2}};
    dragoman_adapter_descriptor given = {.magic = DRAGOMAN_ABI_MAGIC,
                                         .abi_major = 1,
                                         .struct_size = sizeof(given),
                                         .scope = DRAGOMAN_SCOPE_LINK,
                                         .name = "one",
                                         .version = "1",
                                         .summary = "of a test",
                                         .channels = channels,
                                         .channel_count = 1};
    dragoman_adapter_descriptor read;
    bool can_recognise = true;
    bool can_check = true;
    arena memory;
    buffer to;
    buffer_init(&to);
    arena_init(&memory, (size_t)1 << 20);
    codec_put_descriptor(&to, &given);
    wire_reader reader = {.rest = buffer_bytes(&to)};
    assert_int_equal(codec_get_descriptor(&reader, &memory, &read, &can_recognise, &can_check), DRAGOMAN_OK);
    assert_string_equal(read.name, "one");
    assert_string_equal(read.channels[0].name, "main");
    assert_int_equal(read.scope, DRAGOMAN_SCOPE_LINK);
    assert_false(can_recognise || can_check);
    /* Each byte in turn says the most it can: never more than there is, whatever it was. */
    for (size_t i = 0; i < to.size; i++) {
        uint8_t kept = to.data[i];
        to.data[i] = 0xff;
        reader = (wire_reader){.rest = buffer_bytes(&to)};
        arena_reset(&memory);
        (void)codec_get_descriptor(&reader, &memory, &read, &can_recognise, &can_check);
        to.data[i] = kept;
    }
    arena_fini(&memory);
    buffer_fini(&to);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_comes_back_and_no_part_of_it_is_one),
        cmocka_unit_test(a_slice_ends_with_its_frame),
        cmocka_unit_test(a_frame_that_is_too_long_is_none),
        cmocka_unit_test(every_event_comes_over_whole),
        cmocka_unit_test(a_descriptor_that_claims_too_much_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
