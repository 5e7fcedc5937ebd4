/* Realtime data: sync-bytes, sync-commands, pairs; what is broken drops a record and never shifts a value. */
#include "curves.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static medibus_curves curves;

/* Streams with an interval of 10 ms: a block of 100 samples. */
static void add_streams(uint32_t count) {
    medibus_curve_facts facts = {
        .interval_us = 10000, .steps = 0x960, .low = {.mantissa = -20}, .high = {.mantissa = 100}};
    medibus_curves_reset(&curves);
    for (uint32_t n = 0; n < count; n++) {
        facts.code = (uint8_t)n;
        assert_true(medibus_curves_add(&curves, &facts, 1));
    }
}

static medibus_curves_step take(const char *bytes, size_t size) {
    medibus_curves_step sum = {0};
    for (size_t n = 0; n < size; n++) {
        medibus_curves_step step = medibus_curves_take(&curves, (uint8_t)bytes[n]);
        sum.full |= step.full;
        sum.beyond += step.beyond;
        sum.is_broken |= step.is_broken;
    }
    return sum;
}

#define TAKE(bytes) take("" bytes, sizeof(bytes) - 1)

static void a_value_is_two_times_six_bits_low_ones_first(void **state) {
    (void)state;
    add_streams(2);
    /* 0x81 0x82: 1 + 2 x 64 = 129; 0xbf 0x80: 63 */
    assert_false(TAKE("\xd3\x81\x82\xbf\x80\xd0").is_broken);
    assert_int_equal(curves.streams[0].count, 1);
    assert_int_equal(curves.streams[0].samples[0], 129);
    assert_int_equal(curves.streams[1].samples[0], 63);
}

static void a_record_says_which_streams_it_holds(void **state) {
    (void)state;
    add_streams(12);
    assert_false(TAKE("\xd2\xc4\xc8\xc5\xc1\x81\x80\x82\x80\x83\x80\xd0").is_broken);
    assert_int_equal(medibus_curves_held(&curves), 1u << 1 | 1u << 7 | 1u << 8);
    assert_int_equal(curves.streams[1].samples[0], 1);
    assert_int_equal(curves.streams[7].samples[0], 2);
    assert_int_equal(curves.streams[8].samples[0], 3);
}

static void the_beginning_of_a_breath_and_unknown_commands_change_nothing(void **state) {
    (void)state;
    add_streams(1);
    assert_false(TAKE("\xd1\xc6\xc0\xc9\xc3\x85\x80\xd0").is_broken);
    assert_int_equal(curves.streams[0].samples[0], 5);
}

static void check_broken(const char *bytes, size_t size) {
    add_streams(2);
    (void)TAKE("\xd3\x81\x80\x82\x80");
    medibus_curves_step step = take(bytes, size);
    assert_true(step.is_broken);
    assert_int_equal(step.full, 3); /* what was before ends here */
    assert_int_equal(curves.streams[0].count, 1);
    assert_int_equal(curves.streams[1].count, 1);
    assert_false(TAKE("\x87\x80\x88\x80\xd0").is_broken);
    assert_int_equal(curves.streams[0].samples[1], 7);
    assert_int_equal(curves.streams[1].samples[1], 8);
}

#define CHECK_BROKEN(bytes) check_broken("" bytes, sizeof(bytes) - 1)

static void a_broken_record_is_dropped_whole_and_ends_the_blocks(void **state) {
    (void)state;
    CHECK_BROKEN("\xd3\x83\x80\x84\xd3");             /* half a value */
    CHECK_BROKEN("\xd3\x83\x80\xd3");                 /* a value is missing */
    CHECK_BROKEN("\xd3\x83\x80\x84\x80\x85\x80\xd3"); /* one too many */
    CHECK_BROKEN("\xd3\x83\x80\x80\x84\x80\xd3");     /* a doubled byte */
    CHECK_BROKEN("\xd3\xc4\x83\x80\x84\x80\xd3");     /* a command without its argument */
    CHECK_BROKEN("\xd3\xe1\x83\x80\x84\x80\xd3");     /* a byte that means nothing */
    CHECK_BROKEN("\xd3\xcf\xc0\x83\x80\x84\x80\xd3"); /* the device says that it is corrupt */
}

static void what_comes_before_the_first_sync_byte_is_passed_over(void **state) {
    (void)state;
    add_streams(1);
    assert_false(TAKE("\x80\x81\xc4\xc1\xd1\x82\x80\xd1").is_broken);
    assert_int_equal(curves.streams[0].samples[0], 2);
}

static void a_value_beyond_its_scale_is_none(void **state) {
    (void)state;
    add_streams(1);
    /* 0x960 = 32 + 37 x 64; one more is beyond */
    assert_int_equal(TAKE("\xd1\xa0\xa5\xd1\xa1\xa5\xd0").beyond, 1);
    assert_int_equal(curves.streams[0].samples[0], 0x960);
    assert_int_equal(curves.streams[0].samples[1], MEDIBUS_MISSING);
    assert_true(curves.streams[0].has_missing);
}

static void a_block_is_full_after_a_second(void **state) {
    (void)state;
    add_streams(1);
    for (uint32_t n = 0; n < 100; n++) {
        assert_int_equal(TAKE("\xd1\x82\x80").full, 0);
    }
    assert_int_equal(TAKE("\xd1").full, 1);
    assert_int_equal(curves.streams[0].count, 100);
    assert_int_equal(medibus_curves_held(&curves), 1);
}

static void there_are_twelve_streams(void **state) {
    (void)state;
    add_streams(12);
    medibus_curve_facts facts = curves.streams[0].facts;
    assert_false(medibus_curves_add(&curves, &facts, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_two_times_six_bits_low_ones_first),
        cmocka_unit_test(a_record_says_which_streams_it_holds),
        cmocka_unit_test(the_beginning_of_a_breath_and_unknown_commands_change_nothing),
        cmocka_unit_test(a_broken_record_is_dropped_whole_and_ends_the_blocks),
        cmocka_unit_test(what_comes_before_the_first_sync_byte_is_passed_over),
        cmocka_unit_test(a_value_beyond_its_scale_is_none),
        cmocka_unit_test(a_block_is_full_after_a_second),
        cmocka_unit_test(there_are_twelve_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
