#include "clock.h"
#include "words.h"

#define DAY_US INT64_C(86400000000)

typedef enum part {
    PART_YEAR4,
    PART_YEAR2,
    PART_MONTH_NAME,
    PART_MONTH,
    PART_DAY,
    PART_HOUR,
    PART_MINUTE,
    PART_SECOND,
    PART_NONE
} part;

/* Longer names first. */
static const struct {
    const char *name;
    part is;
    int digits, least, most;
} parts[] = {{"yyyy", PART_YEAR4, 4, 1, 9999}, {"yy", PART_YEAR2, 2, 0, 99}, {"MMM", PART_MONTH_NAME, 3, 1, 12},
             {"MM", PART_MONTH, 2, 1, 12},     {"dd", PART_DAY, 2, 1, 31},   {"HH", PART_HOUR, 2, 0, 23},
             {"mm", PART_MINUTE, 2, 0, 59},    {"ss", PART_SECOND, 2, 0, 59}};

#define PART_COUNT (sizeof parts / sizeof *parts)

/* The part that the format begins with, which is cut off; PART_COUNT: none. */
static size_t next_part(dragoman_bytes *format) {
    for (size_t i = 0; i < PART_COUNT; i++) {
        if (lines_cut_prefix(format, (dragoman_bytes){(const uint8_t *)parts[i].name, strlen(parts[i].name)})) {
            return i;
        }
    }
    return PART_COUNT;
}

bool lines_clock_is_format(dragoman_bytes format) {
    bool has_part = false;
    while (format.size > 0) {
        if (next_part(&format) < PART_COUNT) {
            has_part = true;
            continue;
        }
        uint8_t byte = format.data[0] | 0x20;
        if (byte >= 'a' && byte <= 'z' && format.data[0] != 'T' && format.data[0] != 'Z') {
            return false;
        }
        format = lines_part(format, 1, format.size - 1);
    }
    return has_part;
}

static int month_of(dragoman_bytes text) {
    static const char names[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
    for (int month = 0; month < 12; month++) {
        bool is_same = true;
        for (int i = 0; i < 3; i++) {
            uint8_t byte = text.data[i];
            byte = byte >= 'a' && byte <= 'z' ? (uint8_t)(byte - 32) : byte;
            is_same = is_same && byte == (uint8_t)names[month * 3 + i];
        }
        if (is_same) {
            return month + 1;
        }
    }
    return 0;
}

/* Up to `digits` digits, which are cut off. -1: there are none. */
static int number_of(dragoman_bytes *text, int digits) {
    int number = 0;
    int read = 0;
    while (read < digits && text->size > 0 && text->data[0] >= '0' && text->data[0] <= '9') {
        number = number * 10 + (text->data[0] - '0');
        *text = lines_part(*text, 1, text->size - 1);
        read++;
    }
    return read > 0 ? number : -1;
}

static bool read_part(size_t which, dragoman_bytes *text, lines_moment *moment) {
    int number = 0;
    if (parts[which].is == PART_MONTH_NAME) {
        number = text->size < 3 ? 0 : month_of(*text);
        *text = number == 0 ? *text : lines_part(*text, 3, text->size - 3);
    } else {
        number = number_of(text, parts[which].digits);
    }
    if (number < parts[which].least || number > parts[which].most) {
        return false;
    }
    int *const members[] = {
        [PART_YEAR4] = &moment->year,    [PART_YEAR2] = &moment->year,   [PART_MONTH_NAME] = &moment->month,
        [PART_MONTH] = &moment->month,   [PART_DAY] = &moment->day,      [PART_HOUR] = &moment->hour,
        [PART_MINUTE] = &moment->minute, [PART_SECOND] = &moment->second};
    bool is_short_year = parts[which].is == PART_YEAR2;
    *members[parts[which].is] = is_short_year ? number + (number < 70 ? 2000 : 1900) : number;
    return true;
}

static bool skip_between(dragoman_bytes *format, dragoman_bytes *text) {
    uint8_t wanted = format->data[0];
    *format = lines_part(*format, 1, format->size - 1);
    if (wanted == ' ') {
        bool has_blank = text->size == 0;
        while (text->size > 0 && text->data[0] == ' ') {
            has_blank = true;
            *text = lines_part(*text, 1, text->size - 1);
        }
        return has_blank;
    }
    if (text->size == 0 || text->data[0] != wanted) {
        return false;
    }
    *text = lines_part(*text, 1, text->size - 1);
    return true;
}

static bool is_leap(int year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool is_day(const lines_moment *moment) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (moment->month == 0 || moment->day == 0) {
        return true;
    }
    bool is_long_february = moment->month == 2 && (moment->year == 0 || is_leap(moment->year));
    return moment->day <= days[moment->month - 1] + is_long_february;
}

bool lines_clock_read(dragoman_bytes format, dragoman_bytes text, lines_moment *moment) {
    lines_moment read = *moment;
    text = lines_trim(text);
    while (format.size > 0) {
        size_t which = next_part(&format);
        if (!(which < PART_COUNT ? read_part(which, &text, &read) : skip_between(&format, &text))) {
            return false;
        }
    }
    if (text.size > 0 || !is_day(&read)) {
        return false;
    }
    *moment = read;
    return true;
}

/* Days from 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_of(int year, int month, int day) {
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

dragoman_time lines_clock_time(const lines_moment *moment) {
    dragoman_time time = {.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN};
    bool has_date = moment->year > 0 && moment->month > 0 && moment->day > 0;
    bool has_time = moment->hour >= 0;
    if (!has_date && (!has_time || moment->year + moment->month + moment->day > 0)) {
        return time;
    }
    if (has_date) {
        time.civil_us = days_of(moment->year, moment->month, moment->day) * DAY_US;
        time.precision = DRAGOMAN_TIME_DAY;
    } else {
        time.flags = DRAGOMAN_TIME_OF_DAY;
    }
    if (has_time) {
        int64_t minute = moment->minute < 0 ? 0 : moment->minute;
        int64_t second = moment->second < 0 || moment->minute < 0 ? 0 : moment->second;
        time.civil_us += ((moment->hour * INT64_C(60) + minute) * 60 + second) * 1000000;
        time.precision = moment->minute < 0   ? DRAGOMAN_TIME_HOUR
                         : moment->second < 0 ? DRAGOMAN_TIME_MINUTE
                                              : DRAGOMAN_TIME_SECOND;
    }
    return time;
}
