/*
 * The device's clock: "Responding to Data Request Commands", date and time.
 */
#ifndef MEDIBUS_CLOCK_H
#define MEDIBUS_CLOCK_H

#include <dragoman/base.h>

/* Reads "11:11:1911-NOV-93": hours, minutes, seconds, then the day, a German month and the year of the century. Devices
 * leave out the seconds, pad with blanks or with none, and write OCT for OKT. Years up to 79 are of this century.
 * False: no such time. */
bool medibus_clock_read(dragoman_bytes text, dragoman_time *ret_time);

#endif
