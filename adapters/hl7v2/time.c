#include "time.h"

#define SECOND_US INT64_C(1000000)
#define DAY_SECONDS 86400
/* Years that a civil time in microseconds and every consumer can hold. */
#define YEAR_LEAST 1
#define FRACTION_DIGITS 6

/* Days from 1970-01-01 to a date of the Gregorian calendar: whole eras of 400 years, years counted from March. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
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

/* Cuts two digits off. False when the next two are no digits. */
static bool cut_pair(dragoman_bytes *text, int64_t *ret_number) {
    if (text->size < 2 || text->data[0] < '0' || text->data[0] > '9' || text->data[1] < '0' || text->data[1] > '9') {
        return false;
    }
    *ret_number = (text->data[0] - '0') * 10 + (text->data[1] - '0');
    *text = (dragoman_bytes){text->data + 2, text->size - 2};
    return true;
}

/* Cuts a zone off, if one is there. False when what is left is neither empty nor a zone. */
static bool cut_zone(dragoman_bytes *text, int16_t *ret_offset) {
    if (text->size == 0) {
        return true;
    }
    int64_t hours = 0;
    int64_t minutes = 0;
    uint8_t sign = text->data[0];
    dragoman_bytes digits = {text->data + 1, text->size - 1};
    if ((sign != '+' && sign != '-') || !cut_pair(&digits, &hours) || !cut_pair(&digits, &minutes) || digits.size > 0 ||
        hours > 14 || minutes > 59) {
        return false;
    }
    *ret_offset = (int16_t)((hours * 60 + minutes) * (sign == '-' ? -1 : 1));
    return true;
}

/* Cuts ".123456" off, if it is there; digits beyond the sixth are dropped. */
static bool cut_fraction(dragoman_bytes *text, dragoman_time *time) {
    if (text->size == 0 || text->data[0] != '.') {
        return true;
    }
    size_t at = 1;
    int64_t unit = SECOND_US / 10;
    while (at < text->size && text->data[at] >= '0' && text->data[at] <= '9') {
        if (time->fraction_digits < FRACTION_DIGITS) {
            time->civil_us += (text->data[at] - '0') * unit;
            unit /= 10;
            time->fraction_digits++;
        }
        at++;
    }
    /* Some senders always write four digits, whatever their clock counts. */
    int64_t last = 1;
    for (int n = time->fraction_digits; n < FRACTION_DIGITS; n++) {
        last *= 10;
    }
    for (; time->fraction_digits > 0 && time->civil_us / last % 10 == 0; last *= 10) {
        time->fraction_digits--;
    }
    *text = (dragoman_bytes){text->data + at, text->size - at};
    return at > 1;
}

/* Reads HH[MM[SS[.S]]][zone] and adds it to `time`. */
static bool add_time_of_day(dragoman_bytes text, int16_t zone, dragoman_time *time) {
    int64_t hour = 0;
    int64_t minute = 0;
    int64_t second = 0;
    if (!cut_pair(&text, &hour)) {
        return false;
    }
    time->precision = DRAGOMAN_TIME_HOUR;
    if (cut_pair(&text, &minute)) {
        time->precision = DRAGOMAN_TIME_MINUTE;
        if (cut_pair(&text, &second)) {
            time->precision = DRAGOMAN_TIME_SECOND;
        }
    }
    if (hour > 23 || minute > 59 || second > 59 ||
        (time->precision == DRAGOMAN_TIME_SECOND && !cut_fraction(&text, time))) {
        return false;
    }
    time->civil_us += (hour * 3600 + minute * 60 + second) * SECOND_US;
    time->offset_minutes = zone;
    return cut_zone(&text, &time->offset_minutes);
}

static bool read_time(dragoman_bytes text, int16_t zone, dragoman_time *time) {
    int64_t century = 0;
    int64_t year = 0;
    int64_t month = 1;
    int64_t day = 1;
    if (!cut_pair(&text, &century) || !cut_pair(&text, &year)) {
        return false;
    }
    year += century * 100;
    time->precision = DRAGOMAN_TIME_YEAR;
    if (cut_pair(&text, &month) && month != 0) {
        time->precision = DRAGOMAN_TIME_MONTH;
        if (cut_pair(&text, &day) && day != 0) {
            time->precision = DRAGOMAN_TIME_DAY;
        }
    }
    month += month == 0;
    day += day == 0;
    if (year < YEAR_LEAST || month > 12 || day > days_in_month(year, month)) {
        return false;
    }
    time->civil_us = days_from_civil(year, month, day) * DAY_SECONDS * SECOND_US;
    bool has_time = text.size > 0 && text.data[0] != '+' && text.data[0] != '-';
    if (has_time && time->precision == DRAGOMAN_TIME_DAY) {
        return add_time_of_day(text, zone, time);
    }
    /* A date of which parts are unknown may be filled up with zeros. */
    while (text.size > 0 && text.data[0] == '0') {
        text = (dragoman_bytes){text.data + 1, text.size - 1};
    }
    int16_t ignored = 0;
    return cut_zone(&text, &ignored);
}

bool hl7v2_time_read(dragoman_bytes text, int16_t zone, dragoman_time *ret_time) {
    dragoman_time time = {.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN};
    bool is_good = read_time(text, zone, &time);
    *ret_time = is_good ? time : (dragoman_time){.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN};
    return is_good;
}

bool hl7v2_time_of_day_read(dragoman_bytes text, int16_t zone, dragoman_time *ret_time) {
    dragoman_time time = {.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN, .flags = DRAGOMAN_TIME_OF_DAY};
    bool is_good = add_time_of_day(text, zone, &time);
    *ret_time = is_good ? time : (dragoman_time){.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN};
    return is_good;
}

static char *put_digits(char *to, int64_t number, int digits) {
    for (int n = digits - 1; n >= 0; n--) {
        to[n] = (char)('0' + number % 10);
        number /= 10;
    }
    return to + digits;
}

void hl7v2_time_write(int64_t wall_us, bool is_short, char to[HL7V2_TIME_TEXT]) {
    int64_t seconds = wall_us / SECOND_US - (wall_us % SECOND_US < 0);
    int64_t days = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0);
    int64_t second_of_day = seconds - days * DAY_SECONDS;
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    char *at = put_digits(to, year_of_era + era * 400 + (month <= 2), 4);
    at = put_digits(at, month, 2);
    at = put_digits(at, day_of_year - (153 * shifted_month + 2) / 5 + 1, 2);
    at = put_digits(at, second_of_day / 3600, 2);
    at = put_digits(at, second_of_day / 60 % 60, 2);
    at = put_digits(at, second_of_day % 60, 2);
    if (!is_short) {
        *at++ = '.';
        at = put_digits(at, (wall_us - seconds * SECOND_US) / 1000, 3);
    }
    for (const char *zone = "+0000"; *zone != 0; zone++) {
        *at++ = *zone;
    }
    *at = 0;
}
