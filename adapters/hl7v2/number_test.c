/* Numbers stay as sent. */
#include "number.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static dragoman_bytes bytes(const char *text) {
    return (dragoman_bytes){(const uint8_t *)text, __builtin_strlen(text)};
}

static void digits_are_kept(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t mantissa;
        int16_t exponent;
    } cases[] = {
        {"98", 98, 0},
        {"98.0", 980, -1},
        {"-0.50", -50, -2},
        {"+5", 5, 0},
        {".5", 5, -1},
        {"5.", 5, 0},
        {"007", 7, 0},
        {"0.000", 0, -3},
        {"999999999999999999", 999999999999999999, 0},
        {"0000000000000000000000001.5", 15, -1},
    };
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        dragoman_decimal number = {0};
        assert_true(hl7v2_decimal_read(bytes(cases[n].text), &number));
        assert_int_equal(number.mantissa, cases[n].mantissa);
        assert_int_equal(number.exponent, cases[n].exponent);
        assert_int_equal(number.special, DRAGOMAN_FINITE);
    }
}

static void what_is_no_number_is_none(void **state) {
    (void)state;
    static const char *const cases[] = {
        "", "-", "+", ".", "12a", "1e5", "1.2.3", " 1", "1 ", "--1", "1,5", "NaN", "1234567890123456789"};
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        dragoman_decimal number = {0};
        assert_false(hl7v2_decimal_read(bytes(cases[n]), &number));
    }
}

static void comparators_are_cut_off(void **state) {
    (void)state;
    dragoman_bytes text = bytes("<= 5.0");
    assert_int_equal(hl7v2_comparator_cut(&text), DRAGOMAN_LESS_OR_EQUAL);
    assert_memory_equal(text.data, "5.0", 3);
    text = bytes(">120");
    assert_int_equal(hl7v2_comparator_cut(&text), DRAGOMAN_GREATER);
    text = bytes("120");
    assert_int_equal(hl7v2_comparator_cut(&text), DRAGOMAN_EQUAL);
    assert_int_equal(text.size, 3);
}

static void products_that_do_not_fit_are_refused(void **state) {
    (void)state;
    dragoman_decimal product = {0};
    dragoman_decimal a = {.mantissa = 25, .exponent = -1};
    dragoman_decimal b = {.mantissa = 4, .exponent = -2};
    assert_true(hl7v2_decimal_multiply(a, b, &product));
    assert_int_equal(product.mantissa, 100);
    assert_int_equal(product.exponent, -3);
    a.mantissa = INT64_MAX;
    assert_false(hl7v2_decimal_multiply(a, b, &product));
    a = (dragoman_decimal){.mantissa = 1, .exponent = -127};
    assert_false(hl7v2_decimal_multiply(a, b, &product));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_are_kept),
        cmocka_unit_test(what_is_no_number_is_none),
        cmocka_unit_test(comparators_are_cut_off),
        cmocka_unit_test(products_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
