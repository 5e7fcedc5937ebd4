/*
 * Times as stated: calendar arithmetic, text forms, time zones. No function here reads a clock.
 */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/error.h"
#include <dragoman/base.h>

#define TIME_TEXT_BYTES 40

/* The years 1 to 9999: what HL7, FHIR and the tz database can say. */
#define TIME_LEAST_US (INT64_C(-62135596800) * 1000000)
#define TIME_LARGEST_US (INT64_C(253402300800) * 1000000 - 1)

/* How a device's clock treats daylight saving. */
typedef enum time_habit {
    TIME_FOLLOWS = 0, /* local time with daylight saving */
    TIME_NEVER = 1,   /* the zone's standard time all year */
    TIME_UTC = 2,
} time_habit;

typedef struct time_zone time_zone;

/* Loads a zone by its tz database name ("Europe/Berlin") from the system's zoneinfo; "UTC" and fixed offsets ("+01:00")
 * need no file. The zone is immutable and may be shared by threads. INVALID with the mend when there is no such zone,
 * NO_MEMORY. */
dragoman_status time_zone_create(dragoman_bytes name, time_zone **ret_zone, error_record *error);
/* Frees a zone; NULL is allowed. */
void time_zone_destroy(time_zone *zone);
/* Gives `time` an offset when it has none, and marks it DRAGOMAN_TIME_ZONE_ASSUMED. In the hour that a change of clocks
 * repeats, the offset nearer to `near_utc_us` is taken (INT64_MIN: the first). In the hour that it skips, the offset
 * from before the change. Times of less than hour precision get the offset at their start. "No time" and a mere time of
 * day stay as they are. TIME_NEVER is the standard time of the tz database, which for Europe/Dublin is the summer's:
 * state "+00:00" for such a clock. */
void time_assume_zone(dragoman_time *time, const time_zone *zone, time_habit habit, int64_t near_utc_us);

/* UTC microseconds of a time; its offset must be known. */
static inline int64_t time_utc_us(dragoman_time time) {
    return time.civil_us - (int64_t)time.offset_minutes * 60000000;
}
/* The time of a UTC moment, with microseconds and offset 0. */
dragoman_time time_of_utc_us(int64_t utc_us);

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar. month 1-12, day 1-31 (not checked). */
int64_t time_days(int64_t year, unsigned month, unsigned day);
/* Year, month and day of a count of days since 1970-01-01. */
void time_date(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day);

/* Writes FHIR's dateTime (as precise as stated; offset when known; "Z" for offset 0) into `to` (TIME_TEXT_BYTES);
 * returns its length, 0 for no time, for a mere time of day and for years outside of 1 to 9999. Hours and minutes that
 * were stated without seconds are filled with zeros, since FHIR has no shorter form. With a time of day but no known
 * offset only the date is written, since FHIR forbids a time without zone. Not ended by a NUL. */
size_t time_write_fhir(dragoman_time time, char *to);

/* Writes a UTC moment as people and programs read it ("2024-07-15T12:00:05.250Z"), cut to 0 to 6 digits behind the
 * seconds. Returns its length. Not ended by a NUL. */
size_t time_write_utc(int64_t utc_us, uint8_t fraction_digits, char *to);

/* Writes a time exactly as much as was stated ("2024", "2024-07-15T12", "2024-07-15T12:00:05.25+02:00", "T12:30" for a
 * time of day), the offset where it is known. Returns its length, 0 for no time and outside of the years 1 to 9999. Not
 * ended by a NUL. */
size_t time_write_stated(dragoman_time time, char *to);

/* Writes FHIR's time ("12:30:00.5") of the clock part alone, whatever the date and zone; returns its length, 0 when no
 * hour was stated. Not ended by a NUL. */
size_t time_write_of_day(dragoman_time time, char *to);

#endif
