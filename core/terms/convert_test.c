/* Expected values: factors of NIST SP 811, appendix B (mmHg 133.3224 Pa, cmH2O 98.0665 Pa), worked out by hand. */
#include "base/bytes.h"
#include "base/decimal.h"
#include "terms/terms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_converts(const char *value, const char *from, const char *to, const char *wanted) {
    dragoman_decimal number;
    dragoman_decimal converted;
    char text[DECIMAL_TEXT_BYTES];
    assert_int_equal(decimal_parse(bytes_of(value), &number), DRAGOMAN_OK);
    assert_int_equal(terms_convert(number, bytes_of(from), bytes_of(to), &converted), DRAGOMAN_OK);
    dragoman_bytes written = {(const uint8_t *)text, decimal_write(converted, text)};
    if (!bytes_is(written, wanted)) {
        fail_msg("%s %s is %s %s, not %.*s", value, from, wanted, to, BYTES_FORMAT(written));
    }
}

static void keeps_the_digits_of_inexact_conversions(void **state) {
    (void)state;
    assert_converts("16.0", "kPa", "mm[Hg]", "120");    /* 120.0099 */
    assert_converts("13.33", "kPa", "mm[Hg]", "99.98"); /* 99.9832 */
    assert_converts("5.3", "kPa", "mm[Hg]", "40");      /* 39.75 */
    assert_converts("3", "kPa", "mm[Hg]", "23");        /* 22.50 */
    assert_converts("0.2", "kPa", "mm[Hg]", "1.5");
    assert_converts("-0.5", "kPa", "mm[Hg]", "-3.8"); /* -3.750 */
    assert_converts("0.0", "kPa", "mm[Hg]", "0.0");
    assert_converts("120", "mm[Hg]", "kPa", "16.0"); /* 15.9987 */
    assert_converts("1000", "hPa", "mm[Hg]", "750.1");
    assert_converts("10.0", "cm[H2O]", "mm[Hg]", "7.36");
    assert_converts("133", "kPa", "mm[Hg]", "998"); /* 997.58 */
}

static void is_exact_where_it_can_be(void **state) {
    (void)state;
    assert_converts("3500", "g", "kg", "3.500");
    assert_converts("1.75", "m", "cm", "175");
    assert_converts("70.5", "[in_i]", "cm", "179.070");
    assert_converts("150", "[lb_av]", "kg", "68.03885550");
    assert_converts("1.2", "Hz", "/min", "72.0");
    assert_converts("98.0", "%", "%", "98.0");
    assert_converts("10", "cm[H2O]", "kPa", "0.9806650");
}

static void refuses_what_it_cannot_do(void **state) {
    (void)state;
    dragoman_decimal converted;
    dragoman_decimal one = {.mantissa = 1};
    dragoman_decimal long_one = {.mantissa = 1234567890123};
    dragoman_decimal nothing = {.special = DRAGOMAN_NAN};
    assert_int_equal(terms_convert(one, bytes_of("Cel"), bytes_of("[degF]"), &converted), DRAGOMAN_NOT_FOUND);
    assert_int_equal(terms_convert(one, bytes_of("kPa"), bytes_of("%"), &converted), DRAGOMAN_NOT_FOUND);
    assert_int_equal(terms_convert(long_one, bytes_of("kPa"), bytes_of("mm[Hg]"), &converted), DRAGOMAN_LIMIT);
    assert_int_equal(terms_convert(nothing, bytes_of("g"), bytes_of("kg"), &converted), DRAGOMAN_UNSUPPORTED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_digits_of_inexact_conversions),
        cmocka_unit_test(is_exact_where_it_can_be),
        cmocka_unit_test(refuses_what_it_cannot_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
