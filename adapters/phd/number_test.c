/* Numbers and times against the standard's definitions (20601 A.2.9 to A.2.13). */
#include "clock.h"
#include "number.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void floats_and_their_specials(void **state) {
    (void)state;
    const struct {
        uint32_t bits;
        int64_t mantissa;
        int16_t exponent;
        uint8_t special;
    } floats[] = {
        {0xff000270, 624, -1, DRAGOMAN_FINITE},
        {0xff000100, 256, -1, DRAGOMAN_FINITE},
        {0xfa1e8480, 2000000, -6, DRAGOMAN_FINITE},
        {0xfa0f4240, 1000000, -6, DRAGOMAN_FINITE},
        {0x00ffffff, -1, 0, DRAGOMAN_FINITE},
        {0x80000001, 1, -128, DRAGOMAN_FINITE},
        {0x7f000001, 1, 127, DRAGOMAN_FINITE},
        {0x007fffff, 0, 0, DRAGOMAN_NAN},
        {0x00800000, 0, 0, DRAGOMAN_NRES},
        {0x007ffffe, 0, 0, DRAGOMAN_POSITIVE_INFINITY},
        {0x00800002, 0, 0, DRAGOMAN_NEGATIVE_INFINITY},
        {0x00800001, 0, 0, DRAGOMAN_RESERVED},
        {0x007ffffd, 8388605, 0, DRAGOMAN_FINITE},
        {0x017fffff, 8388607, 1, DRAGOMAN_FINITE},
    };
    for (size_t n = 0; n < sizeof floats / sizeof *floats; n++) {
        dragoman_decimal number = phd_float(floats[n].bits);
        assert_int_equal(number.mantissa, floats[n].mantissa);
        assert_int_equal(number.exponent, floats[n].exponent);
        assert_int_equal(number.special, floats[n].special);
    }
}

static void short_floats_and_their_specials(void **state) {
    (void)state;
    const struct {
        uint16_t bits;
        int64_t mantissa;
        int16_t exponent;
        uint8_t special;
    } floats[] = {
        {0xf258, 600, -1, DRAGOMAN_FINITE},
        {0x0062, 98, 0, DRAGOMAN_FINITE},
        {0x0fff, -1, 0, DRAGOMAN_FINITE},
        {0x8001, 1, -8, DRAGOMAN_FINITE},
        {0x7001, 1, 7, DRAGOMAN_FINITE},
        {0x07ff, 0, 0, DRAGOMAN_NAN},
        {0x0800, 0, 0, DRAGOMAN_NRES},
        {0x07fe, 0, 0, DRAGOMAN_POSITIVE_INFINITY},
        {0x0802, 0, 0, DRAGOMAN_NEGATIVE_INFINITY},
        {0x0801, 0, 0, DRAGOMAN_RESERVED},
        {0x07fd, 2045, 0, DRAGOMAN_FINITE},
        {0x17ff, 2047, 1, DRAGOMAN_FINITE},
    };
    for (size_t n = 0; n < sizeof floats / sizeof *floats; n++) {
        dragoman_decimal number = phd_sfloat(floats[n].bits);
        assert_int_equal(number.mantissa, floats[n].mantissa);
        assert_int_equal(number.exponent, floats[n].exponent);
        assert_int_equal(number.special, floats[n].special);
    }
}

static void specials_become_reasons(void **state) {
    (void)state;
    assert_int_equal(phd_number_value(phd_sfloat(0x07ff)).absent, DRAGOMAN_ABSENT_NOT_A_NUMBER);
    assert_int_equal(phd_number_value(phd_sfloat(0x0800)).absent, DRAGOMAN_ABSENT_ERROR);
    assert_int_equal(phd_number_value(phd_sfloat(0x07fe)).absent, DRAGOMAN_ABSENT_POSITIVE_INFINITY);
    assert_int_equal(phd_number_value(phd_sfloat(0x0802)).absent, DRAGOMAN_ABSENT_NEGATIVE_INFINITY);
    assert_int_equal(phd_number_value(phd_sfloat(0x0062)).kind, DRAGOMAN_VALUE_DECIMAL);
}

static void check_decimal(dragoman_decimal number, int64_t mantissa, int16_t exponent) {
    assert_int_equal(number.mantissa, mantissa);
    assert_int_equal(number.exponent, exponent);
}

static void scales_are_divided_exactly_while_they_end(void **state) {
    (void)state;
    check_decimal(phd_divide((dragoman_decimal){.mantissa = 4}, 800), 5, -3);
    check_decimal(phd_divide((dragoman_decimal){.mantissa = -4}, 800), -5, -3);
    check_decimal(phd_divide((dragoman_decimal){.mantissa = 1}, 3), 333333333333, -12);
    check_decimal(
        phd_add_times((dragoman_decimal){.mantissa = -2}, (dragoman_decimal){.mantissa = 5, .exponent = -3}, 0), -2000,
        -3);
    check_decimal(phd_add_times((dragoman_decimal){.mantissa = 2, .exponent = 1},
                                (dragoman_decimal){.mantissa = 5, .exponent = -1}, 3),
                  215, -1);
}

static dragoman_time absolute(const char *bytes) {
    phd_reader reader = phd_read((dragoman_bytes){(const uint8_t *)bytes, 8});
    dragoman_time time = {.precision = DRAGOMAN_TIME_NONE};
    (void)phd_absolute_time(&reader, &time);
    return time;
}

static void absolute_times(void **state) {
    (void)state;
    dragoman_time time = absolute("\x20\x07\x12\x06\x12\x10\x00\x00");
    assert_int_equal(time.civil_us, INT64_C(1196943000000000)); /* 2007-12-06T12:10:00 */
    assert_int_equal(time.offset_minutes, DRAGOMAN_OFFSET_UNKNOWN);
    assert_int_equal(time.fraction_digits, 0);
    time = absolute("\x20\x00\x02\x29\x23\x59\x59\x42");
    assert_int_equal(time.civil_us, INT64_C(951868799420000)); /* 2000-02-29T23:59:59.42 */
    assert_int_equal(time.fraction_digits, 2);
    const char *const wrong[] = {
        "\x00\x00\x00\x00\x00\x00\x00\x00", "\x20\x07\x13\x06\x12\x10\x00\x00", "\x20\x07\x02\x29\x12\x10\x00\x00",
        "\x20\x07\x02\x2a\x12\x10\x00\x00", "\x20\x07\x12\x06\x24\x10\x00\x00", "\xff\xff\xff\xff\xff\xff\xff\xff",
    };
    for (size_t n = 0; n < sizeof wrong / sizeof *wrong; n++) {
        assert_int_equal(absolute(wrong[n]).precision, DRAGOMAN_TIME_NONE);
    }
}

static void base_offset_times(void **state) {
    (void)state;
    /* 2026-01-02T03:04:05.5Z is 3976311845 seconds after 1900; the zone is two hours ahead. */
    phd_reader reader = phd_read((dragoman_bytes){(const uint8_t *)"\xed\x01\xb4\x25\x80\x00\x00\x78", 8});
    dragoman_time time;
    assert_true(phd_base_offset_time(&reader, &time));
    assert_int_equal(time.civil_us, INT64_C(1767323045500000) + INT64_C(7200000000));
    assert_int_equal(time.offset_minutes, 120);
    assert_int_equal(time.fraction_digits, 3);
    reader = phd_read((dragoman_bytes){(const uint8_t *)"\xed\x01\xb4\x25\x00\x00\xff\x88", 8});
    assert_true(phd_base_offset_time(&reader, &time));
    assert_int_equal(time.offset_minutes, -120);
    reader = phd_read((dragoman_bytes){(const uint8_t *)"\xed\x01\xb4\x25\x00\x00\x7f\xff", 8});
    assert_false(phd_base_offset_time(&reader, &time));
}

static void counters_are_placed_by_what_they_showed(void **state) {
    (void)state;
    const int64_t now = INT64_C(1767323045000000);
    phd_anchor anchor = {.ticks = 100, .wall_us = now, .is_known = true};
    assert_int_equal(phd_relative_time(&anchor, 100 + 8000).civil_us, now + 1000000);
    assert_int_equal(phd_relative_time(&anchor, 0).civil_us, now - 13000); /* 12.5 ms, to the millisecond below */
    /* The counter wrapped after it was read. */
    assert_int_equal(phd_relative_time(&anchor, 100 - 8000u).civil_us, now - 1000000);
    assert_int_equal(phd_hires_time(&anchor, 1000100).civil_us, now + 1000000);
    assert_int_equal(phd_hires_time(&anchor, UINT64_MAX).precision, DRAGOMAN_TIME_NONE);
    anchor.is_known = false;
    assert_int_equal(phd_relative_time(&anchor, 0).precision, DRAGOMAN_TIME_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_and_their_specials),
        cmocka_unit_test(short_floats_and_their_specials),
        cmocka_unit_test(specials_become_reasons),
        cmocka_unit_test(scales_are_divided_exactly_while_they_end),
        cmocka_unit_test(absolute_times),
        cmocka_unit_test(base_offset_times),
        cmocka_unit_test(counters_are_placed_by_what_they_showed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
