/* HL7 times against the seconds that date(1) gives for them. */
#include "time.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static dragoman_bytes bytes(const char *text) {
    return (dragoman_bytes){(const uint8_t *)text, __builtin_strlen(text)};
}

static void every_precision_is_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t civil_us;
        dragoman_precision precision;
        int fraction;
        int offset;
    } cases[] = {
        {"2026", INT64_C(1767225600000000), DRAGOMAN_TIME_YEAR, 0, DRAGOMAN_OFFSET_UNKNOWN},
        {"202602", INT64_C(1769904000000000), DRAGOMAN_TIME_MONTH, 0, DRAGOMAN_OFFSET_UNKNOWN},
        {"20260228", INT64_C(1772236800000000), DRAGOMAN_TIME_DAY, 0, DRAGOMAN_OFFSET_UNKNOWN},
        {"2026022813", INT64_C(1772283600000000), DRAGOMAN_TIME_HOUR, 0, DRAGOMAN_OFFSET_UNKNOWN},
        {"202602281345", INT64_C(1772286300000000), DRAGOMAN_TIME_MINUTE, 0, DRAGOMAN_OFFSET_UNKNOWN},
        {"20260228134501", INT64_C(1772286301000000), DRAGOMAN_TIME_SECOND, 0, DRAGOMAN_OFFSET_UNKNOWN},
        {"20260228134501.25-0530", INT64_C(1772286301250000), DRAGOMAN_TIME_SECOND, 2, -330},
        {"20260228134501.1234567+1400", INT64_C(1772286301123456), DRAGOMAN_TIME_SECOND, 6, 840},
        {"20260228134501.0000", INT64_C(1772286301000000), DRAGOMAN_TIME_SECOND, 0, DRAGOMAN_OFFSET_UNKNOWN},
        {"202602281345+0100", INT64_C(1772286300000000), DRAGOMAN_TIME_MINUTE, 0, 60},
        {"19680309000000", INT64_C(-57283200000000), DRAGOMAN_TIME_SECOND, 0, DRAGOMAN_OFFSET_UNKNOWN},
        {"20240229", INT64_C(1709164800000000), DRAGOMAN_TIME_DAY, 0, DRAGOMAN_OFFSET_UNKNOWN},
        {"19310000", INT64_C(-1230768000000000), DRAGOMAN_TIME_YEAR, 0, DRAGOMAN_OFFSET_UNKNOWN},
    };
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        dragoman_time time;
        assert_true(hl7v2_time_read(bytes(cases[n].text), DRAGOMAN_OFFSET_UNKNOWN, &time));
        assert_int_equal(time.civil_us, cases[n].civil_us);
        assert_int_equal(time.precision, cases[n].precision);
        assert_int_equal(time.fraction_digits, cases[n].fraction);
        assert_int_equal(time.offset_minutes, cases[n].offset);
    }
}

static void a_zone_is_only_given_to_times_of_day(void **state) {
    (void)state;
    dragoman_time time;
    assert_true(hl7v2_time_read(bytes("202602281345"), 120, &time));
    assert_int_equal(time.offset_minutes, 120);
    assert_true(hl7v2_time_read(bytes("202602281345-0100"), 120, &time));
    assert_int_equal(time.offset_minutes, -60);
    assert_true(hl7v2_time_read(bytes("20260228"), 120, &time));
    assert_int_equal(time.offset_minutes, DRAGOMAN_OFFSET_UNKNOWN);
}

static void what_is_no_time_is_none(void **state) {
    (void)state;
    static const char *const cases[] = {"",
                                        "20",
                                        "202613",
                                        "20260230",
                                        "20260228 1345",
                                        "20250229",
                                        "2026022824",
                                        "202602281360",
                                        "20260228134560",
                                        "20260228134501.",
                                        "yesterday",
                                        "20260228+01",
                                        "202602281345+9900",
                                        "20260228134501x"};
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        dragoman_time time;
        assert_false(hl7v2_time_read(bytes(cases[n]), 0, &time));
        assert_int_equal(time.precision, DRAGOMAN_TIME_NONE);
    }
}

static void times_of_day_stand_alone(void **state) {
    (void)state;
    dragoman_time time;
    assert_true(hl7v2_time_of_day_read(bytes("134501.5"), DRAGOMAN_OFFSET_UNKNOWN, &time));
    assert_int_equal(time.civil_us, INT64_C(49501500000));
    assert_int_equal(time.flags, DRAGOMAN_TIME_OF_DAY);
    assert_false(hl7v2_time_of_day_read(bytes("2500"), 0, &time));
}

static void answers_say_the_time_in_utc(void **state) {
    (void)state;
    char text[HL7V2_TIME_TEXT];
    hl7v2_time_write(INT64_C(1772286301123456), false, text);
    assert_string_equal(text, "20260228134501.123+0000");
    hl7v2_time_write(INT64_C(951782399999999), true, text);
    assert_string_equal(text, "20000228235959+0000");
    hl7v2_time_write(INT64_C(951782400000000), true, text);
    assert_string_equal(text, "20000229000000+0000");
    hl7v2_time_write(-1, false, text);
    assert_string_equal(text, "19691231235959.999+0000");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_precision_is_read),     cmocka_unit_test(a_zone_is_only_given_to_times_of_day),
        cmocka_unit_test(what_is_no_time_is_none),     cmocka_unit_test(times_of_day_stand_alone),
        cmocka_unit_test(answers_say_the_time_in_utc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
