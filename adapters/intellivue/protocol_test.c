/* Messages against bytes of real monitors and worked values of the guide. */
#include "association.h"
#include "clock.h"
#include "codes.h"
#include "findings.h"
#include "reply.h"
#include "scale.h"
#include "text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A request that a real MX800 accepted, and its response. */
static const uint8_t mx800_request[] = {
    0x0d, 0xec, 0x05, 0x08, 0x13, 0x01, 0x00, 0x16, 0x01, 0x02, 0x80, 0x00, 0x14, 0x02, 0x00, 0x02, 0xc1, 0xdc, 0x31,
    0x80, 0xa0, 0x80, 0x80, 0x01, 0x01, 0x00, 0x00, 0xa2, 0x80, 0xa0, 0x03, 0x00, 0x00, 0x01, 0xa4, 0x80, 0x30, 0x80,
    0x02, 0x01, 0x01, 0x06, 0x04, 0x52, 0x01, 0x00, 0x01, 0x30, 0x80, 0x06, 0x02, 0x51, 0x01, 0x00, 0x00, 0x00, 0x00,
    0x30, 0x80, 0x02, 0x01, 0x02, 0x06, 0x0c, 0x2a, 0x86, 0x48, 0xce, 0x14, 0x02, 0x01, 0x00, 0x00, 0x00, 0x01, 0x01,
    0x30, 0x80, 0x06, 0x0c, 0x2a, 0x86, 0x48, 0xce, 0x14, 0x02, 0x01, 0x00, 0x00, 0x00, 0x02, 0x01, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x61, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01, 0xa0, 0x80, 0x60, 0x80, 0xa1, 0x80, 0x06, 0x0c, 0x2a,
    0x86, 0x48, 0xce, 0x14, 0x02, 0x01, 0x00, 0x00, 0x00, 0x03, 0x01, 0x00, 0x00, 0xbe, 0x80, 0x28, 0x80, 0x06, 0x0c,
    0x2a, 0x86, 0x48, 0xce, 0x14, 0x02, 0x01, 0x00, 0x00, 0x00, 0x01, 0x01, 0x02, 0x01, 0x02, 0x81, 0x48, 0x80, 0x00,
    0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x2c, 0x00, 0x01, 0x00, 0x28, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09, 0xc4,
    0x00, 0x00, 0x03, 0xe8, 0x00, 0x00, 0x03, 0xe8, 0xff, 0xff, 0xff, 0xff, 0x60, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00,
    0x0c, 0xf0, 0x01, 0x00, 0x08, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
static const uint8_t mx800_response[] = {
    0x0e, 0xce, 0x05, 0x08, 0x13, 0x01, 0x00, 0x16, 0x01, 0x02, 0x80, 0x00, 0x14, 0x02, 0x00, 0x02, 0xc1, 0xbe, 0x31,
    0x80, 0xa0, 0x80, 0x80, 0x01, 0x01, 0x00, 0x00, 0xa2, 0x80, 0xa0, 0x03, 0x00, 0x00, 0x01, 0xa5, 0x80, 0x30, 0x80,
    0x80, 0x01, 0x00, 0x81, 0x02, 0x51, 0x01, 0x00, 0x00, 0x30, 0x80, 0x80, 0x01, 0x00, 0x81, 0x0c, 0x2a, 0x86, 0x48,
    0xce, 0x14, 0x02, 0x01, 0x00, 0x00, 0x00, 0x02, 0x01, 0x00, 0x00, 0x00, 0x00, 0x61, 0x80, 0x30, 0x80, 0x02, 0x01,
    0x01, 0xa0, 0x80, 0x61, 0x80, 0xa1, 0x80, 0x06, 0x0c, 0x2a, 0x86, 0x48, 0xce, 0x14, 0x02, 0x01, 0x00, 0x00, 0x00,
    0x03, 0x01, 0x00, 0x00, 0xa2, 0x03, 0x02, 0x01, 0x00, 0xa3, 0x05, 0xa1, 0x03, 0x02, 0x01, 0x00, 0xbe, 0x80, 0x28,
    0x80, 0x02, 0x01, 0x02, 0x81, 0x48, 0x80, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x80, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x2c, 0x00, 0x01, 0x00, 0x28,
    0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0f, 0xa0, 0x00, 0x00, 0x03, 0xe8, 0x00, 0x00, 0x05, 0xb0, 0xff, 0xff, 0xff,
    0xff, 0x60, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x0c, 0xf0, 0x01, 0x00, 0x08, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
/* A single poll for numerics that it answered. */
static const uint8_t mx800_poll[] = {0xe1, 0x00, 0x00, 0x02, 0x00, 0x01, 0x00, 0x1c, 0x00, 0x01, 0x00, 0x07,
                                     0x00, 0x16, 0x00, 0x21, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                     0x0c, 0x16, 0x00, 0x08, 0x00, 0x01, 0x00, 0x01, 0x00, 0x06, 0x08, 0x03};
/* A real result of an extended poll without any object. */
static const uint8_t empty_result[] = {0xe1, 0x00, 0x00, 0x02, 0x00, 0x02, 0x00, 0x2a, 0x03, 0xeb, 0x00, 0x07, 0x00,
                                       0x24, 0x00, 0x21, 0x00, 0x00, 0x00, 0x00, 0xf1, 0x3b, 0x00, 0x1a, 0x00, 0x00,
                                       0x00, 0x00, 0x0d, 0x61, 0x73, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                       0xff, 0x00, 0x01, 0x00, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};

static dragoman_bytes all_of(const uint8_t *data, size_t size) {
    return (dragoman_bytes){data, size};
}

static void the_association_request_that_a_monitor_accepted(void **state) {
    (void)state;
    uint8_t bytes[512];
    intellivue_writer writer = {.data = bytes, .capacity = sizeof bytes};
    const intellivue_profile profile = {
        .min_poll_period = 2500, .max_mtu_rx = 1000, .max_mtu_tx = 1000, .extensions = POLL_EXT_PERIOD_NU_1SEC};
    intellivue_association_request(&writer, &profile);
    assert_false(writer.has_failed);
    assert_int_equal(writer.size, sizeof mx800_request);
    assert_memory_equal(bytes, mx800_request, sizeof mx800_request);
    assert_true(intellivue_association_is_whole(all_of(bytes, writer.size)));
}

static void the_association_response_of_a_monitor(void **state) {
    (void)state;
    intellivue_profile granted = {0};
    dragoman_bytes message = all_of(mx800_response, sizeof mx800_response);
    assert_true(intellivue_association_is_whole(message));
    assert_int_equal(intellivue_association_response(message, &granted), DRAGOMAN_OK);
    assert_int_equal(granted.min_poll_period, 4000); /* half a second */
    assert_int_equal(granted.max_mtu_rx, 1000);
    assert_int_equal(granted.max_mtu_tx, 1456); /* above what the guide calls the largest */
    assert_int_equal(granted.extensions, POLL_EXT_PERIOD_NU_1SEC);
    assert_int_equal(intellivue_association_timeout_ms(&granted), 10000);
}

/* A cut response never grants anything that was not said. */
static void a_response_cut_anywhere_is_refused(void **state) {
    (void)state;
    for (size_t size = 0; size < sizeof mx800_response; size++) {
        uint8_t copy[sizeof mx800_response];
        memcpy(copy, mx800_response, size);
        assert_false(intellivue_association_is_whole(all_of(copy, size)));
    }
}

/* "PollProfileSupport": below 3.3 s 10 s, up to 43 s three times the period, then 130 s. */
static void the_time_out_goes_by_the_poll_period(void **state) {
    (void)state;
    const intellivue_profile fast = {.min_poll_period = 3299 * 8};
    const intellivue_profile medium = {.min_poll_period = 10000 * 8};
    const intellivue_profile slow = {.min_poll_period = 43001 * 8};
    assert_int_equal(intellivue_association_timeout_ms(&fast), 10000);
    assert_int_equal(intellivue_association_timeout_ms(&medium), 30000);
    assert_int_equal(intellivue_association_timeout_ms(&slow), 130000);
}

static void the_poll_request_that_a_monitor_answered(void **state) {
    (void)state;
    uint8_t bytes[128];
    intellivue_writer writer = {.data = bytes, .capacity = sizeof bytes};
    const intellivue_poll_request request = {
        .number = 1, .object_class = NOM_MOC_VMO_METRIC_NU, .group = NOM_ATTR_GRP_METRIC_VAL_OBS};
    intellivue_poll_write(&writer, &request);
    assert_int_equal(writer.size, sizeof mx800_poll);
    assert_memory_equal(bytes, mx800_poll, sizeof mx800_poll);
}

static void the_empty_result_of_a_monitor(void **state) {
    (void)state;
    intellivue_operation operation;
    intellivue_reply reply;
    assert_int_equal(intellivue_operation_read(all_of(empty_result, sizeof empty_result), &operation), DRAGOMAN_OK);
    assert_int_equal(operation.ro_type, RORS_APDU);
    assert_int_equal(operation.invoke_id, 0x03eb);
    assert_int_equal(intellivue_reply_read(&operation, &reply), DRAGOMAN_OK);
    assert_true(reply.is_extended);
    assert_int_equal(reply.rel_time_stamp, 0x0d617300);
    assert_int_equal(reply.object_class, NOM_MOC_VMO_METRIC_NU);
    assert_int_equal(reply.poll_info_list.size, 4);
}

/* Each bit of the lengths, and a cut anywhere. */
static void a_result_whose_lengths_disagree_is_refused(void **state) {
    (void)state;
    static const size_t lengths[] = {6, 7, 12, 13, 22, 23, 46, 47, 48, 49};
    for (size_t n = 0; n < sizeof lengths / sizeof *lengths; n++) {
        for (int bit = 0; bit < 8; bit++) {
            uint8_t copy[sizeof empty_result];
            memcpy(copy, empty_result, sizeof copy);
            copy[lengths[n]] ^= (uint8_t)(1 << bit);
            intellivue_operation operation;
            intellivue_reply reply;
            bool is_read = intellivue_operation_read(all_of(copy, sizeof copy), &operation) == DRAGOMAN_OK &&
                           intellivue_reply_read(&operation, &reply) == DRAGOMAN_OK;
            assert_false(is_read);
        }
    }
    for (size_t size = 0; size < sizeof empty_result; size++) {
        intellivue_operation operation;
        assert_int_not_equal(intellivue_operation_read(all_of(empty_result, size), &operation), DRAGOMAN_OK);
    }
}

static void number_is(uint32_t bits, int64_t mantissa, int exponent) {
    dragoman_decimal number = intellivue_float(bits);
    assert_int_equal(number.special, DRAGOMAN_FINITE);
    assert_int_equal(number.mantissa, mantissa);
    assert_int_equal(number.exponent, exponent);
}

/* "FLOATType": 8 bits of exponent, 24 of mantissa, both in two's complement; four mantissas are no numbers. */
static void floats_keep_what_was_sent(void **state) {
    (void)state;
    number_is(0x00000048, 72, 0);
    number_is(0xFF00016D, 365, -1);
    number_is(0xFEFFFFFF, -1, -2);
    number_is(0x02000005, 5, 2);
    assert_int_equal(intellivue_float(0x007FFFFF).special, DRAGOMAN_NAN);
    assert_int_equal(intellivue_float(0x00800000).special, DRAGOMAN_NRES);
    assert_int_equal(intellivue_float(0x007FFFFE).special, DRAGOMAN_POSITIVE_INFINITY);
    assert_int_equal(intellivue_float(0x00800002).special, DRAGOMAN_NEGATIVE_INFINITY);
    assert_int_equal(intellivue_float(0xFE7FFFFF).special, DRAGOMAN_NAN);
}

/* "MeasurementState": a value is one only if the first octet says nothing against it. */
static void states_become_status_and_absence(void **state) {
    (void)state;
    assert_int_equal(intellivue_status(0x8000), DRAGOMAN_STATUS_INVALID);
    assert_int_equal(intellivue_status(0x4000), DRAGOMAN_STATUS_QUESTIONABLE);
    assert_int_equal(intellivue_status(0x2000), DRAGOMAN_STATUS_NOT_AVAILABLE);
    assert_int_equal(intellivue_status(0x1000), DRAGOMAN_STATUS_CALIBRATING);
    assert_int_equal(intellivue_status(0x0800), DRAGOMAN_STATUS_TEST_DATA);
    assert_int_equal(intellivue_status(0x0400), DRAGOMAN_STATUS_DEMO_DATA);
    assert_int_equal(intellivue_status(0x0080), DRAGOMAN_STATUS_VALIDATED);
    assert_int_equal(intellivue_status(0x0040), DRAGOMAN_STATUS_EARLY);
    assert_int_equal(intellivue_status(0x0020), DRAGOMAN_STATUS_ONGOING);
    assert_int_equal(intellivue_status(0x0002), DRAGOMAN_STATUS_IN_ALARM);
    assert_int_equal(intellivue_status(0x0001), DRAGOMAN_STATUS_ALARM_INHIBITED);
    assert_int_equal(intellivue_absence(0x8000), DRAGOMAN_ABSENT_ERROR);
    assert_int_equal(intellivue_absence(0x2000), DRAGOMAN_ABSENT_TEMPORARILY_UNKNOWN);
    assert_int_equal(intellivue_absence(0x1000), DRAGOMAN_ABSENT_TEMPORARILY_UNKNOWN);
    assert_int_equal(intellivue_absence(0x4483), DRAGOMAN_PRESENT);
}

static void line_is(const intellivue_scale *scale, int64_t mantissa, int exponent, int64_t origin,
                    int origin_exponent) {
    intellivue_line line;
    assert_int_equal(intellivue_scale_line(scale, &line), DRAGOMAN_OK);
    assert_int_equal(line.scale.mantissa, mantissa);
    assert_int_equal(line.scale.exponent, exponent);
    assert_int_equal(line.origin.mantissa, origin);
    assert_int_equal(line.origin.exponent, origin_exponent);
}

#define FLOAT(mantissa, exponent) ((uint32_t)(uint8_t)(exponent) << 24 | ((uint32_t)(mantissa) & 0xFFFFFF))

/* Ranges that monitors use: ECG -40.96 to 40.955 over 0 to 16383 is 5 uV a step, a pressure -40 to 520 over 160 to 9120
 * is 1/16 mmHg a step and reads 0 at 800; 1/4095 is no finite decimal. */
static void scales_are_lines_of_decimals(void **state) {
    (void)state;
    const intellivue_scale ecg = {FLOAT(-4096, -2), FLOAT(40955, -3), 0, 16383};
    const intellivue_scale pressure = {FLOAT(-40, 0), FLOAT(520, 0), 160, 9120};
    const intellivue_scale pleth = {FLOAT(0, 0), FLOAT(1, 0), 0, 4095};
    line_is(&ecg, 5, -3, -4096, -2);
    line_is(&pressure, 625, -4, -50, 0);
    line_is(&pleth, 2442002442, -13, 0, 0);
}

static void a_wave_without_absolute_values_is_its_own_scale(void **state) {
    (void)state;
    intellivue_line line;
    const intellivue_scale nothing = {0x007FFFFF, 0x007FFFFF, 0, 4095};
    assert_int_equal(intellivue_scale_line(&nothing, &line), DRAGOMAN_OK);
    assert_int_equal(line.scale.mantissa, 1);
    assert_int_equal(line.low.special, DRAGOMAN_NAN);
}

static void ranges_that_are_none_are_refused(void **state) {
    (void)state;
    static const intellivue_scale ranges[] = {
        {FLOAT(0, 0), FLOAT(1, 0), 5, 5},       {FLOAT(1, 0), FLOAT(1, 0), 0, 5}, {FLOAT(2, 0), FLOAT(1, 0), 0, 5},
        {FLOAT(0, 0), 0x007FFFFE, 0, 5},        {FLOAT(0, 0), 0x007FFFFF, 0, 5},  {FLOAT(1, -128), FLOAT(1, 127), 0, 5},
        {FLOAT(1, -128), FLOAT(2, -128), 0, 5}, {FLOAT(0, 0), FLOAT(1, 0), 5, 4},
    };
    for (size_t n = 0; n < sizeof ranges / sizeof *ranges; n++) {
        intellivue_line line;
        assert_int_equal(intellivue_scale_line(&ranges[n], &line), DRAGOMAN_UNSUPPORTED);
    }
}

/* Date and Time 2026-01-01 00:00:00 at Relative Time FFFFFF00: 1 s later the counter has wrapped. */
static void relative_time_wraps(void **state) {
    (void)state;
    static const uint8_t date[] = {0x20, 0x26, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00};
    static const uint8_t ticks[] = {0xFF, 0xFF, 0xFF, 0x00};
    intellivue_clock clock;
    intellivue_clock_set(&clock, all_of(date, sizeof date), all_of(ticks, sizeof ticks));
    assert_true(clock.is_known);
    dragoman_time time = intellivue_clock_time(&clock, 8000 - 256);
    assert_int_equal(time.civil_us, INT64_C(1767225601000000));
    assert_int_equal(time.precision, DRAGOMAN_TIME_SECOND);
    assert_int_equal(time.offset_minutes, DRAGOMAN_OFFSET_UNKNOWN);
}

static void what_is_no_date_is_no_time(void **state) {
    (void)state;
    static const uint8_t dates[][8] = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                                       {0x20, 0x26, 0x13, 0x01, 0, 0, 0, 0},
                                       {0x20, 0x26, 0x02, 0x29, 0, 0, 0, 0},
                                       {0x20, 0x26, 0x01, 0x01, 0x24, 0, 0, 0},
                                       {0x00, 0x00, 0x01, 0x01, 0, 0, 0, 0},
                                       {0x20, 0x2A, 0x01, 0x01, 0, 0, 0, 0}};
    static const uint8_t leap_day[] = {0x20, 0x24, 0x02, 0x29, 0x23, 0x59, 0x59, 0};
    for (size_t n = 0; n < sizeof dates / sizeof *dates; n++) {
        dragoman_time time = intellivue_absolute_time(all_of(dates[n], 8), DRAGOMAN_TIME_SECOND);
        assert_int_equal(time.precision, DRAGOMAN_TIME_NONE);
    }
    assert_int_equal(intellivue_absolute_time(all_of(leap_day, 8), DRAGOMAN_TIME_SECOND).civil_us,
                     INT64_C(1709251199000000));
    assert_int_equal(intellivue_absolute_time(all_of(leap_day, 8), DRAGOMAN_TIME_DAY).civil_us,
                     INT64_C(1709164800000000));
}

static void text_is(const uint8_t *utf16, size_t size, const char *expected) {
    char text[INTELLIVUE_LABEL_BYTES];
    size_t written = intellivue_text_from_utf16(all_of(utf16, size), text, sizeof text);
    assert_int_equal(written, strlen(expected));
    assert_memory_equal(text, expected, written);
}

static void strings_become_utf8(void **state) {
    (void)state;
    static const uint8_t spo2[] = {0, 'S', 0, 'p', 0, 'O', 0x20, 0x82, 0, 0, 0, 'x'};
    static const uint8_t pair[] = {0xD8, 0x3D, 0xDE, 0x00, 0, ' ', 0, ' '};
    static const uint8_t half[] = {0xD8, 0x3D, 0, 'a', 0xDC, 0x00, 0};
    uint8_t many[64];
    for (size_t n = 0; n < sizeof many; n += 2) {
        many[n] = 0x20;
        many[n + 1] = 0x82;
    }
    text_is(spo2, sizeof spo2, "SpO\xe2\x82\x82");
    text_is(pair, sizeof pair, "\xf0\x9f\x98\x80");
    text_is(half, sizeof half,
            "\xef\xbf\xbd"
            "a\xef\xbf\xbd");
    char text[INTELLIVUE_LABEL_BYTES];
    assert_int_equal(intellivue_text_from_utf16(all_of(many, sizeof many), text, sizeof text), 30);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_association_request_that_a_monitor_accepted),
        cmocka_unit_test(the_association_response_of_a_monitor),
        cmocka_unit_test(a_response_cut_anywhere_is_refused),
        cmocka_unit_test(the_time_out_goes_by_the_poll_period),
        cmocka_unit_test(the_poll_request_that_a_monitor_answered),
        cmocka_unit_test(the_empty_result_of_a_monitor),
        cmocka_unit_test(a_result_whose_lengths_disagree_is_refused),
        cmocka_unit_test(floats_keep_what_was_sent),
        cmocka_unit_test(states_become_status_and_absence),
        cmocka_unit_test(scales_are_lines_of_decimals),
        cmocka_unit_test(a_wave_without_absolute_values_is_its_own_scale),
        cmocka_unit_test(ranges_that_are_none_are_refused),
        cmocka_unit_test(relative_time_wraps),
        cmocka_unit_test(what_is_no_date_is_no_time),
        cmocka_unit_test(strings_become_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
