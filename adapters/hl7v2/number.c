#include "number.h"

/* Digits that always fit into a mantissa. */
#define DIGITS_MOST 18
/* Digits behind the point that always fit into an exponent. */
#define FRACTION_MOST 127

bool hl7v2_decimal_read(dragoman_bytes text, dragoman_decimal *ret_decimal) {
    if (text.size == 0) {
        return false;
    }
    const uint8_t *at = text.data;
    const uint8_t *end = text.data + text.size;
    bool is_negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    int64_t mantissa = 0;
    uint32_t significant = 0;
    uint32_t digits = 0;
    int32_t fraction = -1; /* digits behind the point, -1 before it */
    for (; at < end; at++) {
        uint8_t byte = *at;
        if (byte >= '0' && byte <= '9') {
            digits++;
            significant += significant > 0 || byte != '0';
            fraction += fraction >= 0;
            if (significant > DIGITS_MOST || fraction > FRACTION_MOST) {
                return false;
            }
            mantissa = mantissa * 10 + (byte - '0');
        } else if (byte == '.' && fraction < 0) {
            fraction = 0;
        } else {
            return false;
        }
    }
    if (digits == 0) {
        return false;
    }
    *ret_decimal = (dragoman_decimal){.mantissa = is_negative ? -mantissa : mantissa,
                                      .exponent = (int16_t)(fraction > 0 ? -fraction : 0)};
    return true;
}

bool hl7v2_unsigned_read(dragoman_bytes text, uint32_t *ret_number) {
    uint32_t number = 0;
    if (text.size == 0 || text.size > HL7V2_DIGITS) {
        return false;
    }
    for (size_t n = 0; n < text.size; n++) {
        if (text.data[n] < '0' || text.data[n] > '9') {
            return false;
        }
        number = number * 10 + (uint32_t)(text.data[n] - '0');
    }
    *ret_number = number;
    return true;
}

dragoman_comparator hl7v2_comparator_cut(dragoman_bytes *text) {
    if (text->size == 0 || (text->data[0] != '<' && text->data[0] != '>')) {
        return DRAGOMAN_EQUAL;
    }
    bool is_less = text->data[0] == '<';
    bool or_equal = text->size > 1 && text->data[1] == '=';
    size_t used = or_equal ? 2 : 1;
    while (used < text->size && text->data[used] == ' ') {
        used++;
    }
    *text = (dragoman_bytes){text->data + used, text->size - used};
    if (is_less) {
        return or_equal ? DRAGOMAN_LESS_OR_EQUAL : DRAGOMAN_LESS;
    }
    return or_equal ? DRAGOMAN_GREATER_OR_EQUAL : DRAGOMAN_GREATER;
}

bool hl7v2_decimal_multiply(dragoman_decimal a, dragoman_decimal b, dragoman_decimal *ret_product) {
    int64_t mantissa = 0;
    int32_t exponent = a.exponent + b.exponent;
    if (a.special != DRAGOMAN_FINITE || b.special != DRAGOMAN_FINITE || exponent < -128 || exponent > 127 ||
        __builtin_mul_overflow(a.mantissa, b.mantissa, &mantissa)) {
        return false;
    }
    *ret_product = (dragoman_decimal){.mantissa = mantissa, .exponent = (int16_t)exponent};
    return true;
}
