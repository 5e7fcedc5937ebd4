#include "base/posix_zone.h"
#include "base/time.h"

typedef struct cursor {
    const uint8_t *at;
    size_t left;
} cursor;

static bool next_is(const cursor *self, uint8_t character) {
    return self->left > 0 && self->at[0] == character;
}

static bool skip(cursor *self, uint8_t character) {
    if (!next_is(self, character)) {
        return false;
    }
    self->at++;
    self->left--;
    return true;
}

static bool read_number(cursor *self, int32_t least, int32_t most, int32_t *ret_number) {
    int32_t number = 0;
    size_t count = 0;
    while (self->left > 0 && self->at[0] >= '0' && self->at[0] <= '9' && count < 4) {
        number = number * 10 + (self->at[0] - '0');
        self->at++;
        self->left--;
        count++;
    }
    *ret_number = number;
    return count > 0 && number >= least && number <= most;
}

/* "CET" or "<+03>" */
static bool read_name(cursor *self) {
    size_t count = 0;
    if (skip(self, '<')) {
        while (self->left > 0 && self->at[0] != '>') {
            self->at++;
            self->left--;
            count++;
        }
        return count > 0 && skip(self, '>');
    }
    while (self->left > 0 && ((self->at[0] | 0x20u) >= 'a' && (self->at[0] | 0x20u) <= 'z')) {
        self->at++;
        self->left--;
        count++;
    }
    return count >= 3;
}

/* "-1", "3:30", "+02:00:00" in seconds. */
static bool read_clock(cursor *self, int32_t most_hours, int32_t *ret_seconds) {
    bool negative = skip(self, '-');
    if (!negative) {
        (void)skip(self, '+');
    }
    int32_t hours = 0;
    int32_t minutes = 0;
    int32_t seconds = 0;
    if (!read_number(self, 0, most_hours, &hours)) {
        return false;
    }
    if (skip(self, ':') && !read_number(self, 0, 59, &minutes)) {
        return false;
    }
    if (skip(self, ':') && !read_number(self, 0, 59, &seconds)) {
        return false;
    }
    int32_t total = hours * 3600 + minutes * 60 + seconds;
    *ret_seconds = negative ? -total : total;
    return true;
}

static bool read_change(cursor *self, posix_zone_change *ret_change) {
    int32_t day = 0;
    int32_t month = 0;
    int32_t week = 0;
    *ret_change = (posix_zone_change){.second = 2 * 3600};
    if (!skip(self, ',')) {
        return false;
    }
    if (skip(self, 'M')) {
        ret_change->kind = 'M';
        if (!read_number(self, 1, 12, &month) || !skip(self, '.') || !read_number(self, 1, 5, &week) ||
            !skip(self, '.') || !read_number(self, 0, 6, &day)) {
            return false;
        }
        ret_change->month = (uint8_t)month;
        ret_change->week = (uint8_t)week;
        ret_change->weekday = (uint8_t)day;
    } else {
        ret_change->kind = skip(self, 'J') ? 'J' : '0';
        if (!read_number(self, ret_change->kind == 'J' ? 1 : 0, 365, &day)) {
            return false;
        }
        ret_change->day = (uint16_t)day;
    }
    return !skip(self, '/') || read_clock(self, 167, &ret_change->second);
}

bool posix_zone_parse(dragoman_bytes text, posix_zone *ret_zone) {
    cursor from = {text.data, text.size};
    int32_t west_s = 0;
    *ret_zone = (posix_zone){0};
    if (!read_name(&from) || !read_clock(&from, 24, &west_s)) {
        return false;
    }
    ret_zone->standard_s = -west_s;
    if (from.left == 0) {
        return true;
    }
    ret_zone->has_daylight = true;
    ret_zone->daylight_s = ret_zone->standard_s + 3600;
    if (!read_name(&from)) {
        return false;
    }
    if (!next_is(&from, ',')) {
        if (!read_clock(&from, 24, &west_s)) {
            return false;
        }
        ret_zone->daylight_s = -west_s;
    }
    return read_change(&from, &ret_zone->start) && read_change(&from, &ret_zone->end) && from.left == 0;
}

static bool is_leap(int64_t year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* The civil second of a change in a year. */
static int64_t change_in(const posix_zone_change *change, int64_t year) {
    int64_t days = 0;
    if (change->kind == 'M') {
        int64_t first = time_days(year, change->month, 1);
        int64_t after = change->month == 12 ? time_days(year + 1, 1, 1) : time_days(year, change->month + 1u, 1);
        int64_t weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
        days = first + (change->weekday - weekday + 7) % 7 + 7 * (change->week - 1);
        if (days >= after) {
            days -= 7;
        }
    } else {
        days = time_days(year, 1, 1) + change->day;
        if (change->kind == 'J') {
            days -= !(is_leap(year) && change->day >= 60);
        }
    }
    return days * 86400 + change->second;
}

posix_zone_offset posix_zone_at(const posix_zone *zone, int64_t utc_s) {
    posix_zone_offset standard = {zone->standard_s, false};
    if (!zone->has_daylight) {
        return standard;
    }
    int64_t civil_s = utc_s + zone->standard_s;
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    time_date(civil_s / 86400 - (civil_s % 86400 < 0), &year, &month, &day);
    int64_t start = change_in(&zone->start, year) - zone->standard_s;
    int64_t end = change_in(&zone->end, year) - zone->daylight_s;
    bool is_daylight = start < end ? utc_s >= start && utc_s < end : utc_s >= start || utc_s < end;
    return is_daylight ? (posix_zone_offset){zone->daylight_s, true} : standard;
}
