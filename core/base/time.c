#include "base/time.h"

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_SECOND)
#define US_PER_DAY (86400 * US_PER_SECOND)
#define DAYS_PER_ERA 146097 /* 400 years of the Gregorian calendar */
#define DAYS_TO_1970 719468 /* from 0000-03-01 */

static int64_t floor_divide(int64_t value, int64_t by) {
    return value / by - (value % by < 0);
}

int64_t time_days(int64_t year, unsigned month, unsigned day) {
    /* Years that begin in March put the leap day last, and then a month's first day is a linear function of its number.
     */
    int64_t march_year = year - (month <= 2);
    unsigned march_month = month > 2 ? month - 3 : month + 9;
    int64_t era = floor_divide(march_year, 400);
    int64_t year_of_era = march_year - era * 400;
    int64_t day_of_year = (153 * march_month + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

void time_date(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day) {
    days += DAYS_TO_1970;
    int64_t era = floor_divide(days, DAYS_PER_ERA);
    unsigned day_of_era = (unsigned)(days - era * DAYS_PER_ERA);
    unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned march_month = (5 * day_of_year + 2) / 153;
    *ret_day = day_of_year - (153 * march_month + 2) / 5 + 1;
    *ret_month = march_month < 10 ? march_month + 3 : march_month - 9;
    *ret_year = (int64_t)year_of_era + era * 400 + (*ret_month <= 2);
}

dragoman_time time_of_utc_us(int64_t utc_us) {
    return (dragoman_time){.civil_us = utc_us, .precision = DRAGOMAN_TIME_SECOND, .fraction_digits = 6};
}

static char *put_two(char *to, unsigned value) {
    to[0] = (char)('0' + value / 10);
    to[1] = (char)('0' + value % 10);
    return to + 2;
}

/* "12:30:05.250" */
static char *put_clock(char *to, uint64_t us_of_day, unsigned fraction_digits) {
    unsigned seconds = (unsigned)(us_of_day / (uint64_t)US_PER_SECOND);
    unsigned fraction = (unsigned)(us_of_day % (uint64_t)US_PER_SECOND);
    to = put_two(to, seconds / 3600);
    *to++ = ':';
    to = put_two(to, seconds / 60 % 60);
    *to++ = ':';
    to = put_two(to, seconds % 60);
    unsigned count = fraction_digits > 6 ? 6 : fraction_digits;
    if (count > 0) {
        *to++ = '.';
        for (unsigned i = 0, scale = 100000; i < count; i++, scale /= 10) {
            *to++ = (char)('0' + fraction / scale % 10);
        }
    }
    return to;
}

static char *put_offset(char *to, int offset_minutes) {
    if (offset_minutes == 0) {
        *to++ = 'Z';
        return to;
    }
    unsigned size = (unsigned)(offset_minutes < 0 ? -offset_minutes : offset_minutes);
    *to++ = offset_minutes < 0 ? '-' : '+';
    to = put_two(to, size / 60);
    *to++ = ':';
    return put_two(to, size % 60);
}

size_t time_write_fhir(dragoman_time time, char *to) {
    if (time.precision == DRAGOMAN_TIME_NONE || (time.flags & DRAGOMAN_TIME_OF_DAY) != 0) {
        return 0;
    }
    bool has_clock = time.precision >= DRAGOMAN_TIME_HOUR && time.offset_minutes != DRAGOMAN_OFFSET_UNKNOWN;
    if (has_clock && (time.offset_minutes > 840 || time.offset_minutes < -840)) {
        /* FHIR ends at fourteen hours: the same moment as UTC. */
        if (__builtin_sub_overflow(time.civil_us, time.offset_minutes * US_PER_MINUTE, &time.civil_us)) {
            return 0;
        }
        time.offset_minutes = 0;
    }
    int64_t days = floor_divide(time.civil_us, US_PER_DAY);
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    time_date(days, &year, &month, &day);
    if (year < 1 || year > 9999) {
        return 0;
    }
    char *out = put_two(to, (unsigned)year / 100);
    out = put_two(out, (unsigned)year % 100);
    if (time.precision >= DRAGOMAN_TIME_MONTH) {
        *out++ = '-';
        out = put_two(out, month);
    }
    if (time.precision >= DRAGOMAN_TIME_DAY) {
        *out++ = '-';
        out = put_two(out, day);
    }
    if (has_clock) {
        *out++ = 'T';
        unsigned fraction_digits = time.precision >= DRAGOMAN_TIME_SECOND ? time.fraction_digits : 0;
        out = put_clock(out, (uint64_t)(time.civil_us - days * US_PER_DAY), fraction_digits);
        out = put_offset(out, time.offset_minutes);
    }
    return (size_t)(out - to);
}

size_t time_write_of_day(dragoman_time time, char *to) {
    if (time.precision < DRAGOMAN_TIME_HOUR) {
        return 0;
    }
    unsigned fraction_digits = time.precision >= DRAGOMAN_TIME_SECOND ? time.fraction_digits : 0;
    int64_t us_of_day = time.civil_us - floor_divide(time.civil_us, US_PER_DAY) * US_PER_DAY;
    return (size_t)(put_clock(to, (uint64_t)us_of_day, fraction_digits) - to);
}

size_t time_write_utc(int64_t utc_us, uint8_t fraction_digits, char *to) {
    dragoman_time time = time_of_utc_us(utc_us);
    time.fraction_digits = fraction_digits;
    return time_write_fhir(time, to);
}

size_t time_write_stated(dragoman_time time, char *to) {
    bool is_of_day = (time.flags & DRAGOMAN_TIME_OF_DAY) != 0;
    if (time.precision == DRAGOMAN_TIME_NONE || time.civil_us < TIME_LEAST_US || time.civil_us > TIME_LARGEST_US) {
        return 0;
    }
    dragoman_time date = time;
    date.flags = 0;
    if (time.precision > DRAGOMAN_TIME_DAY) {
        date.precision = DRAGOMAN_TIME_DAY;
    }
    char *out = is_of_day ? to : to + time_write_fhir(date, to);
    if (time.precision >= DRAGOMAN_TIME_HOUR) {
        /* "12:34:56" without the parts that were not stated. */
        unsigned missing = time.precision >= DRAGOMAN_TIME_SECOND ? 0u : 3u * (DRAGOMAN_TIME_SECOND - time.precision);
        *out++ = 'T';
        out += time_write_of_day(time, out);
        out -= missing;
        if (time.offset_minutes != DRAGOMAN_OFFSET_UNKNOWN) {
            out = put_offset(out, time.offset_minutes);
        }
    }
    return (size_t)(out - to);
}
