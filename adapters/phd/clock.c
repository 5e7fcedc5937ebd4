#include "clock.h"

#define SECOND_US INT64_C(1000000)
#define DAY_US (INT64_C(86400) * SECOND_US)
#define RELATIVE_TICK_US INT64_C(125)
/* Seconds from 1900, where Base-Offset-Time begins, to 1970. */
#define EPOCH_1900_S INT64_C(2208988800)
/* What a counter may lie away from its anchor: more than any device remembers, and no overflow. */
#define FARTHEST_US (INT64_C(36525) * DAY_US)
#define LARGEST_OFFSET_MINUTES 1439

/* Days from 1970-01-01 to a date of the Gregorian calendar: years begin in March, so that the leap day is the last. */
static int64_t days(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2 ? 1 : 0;
    int64_t era = year / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static bool is_date(int64_t year, int64_t month, int64_t day) {
    static const uint8_t lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= lengths[month - 1] &&
           (month != 2 || day < 29 || is_leap);
}

bool phd_absolute_time(phd_reader *reader, dragoman_time *ret_time) {
    int64_t part[8];
    bool is_bcd = true;
    for (size_t n = 0; n < 8; n++) {
        uint8_t byte = phd_u8(reader);
        is_bcd &= byte >> 4 <= 9 && (byte & 15) <= 9;
        part[n] = (byte >> 4) * 10 + (byte & 15);
    }
    int64_t year = part[0] * 100 + part[1];
    if (reader->failed || !is_bcd || !is_date(year, part[2], part[3]) || part[4] > 23 || part[5] > 59 || part[6] > 59) {
        return false;
    }
    int64_t seconds = ((days(year, part[2], part[3]) * 24 + part[4]) * 60 + part[5]) * 60 + part[6];
    /* A clock without hundredths shows 00. */
    *ret_time = (dragoman_time){.civil_us = seconds * SECOND_US + part[7] * 10000,
                                .offset_minutes = DRAGOMAN_OFFSET_UNKNOWN,
                                .precision = DRAGOMAN_TIME_SECOND,
                                .fraction_digits = part[7] != 0 ? 2 : 0};
    return true;
}

bool phd_base_offset_time(phd_reader *reader, dragoman_time *ret_time) {
    int64_t seconds = phd_u32(reader);
    int64_t fraction = phd_u16(reader);
    int32_t offset = phd_u16(reader);
    offset = offset >= 0x8000 ? offset - 0x10000 : offset;
    if (reader->failed || seconds == 0 || offset > LARGEST_OFFSET_MINUTES || offset < -LARGEST_OFFSET_MINUTES) {
        return false;
    }
    int64_t fraction_us = fraction * SECOND_US / 65536;
    *ret_time = (dragoman_time){.civil_us = (seconds - EPOCH_1900_S) * SECOND_US + fraction_us / 1000 * 1000 +
                                            offset * 60 * SECOND_US,
                                .offset_minutes = (int16_t)offset,
                                .precision = DRAGOMAN_TIME_SECOND,
                                .fraction_digits = fraction != 0 ? 3 : 0};
    return true;
}

static dragoman_time from_anchor(const phd_anchor *anchor, int64_t away_us) {
    if (!anchor->is_known || away_us > FARTHEST_US || away_us < -FARTHEST_US) {
        return (dragoman_time){.precision = DRAGOMAN_TIME_NONE};
    }
    int64_t at_us = anchor->wall_us + away_us;
    return (dragoman_time){.civil_us = at_us - at_us % 1000, .precision = DRAGOMAN_TIME_SECOND, .fraction_digits = 3};
}

dragoman_time phd_relative_time(const phd_anchor *anchor, uint32_t ticks) {
    int64_t away = (int64_t)(ticks - (uint32_t)anchor->ticks);
    away = away >= INT64_C(0x80000000) ? away - INT64_C(0x100000000) : away;
    return from_anchor(anchor, away * RELATIVE_TICK_US);
}

dragoman_time phd_hires_time(const phd_anchor *anchor, uint64_t ticks) {
    uint64_t distance = ticks > anchor->ticks ? ticks - anchor->ticks : anchor->ticks - ticks;
    int64_t away_us = distance > (uint64_t)FARTHEST_US ? FARTHEST_US + 1 : (int64_t)distance;
    return from_anchor(anchor, ticks > anchor->ticks ? away_us : -away_us);
}
