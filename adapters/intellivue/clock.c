#include "clock.h"
#include "codes.h"

#define ABSOLUTE_TIME_BYTES 8u
#define SECOND_US INT64_C(1000000)

/* Two decimal digits, or -1. */
static int read_bcd(uint8_t byte) {
    int high = byte >> 4;
    int low = byte & 15;
    return high > 9 || low > 9 ? -1 : high * 10 + low;
}

static int days_in_month(int year, int month) {
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

/* Days from 1970-01-01 to a date of the Gregorian calendar, with years that begin in March. */
static int64_t days_since_1970(int year, int month, int day) {
    int64_t shifted = month <= 2 ? year - 1 : year;
    int64_t era = shifted / 400;
    int64_t year_of_era = shifted - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

dragoman_time intellivue_absolute_time(dragoman_bytes bytes, dragoman_precision precision) {
    dragoman_time none = {.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN};
    int parts[7]; /* century, year, month, day, hour, minute, second; fractions are not used */
    if (bytes.size < ABSOLUTE_TIME_BYTES) {
        return none;
    }
    for (size_t n = 0; n < sizeof parts / sizeof *parts; n++) {
        parts[n] = read_bcd(bytes.data[n]);
        if (parts[n] < 0) {
            return none;
        }
    }
    int year = parts[0] * 100 + parts[1];
    bool is_date = year > 1 && year < 9999 && parts[2] >= 1 && parts[2] <= 12 && parts[3] >= 1 &&
                   parts[3] <= days_in_month(year, parts[2]) && parts[4] <= 23 && parts[5] <= 59 && parts[6] <= 59;
    if (!is_date) {
        return none;
    }
    int64_t seconds = days_since_1970(year, parts[2], parts[3]) * 86400;
    if (precision == DRAGOMAN_TIME_SECOND) {
        seconds += parts[4] * 3600 + parts[5] * 60 + parts[6];
    }
    return (dragoman_time){
        .civil_us = seconds * SECOND_US, .offset_minutes = DRAGOMAN_OFFSET_UNKNOWN, .precision = (uint8_t)precision};
}

void intellivue_clock_set(intellivue_clock *clock, dragoman_bytes absolute_time, dragoman_bytes relative_time) {
    dragoman_time time = intellivue_absolute_time(absolute_time, DRAGOMAN_TIME_SECOND);
    intellivue_reader reader = intellivue_reader_of(relative_time);
    uint32_t ticks = intellivue_read_u32(&reader);
    clock->is_known = time.precision != DRAGOMAN_TIME_NONE && !reader.has_failed;
    clock->civil_us = time.civil_us;
    clock->ticks = ticks;
}

dragoman_time intellivue_clock_time(const intellivue_clock *clock, uint32_t ticks) {
    if (!clock->is_known) {
        return (dragoman_time){.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN};
    }
    int64_t since = (int32_t)(ticks - clock->ticks); /* across the wrap, and a little into the past */
    int64_t civil_us = clock->civil_us + since * INTELLIVUE_TICK_US;
    int64_t rest = civil_us % 1000;
    return (dragoman_time){.civil_us = civil_us - rest,
                           .offset_minutes = DRAGOMAN_OFFSET_UNKNOWN,
                           .precision = DRAGOMAN_TIME_SECOND,
                           .fraction_digits = 3};
}

dragoman_time intellivue_time_add(dragoman_time time, uint64_t ticks) {
    if (time.precision == DRAGOMAN_TIME_SECOND) {
        int64_t civil_us = time.civil_us + (int64_t)ticks * INTELLIVUE_TICK_US;
        time.civil_us = civil_us - civil_us % 1000;
    }
    return time;
}
