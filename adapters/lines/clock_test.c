/* Times as devices write them: each in the form and with the example of its document. */
#include "clock.h"
#include "words.h"

#include "base/bytes.h"
#include "base/time.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static dragoman_time read_time(const char *format, const char *text) {
    lines_moment moment = LINES_NO_MOMENT;
    assert_true(lines_clock_is_format(bytes_of(format)));
    assert_true(lines_clock_read(bytes_of(format), bytes_of(text), &moment));
    return lines_clock_time(&moment);
}

/* Microseconds of a civil time: days from 1970-01-01. */
#define CIVIL(days, hour, minute, second) ((((days) * INT64_C(24) + (hour)) * 60 + (minute)) * 60 + (second)) * 1000000

static void devices_write_times_in_many_forms(void **state) {
    (void)state;
    /* Masimo; 2016-02-22 is day 16853. */
    dragoman_time time = read_time("MM/dd/yy HH:mm:ss", "02/22/16 22:47:45");
    assert_int_equal(time.civil_us, CIVIL(16853, 22, 47, 45));
    assert_int_equal(time.precision, DRAGOMAN_TIME_SECOND);
    assert_int_equal(time.offset_minutes, DRAGOMAN_OFFSET_UNKNOWN);
    /* NPB-295: 1998-11-12 is day 10542. */
    time = read_time("dd-MMM-yy HH:mm:ss", "12-NOV-98   14:00:05");
    assert_int_equal(time.civil_us, CIVIL(10542, 14, 0, 5));
    time = read_time("dd-MMM-yy HH:mm:ss", "01-Jul-97 14:00:00");
    assert_int_equal(time.civil_us, CIVIL(10043, 14, 0, 0));
    /* V200: date and time of the request; 1997-02-23 is day 9915. */
    lines_moment moment = LINES_NO_MOMENT;
    assert_true(lines_clock_read(DRAGOMAN_TEXT("HH:mm"), DRAGOMAN_TEXT("13:45 "), &moment));
    assert_int_equal(lines_clock_time(&moment).flags, DRAGOMAN_TIME_OF_DAY);
    assert_true(lines_clock_read(DRAGOMAN_TEXT("MMM dd yyyy"), DRAGOMAN_TEXT("FEB 23 1997 "), &moment));
    time = lines_clock_time(&moment);
    assert_int_equal(time.civil_us, CIVIL(9915, 13, 45, 0));
    assert_int_equal(time.precision, DRAGOMAN_TIME_MINUTE);
}

static void what_is_no_time_is_none(void **state) {
    (void)state;
    static const char *const wrong[] = {"31/02/16", "30/02/16", "00/01/16", "01/13/16", "1/", "01/01/16x", "aa/01/16"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        lines_moment moment = LINES_NO_MOMENT;
        assert_false(lines_clock_read(DRAGOMAN_TEXT("dd/MM/yy"), bytes_of(wrong[i]), &moment));
        assert_int_equal(lines_clock_time(&moment).precision, DRAGOMAN_TIME_NONE);
    }
    lines_moment moment = LINES_NO_MOMENT;
    assert_true(lines_clock_read(DRAGOMAN_TEXT("dd/MM/yy"), DRAGOMAN_TEXT("29/02/16"), &moment));
    assert_false(lines_clock_read(DRAGOMAN_TEXT("dd/MM/yy"), DRAGOMAN_TEXT("29/02/15"), &moment));
    assert_false(lines_clock_read(DRAGOMAN_TEXT("HH:mm"), DRAGOMAN_TEXT("24:00"), &moment));
    assert_false(lines_clock_is_format(DRAGOMAN_TEXT("day")));
    assert_false(lines_clock_is_format(DRAGOMAN_TEXT("--")));
    assert_true(lines_clock_is_format(DRAGOMAN_TEXT("yyyy-MM-ddTHH:mm:ssZ")));
}

static void numbers_keep_their_digits(void **state) {
    (void)state;
    dragoman_decimal number;
    assert_true(lines_decimal(DRAGOMAN_TEXT("03.60"), '.', &number));
    assert_int_equal(number.mantissa, 360);
    assert_int_equal(number.exponent, -2);
    assert_true(lines_decimal(DRAGOMAN_TEXT("-20.5"), '.', &number));
    assert_int_equal(number.mantissa, -205);
    assert_true(lines_decimal(DRAGOMAN_TEXT("36,5"), ',', &number));
    assert_int_equal(number.exponent, -1);
    assert_false(lines_decimal(DRAGOMAN_TEXT("36,5"), '.', &number));
    assert_false(lines_decimal(DRAGOMAN_TEXT("1e5"), '.', &number));
    assert_false(lines_decimal(DRAGOMAN_TEXT(""), '.', &number));
    assert_false(lines_decimal(DRAGOMAN_TEXT("-"), '.', &number));
    assert_false(lines_decimal(DRAGOMAN_TEXT("1234567890123456789"), '.', &number));
    assert_true(lines_decimal(DRAGOMAN_TEXT("000000000000000000001.5"), '.', &number));
    dragoman_decimal tenth = {.mantissa = 1, .exponent = -1};
    dragoman_decimal product;
    assert_true(lines_multiply((dragoman_decimal){.mantissa = 365}, tenth, &product));
    assert_int_equal(product.mantissa, 365);
    assert_int_equal(product.exponent, -1);
    assert_true(lines_compare(product, (dragoman_decimal){.mantissa = 36}) > 0);
    assert_true(lines_compare(product, (dragoman_decimal){.mantissa = 3650, .exponent = -2}) == 0);
    assert_true(lines_compare((dragoman_decimal){.mantissa = 1, .exponent = 100}, product) > 0);
    assert_true(lines_compare((dragoman_decimal){.mantissa = -1, .exponent = 100}, product) < 0);
}

static void patterns_fit_whole_texts(void **state) {
    (void)state;
    assert_true(lines_fits(DRAGOMAN_TEXT("12-NOV-98 14"), DRAGOMAN_TEXT("##-?"
                                                                        "?"
                                                                        "?-## *")));
    assert_false(lines_fits(DRAGOMAN_TEXT("1x-NOV-98 14"), DRAGOMAN_TEXT("##-?"
                                                                         "?"
                                                                         "?-## *")));
    assert_true(lines_fits(DRAGOMAN_TEXT("a VERSION b"), DRAGOMAN_TEXT("*VERSION*")));
    assert_false(lines_fits(DRAGOMAN_TEXT("HR=1"), DRAGOMAN_TEXT("HR")));
    assert_true(lines_fits(DRAGOMAN_TEXT(""), DRAGOMAN_TEXT("*")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_write_times_in_many_forms),
        cmocka_unit_test(what_is_no_time_is_none),
        cmocka_unit_test(numbers_keep_their_digits),
        cmocka_unit_test(patterns_fit_whole_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
