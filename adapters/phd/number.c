#include "number.h"

/* The mantissas of the specials are the same in both widths, counted from the ends of the range (A.2.9, A.2.10). */
static dragoman_decimal decimal(int32_t mantissa, int16_t exponent, int32_t largest) {
    uint8_t special = DRAGOMAN_FINITE;
    if (exponent == 0 && mantissa == largest) {
        special = DRAGOMAN_NAN;
    } else if (exponent == 0 && mantissa == -largest - 1) {
        special = DRAGOMAN_NRES;
    } else if (exponent == 0 && mantissa == largest - 1) {
        special = DRAGOMAN_POSITIVE_INFINITY;
    } else if (exponent == 0 && mantissa == -largest + 1) {
        special = DRAGOMAN_NEGATIVE_INFINITY;
    } else if (exponent == 0 && mantissa == -largest) {
        special = DRAGOMAN_RESERVED;
    }
    if (special != DRAGOMAN_FINITE) {
        return (dragoman_decimal){.special = special};
    }
    return (dragoman_decimal){.mantissa = mantissa, .exponent = exponent};
}

dragoman_decimal phd_float(uint32_t bits) {
    int32_t mantissa = (int32_t)(bits & 0xffffffu);
    mantissa = mantissa >= 0x800000 ? mantissa - 0x1000000 : mantissa;
    int16_t exponent = (int16_t)(bits >> 24);
    exponent = (int16_t)(exponent >= 128 ? exponent - 256 : exponent);
    return decimal(mantissa, exponent, 0x7fffff);
}

dragoman_decimal phd_sfloat(uint16_t bits) {
    int32_t mantissa = bits & 0xfff;
    mantissa = mantissa >= 0x800 ? mantissa - 0x1000 : mantissa;
    int16_t exponent = (int16_t)(bits >> 12);
    exponent = (int16_t)(exponent >= 8 ? exponent - 16 : exponent);
    return decimal(mantissa, exponent, 0x7ff);
}

dragoman_value phd_number_value(dragoman_decimal number) {
    static const uint8_t reasons[] = {
        [DRAGOMAN_NAN] = DRAGOMAN_ABSENT_NOT_A_NUMBER,
        [DRAGOMAN_NRES] = DRAGOMAN_ABSENT_ERROR,
        [DRAGOMAN_POSITIVE_INFINITY] = DRAGOMAN_ABSENT_POSITIVE_INFINITY,
        [DRAGOMAN_NEGATIVE_INFINITY] = DRAGOMAN_ABSENT_NEGATIVE_INFINITY,
        [DRAGOMAN_RESERVED] = DRAGOMAN_ABSENT_ERROR,
    };
    if (number.special != DRAGOMAN_FINITE) {
        return (dragoman_value){.kind = DRAGOMAN_VALUE_NONE, .absent = reasons[number.special]};
    }
    return (dragoman_value){.kind = DRAGOMAN_VALUE_DECIMAL, .number = number};
}

/* Room for digits: a mantissa of this size may still be multiplied by 10. */
#define ROOM INT64_C(100000000000000000)
#define QUOTIENT_LARGEST INT64_C(100000000000)
#define EXPONENT_LEAST (-120)

static int64_t magnitude(int64_t number) {
    return number < 0 ? -number : number;
}

dragoman_decimal phd_divide(dragoman_decimal numerator, int64_t denominator) {
    int64_t quotient = numerator.mantissa / denominator;
    int64_t rest = numerator.mantissa - quotient * denominator;
    int16_t exponent = numerator.exponent;
    while (rest != 0 && magnitude(quotient) < QUOTIENT_LARGEST && exponent > EXPONENT_LEAST) {
        int64_t digit = rest * 10 / denominator;
        rest = rest * 10 - digit * denominator;
        quotient = quotient * 10 + digit;
        exponent--;
    }
    return (dragoman_decimal){.mantissa = quotient, .exponent = exponent};
}

dragoman_decimal phd_add_times(dragoman_decimal one, dragoman_decimal other, int64_t factor) {
    while (factor != 0 && magnitude(other.mantissa) > ROOM / magnitude(factor)) {
        other.mantissa /= 10;
        other.exponent++;
    }
    other.mantissa *= factor;
    dragoman_decimal *high = one.exponent > other.exponent ? &one : &other;
    dragoman_decimal *low = high == &one ? &other : &one;
    while (high->exponent > low->exponent && magnitude(high->mantissa) < ROOM && high->mantissa != 0) {
        high->mantissa *= 10;
        high->exponent--;
    }
    while (high->mantissa != 0 && low->exponent < high->exponent) {
        low->mantissa /= 10;
        low->exponent++;
    }
    return (dragoman_decimal){.mantissa = one.mantissa + other.mantissa, .exponent = low->exponent};
}
