/*
 * The monitor's two clocks: Relative Time, which counts eighths of a millisecond since some start and wraps after six
 * days, and Date and Time with a resolution of a second. A monitor states both at one moment ("MDS CREATE EVENT",
 * attributes Date and Time, Relative Time); results are stamped with Relative Time alone.
 */
#ifndef INTELLIVUE_CLOCK_H
#define INTELLIVUE_CLOCK_H

#include "wire.h"

typedef struct intellivue_clock {
    bool is_known;
    int64_t civil_us; /* what Date and Time showed ... */
    uint32_t ticks;   /* ... at this Relative Time */
} intellivue_clock;

/* Takes the pair of times that stood together in one message. What is no date leaves the clock unknown. */
void intellivue_clock_set(intellivue_clock *clock, dragoman_bytes absolute_time, dragoman_bytes relative_time);

/* A Relative Time as the monitor's Date and Time would show it, in milliseconds; NONE when the clock is unknown. */
dragoman_time intellivue_clock_time(const intellivue_clock *clock, uint32_t ticks);

/* `time` later by so many ticks. */
dragoman_time intellivue_time_add(dragoman_time time, uint64_t ticks);

/* AbsoluteTime: eight BCD bytes to a time with `precision`; NONE when they are no date (all bits set: not supported).
 */
dragoman_time intellivue_absolute_time(dragoman_bytes bytes, dragoman_precision precision);

#endif
