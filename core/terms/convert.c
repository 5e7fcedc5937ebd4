#include "base/bytes.h"
#include "base/decimal.h"
#include "terms/terms.h"

/* value in `to` = value in `from` x factor, in powers of ten (exact) or with a conventional factor that is rounded
 * away. */
typedef struct conversion {
    const char *from;
    const char *to;
    int64_t mantissa;
    int16_t exponent;
    bool is_exact;
} conversion;

/* Conventional millimetre of mercury 133.322387415 Pa, conventional centimetre of water 98.0665 Pa (ISO 80000-4, NIST
 * SP 811); international inch 2.54 cm and pound 0.45359237 kg are exact. Inexact factors are given to nine digits, more
 * than any device sends. */
static const conversion conversions[] = {
    {"kPa", "mm[Hg]", 750061683, -8, false},
    {"hPa", "mm[Hg]", 750061683, -9, false},
    {"mbar", "mm[Hg]", 750061683, -9, false},
    {"Pa", "mm[Hg]", 750061683, -11, false},
    {"cm[H2O]", "mm[Hg]", 735559240, -9, false},
    {"mm[Hg]", "kPa", 133322387, -9, false},
    {"mm[Hg]", "cm[H2O]", 135950981, -8, false},
    {"kPa", "cm[H2O]", 101971621, -7, false},
    {"mbar", "cm[H2O]", 101971621, -8, false},
    {"hPa", "cm[H2O]", 101971621, -8, false},
    {"cm[H2O]", "kPa", 980665, -7, true},
    {"mbar", "hPa", 1, 0, true},
    {"hPa", "mbar", 1, 0, true},
    {"mbar", "kPa", 1, -1, true},
    {"hPa", "kPa", 1, -1, true},
    {"Pa", "kPa", 1, -3, true},
    {"kPa", "Pa", 1, 3, true},
    {"/s", "/min", 60, 0, true},
    {"Hz", "/min", 60, 0, true},
    {"m", "cm", 1, 2, true},
    {"mm", "cm", 1, -1, true},
    {"cm", "m", 1, -2, true},
    {"[in_i]", "cm", 254, -2, true},
    {"kg", "g", 1, 3, true},
    {"g", "kg", 1, -3, true},
    {"[lb_av]", "kg", 45359237, -8, true},
    {"[oz_av]", "g", 28349523125, -9, true},
    {"L", "mL", 1, 3, true},
    {"mL", "L", 1, -3, true},
    {"mL/min", "L/min", 1, -3, true},
    {"L/min", "mL/min", 1, 3, true},
    {"mL/min", "mL/h", 60, 0, true},
    {"L/s", "L/min", 60, 0, true},
    {"uV", "mV", 1, -3, true},
    {"mV", "uV", 1, 3, true},
    {"1", "%", 1, 2, true},
    {"%", "1", 1, -2, true},
    {"[ppth]", "%", 1, -1, true},
    {"ms", "s", 1, -3, true},
    {"s", "ms", 1, 3, true},
};

static const conversion *find(dragoman_bytes from, dragoman_bytes to) {
    for (size_t i = 0; i < sizeof(conversions) / sizeof(conversions[0]); i++) {
        if (bytes_is(from, conversions[i].from) && bytes_is(to, conversions[i].to)) {
            return conversions + i;
        }
    }
    return NULL;
}

static unsigned digit_count(int64_t mantissa) {
    unsigned count = 0;
    for (; mantissa != 0; mantissa /= 10) {
        count++;
    }
    return count;
}

/* Drops last digits, half away from zero, until `digits` are left. A second rounding of a carry (99.9 to 100) adds no
 * error. */
static dragoman_decimal round_to(dragoman_decimal value, unsigned digits) {
    unsigned have = digit_count(value.mantissa);
    if (have <= digits) {
        return value;
    }
    int64_t power = 1;
    for (unsigned i = have; i > digits; i--) {
        power *= 10;
        value.exponent++;
    }
    int64_t half = value.mantissa < 0 ? -(power / 2) : power / 2;
    value.mantissa = (value.mantissa + half) / power;
    return value;
}

/* 22 with exponent 1 says no more than 220: powers of ten that are not digits of the number are written out. */
static dragoman_decimal without_positive_exponent(dragoman_decimal value) {
    while (value.exponent > 0 && digit_count(value.mantissa) < 18) {
        value.mantissa *= 10;
        value.exponent--;
    }
    return value;
}

dragoman_status terms_convert(dragoman_decimal value, dragoman_bytes from, dragoman_bytes to,
                              dragoman_decimal *ret_value) {
    if (value.special != DRAGOMAN_FINITE) {
        return DRAGOMAN_UNSUPPORTED;
    }
    if (bytes_equal(from, to)) {
        *ret_value = value;
        return DRAGOMAN_OK;
    }
    const conversion *rule = find(from, to);
    if (rule == NULL) {
        return DRAGOMAN_NOT_FOUND;
    }
    unsigned digits = digit_count(value.mantissa);
    if (!rule->is_exact && digits > TERMS_CONVERT_DIGITS_MAX) {
        return DRAGOMAN_LIMIT;
    }
    dragoman_decimal product = {0};
    dragoman_status status =
        decimal_multiply(value, (dragoman_decimal){.mantissa = rule->mantissa, .exponent = rule->exponent}, &product);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    if (!rule->is_exact && value.mantissa == 0) {
        product.exponent = value.exponent;
    } else if (!rule->is_exact) {
        product = without_positive_exponent(round_to(product, digits < 2 ? 2 : digits));
    }
    *ret_value = product;
    return DRAGOMAN_OK;
}
