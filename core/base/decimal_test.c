#include "base/bytes.h"
#include "base/decimal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void text_becomes_the_decimal_that_was_sent(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t mantissa;
        int16_t exponent;
    } cases[] = {
        {"98", 98, 0},
        {"98.0", 980, -1},
        {"-12.30", -1230, -2},
        {"+5", 5, 0},
        {".5", 5, -1},
        {"5.", 5, 0},
        {"1e3", 1, 3},
        {"1.20E-2", 120, -4},
        {"1E+2", 1, 2},
        {"0", 0, 0},
        {"0.000", 0, -3},
        {"-0.0", 0, -1},
        {"007", 7, 0},
        {"999999999999999999", INT64_C(999999999999999999), 0},
        {"0.00000000000000000000000000000000000001", 1, -38},
        {"000000000000000000000000012.5", 125, -1},
        {"1e127", 1, 127},
        {"1e-128", 1, -128},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dragoman_decimal decimal = {0};
        assert_int_equal(decimal_parse(bytes_of(cases[i].text), &decimal), DRAGOMAN_OK);
        assert_int_equal(decimal.mantissa, cases[i].mantissa);
        assert_int_equal(decimal.exponent, cases[i].exponent);
        assert_int_equal(decimal.special, DRAGOMAN_FINITE);
    }
}

static void what_is_no_number_is_refused(void **state) {
    (void)state;
    static const char *const invalid[] = {"",   "-",   "+",    ".",   "1.2.3", "1,5", " 1",   "1 ",  "e5",
                                          "1e", "1e-", "0x10", "NaN", "---",   "--1", "1e5x", "1-2", "INF"};
    static const char *const limit[] = {
        "1234567890123456789", "0.1234567890123456789", "1e128", "1e-129", "1e99999999999999999999", "1.0e-128"};
    dragoman_decimal untouched = {.mantissa = 7};
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++) {
        assert_int_equal(decimal_parse(bytes_of(invalid[i]), &untouched), DRAGOMAN_INVALID);
    }
    for (size_t i = 0; i < sizeof limit / sizeof limit[0]; i++) {
        assert_int_equal(decimal_parse(bytes_of(limit[i]), &untouched), DRAGOMAN_LIMIT);
    }
    assert_int_equal(untouched.mantissa, 7);
}

static void decimals_are_written_with_every_digit(void **state) {
    (void)state;
    static const struct {
        int64_t mantissa;
        int16_t exponent;
        const char *text;
    } cases[] = {
        {980, -1, "98.0"},
        {98, 0, "98"},
        {72, 1, "720"},
        {-5, -2, "-0.05"},
        {0, -3, "0.000"},
        {0, 3, "0"},
        {0, 0, "0"},
        {5, -1, "0.5"},
        {1234, -2, "12.34"},
        {-1234, -4, "-0.1234"},
        {INT64_MAX, 0, "9223372036854775807"},
        {INT64_MIN, 0, "-9223372036854775808"},
        {INT64_MIN, -1, "-922337203685477580.8"},
        {100, 0, "100"},
        {99, 0, "99"},
        {9, 0, "9"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[DECIMAL_TEXT_BYTES];
        dragoman_decimal decimal = {.mantissa = cases[i].mantissa, .exponent = cases[i].exponent};
        dragoman_bytes written = {(const uint8_t *)text, decimal_write(decimal, text)};
        assert_true(bytes_is(written, cases[i].text));
    }
    char text[DECIMAL_TEXT_BYTES];
    assert_int_equal(decimal_write((dragoman_decimal){.special = DRAGOMAN_NAN}, text), 0);
    assert_int_equal(decimal_write((dragoman_decimal){.mantissa = INT64_MIN, .exponent = 127}, text), 147);
    assert_int_equal(decimal_write((dragoman_decimal){.mantissa = INT64_MIN, .exponent = -128}, text), 131);
}

static void comparing_looks_at_the_value_only(void **state) {
    (void)state;
    static const struct {
        dragoman_decimal a;
        dragoman_decimal b;
        int order;
    } cases[] = {
        {{.mantissa = 980, .exponent = -1}, {.mantissa = 98}, 0},
        {{.mantissa = 981, .exponent = -1}, {.mantissa = 98}, 1},
        {{.mantissa = -981, .exponent = -1}, {.mantissa = -98}, -1},
        {{.mantissa = 0, .exponent = -5}, {.mantissa = 0, .exponent = 5}, 0},
        {{.mantissa = -1}, {.mantissa = 1, .exponent = -128}, -1},
        {{.mantissa = 1, .exponent = 127}, {.mantissa = INT64_MAX}, 1},
        {{.mantissa = 1, .exponent = -128}, {.mantissa = 0}, 1},
        {{.mantissa = INT64_MIN}, {.mantissa = -INT64_MAX}, -1},
        {{.mantissa = 1, .exponent = 18}, {.mantissa = INT64_C(1000000000000000000)}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(decimal_compare(cases[i].a, cases[i].b), cases[i].order);
        assert_int_equal(decimal_compare(cases[i].b, cases[i].a), -cases[i].order);
    }
    assert_false(decimal_same((dragoman_decimal){.mantissa = 980, .exponent = -1}, (dragoman_decimal){.mantissa = 98}));
}

static void products_are_exact_or_refused(void **state) {
    (void)state;
    dragoman_decimal product = {0};
    dragoman_decimal a = {.mantissa = 125, .exponent = -2};
    dragoman_decimal b = {.mantissa = -40, .exponent = 1};
    assert_int_equal(decimal_multiply(a, b, &product), DRAGOMAN_OK);
    assert_int_equal(product.mantissa, -5000);
    assert_int_equal(product.exponent, -1);
    dragoman_decimal large = {.mantissa = INT64_MAX};
    assert_int_equal(decimal_multiply(large, b, &product), DRAGOMAN_LIMIT);
    dragoman_decimal tiny = {.mantissa = 1, .exponent = -128};
    assert_int_equal(decimal_multiply(tiny, tiny, &product), DRAGOMAN_LIMIT);
    dragoman_decimal none = {.special = DRAGOMAN_NRES};
    assert_int_equal(decimal_multiply(a, none, &product), DRAGOMAN_UNSUPPORTED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_becomes_the_decimal_that_was_sent), cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(decimals_are_written_with_every_digit),  cmocka_unit_test(comparing_looks_at_the_value_only),
        cmocka_unit_test(products_are_exact_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
