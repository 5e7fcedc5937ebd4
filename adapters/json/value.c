#include "value.h"

#define SECOND_US INT64_C(1000000)
#define FRACTION_DIGITS 6
/* Exponents of the model. */
#define EXPONENT_MOST 127

bool json_value_decimal(dragoman_bytes text, dragoman_decimal *ret_decimal) {
    int64_t mantissa = 0;
    int64_t exponent = 0;
    int64_t shift = 0;
    size_t at = 0;
    bool is_negative = text.size > 0 && text.data[0] == '-';
    bool is_fraction = false;
    if (!json_is_number(text)) {
        return false;
    }
    for (at = is_negative ? 1 : 0; at < text.size && (text.data[at] | 0x20) != 'e'; at++) {
        if (text.data[at] == '.') {
            is_fraction = true;
            continue;
        }
        int digit = text.data[at] - '0';
        if (mantissa > (INT64_MAX - digit) / 10) {
            return false;
        }
        mantissa = mantissa * 10 + digit;
        exponent -= is_fraction ? 1 : 0;
    }
    bool is_down = at + 1 < text.size && text.data[at + 1] == '-';
    for (at += at < text.size ? 1 : 0; at < text.size && shift <= EXPONENT_MOST * 2; at++) {
        bool is_digit = text.data[at] >= '0' && text.data[at] <= '9';
        shift = is_digit ? shift * 10 + (text.data[at] - '0') : shift;
    }
    exponent += is_down ? -shift : shift;
    if (exponent > EXPONENT_MOST || exponent < -EXPONENT_MOST) {
        return false;
    }
    *ret_decimal = (dragoman_decimal){.mantissa = is_negative ? -mantissa : mantissa, .exponent = (int16_t)exponent};
    return true;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar: whole eras of 400 years, years counted from March. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2 ? 1 : 0;
    int64_t era = year / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static bool is_date(const int64_t part[6]) {
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (part[0] % 4 == 0 && part[0] % 100 != 0) || part[0] % 400 == 0;
    return part[0] >= 1 && part[1] >= 1 && part[1] <= 12 && part[2] >= 1 &&
           part[2] <= days[part[1] - 1] + (part[1] == 2 && is_leap ? 1 : 0) && part[3] <= 23 && part[4] <= 59 &&
           part[5] <= 59;
}

/* `count` digits at `*at`, which moves behind them; negative: they are none. */
static int64_t cut_digits(dragoman_bytes text, size_t *at, size_t count) {
    int64_t number = 0;
    for (size_t n = 0; n < count; n++, (*at)++) {
        if (*at >= text.size || text.data[*at] < '0' || text.data[*at] > '9') {
            return -1;
        }
        number = number * 10 + (text.data[*at] - '0');
    }
    return number;
}

static bool cut_sign(dragoman_bytes text, size_t *at, char sign) {
    bool is_it = *at < text.size && text.data[*at] == (uint8_t)sign;
    *at += is_it ? 1 : 0;
    return is_it;
}

/* Digits beyond the sixth are dropped. */
static void cut_fraction(dragoman_bytes text, size_t *at, dragoman_time *time) {
    int64_t unit_us = SECOND_US / 10;
    for (int64_t digit = cut_digits(text, at, 1); digit >= 0; digit = cut_digits(text, at, 1)) {
        time->civil_us += digit * unit_us;
        time->fraction_digits = (uint8_t)(time->fraction_digits + (time->fraction_digits < FRACTION_DIGITS ? 1 : 0));
        unit_us /= 10;
    }
}

static bool cut_zone(dragoman_bytes text, size_t *at, int16_t *ret_minutes) {
    if (*at == text.size) {
        return true;
    }
    bool is_west = text.data[*at] == '-';
    if (cut_sign(text, at, 'Z') || cut_sign(text, at, 'z')) {
        *ret_minutes = 0;
        return true;
    }
    if (!cut_sign(text, at, '+') && !cut_sign(text, at, '-')) {
        return false;
    }
    int64_t hours = cut_digits(text, at, 2);
    cut_sign(text, at, ':');
    int64_t minutes = cut_digits(text, at, 2);
    *ret_minutes = (int16_t)((hours * 60 + minutes) * (is_west ? -1 : 1));
    return hours >= 0 && hours <= 14 && minutes >= 0 && minutes <= 59;
}

bool json_value_time(dragoman_bytes text, dragoman_time *ret_time) {
    static const char signs[] = "--T::";
    int64_t part[6];
    size_t at = 0;
    for (int n = 0; n < 6; n++) {
        part[n] = cut_digits(text, &at, n == 0 ? 4 : 2);
        bool has_sign = n == 5 || cut_sign(text, &at, signs[n]) || (n == 2 && cut_sign(text, &at, ' '));
        if (part[n] < 0 || !has_sign) {
            return false;
        }
    }
    if (!is_date(part)) {
        return false;
    }
    int64_t seconds = part[3] * 3600 + part[4] * 60 + part[5];
    *ret_time = (dragoman_time){
        .civil_us = (days_from_civil(part[0], part[1], part[2]) * 86400 + seconds) * SECOND_US,
        .offset_minutes = DRAGOMAN_OFFSET_UNKNOWN,
        .precision = DRAGOMAN_TIME_SECOND,
    };
    if (cut_sign(text, &at, '.')) {
        cut_fraction(text, &at, ret_time);
    }
    return cut_zone(text, &at, &ret_time->offset_minutes) && at == text.size;
}
