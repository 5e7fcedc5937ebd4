#include "words.h"

/* Digits that always fit into a mantissa. */
#define DIGITS_MOST 18

dragoman_bytes lines_trim(dragoman_bytes text) {
    size_t from = 0;
    size_t to = text.size;
    while (from < to && text.data[from] <= ' ') {
        from++;
    }
    while (to > from && text.data[to - 1] <= ' ') {
        to--;
    }
    return lines_part(text, from, to - from);
}

bool lines_cut_prefix(dragoman_bytes *text, dragoman_bytes part) {
    bool has_it = part.size > 0 && text->size >= part.size && memcmp(text->data, part.data, part.size) == 0;
    if (has_it) {
        *text = lines_part(*text, part.size, text->size - part.size);
    }
    return has_it;
}

bool lines_cut_suffix(dragoman_bytes *text, dragoman_bytes part) {
    bool has_it = part.size > 0 && text->size >= part.size &&
                  memcmp(text->data + text->size - part.size, part.data, part.size) == 0;
    if (has_it) {
        *text = lines_part(*text, 0, text->size - part.size);
    }
    return has_it;
}

bool lines_cut(dragoman_bytes *rest, uint8_t mark, dragoman_bytes *ret_part) {
    if (rest->size == 0) {
        return false;
    }
    const uint8_t *found = (const uint8_t *)memchr(rest->data, mark, rest->size);
    size_t size = found == NULL ? rest->size : (size_t)(found - rest->data);
    size_t used = found == NULL ? size : size + 1;
    *ret_part = lines_part(*rest, 0, size);
    *rest = lines_part(*rest, used, rest->size - used);
    return true;
}

bool lines_next_word(dragoman_bytes *rest, dragoman_bytes *ret_word) {
    *rest = lines_trim(*rest);
    return lines_cut(rest, ' ', ret_word);
}

bool lines_integer(dragoman_bytes text, int64_t least, int64_t most, int64_t *ret_number) {
    size_t at = 0;
    bool is_negative = text.size > 0 && text.data[0] == '-';
    at += is_negative;
    int64_t number = 0;
    bool has_digit = false;
    for (; at < text.size; at++) {
        uint8_t byte = text.data[at];
        if (byte < '0' || byte > '9' || __builtin_mul_overflow(number, INT64_C(10), &number) ||
            __builtin_add_overflow(number, (int64_t)(byte - '0'), &number)) {
            return false;
        }
        has_digit = true;
    }
    *ret_number = is_negative ? -number : number;
    return has_digit && *ret_number >= least && *ret_number <= most;
}

bool lines_decimal(dragoman_bytes text, uint8_t point, dragoman_decimal *ret_decimal) {
    size_t at = 0;
    bool is_negative = text.size > 0 && text.data[0] == '-';
    at += is_negative || (text.size > 0 && text.data[0] == '+');
    int64_t mantissa = 0;
    int16_t exponent = 0;
    bool has_point = false;
    bool has_digit = false;
    int significant = 0;
    for (; at < text.size; at++) {
        uint8_t byte = text.data[at];
        if (byte == point && !has_point) {
            has_point = true;
            continue;
        }
        significant += significant > 0 || byte != '0';
        if (byte < '0' || byte > '9' || significant > DIGITS_MOST || exponent < -100) {
            return false;
        }
        mantissa = mantissa * 10 + (byte - '0');
        exponent = (int16_t)(exponent - has_point);
        has_digit = true;
    }
    *ret_decimal = (dragoman_decimal){.mantissa = is_negative ? -mantissa : mantissa, .exponent = exponent};
    return has_digit;
}

bool lines_hexadecimal(dragoman_bytes text, uint64_t *ret_bits) {
    uint64_t bits = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        unsigned digit = byte >= '0' && byte <= '9'   ? byte - (unsigned)'0'
                         : byte >= 'A' && byte <= 'F' ? byte - (unsigned)'A' + 10u
                         : byte >= 'a' && byte <= 'f' ? byte - (unsigned)'a' + 10u
                                                      : 16u;
        if (digit > 15) {
            return false;
        }
        bits = bits << 4 | digit;
    }
    *ret_bits = bits;
    return text.size > 0 && text.size <= 16;
}

bool lines_duration(dragoman_bytes text, int64_t *ret_ms) {
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    size_t digits = 0;
    while (digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9') {
        digits++;
    }
    dragoman_bytes unit = lines_part(text, digits, text.size - digits);
    int64_t number = 0;
    if (!lines_integer(lines_part(text, 0, digits), 0, INT32_MAX, &number)) {
        return false;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (lines_is(unit, units[i].unit)) {
            *ret_ms = number * units[i].ms;
            return true;
        }
    }
    return false;
}

int lines_word(dragoman_bytes text, const char *const *words) {
    for (int i = 0; words[i] != NULL; i++) {
        if (lines_is(text, words[i])) {
            return i;
        }
    }
    return -1;
}

static bool fits_one(uint8_t byte, uint8_t wanted) {
    return wanted == '?' || (wanted == '#' ? byte >= '0' && byte <= '9' : byte == wanted);
}

bool lines_fits(dragoman_bytes text, dragoman_bytes pattern) {
    size_t star = SIZE_MAX; /* place of the last * in the pattern */
    size_t resume = 0;      /* where the text goes on when that * takes one character more */
    size_t at = 0;
    for (size_t i = 0; i < text.size;) {
        if (at < pattern.size && pattern.data[at] == '*') {
            star = at++;
            resume = i;
        } else if (at < pattern.size && fits_one(text.data[i], pattern.data[at])) {
            at++;
            i++;
        } else if (star != SIZE_MAX) {
            at = star + 1;
            i = ++resume;
        } else {
            return false;
        }
    }
    while (at < pattern.size && pattern.data[at] == '*') {
        at++;
    }
    return at == pattern.size;
}

bool lines_multiply(dragoman_decimal a, dragoman_decimal b, dragoman_decimal *ret_product) {
    int64_t mantissa = 0;
    int exponent = a.exponent + b.exponent;
    if (exponent < -128 || exponent > 127 || __builtin_mul_overflow(a.mantissa, b.mantissa, &mantissa)) {
        return false;
    }
    *ret_product = (dragoman_decimal){.mantissa = mantissa, .exponent = (int16_t)exponent};
    return true;
}

/* Brings a number to the exponent `to`; one that becomes too large stays at the end of its scale. */
static int64_t at_exponent(dragoman_decimal number, int16_t to) {
    while (number.exponent > to) {
        int64_t larger = 0;
        if (__builtin_mul_overflow(number.mantissa, INT64_C(10), &larger)) {
            return number.mantissa > 0 ? INT64_MAX : INT64_MIN;
        }
        number.mantissa = larger;
        number.exponent--;
    }
    return number.mantissa;
}

int lines_compare(dragoman_decimal a, dragoman_decimal b) {
    int16_t exponent = a.exponent < b.exponent ? a.exponent : b.exponent;
    int64_t left = at_exponent(a, exponent);
    int64_t right = at_exponent(b, exponent);
    return (left > right) - (left < right);
}
