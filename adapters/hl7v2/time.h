/*
 * HL7 times: DTM and TS (YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]), DT (the date part) and TM (the time part).
 * Pure functions.
 */
#ifndef HL7V2_TIME_H
#define HL7V2_TIME_H

#include <dragoman/base.h>

/* Reads a DTM, TS or DT. A part 00 for month or day ends the date there, as old senders write what they do not know. A
 * time of day without a zone gets `zone` (minutes east of UTC, or DRAGOMAN_OFFSET_UNKNOWN). False when it is no such
 * time; *ret_time is NONE then. */
bool hl7v2_time_read(dragoman_bytes text, int16_t zone, dragoman_time *ret_time);

/* Reads a TM: HH[MM[SS[.S...]]][+/-ZZZZ]. As above. */
bool hl7v2_time_of_day_read(dragoman_bytes text, int16_t zone, dragoman_time *ret_time);

#define HL7V2_TIME_TEXT 25 /* "20260131235959.123+0000" and a NUL, with room */

/* Writes microseconds since 1970, UTC, as a DTM with milliseconds and zone; `is_short`: without the milliseconds.
 * NUL-terminated. */
void hl7v2_time_write(int64_t wall_us, bool is_short, char to[HL7V2_TIME_TEXT]);

#endif
