/*
 * The times of IEEE 11073-20601 (A.2.11 to A.2.13, and Base-Offset-Time of its 2014 edition), and how counters become
 * times: a relative time is placed on this machine's clock by what the agent's counter showed when it was read last.
 */
#ifndef PHD_CLOCK_H
#define PHD_CLOCK_H

#include "mder.h"

/* AbsoluteTime: 8 bytes BCD, the wall clock of the agent, without a zone. False when it is no date or time of day: the
 * agent's clock was never set. */
bool phd_absolute_time(phd_reader *reader, dragoman_time *ret_time);
/* BaseOffsetTime: seconds since 1900 UTC, fraction, and the zone's offset in minutes. */
bool phd_base_offset_time(phd_reader *reader, dragoman_time *ret_time);

/* What a counter of an agent showed at a time of ours. */
typedef struct phd_anchor {
    uint64_t ticks;
    int64_t wall_us;
    bool is_known;
} phd_anchor;

/* The time of `ticks` of a RelativeTime counter (125 us, 32 bits, wraps every 6.2 days), at most half a round before or
 * after the anchor. Stated in UTC, to the millisecond. NONE when the anchor is not known. */
dragoman_time phd_relative_time(const phd_anchor *anchor, uint32_t ticks);
/* The same of a HighResRelativeTime counter (1 us, 64 bits). */
dragoman_time phd_hires_time(const phd_anchor *anchor, uint64_t ticks);

#endif
