/*
 * A device's clock as it is written in a record: formats of times, and reading them. Pure functions.
 *
 * A format is made of yyyy, yy, MM, MMM (JAN to DEC), dd, HH, mm, ss and what stands between them, which is there as it
 * is written; a blank stands for any number of blanks. A two-digit year is of this century up to 69, else of the last.
 */
#ifndef LINES_CLOCK_H
#define LINES_CLOCK_H

#include <dragoman/adapter.h>

/* Parts of a time that were read; date and time may stand in different fields. */
typedef struct lines_moment {
    int year, month, day;     /* 0: not read */
    int hour, minute, second; /* -1: not read */
} lines_moment;

#define LINES_NO_MOMENT ((lines_moment){0, 0, 0, -1, -1, -1})

/* Whether it is a format that can be read. */
bool lines_clock_is_format(dragoman_bytes format);
/* Reads the text into the parts that the format names; others keep what they were. False: it does not fit, or it is no
 * date or time; nothing was read then. */
bool lines_clock_read(dragoman_bytes format, dragoman_bytes text, lines_moment *moment);
/* The time that the parts make, on a clock without zone; NONE when they make none. */
dragoman_time lines_clock_time(const lines_moment *moment);

#endif
