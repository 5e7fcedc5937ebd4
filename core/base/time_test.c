#include "base/bytes.h"
#include "base/time.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Days since 1970 as Python's datetime.toordinal gives them. */
static void the_calendar_is_the_gregorian_one(void **state) {
    (void)state;
    static const struct {
        int64_t year;
        unsigned month, day;
        int64_t days;
    } cases[] = {
        {1970, 1, 1, 0},       {1969, 12, 31, -1},   {2000, 2, 29, 11016}, {2024, 2, 29, 19782},    {2024, 3, 1, 19783},
        {1900, 2, 28, -25509}, {1900, 3, 1, -25508}, {1, 1, 1, -719162},   {9999, 12, 31, 2932896}, {2100, 3, 1, 47541},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(time_days(cases[i].year, cases[i].month, cases[i].day), cases[i].days);
    }
}

static void every_day_of_eight_centuries_comes_back(void **state) {
    (void)state;
    for (int64_t day = -200000; day < 100000; day++) {
        int64_t year = 0;
        unsigned month = 0;
        unsigned day_of_month = 0;
        time_date(day, &year, &month, &day_of_month);
        assert_int_equal(time_days(year, month, day_of_month), day);
        assert_in_range(month, 1, 12);
        assert_in_range(day_of_month, 1, 31);
    }
}

#define NOON_US (INT64_C(1721044805) * 1000000) /* 2024-07-15T12:00:05 */

static void fhir_gets_as_much_as_was_stated(void **state) {
    (void)state;
    static const struct {
        dragoman_time time;
        const char *text;
    } cases[] = {
        {{.civil_us = NOON_US, .precision = DRAGOMAN_TIME_YEAR}, "2024"},
        {{.civil_us = NOON_US, .precision = DRAGOMAN_TIME_MONTH}, "2024-07"},
        {{.civil_us = NOON_US, .precision = DRAGOMAN_TIME_DAY, .offset_minutes = 60}, "2024-07-15"},
        {{.civil_us = NOON_US - 5000000, .precision = DRAGOMAN_TIME_MINUTE, .offset_minutes = 120},
         "2024-07-15T12:00:00+02:00"},
        {{.civil_us = NOON_US, .precision = DRAGOMAN_TIME_SECOND}, "2024-07-15T12:00:05Z"},
        {{.civil_us = NOON_US + 250000,
          .precision = DRAGOMAN_TIME_SECOND,
          .fraction_digits = 2,
          .offset_minutes = -210},
         "2024-07-15T12:00:05.25-03:30"},
        {{.civil_us = NOON_US + 1, .precision = DRAGOMAN_TIME_SECOND, .fraction_digits = 6},
         "2024-07-15T12:00:05.000001Z"},
        {{.civil_us = NOON_US, .precision = DRAGOMAN_TIME_SECOND, .offset_minutes = DRAGOMAN_OFFSET_UNKNOWN},
         "2024-07-15"},
        {{.civil_us = NOON_US, .precision = DRAGOMAN_TIME_SECOND, .offset_minutes = 900}, "2024-07-14T21:00:05Z"},
        {{.civil_us = -1, .precision = DRAGOMAN_TIME_SECOND, .fraction_digits = 6}, "1969-12-31T23:59:59.999999Z"},
        {{.civil_us = NOON_US, .precision = DRAGOMAN_TIME_NONE}, ""},
        {{.civil_us = NOON_US, .precision = DRAGOMAN_TIME_SECOND, .flags = DRAGOMAN_TIME_OF_DAY}, ""},
        {{.civil_us = INT64_MAX, .precision = DRAGOMAN_TIME_SECOND, .offset_minutes = -1000}, ""},
        {{.civil_us = INT64_MIN, .precision = DRAGOMAN_TIME_SECOND}, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[TIME_TEXT_BYTES];
        dragoman_bytes written = {(const uint8_t *)text, time_write_fhir(cases[i].time, text)};
        if (!bytes_is(written, cases[i].text)) {
            fail_msg("%.*s, expected %s", BYTES_FORMAT(written), cases[i].text);
        }
    }
}

static void a_time_of_day_stands_alone(void **state) {
    (void)state;
    char text[TIME_TEXT_BYTES];
    dragoman_time time = {.civil_us = INT64_C(45296500000),
                          .precision = DRAGOMAN_TIME_SECOND,
                          .fraction_digits = 1,
                          .flags = DRAGOMAN_TIME_OF_DAY};
    dragoman_bytes written = {(const uint8_t *)text, time_write_of_day(time, text)};
    assert_true(bytes_is(written, "12:34:56.5"));
    assert_int_equal(time_write_of_day((dragoman_time){.precision = DRAGOMAN_TIME_DAY}, text), 0);
}

static void stated_times_keep_what_was_stated(void **state) {
    (void)state;
    static const struct {
        dragoman_time time;
        const char *text;
    } cases[] = {
        {{.civil_us = NOON_US, .precision = DRAGOMAN_TIME_YEAR}, "2024"},
        {{.civil_us = NOON_US, .precision = DRAGOMAN_TIME_DAY, .offset_minutes = 60}, "2024-07-15"},
        {{.civil_us = NOON_US, .precision = DRAGOMAN_TIME_HOUR, .offset_minutes = DRAGOMAN_OFFSET_UNKNOWN},
         "2024-07-15T12"},
        {{.civil_us = NOON_US, .precision = DRAGOMAN_TIME_MINUTE, .offset_minutes = 120}, "2024-07-15T12:00+02:00"},
        {{.civil_us = NOON_US, .precision = DRAGOMAN_TIME_SECOND, .fraction_digits = 3}, "2024-07-15T12:00:05.000Z"},
        {{.civil_us = NOON_US % INT64_C(86400000000),
          .precision = DRAGOMAN_TIME_MINUTE,
          .offset_minutes = DRAGOMAN_OFFSET_UNKNOWN,
          .flags = DRAGOMAN_TIME_OF_DAY},
         "T12:00"},
        {{.civil_us = NOON_US}, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[TIME_TEXT_BYTES];
        dragoman_bytes written = {(const uint8_t *)text, time_write_stated(cases[i].time, text)};
        if (!bytes_is(written, cases[i].text)) {
            fail_msg("%.*s, expected %s", BYTES_FORMAT(written), cases[i].text);
        }
    }
}

static void utc_is_civil_less_offset(void **state) {
    (void)state;
    dragoman_time time = {.civil_us = NOON_US, .offset_minutes = 120, .precision = DRAGOMAN_TIME_SECOND};
    assert_int_equal(time_utc_us(time), NOON_US - INT64_C(7200000000));
    assert_int_equal(time_utc_us(time_of_utc_us(NOON_US)), NOON_US);
}

static void a_moment_is_cut_to_the_digits_that_are_asked_for(void **state) {
    (void)state;
    static const struct {
        int64_t utc_us;
        uint8_t digits;
        const char *text;
    } cases[] = {
        {0, 0, "1970-01-01T00:00:00Z"},
        {INT64_C(1721037605250999), 0, "2024-07-15T10:00:05Z"},
        {INT64_C(1721037605250999), 3, "2024-07-15T10:00:05.250Z"},
        {INT64_C(1721037605250999), 6, "2024-07-15T10:00:05.250999Z"},
        {-1, 3, "1969-12-31T23:59:59.999Z"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[TIME_TEXT_BYTES];
        dragoman_bytes written = {(const uint8_t *)text, time_write_utc(cases[i].utc_us, cases[i].digits, text)};
        assert_true(bytes_is(written, cases[i].text));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_calendar_is_the_gregorian_one),
        cmocka_unit_test(every_day_of_eight_centuries_comes_back),
        cmocka_unit_test(fhir_gets_as_much_as_was_stated),
        cmocka_unit_test(a_moment_is_cut_to_the_digits_that_are_asked_for),
        cmocka_unit_test(a_time_of_day_stands_alone),
        cmocka_unit_test(stated_times_keep_what_was_stated),
        cmocka_unit_test(utc_is_civil_less_offset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
