#include "number.h"

#define DIGITS_MOST 18u
#define HOUR_S 3600

bool asena_number_read(dragoman_bytes text, dragoman_decimal *ret_number) {
    bool is_negative = text.size > 0 && text.data[0] == '-';
    bool has_point = false;
    uint32_t digits = 0;
    dragoman_decimal number = {0};
    for (size_t n = is_negative ? 1 : 0; n < text.size; n++) {
        uint8_t character = text.data[n];
        if (character == '.' && !has_point) {
            has_point = true;
            continue;
        }
        if (character < '0' || character > '9' || ++digits > DIGITS_MOST) {
            return false;
        }
        number.mantissa = number.mantissa * 10 + (character - '0');
        number.exponent = (int16_t)(number.exponent - (has_point ? 1 : 0));
    }
    number.mantissa = is_negative ? -number.mantissa : number.mantissa;
    *ret_number = number;
    return digits > 0;
}

/* Digits up to `end`, or to the end of the text; both are cut off. */
static bool cut_number(dragoman_bytes *text, uint8_t end, int64_t *ret_number) {
    size_t size = 0;
    *ret_number = 0;
    while (size < text->size && text->data[size] >= '0' && text->data[size] <= '9' && size < 6) {
        *ret_number = *ret_number * 10 + (text->data[size] - '0');
        size++;
    }
    bool is_ended = size < text->size ? text->data[size] == end : end == 0;
    text->data += size;
    text->size -= size;
    if (text->size > 0) {
        text->data++;
        text->size--;
    }
    return size > 0 && is_ended;
}

bool asena_duration_read(dragoman_bytes text, dragoman_value *ret_value) {
    dragoman_bytes rest = text;
    int64_t hours = 0;
    int64_t minutes = 0;
    int64_t seconds = 0;
    if (cut_number(&rest, '+', &hours) && rest.size == 0) {
        ret_value->kind = DRAGOMAN_VALUE_DECIMAL;
        ret_value->comparator = DRAGOMAN_GREATER;
        ret_value->number = (dragoman_decimal){.mantissa = hours * HOUR_S};
        return true;
    }
    rest = text;
    if (!cut_number(&rest, ':', &hours) || !cut_number(&rest, ':', &minutes) || !cut_number(&rest, 0, &seconds) ||
        minutes > 59 || seconds > 59) {
        return false;
    }
    ret_value->kind = DRAGOMAN_VALUE_DECIMAL;
    ret_value->number = (dragoman_decimal){.mantissa = hours * HOUR_S + minutes * 60 + seconds};
    return true;
}
