/*
 * Numbers and times as JSON messages write them. Pure functions.
 */
#ifndef JSON_VALUE_H
#define JSON_VALUE_H

#include "tree.h"

/* Reads a number by RFC 8259 with its digits: "98.0" keeps one decimal. False: it is none, or does not fit. */
bool json_value_decimal(dragoman_bytes text, dragoman_decimal *ret_decimal);
/* Reads "2026-01-02T03:04:05[.123][Z|+01:00]" (RFC 3339; the zone may be missing). False when it is anything else. */
bool json_value_time(dragoman_bytes text, dragoman_time *ret_time);

#endif
