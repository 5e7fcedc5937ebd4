/*
 * The rule of a time zone as POSIX writes it ("CET-1CEST,M3.5.0,M10.5.0/3"): what holds in all years after the last
 * change that a time zone file lists. Plain values; pure functions.
 */
#ifndef BASE_POSIX_ZONE_H
#define BASE_POSIX_ZONE_H

#include <dragoman/base.h>

/* A day of each year and the second of it, on the clock that is about to be changed. */
typedef struct posix_zone_change {
    uint8_t kind;    /* 'M': weekday of a week of a month; 'J': day 1-365, no leap day; '0': day 0-365 */
    uint8_t month;   /* 1-12 */
    uint8_t week;    /* 1-5; 5 is the last */
    uint8_t weekday; /* 0 is Sunday */
    uint16_t day;
    int32_t second;
} posix_zone_change;

typedef struct posix_zone {
    int32_t standard_s; /* east of UTC */
    int32_t daylight_s;
    bool has_daylight;
    posix_zone_change start; /* of daylight saving */
    posix_zone_change end;
} posix_zone;

typedef struct posix_zone_offset {
    int32_t offset_s;
    bool is_daylight;
} posix_zone_offset;

/* Reads a rule, with the hours of -167 to 167 that RFC 9636 allows. False when it is none. */
bool posix_zone_parse(dragoman_bytes text, posix_zone *ret_zone);

/* What holds at a UTC second. */
posix_zone_offset posix_zone_at(const posix_zone *zone, int64_t utc_s);

#endif
