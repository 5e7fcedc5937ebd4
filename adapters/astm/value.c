#include "value.h"

/* Digits that always fit into a mantissa, and behind the point into an exponent. */
#define DIGITS_MOST 18
#define FRACTION_MOST 127
#define SECOND_US INT64_C(1000000)
#define DAY_US (INT64_C(86400) * SECOND_US)
/* Dashes that are no sign of a negative finding: an instrument fills the field with them. */
#define DASHES_LEAST 3

#define NOT_A_NUMBER ((dragoman_decimal){.special = DRAGOMAN_NAN})

/* Reads [+-]digits[.digits] (a bare point at either side is allowed), with nothing around it. False when it is anything
 * else, or has more significant digits than a decimal holds. */
static bool read_decimal(dragoman_bytes text, dragoman_decimal *ret_decimal) {
    size_t at = 0;
    bool is_negative = text.size > 0 && text.data[0] == '-';
    at += text.size > 0 && (text.data[0] == '-' || text.data[0] == '+') ? 1 : 0;
    int64_t mantissa = 0;
    uint32_t significant = 0;
    uint32_t digits = 0;
    int32_t fraction = -1; /* digits behind the point, -1 before it */
    for (; at < text.size; at++) {
        uint8_t byte = text.data[at];
        if (byte == '.' && fraction < 0) {
            fraction = 0;
            continue;
        }
        if (byte < '0' || byte > '9') {
            return false;
        }
        digits++;
        significant += significant > 0 || byte != '0' ? 1 : 0;
        fraction += fraction >= 0 ? 1 : 0;
        if (significant > DIGITS_MOST || fraction > FRACTION_MOST) {
            return false;
        }
        mantissa = mantissa * 10 + (byte - '0');
    }
    if (digits == 0) {
        return false;
    }
    *ret_decimal = (dragoman_decimal){.mantissa = is_negative ? -mantissa : mantissa,
                                      .exponent = (int16_t)(fraction > 0 ? -fraction : 0)};
    return true;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar: whole eras of 400 years, years counted from March. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2 ? 1 : 0;
    int64_t era = year / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static int64_t days_in_month(int64_t year, int64_t month) {
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && is_leap ? 29 : days[month - 1];
}

static int64_t number_at(const uint8_t *digits, size_t count) {
    int64_t number = 0;
    for (size_t n = 0; n < count; n++) {
        number = number * 10 + (digits[n] - '0');
    }
    return number;
}

bool astm_time_read(dragoman_bytes text, dragoman_time *ret_time) {
    *ret_time = (dragoman_time){.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN};
    text = astm_trim(text);
    while (text.size > 8 && text.data[text.size - 1] >= 'A' && text.data[text.size - 1] <= 'Z') {
        text.size--;
    }
    for (size_t n = 0; n < text.size; n++) {
        if (text.data[n] < '0' || text.data[n] > '9') {
            return false;
        }
    }
    if (text.size != 8 && text.size != 10 && text.size != 12 && text.size != 14) {
        return false;
    }
    int64_t year = number_at(text.data, 4);
    int64_t month = number_at(text.data + 4, 2);
    int64_t day = number_at(text.data + 6, 2);
    int64_t hour = text.size >= 10 ? number_at(text.data + 8, 2) : 0;
    int64_t minute = text.size >= 12 ? number_at(text.data + 10, 2) : 0;
    int64_t second = text.size >= 14 ? number_at(text.data + 12, 2) : 0;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
        minute > 59 || second > 59) {
        return false;
    }
    ret_time->civil_us = days_from_civil(year, month, day) * DAY_US + (hour * 3600 + minute * 60 + second) * SECOND_US;
    ret_time->precision = (uint8_t)(DRAGOMAN_TIME_DAY + (text.size - 8) / 2);
    return true;
}

/* Cuts a comparator off the start of `text`, with the blanks behind it. */
static uint8_t cut_comparator(dragoman_bytes *text) {
    uint8_t first = text->size > 0 ? text->data[0] : 0;
    if (first != '<' && first != '>') {
        return DRAGOMAN_EQUAL;
    }
    bool or_equal = text->size > 1 && text->data[1] == '=';
    size_t used = or_equal ? 2 : 1;
    *text = astm_trim((dragoman_bytes){text->data + used, text->size - used});
    if (first == '<') {
        return or_equal ? DRAGOMAN_LESS_OR_EQUAL : DRAGOMAN_LESS;
    }
    return or_equal ? DRAGOMAN_GREATER_OR_EQUAL : DRAGOMAN_GREATER;
}

/* a <= b, of numbers with no more than DIGITS_MOST digits. */
static bool is_in_order(dragoman_decimal a, dragoman_decimal b) {
    while (a.exponent > b.exponent) {
        if (__builtin_mul_overflow(a.mantissa, 10, &a.mantissa)) {
            return a.mantissa < 0;
        }
        a.exponent--;
    }
    while (b.exponent > a.exponent) {
        if (__builtin_mul_overflow(b.mantissa, 10, &b.mantissa)) {
            return b.mantissa >= 0;
        }
        b.exponent--;
    }
    return a.mantissa <= b.mantissa;
}

/* Reads "low SEPARATOR high" with a separator of `size` signs at `at`. */
static bool read_pair(dragoman_bytes text, size_t at, size_t size, dragoman_range *range) {
    dragoman_bytes low = astm_trim((dragoman_bytes){text.data, at});
    dragoman_bytes high = astm_trim((dragoman_bytes){text.data + at + size, text.size - at - size});
    dragoman_decimal from = {0};
    dragoman_decimal to = {0};
    if (!read_decimal(low, &from) || !read_decimal(high, &to) || !is_in_order(from, to)) {
        return false;
    }
    range->low = from;
    range->high = to;
    return true;
}

static bool read_ends(const astm_delimiters *delimiters, dragoman_bytes text, dragoman_range *range) {
    dragoman_bytes rest = text;
    dragoman_decimal number = {0};
    uint8_t comparator = cut_comparator(&rest);
    if (comparator != DRAGOMAN_EQUAL) {
        bool is_number = read_decimal(rest, &number);
        bool is_upper = comparator == DRAGOMAN_LESS || comparator == DRAGOMAN_LESS_OR_EQUAL;
        range->high = is_number && is_upper ? number : range->high;
        range->low = is_number && !is_upper ? number : range->low;
        return is_number;
    }
    for (size_t at = 1; at + 1 < text.size; at++) {
        uint8_t sign = text.data[at];
        bool is_word = at + 2 < text.size && sign == 't' && text.data[at + 1] == 'o';
        bool is_sign = sign == '-' || sign == '~' || sign == delimiters->component;
        if ((is_word || is_sign) && read_pair(text, at, is_word ? 2 : 1, range)) {
            return true;
        }
    }
    return false;
}

dragoman_range astm_range_read(astm_words *words, dragoman_bytes field) {
    dragoman_bytes first = {NULL, 0};
    dragoman_bytes rest = field;
    dragoman_range range = {0};
    range.text = astm_word(words, field);
    if (range.text.size == 0) {
        return range;
    }
    range.low = range.high = NOT_A_NUMBER;
    (void)astm_cut(&rest, words->delimiters.repetition, &first);
    if (read_ends(&words->delimiters, astm_trim(first), &range)) {
        return range;
    }
    /* "3.5-5.5^normal": the range, and what it is called. */
    (void)read_ends(&words->delimiters, astm_trim(astm_component(&words->delimiters, first, 1)), &range);
    return range;
}

static bool is_all_dashes(dragoman_bytes text) {
    size_t dashes = 0;
    while (dashes < text.size && text.data[dashes] == '-') {
        dashes++;
    }
    return dashes >= DASHES_LEAST && dashes == text.size;
}

/* The only component that says something, or the whole when several do. */
static dragoman_bytes only_part(const astm_delimiters *delimiters, dragoman_bytes sent) {
    dragoman_bytes found = {NULL, 0};
    dragoman_bytes rest = sent;
    dragoman_bytes part = {NULL, 0};
    while (astm_cut(&rest, delimiters->component, &part)) {
        part = astm_trim(part);
        if (part.size > 0 && found.size > 0) {
            return sent;
        }
        found = part.size > 0 ? part : found;
    }
    return found;
}

bool astm_value_read(astm_words *words, dragoman_bytes sent, dragoman_value *ret_value) {
    *ret_value = (dragoman_value){.kind = DRAGOMAN_VALUE_NONE, .absent = DRAGOMAN_ABSENT_UNKNOWN};
    dragoman_bytes text = astm_word(words, only_part(&words->delimiters, sent));
    if (text.size == 0 || is_all_dashes(text)) {
        return false;
    }
    dragoman_bytes digits = text;
    uint8_t comparator = cut_comparator(&digits);
    dragoman_decimal number = {0};
    if (read_decimal(digits, &number)) {
        *ret_value = (dragoman_value){.kind = DRAGOMAN_VALUE_DECIMAL, .comparator = comparator, .number = number};
    } else {
        *ret_value = (dragoman_value){.kind = DRAGOMAN_VALUE_TEXT, .text = text};
    }
    return true;
}

typedef struct result_row {
    uint8_t letter;
    uint8_t result;
    uint8_t absent;
    uint32_t status;
} result_row;

/* E1394 10.1.9. S, I and M say that more is to come, X that there will be none. R, N and Q say why the record is sent
 * and nothing about how finished it is. V is the operator's word, W his doubt. */
static const result_row results[] = {
    {'C', DRAGOMAN_RESULT_CORRECTED, DRAGOMAN_ABSENT_UNKNOWN, 0},
    {'P', DRAGOMAN_RESULT_PRELIMINARY, DRAGOMAN_ABSENT_UNKNOWN, 0},
    {'F', DRAGOMAN_RESULT_FINAL, DRAGOMAN_ABSENT_UNKNOWN, 0},
    {'X', DRAGOMAN_RESULT_CANCELLED, DRAGOMAN_ABSENT_NOT_PERFORMED, 0},
    {'I', DRAGOMAN_RESULT_PENDING, DRAGOMAN_ABSENT_TEMPORARILY_UNKNOWN, 0},
    {'S', DRAGOMAN_RESULT_PRELIMINARY, DRAGOMAN_ABSENT_UNKNOWN, 0},
    {'M', DRAGOMAN_RESULT_PRELIMINARY, DRAGOMAN_ABSENT_UNKNOWN, 0},
    {'V', DRAGOMAN_RESULT_FINAL, DRAGOMAN_ABSENT_UNKNOWN, DRAGOMAN_STATUS_VALIDATED},
    {'W', DRAGOMAN_RESULT_UNSTATED, DRAGOMAN_ABSENT_UNKNOWN, DRAGOMAN_STATUS_QUESTIONABLE},
};

astm_result astm_result_read(const astm_delimiters *delimiters, dragoman_bytes field) {
    astm_result read = {.absent = DRAGOMAN_ABSENT_UNKNOWN};
    dragoman_bytes repetition = {NULL, 0};
    while (astm_cut(&field, delimiters->repetition, &repetition)) {
        dragoman_bytes letter = astm_trim(astm_component(delimiters, repetition, 1));
        for (size_t n = 0; n < sizeof results / sizeof *results && letter.size == 1; n++) {
            if (results[n].letter == letter.data[0]) {
                read.status |= results[n].status;
                bool is_first = read.result == DRAGOMAN_RESULT_UNSTATED;
                read.result = is_first ? results[n].result : read.result;
                read.absent = is_first ? results[n].absent : read.absent;
            }
        }
    }
    return read;
}
