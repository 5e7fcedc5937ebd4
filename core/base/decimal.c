#include "base/decimal.h"

#include <string.h>

#define LARGEST_DIGITS 18
#define LEAST_EXPONENT (-128)
#define LARGEST_EXPONENT 127

/* What was read of a number's digits. */
typedef struct digits {
    uint64_t value;
    unsigned significant; /* leading zeros do not count */
    int64_t fraction;     /* digits behind the point */
    bool any;
    bool point;
} digits;

static bool is_digit(uint8_t character) {
    return character >= '0' && character <= '9';
}

/* Reads digits with at most one point; returns where they end. More than 18 significant ones are counted, not added. */
static size_t read_digits(dragoman_bytes text, size_t at, digits *ret_digits) {
    for (; at < text.size; at++) {
        uint8_t character = text.data[at];
        if (is_digit(character)) {
            ret_digits->any = true;
            if (ret_digits->significant < LARGEST_DIGITS) {
                ret_digits->value = ret_digits->value * 10 + (uint64_t)(character - '0');
            }
            if (ret_digits->significant > 0 || character != '0') {
                ret_digits->significant += ret_digits->significant <= LARGEST_DIGITS;
            }
            ret_digits->fraction += ret_digits->point;
        } else if (character == '.' && !ret_digits->point) {
            ret_digits->point = true;
        } else {
            break;
        }
    }
    return at;
}

/* Reads "e-12" up to the text's end. */
static dragoman_status read_exponent(dragoman_bytes text, size_t at, int64_t *ret_exponent) {
    at++;
    bool negative = at < text.size && text.data[at] == '-';
    if (at < text.size && (text.data[at] == '-' || text.data[at] == '+')) {
        at++;
    }
    if (at == text.size) {
        return DRAGOMAN_INVALID;
    }
    int64_t exponent = 0;
    for (; at < text.size; at++) {
        if (!is_digit(text.data[at])) {
            return DRAGOMAN_INVALID;
        }
        exponent = exponent > 100000 ? exponent : exponent * 10 + (text.data[at] - '0');
    }
    *ret_exponent = negative ? -exponent : exponent;
    return DRAGOMAN_OK;
}

dragoman_status decimal_parse(dragoman_bytes text, dragoman_decimal *ret_decimal) {
    size_t at = 0;
    bool negative = false;
    if (text.size > 0 && (text.data[0] == '-' || text.data[0] == '+')) {
        negative = text.data[0] == '-';
        at = 1;
    }
    digits read = {0};
    at = read_digits(text, at, &read);
    if (!read.any) {
        return DRAGOMAN_INVALID;
    }
    int64_t exponent = 0;
    if (at < text.size) {
        if (text.data[at] != 'e' && text.data[at] != 'E') {
            return DRAGOMAN_INVALID;
        }
        dragoman_status status = read_exponent(text, at, &exponent);
        if (status != DRAGOMAN_OK) {
            return status;
        }
    }
    exponent -= read.fraction;
    if (read.significant > LARGEST_DIGITS || exponent < LEAST_EXPONENT || exponent > LARGEST_EXPONENT) {
        return DRAGOMAN_LIMIT;
    }
    int64_t mantissa = (int64_t)read.value;
    *ret_decimal = (dragoman_decimal){.mantissa = negative ? -mantissa : mantissa, .exponent = (int16_t)exponent};
    return DRAGOMAN_OK;
}

static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                            "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

static uint64_t magnitude(int64_t mantissa) {
    return mantissa < 0 ? 0 - (uint64_t)mantissa : (uint64_t)mantissa;
}

/* Writes the digits of `value` so that they end before `end`; returns where they begin. */
static char *write_digits(uint64_t value, char *end) {
    while (value >= 100) {
        end -= 2;
        memcpy(end, &pairs[value % 100 * 2], 2);
        value /= 100;
    }
    if (value >= 10) {
        end -= 2;
        memcpy(end, &pairs[value * 2], 2);
        return end;
    }
    *--end = (char)('0' + value);
    return end;
}

size_t decimal_write(dragoman_decimal decimal, char *to) {
    if (decimal.special != DRAGOMAN_FINITE) {
        return 0;
    }
    char *out = to;
    if (decimal.mantissa < 0) {
        *out++ = '-';
    }
    char room[20];
    char *end = room + sizeof room;
    char *first = write_digits(magnitude(decimal.mantissa), end);
    size_t count = (size_t)(end - first);
    if (decimal.exponent >= 0) {
        size_t zeros = decimal.mantissa == 0 || decimal.exponent > LARGEST_EXPONENT ? 0 : (size_t)decimal.exponent;
        memcpy(out, first, count);
        memset(out + count, '0', zeros);
        return (size_t)(out - to) + count + zeros;
    }
    size_t fraction = decimal.exponent < LEAST_EXPONENT ? (size_t)-LEAST_EXPONENT : (size_t)-decimal.exponent;
    if (count > fraction) {
        size_t whole = count - fraction;
        memcpy(out, first, whole);
        out[whole] = '.';
        memcpy(out + whole + 1, first + whole, fraction);
        return (size_t)(out - to) + count + 1;
    }
    out[0] = '0';
    out[1] = '.';
    memset(out + 2, '0', fraction - count);
    memcpy(out + 2 + fraction - count, first, count);
    return (size_t)(out - to) + 2 + fraction;
}

static int count_digits(uint64_t value) {
    int count = 1;
    while (value >= 10) {
        value /= 10;
        count++;
    }
    return count;
}

/* -1, 0, 1 for two decimals above zero. */
static int compare_magnitudes(uint64_t a, int a_exponent, uint64_t b, int b_exponent) {
    int a_digits = count_digits(a);
    int b_digits = count_digits(b);
    int a_order = a_digits + a_exponent;
    int b_order = b_digits + b_exponent;
    if (a_order != b_order) {
        return a_order < b_order ? -1 : 1;
    }
    /* The same order: written with equally many digits, at most 19, the mantissas say it. */
    for (; a_digits < b_digits; a_digits++) {
        a *= 10;
    }
    for (; b_digits < a_digits; b_digits++) {
        b *= 10;
    }
    return a < b ? -1 : a > b;
}

int decimal_compare(dragoman_decimal a, dragoman_decimal b) {
    int a_sign = a.mantissa < 0 ? -1 : a.mantissa > 0;
    int b_sign = b.mantissa < 0 ? -1 : b.mantissa > 0;
    if (a_sign != b_sign || a_sign == 0) {
        return a_sign < b_sign ? -1 : a_sign > b_sign;
    }
    return a_sign * compare_magnitudes(magnitude(a.mantissa), a.exponent, magnitude(b.mantissa), b.exponent);
}

dragoman_status decimal_multiply(dragoman_decimal a, dragoman_decimal b, dragoman_decimal *ret_product) {
    if (a.special != DRAGOMAN_FINITE || b.special != DRAGOMAN_FINITE) {
        return DRAGOMAN_UNSUPPORTED;
    }
    int64_t mantissa = 0;
    int exponent = a.exponent + b.exponent;
    if (__builtin_mul_overflow(a.mantissa, b.mantissa, &mantissa) || exponent < LEAST_EXPONENT ||
        exponent > LARGEST_EXPONENT) {
        return DRAGOMAN_LIMIT;
    }
    *ret_product = (dragoman_decimal){.mantissa = mantissa, .exponent = (int16_t)exponent};
    return DRAGOMAN_OK;
}
