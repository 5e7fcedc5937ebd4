#include "clock.h"
#include "number.h"
#include <string.h>

/* The protocol is of 1991; no device of ours shows a year before. */
#define FIRST_OLD_YEAR 80u

typedef struct month_name {
    char letters[4];
    uint8_t month;
} month_name;

static const month_name months[] = {{"JAN", 1},  {"FEB", 2},  {"MAR", 3},  {"APR", 4},  {"MAI", 5},
                                    {"MAY", 5},  {"JUN", 6},  {"JUL", 7},  {"AUG", 8},  {"SEP", 9},
                                    {"OKT", 10}, {"OCT", 10}, {"NOV", 11}, {"DEZ", 12}, {"DEC", 12}};

static void skip_blanks(dragoman_bytes *rest) {
    while (rest->size > 0 && rest->data[0] == ' ') {
        rest->data++;
        rest->size--;
    }
}

static bool skip(dragoman_bytes *rest, uint8_t character) {
    if (rest->size == 0 || rest->data[0] != character) {
        return false;
    }
    rest->data++;
    rest->size--;
    return true;
}

/* Up to `most` digits. Returns how many there were. */
static size_t take_number(dragoman_bytes *rest, size_t most, uint32_t *ret_number) {
    size_t count = 0;
    *ret_number = 0;
    while (count < most && rest->size > 0 && rest->data[0] >= '0' && rest->data[0] <= '9') {
        *ret_number = *ret_number * 10 + (uint32_t)(rest->data[0] - '0');
        rest->data++;
        rest->size--;
        count++;
    }
    return count;
}

static uint32_t take_month(dragoman_bytes *rest) {
    for (size_t n = 0; rest->size >= 3 && n < sizeof months / sizeof *months; n++) {
        if (memcmp(rest->data, months[n].letters, 3) == 0) {
            rest->data += 3;
            rest->size -= 3;
            return months[n].month;
        }
    }
    return 0;
}

static uint32_t days_in(uint32_t year, uint32_t month) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && is_leap ? 29 : days[month - 1];
}

/* Days from 1970-01-01 to a day from 1970 on. */
static int64_t days_since_1970(uint32_t year, uint32_t month, uint32_t day) {
    int64_t days = (int64_t)day - 1;
    for (uint32_t n = 1970; n < year; n++) {
        days += days_in(n, 2) + 337;
    }
    for (uint32_t n = 1; n < month; n++) {
        days += days_in(year, n);
    }
    return days;
}

static bool read_date(dragoman_bytes *rest, int64_t *ret_days) {
    uint32_t day = 0;
    uint32_t year = 0;
    skip_blanks(rest);
    if (take_number(rest, 2, &day) == 0 || !skip(rest, '-')) {
        return false;
    }
    uint32_t month = take_month(rest);
    if (month == 0 || !skip(rest, '-')) {
        return false;
    }
    size_t digits = take_number(rest, 4, &year);
    if (digits == 2) {
        year += year < FIRST_OLD_YEAR ? 2000u : 1900u;
    } else if (digits != 4) {
        return false;
    }
    skip_blanks(rest);
    if (rest->size > 0 || year < 1970 || day == 0 || day > days_in(year, month)) {
        return false;
    }
    *ret_days = days_since_1970(year, month, day);
    return true;
}

bool medibus_clock_read(dragoman_bytes text, dragoman_time *ret_time) {
    uint32_t hour = 0;
    uint32_t minute = 0;
    uint32_t second = 0;
    bool has_seconds = false;
    skip_blanks(&text);
    if (take_number(&text, 2, &hour) == 0 || !skip(&text, ':') || take_number(&text, 2, &minute) != 2) {
        return false;
    }
    if (skip(&text, ':')) {
        dragoman_bytes before = text;
        has_seconds = take_number(&text, 2, &second) == 2 && (text.size == 0 || text.data[0] != '-');
        text = has_seconds ? text : before;
        second = has_seconds ? second : 0;
    }
    int64_t days = 0;
    if (!read_date(&text, &days) || hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    *ret_time = (dragoman_time){
        .civil_us = ((days * 24 + hour) * 60 + minute) * INT64_C(60000000) + (int64_t)second * 1000000,
        .offset_minutes = DRAGOMAN_OFFSET_UNKNOWN,
        .precision = has_seconds ? DRAGOMAN_TIME_SECOND : DRAGOMAN_TIME_MINUTE,
    };
    return true;
}
