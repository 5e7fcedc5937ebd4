#include "base/bytes.h"
#include "base/limits.h"
#include "kit/nanopb_report.h"
#include "kit/random_report.h"
#include "model/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pb_decode.h>
#include <stdlib.h>

#define RANDOM_REPORTS 1500

static void fail_at(uint64_t seed, const buffer *ours, const buffer *theirs) {
    size_t at = 0;
    while (at < ours->size && at < theirs->size && ours->data[at] == theirs->data[at]) {
        at++;
    }
    fail_msg("seed %llu: %zu and %zu bytes differ at %zu", (unsigned long long)seed, ours->size, theirs->size, at);
}

static void the_hot_encoder_writes_what_nanopb_writes(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 64 << 20);
    buffer ours;
    buffer theirs;
    buffer_init(&ours);
    buffer_init(&theirs);
    for (uint64_t seed = 0; seed < RANDOM_REPORTS; seed++) {
        arena_reset(&memory);
        buffer_reset(&ours);
        buffer_reset(&theirs);
        const dragoman_report *report = kit_random_report(seed, &memory);
        assert_int_equal(model_encode(report, &ours), DRAGOMAN_OK);
        assert_true(kit_nanopb_encode(kit_nanopb_report(report, &memory), &theirs));
        if (!bytes_equal(buffer_bytes(&ours), buffer_bytes(&theirs))) {
            fail_at(seed, &ours, &theirs);
        }
    }
    buffer_fini(&ours);
    buffer_fini(&theirs);
    arena_fini(&memory);
}

static void decoding_and_encoding_again_is_the_identity(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 64 << 20);
    buffer first;
    buffer second;
    buffer_init(&first);
    buffer_init(&second);
    for (uint64_t seed = 0; seed < RANDOM_REPORTS; seed++) {
        arena_reset(&memory);
        buffer_reset(&first);
        buffer_reset(&second);
        error_record error = {0};
        model_record record = {0};
        assert_int_equal(model_encode(kit_random_report(seed, &memory), &first), DRAGOMAN_OK);
        if (model_decode(buffer_bytes(&first), &memory, &record, &error) != DRAGOMAN_OK) {
            fail_msg("seed %llu: %s", (unsigned long long)seed, error.text);
        }
        assert_false(record.has_stamp);
        assert_int_equal(model_encode(&record.report, &second), DRAGOMAN_OK);
        if (!bytes_equal(buffer_bytes(&first), buffer_bytes(&second))) {
            fail_at(seed, &first, &second);
        }
    }
    buffer_fini(&first);
    buffer_fini(&second);
    arena_fini(&memory);
}

static model_stamp make_stamp(const uint32_t *repeats, uint32_t count) {
    return (model_stamp){.link = DRAGOMAN_TEXT("monitors"),
                         .adapter = DRAGOMAN_TEXT("hl7v2"),
                         .adapter_version = DRAGOMAN_TEXT("0.1.0"),
                         .profile = DRAGOMAN_TEXT("edan"),
                         .device_key = DRAGOMAN_TEXT("d1"),
                         .received_at_us = INT64_C(1721044800123456),
                         .received_quality = DRAGOMAN_CLOCK_SYNCHRONISED,
                         .has_clock_offset = 1,
                         .clock_epoch = 3,
                         .clock_offset_us = -1500000,
                         .repeated = repeats,
                         .repeated_count = count};
}

static void a_stamp_stands_behind_the_report(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 64 << 20);
    buffer bytes;
    buffer_init(&bytes);
    const uint32_t repeats[] = {0, 7, 300};
    model_stamp stamp = make_stamp(repeats, 3);
    assert_int_equal(model_encode(kit_monitor_report(20, &memory), &bytes), DRAGOMAN_OK);
    size_t unstamped = bytes.size;
    assert_int_equal(model_encode_stamp(&stamp, &bytes), DRAGOMAN_OK);
    model_record record = {0};
    assert_int_equal(model_decode(buffer_bytes(&bytes), &memory, &record, NULL), DRAGOMAN_OK);
    assert_true(record.has_stamp);
    assert_int_equal(record.report.observations.count, 20);
    assert_true(bytes_is(record.stamp.link, "monitors"));
    assert_true(bytes_is(record.stamp.adapter, "hl7v2"));
    assert_true(bytes_is(record.stamp.adapter_version, "0.1.0"));
    assert_true(bytes_is(record.stamp.profile, "edan"));
    assert_true(bytes_is(record.stamp.device_key, "d1"));
    assert_int_equal(record.stamp.received_at_us, stamp.received_at_us);
    assert_int_equal(record.stamp.received_quality, DRAGOMAN_CLOCK_SYNCHRONISED);
    assert_int_equal(record.stamp.has_clock_offset, 1);
    assert_int_equal(record.stamp.clock_offset_us, -1500000);
    assert_int_equal(record.stamp.clock_epoch, 3);
    assert_int_equal(record.stamp.repeated_count, 3);
    assert_memory_equal(record.stamp.repeated, repeats, sizeof repeats);
    /* A second stamp adds to the first, as protobuf says. */
    model_stamp more = {.link = DRAGOMAN_TEXT("other"), .repeated = repeats, .repeated_count = 1};
    assert_int_equal(model_encode_stamp(&more, &bytes), DRAGOMAN_OK);
    assert_int_equal(model_decode(buffer_bytes(&bytes), &memory, &record, NULL), DRAGOMAN_OK);
    assert_true(bytes_is(record.stamp.link, "other"));
    assert_true(bytes_is(record.stamp.adapter, "hl7v2"));
    assert_int_equal(record.stamp.repeated_count, 4);
    assert_true(unstamped > 0);
    buffer_fini(&bytes);
    arena_fini(&memory);
}

static void nanopb_reads_a_stamp_as_it_was_meant(void **state) {
    (void)state;
    buffer bytes;
    buffer_init(&bytes);
    model_stamp stamp = make_stamp(NULL, 0);
    stamp.link = stamp.adapter = stamp.adapter_version = stamp.profile = stamp.device_key = (dragoman_bytes){0};
    assert_int_equal(model_encode_stamp(&stamp, &bytes), DRAGOMAN_OK);
    dragoman_v1_Report message = dragoman_v1_Report_init_zero;
    pb_istream_t stream = pb_istream_from_buffer(bytes.data, bytes.size);
    assert_true(pb_decode(&stream, dragoman_v1_Report_fields, &message));
    assert_true(message.has_stamp);
    assert_int_equal(message.stamp.received_at_us, stamp.received_at_us);
    assert_int_equal(message.stamp.received_quality, dragoman_v1_ClockQuality_CLOCK_SYNCHRONISED);
    assert_int_equal(message.stamp.clock_epoch, 3);
    assert_true(message.stamp.has_clock_offset_us);
    assert_int_equal(message.stamp.clock_offset_us, -1500000);
    buffer_fini(&bytes);
}

/* Every prefix lies in a block of exactly its size, so that a sanitizer sees one byte too many. */
static void every_prefix_is_refused_or_a_shorter_report(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 64 << 20);
    buffer bytes;
    buffer_init(&bytes);
    for (uint64_t seed = 0; seed < 60; seed++) {
        arena_reset(&memory);
        buffer_reset(&bytes);
        assert_int_equal(model_encode(kit_random_report(seed, &memory), &bytes), DRAGOMAN_OK);
        size_t most = bytes.size < 4000 ? bytes.size : 4000;
        for (size_t size = 0; size < most; size++) {
            arena_reset(&memory);
            uint8_t *prefix = malloc(size == 0 ? 1 : size);
            assert_non_null(prefix);
            memcpy(prefix, bytes.data, size);
            error_record error = {0};
            model_record record = {0};
            dragoman_status status = model_decode((dragoman_bytes){prefix, size}, &memory, &record, &error);
            assert_true(status == DRAGOMAN_OK || status == DRAGOMAN_CORRUPT);
            assert_true(status == DRAGOMAN_OK || error.text[0] != '\0');
            free(prefix);
        }
    }
    buffer_fini(&bytes);
    arena_fini(&memory);
}

static model_record decode(arena *memory, const char *bytes, size_t size, dragoman_status expected) {
    model_record record = {0};
    error_record error = {0};
    dragoman_status status = model_decode((dragoman_bytes){(const uint8_t *)bytes, size}, memory, &record, &error);
    if (status != expected) {
        fail_msg("%d instead of %d: %s", status, expected, error.text);
    }
    return record;
}

#define DECODE(memory, literal, expected) decode(memory, literal, sizeof(literal) - 1, expected)

static void legal_forms_that_we_never_write_are_read(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 1 << 20);
    /* The table behind its use; an unpacked path; a status in a varint longer than need be. */
    model_record record = DECODE(&memory,
                                 "\x2A\x0E\x10\x01\x08\x05\x08\x06\x08\x07\x08\x08\x30\x83\x80\x00"
                                 "\x0A\x05\x0A\x03\x0A\x01X",
                                 DRAGOMAN_OK);
    const dragoman_observation *observation = dragoman_list_at(&record.report.observations, 0);
    assert_int_equal(observation->path.mds, 5);
    assert_int_equal(observation->path.metric, 8);
    assert_int_equal(observation->status, 3);
    assert_true(bytes_is(observation->code.codings[0].code, "X"));
    /* Unknown fields of every wire type, groups in groups, a known number with another wire type. */
    record = DECODE(&memory,
                    "\xA0\x06\x96\x01\xA1\x06"
                    "12345678\xA5\x06"
                    "1234\xA2\x06\x02xy\xA3\x06\x08\x01\xA3\x06\xA4\x06\xA4\x06\x50\x01"
                    "\x52\x01m",
                    DRAGOMAN_OK);
    assert_true(bytes_is(record.report.message_id, "m"));
    /* A device in two pieces is one device. */
    record = DECODE(&memory, "\x32\x07\x0A\x01k\x12\x02\x0A\x00\x32\x07\x22\x01m\x12\x02\x0A\x00", DRAGOMAN_OK);
    assert_true(bytes_is(record.report.device->key, "k"));
    assert_true(bytes_is(record.report.device->manufacturer, "m"));
    assert_int_equal(record.report.device->identifiers.count, 2);
    /* The last of a oneof counts: a text, then 5 x 10^-1. */
    record = DECODE(&memory, "\x2A\x0A\x22\x08\x10\x01\x22\x02no\x08\x0A", DRAGOMAN_OK);
    observation = dragoman_list_at(&record.report.observations, 0);
    const dragoman_value *value = dragoman_list_at(&observation->values, 0);
    assert_int_equal(value->kind, DRAGOMAN_VALUE_DECIMAL);
    assert_int_equal(value->number.mantissa, 5);
    assert_int_equal(value->number.exponent, -1);
    assert_int_equal(value->text.size, 0);
    arena_fini(&memory);
}

static void damage_is_named(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 1 << 20);
    (void)DECODE(&memory, "\x00", DRAGOMAN_CORRUPT);                                         /* field number 0 */
    (void)DECODE(&memory, "\x0F", DRAGOMAN_CORRUPT);                                         /* wire type 7 */
    (void)DECODE(&memory, "\x52\x05xy", DRAGOMAN_CORRUPT);                                   /* too long */
    (void)DECODE(&memory, "\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", DRAGOMAN_CORRUPT); /* 65 bits and more */
    (void)DECODE(&memory, "\xA3\x06\xAC\x06", DRAGOMAN_CORRUPT);                     /* a group closed by another */
    (void)DECODE(&memory, "\xA3\x06", DRAGOMAN_CORRUPT);                             /* a group that stays open */
    (void)DECODE(&memory, "\x2A\x02\x10\x01", DRAGOMAN_CORRUPT);                     /* no such concept */
    (void)DECODE(&memory, "\x2A\x02\x18\x01", DRAGOMAN_CORRUPT);                     /* no such unit */
    (void)DECODE(&memory, "\x2A\x03\xA8\x01\x01", DRAGOMAN_CORRUPT);                 /* no such order */
    (void)DECODE(&memory, "\x2A\x02\x28\x01", DRAGOMAN_CORRUPT);                     /* a distance without base time */
    (void)DECODE(&memory, "\x2A\x07\x0A\x05\x01\x02\x03\x04\x05", DRAGOMAN_CORRUPT); /* a path of five levels */
    (void)DECODE(&memory, "\x2A\x03\x38\x80\x02", DRAGOMAN_CORRUPT);                 /* a result of 256 */
    (void)DECODE(&memory, "\x2A\x05\x22\x03\x10\x80\x02", DRAGOMAN_CORRUPT);         /* an exponent of 128 */
    (void)DECODE(&memory, "\x2A\x09\x22\x07\x3A\x05\x0A\x01x\x10\x02", DRAGOMAN_CORRUPT); /* half a sample */
    arena_fini(&memory);
}

static void memory_is_bounded(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 4096);
    error_record error = {0};
    model_record record = {0};
    uint8_t bytes[200];
    for (size_t i = 0; i < sizeof bytes; i += 2) {
        bytes[i] = 0x2A;
        bytes[i + 1] = 0;
    }
    dragoman_status status = model_decode((dragoman_bytes){bytes, sizeof bytes}, &memory, &record, &error);
    assert_int_equal(status, DRAGOMAN_NO_MEMORY);
    assert_int_equal(record.report.observations.count, 0);
    arena_fini(&memory);
}

/* A monitor that repeats its metrics pays for their names once. */
static void a_usual_observation_is_small(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 64 << 20);
    buffer small;
    buffer large;
    buffer_init(&small);
    buffer_init(&large);
    assert_int_equal(model_encode(kit_monitor_report(100, &memory), &small), DRAGOMAN_OK);
    assert_int_equal(model_encode(kit_monitor_report(1100, &memory), &large), DRAGOMAN_OK);
    assert_in_range((large.size - small.size) / 1000, 1, 40);
    buffer_fini(&small);
    buffer_fini(&large);
    arena_fini(&memory);
}

static void appending_keeps_what_was_there(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 64 << 20);
    buffer alone;
    buffer behind;
    buffer_init(&alone);
    buffer_init(&behind);
    for (uint64_t seed = 100; seed < 200; seed++) {
        arena_reset(&memory);
        buffer_reset(&alone);
        const dragoman_report *report = kit_random_report(seed, &memory);
        assert_int_equal(model_encode(report, &alone), DRAGOMAN_OK);
        size_t before = behind.size;
        assert_int_equal(model_encode(report, &behind), DRAGOMAN_OK);
        assert_int_equal(behind.size - before, alone.size);
        assert_memory_equal(behind.data + before, alone.data, alone.size);
    }
    buffer_fini(&alone);
    buffer_fini(&behind);
    arena_fini(&memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hot_encoder_writes_what_nanopb_writes),
        cmocka_unit_test(decoding_and_encoding_again_is_the_identity),
        cmocka_unit_test(a_stamp_stands_behind_the_report),
        cmocka_unit_test(nanopb_reads_a_stamp_as_it_was_meant),
        cmocka_unit_test(every_prefix_is_refused_or_a_shorter_report),
        cmocka_unit_test(legal_forms_that_we_never_write_are_read),
        cmocka_unit_test(damage_is_named),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(a_usual_observation_is_small),
        cmocka_unit_test(appending_keeps_what_was_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
