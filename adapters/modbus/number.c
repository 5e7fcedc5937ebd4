#include "number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digits that always tell two numbers of the type apart. */
#define FLOAT32_DIGITS 9
#define FLOAT64_DIGITS 17
/* Up to here an integer of the type is exact, so that fewer digits than it has cannot mean it. */
#define FLOAT32_EXACT INT64_C(16777216)
#define FLOAT64_EXACT INT64_C(9007199254740992)

static const double tens[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

static bool is_back(double candidate, double value, bool is_single) {
    return is_single ? (float)candidate == (float)value : candidate == value;
}

/* Most values have some digits behind the point: the first number of them that gives the value back is the shortest.
 * Mantissa and power of ten are exact, so that one division rounds like reading the text would; for single numbers the
 * second rounding cannot lie between two of them, since 24 bits and six decimal places leave more than 2^-46. */
static bool find_quickly(double value, bool is_single, dragoman_decimal *ret_decimal) {
    double magnitude = value < 0 ? -value : value;
    int places = is_single ? 6 : 15;
    int64_t exact = is_single ? FLOAT32_EXACT : FLOAT64_EXACT;
    for (int i = 0; i <= places; i++) {
        double scaled = magnitude * tens[i];
        if (scaled >= (double)exact) {
            return false;
        }
        int64_t mantissa = (int64_t)(scaled + 0.5);
        if (mantissa < exact && is_back((double)mantissa / tens[i], magnitude, is_single)) {
            *ret_decimal = (dragoman_decimal){.mantissa = value < 0 ? -mantissa : mantissa,
                                              .exponent = (int16_t)(i == 0 ? 0 : -i)};
            return true;
        }
    }
    return false;
}

/* Reads "-1.2345e+20"; what stands between two digits is the point. */
static bool read_text(const char *text, dragoman_decimal *ret_decimal) {
    int64_t mantissa = 0;
    int places = 0;
    bool is_behind = false;
    const char *at = text;
    bool is_negative = *at == '-';
    for (at += is_negative; *at != 'e' && *at != 0; at++) {
        if (*at >= '0' && *at <= '9') {
            mantissa = mantissa * 10 + (*at - '0');
            places += is_behind;
        } else {
            is_behind = true;
        }
    }
    long exponent = (*at == 'e' ? strtol(at + 1, NULL, 10) : 0) - places;
    if (exponent < -128 || exponent > 127) {
        return false;
    }
    *ret_decimal = (dragoman_decimal){.mantissa = is_negative ? -mantissa : mantissa, .exponent = (int16_t)exponent};
    return true;
}

static bool find_shortest(double value, bool is_single, dragoman_decimal *ret_decimal, char *text) {
    int most = is_single ? FLOAT32_DIGITS : FLOAT64_DIGITS;
    for (int digits = 1; digits <= most; digits++) {
        snprintf(text, MODBUS_NUMBER_TEXT, "%.*e", digits - 1, value);
        double back = is_single ? (double)strtof(text, NULL) : strtod(text, NULL);
        if (back == value) {
            break;
        }
    }
    return read_text(text, ret_decimal);
}

static bool find(double value, bool is_single, dragoman_decimal *ret_decimal, char *text) {
    return find_quickly(value, is_single, ret_decimal) || find_shortest(value, is_single, ret_decimal, text);
}

/* NaN and infinities by their bits; false: it is a number. */
static bool find_special(bool is_all_ones, bool has_fraction, bool is_negative, dragoman_decimal *ret_decimal) {
    *ret_decimal = (dragoman_decimal){.special = has_fraction  ? DRAGOMAN_NAN
                                                 : is_negative ? DRAGOMAN_NEGATIVE_INFINITY
                                                               : DRAGOMAN_POSITIVE_INFINITY};
    return is_all_ones;
}

bool modbus_float32(uint32_t bits, dragoman_decimal *ret_decimal, char *text) {
    float value = 0;
    if (find_special((bits >> 23 & 0xff) == 0xff, (bits & 0x7fffff) != 0, bits >> 31 != 0, ret_decimal)) {
        return true;
    }
    memcpy(&value, &bits, sizeof value);
    return find((double)value, true, ret_decimal, text);
}

bool modbus_float64(uint64_t bits, dragoman_decimal *ret_decimal, char *text) {
    double value = 0;
    bool has_fraction = (bits & UINT64_C(0xfffffffffffff)) != 0;
    if (find_special((bits >> 52 & 0x7ff) == 0x7ff, has_fraction, bits >> 63 != 0, ret_decimal)) {
        return true;
    }
    memcpy(&value, &bits, sizeof value);
    return find(value, false, ret_decimal, text);
}
