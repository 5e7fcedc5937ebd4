#include "number.h"

/* Digits of a field; the widest has eight characters. */
#define DIGITS_MOST 8
/* Below this a mantissa may still be multiplied by ten. */
#define MANTISSA_ROOM INT64_C(100000000000000000)

dragoman_bytes medibus_trim(dragoman_bytes field) {
    while (field.size > 0 && field.data[0] == ' ') {
        field.data++;
        field.size--;
    }
    while (field.size > 0 && field.data[field.size - 1] == ' ') {
        field.size--;
    }
    return field;
}

medibus_number_kind medibus_number_read(dragoman_bytes field, dragoman_decimal *ret_number) {
    field = medibus_trim(field);
    if (field.size == 0) {
        return MEDIBUS_NUMBER_BLANK;
    }
    bool is_negative = field.data[0] == '-';
    if (is_negative || field.data[0] == '+') {
        field = medibus_trim((dragoman_bytes){field.data + 1, field.size - 1});
    }
    int64_t mantissa = 0;
    int16_t behind = 0;
    size_t digits = 0;
    bool has_point = false;
    for (size_t n = 0; n < field.size; n++) {
        uint8_t character = field.data[n];
        if (character == '.' && !has_point) {
            has_point = true;
        } else if (character >= '0' && character <= '9' && digits < DIGITS_MOST) {
            mantissa = mantissa * 10 + (character - '0');
            digits++;
            behind = (int16_t)(behind + (has_point ? 1 : 0));
        } else {
            return MEDIBUS_NUMBER_ODD;
        }
    }
    if (digits == 0) {
        return MEDIBUS_NUMBER_ODD;
    }
    *ret_number = (dragoman_decimal){.mantissa = is_negative ? -mantissa : mantissa, .exponent = (int16_t)-behind};
    return MEDIBUS_NUMBER;
}

/* The same number with a lower exponent; fields are so short that it fits. */
static int64_t lowered(dragoman_decimal number, int16_t exponent) {
    int64_t mantissa = number.mantissa;
    for (int16_t n = number.exponent; n > exponent; n--) {
        mantissa *= 10;
    }
    return mantissa;
}

bool medibus_number_step(dragoman_decimal low, dragoman_decimal high, uint32_t steps, dragoman_decimal *ret_step) {
    int16_t exponent = low.exponent < high.exponent ? low.exponent : high.exponent;
    int64_t width = lowered(high, exponent) - lowered(low, exponent);
    if (width <= 0 || steps == 0) {
        return false;
    }
    while (width % steps != 0 && width < MANTISSA_ROOM) {
        width *= 10;
        exponent--;
    }
    *ret_step = (dragoman_decimal){.mantissa = (width + steps / 2) / steps, .exponent = exponent};
    return true;
}
