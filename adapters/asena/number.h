/*
 * Numbers and durations as pumps write them.
 */
#ifndef ASENA_NUMBER_H
#define ASENA_NUMBER_H

#include <dragoman/report.h>

/* Reads "0.969": digits with at most one point, and a sign before them. False: it is none, or has more than 18 digits.
 */
bool asena_number_read(dragoman_bytes text, dragoman_decimal *ret_number);
/* Reads a remaining time into a value in seconds: "00:04:09"; "24+" is more than 24 hours. False: it is none. */
bool asena_duration_read(dragoman_bytes text, dragoman_value *ret_value);

#endif
