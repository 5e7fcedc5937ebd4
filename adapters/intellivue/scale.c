#include "scale.h"
#include "findings.h"

/* Ten digits of the scale: a sample has five, so that what is rounded is far below the wave's own resolution. */
#define ENOUGH UINT64_C(1000000000)
/* A number's exponent reaches to -128; a range this small is no measurement. */
#define LEAST_EXPONENT (-100)

static void strip_zeros(dragoman_decimal *number) {
    while (number->mantissa != 0 && number->mantissa % 10 == 0 && number->exponent < 0) {
        number->mantissa /= 10;
        number->exponent++;
    }
}

/* numerator / denominator x 10^exponent to DIGITS digits, half rounded up; exact where that is possible. */
static dragoman_decimal divide(uint64_t numerator, uint64_t denominator, int16_t exponent) {
    uint64_t quotient = numerator / denominator;
    uint64_t rest = numerator % denominator;
    while (rest != 0 && quotient < ENOUGH) {
        quotient = quotient * 10 + rest * 10 / denominator;
        rest = rest * 10 % denominator;
        exponent--;
    }
    quotient += rest * 2 >= denominator ? 1 : 0;
    dragoman_decimal result = {.mantissa = (int64_t)quotient, .exponent = exponent};
    strip_zeros(&result);
    return result;
}

static bool lower_to(dragoman_decimal *number, int16_t exponent) {
    for (; number->exponent > exponent; number->exponent--) {
        if (__builtin_mul_overflow(number->mantissa, INT64_C(10), &number->mantissa)) {
            return false;
        }
    }
    return true;
}

/* Brings both to the lesser exponent. False when they are too far apart. */
static bool align(dragoman_decimal *a, dragoman_decimal *b) {
    int16_t least = a->exponent < b->exponent ? a->exponent : b->exponent;
    return lower_to(a, least) && lower_to(b, least);
}

/* low - lower_scaled x scale. */
static bool origin_of(dragoman_decimal low, uint16_t lower_scaled, dragoman_decimal scale, dragoman_decimal *ret) {
    dragoman_decimal shift = {.mantissa = scale.mantissa * lower_scaled, .exponent = scale.exponent};
    if (shift.mantissa == 0) {
        *ret = low;
        return true;
    }
    if (!align(&low, &shift) || __builtin_sub_overflow(low.mantissa, shift.mantissa, &low.mantissa)) {
        return false;
    }
    strip_zeros(&low);
    *ret = low;
    return true;
}

dragoman_status intellivue_scale_line(const intellivue_scale *scale, intellivue_line *ret_line) {
    dragoman_decimal low = intellivue_float(scale->lower_absolute);
    dragoman_decimal high = intellivue_float(scale->upper_absolute);
    int64_t span = (int64_t)scale->upper_scaled - scale->lower_scaled;
    if (low.special == DRAGOMAN_NAN && high.special == DRAGOMAN_NAN) {
        *ret_line = (intellivue_line){.scale = {.mantissa = 1}, .low = low, .high = high};
        return DRAGOMAN_OK;
    }
    dragoman_decimal from = low;
    dragoman_decimal to = high;
    bool is_range = low.special == DRAGOMAN_FINITE && high.special == DRAGOMAN_FINITE && span > 0;
    if (!is_range || !align(&from, &to) || from.mantissa >= to.mantissa) {
        return DRAGOMAN_UNSUPPORTED;
    }
    intellivue_line line = {.low = low, .high = high};
    line.scale = divide((uint64_t)(to.mantissa - from.mantissa), (uint64_t)span, from.exponent);
    if (line.scale.exponent < LEAST_EXPONENT || !origin_of(low, scale->lower_scaled, line.scale, &line.origin)) {
        return DRAGOMAN_UNSUPPORTED;
    }
    *ret_line = line;
    return DRAGOMAN_OK;
}
