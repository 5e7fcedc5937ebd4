#include "words.h"

/* Digits that always fit into a mantissa. */
#define DIGITS_MOST 18

bool modbus_cut(dragoman_bytes *rest, char mark, dragoman_bytes *ret_part) {
    if (rest->size == 0) {
        return false;
    }
    size_t size = 0;
    while (size < rest->size && rest->data[size] != (uint8_t)mark) {
        size++;
    }
    *ret_part = (dragoman_bytes){rest->data, size};
    size_t used = size < rest->size ? size + 1 : size;
    *rest = (dragoman_bytes){rest->data + used, rest->size - used};
    return true;
}

static int digit_of(uint8_t byte, int base) {
    int digit = byte >= '0' && byte <= '9'   ? byte - '0'
                : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
                : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                                             : base;
    return digit < base ? digit : -1;
}

bool modbus_integer(dragoman_bytes text, int64_t least, int64_t most, int64_t *ret_number) {
    size_t at = 0;
    bool is_negative = text.size > 0 && text.data[0] == '-';
    at += is_negative;
    int base = text.size > at + 2 && text.data[at] == '0' && (text.data[at + 1] | 0x20) == 'x' ? 16 : 10;
    at += base == 16 ? 2 : 0;
    int64_t number = 0;
    bool has_digit = false;
    for (; at < text.size; at++) {
        int digit = digit_of(text.data[at], base);
        if (digit < 0 || __builtin_mul_overflow(number, (int64_t)base, &number) ||
            __builtin_add_overflow(number, (int64_t)digit, &number)) {
            return false;
        }
        has_digit = true;
    }
    number = is_negative ? -number : number;
    *ret_number = number;
    return has_digit && number >= least && number <= most;
}

static bool read_exponent(dragoman_bytes text, int64_t *exponent) {
    int64_t power = 0;
    if (text.size > 0 && text.data[0] == '+') {
        text = (dragoman_bytes){text.data + 1, text.size - 1};
    }
    if (!modbus_integer(text, -255, 255, &power)) {
        return false;
    }
    *exponent += power;
    return true;
}

bool modbus_decimal(dragoman_bytes text, dragoman_decimal *ret_decimal) {
    size_t at = 0;
    bool is_negative = text.size > 0 && text.data[0] == '-';
    at += is_negative || (text.size > 0 && text.data[0] == '+');
    int64_t mantissa = 0;
    int64_t exponent = 0;
    bool has_point = false;
    bool has_digit = false;
    int significant = 0;
    for (; at < text.size && (text.data[at] | 0x20) != 'e'; at++) {
        uint8_t byte = text.data[at];
        if (byte == '.' && !has_point) {
            has_point = true;
            continue;
        }
        significant += significant > 0 || byte != '0';
        if (byte < '0' || byte > '9' || significant > DIGITS_MOST) {
            return false;
        }
        mantissa = mantissa * 10 + (byte - '0');
        exponent -= has_point;
        has_digit = true;
    }
    if (at < text.size && !read_exponent((dragoman_bytes){text.data + at + 1, text.size - at - 1}, &exponent)) {
        return false;
    }
    *ret_decimal = (dragoman_decimal){.mantissa = is_negative ? -mantissa : mantissa, .exponent = (int16_t)exponent};
    return has_digit && exponent >= -128 && exponent <= 127;
}

bool modbus_duration(dragoman_bytes text, int64_t *ret_ms) {
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    size_t digits = 0;
    while (digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9') {
        digits++;
    }
    dragoman_bytes unit = {text.data + digits, text.size - digits};
    int64_t number = 0;
    if (!modbus_integer((dragoman_bytes){text.data, digits}, 0, INT32_MAX, &number)) {
        return false;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (modbus_is(unit, units[i].unit)) {
            *ret_ms = number * units[i].ms;
            return true;
        }
    }
    return false;
}

int modbus_word(dragoman_bytes text, const char *const *words) {
    for (int i = 0; words[i] != NULL; i++) {
        if (modbus_is(text, words[i])) {
            return i;
        }
    }
    return -1;
}

bool modbus_multiply(dragoman_decimal a, dragoman_decimal b, dragoman_decimal *ret_product) {
    int64_t mantissa = 0;
    int exponent = a.exponent + b.exponent;
    if (exponent < -128 || exponent > 127 || __builtin_mul_overflow(a.mantissa, b.mantissa, &mantissa)) {
        return false;
    }
    *ret_product = (dragoman_decimal){.mantissa = mantissa, .exponent = (int16_t)exponent};
    return true;
}

/* Writes the number with the smaller exponent `to`; false when its mantissa does not fit. */
static bool shift(dragoman_decimal *number, int16_t to) {
    while (number->exponent > to) {
        if (__builtin_mul_overflow(number->mantissa, (int64_t)10, &number->mantissa)) {
            return false;
        }
        number->exponent--;
    }
    return true;
}

bool modbus_add(dragoman_decimal a, dragoman_decimal b, dragoman_decimal *ret_sum) {
    int16_t exponent = a.exponent < b.exponent ? a.exponent : b.exponent;
    int64_t mantissa = 0;
    if (!shift(&a, exponent) || !shift(&b, exponent) || __builtin_add_overflow(a.mantissa, b.mantissa, &mantissa)) {
        return false;
    }
    *ret_sum = (dragoman_decimal){.mantissa = mantissa, .exponent = exponent};
    return true;
}

bool modbus_same(dragoman_decimal a, dragoman_decimal b) {
    int16_t exponent = a.exponent < b.exponent ? a.exponent : b.exponent;
    return shift(&a, exponent) && shift(&b, exponent) && a.mantissa == b.mantissa;
}
