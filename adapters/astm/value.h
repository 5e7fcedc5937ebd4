/*
 * Values of result records: numbers exactly as sent, ranges, times, status letters (E1394 10).
 */
#ifndef ASTM_VALUE_H
#define ASTM_VALUE_H

#include "record.h"
#include <dragoman/report.h>

/* Reads YYYYMMDD[HH[MM[SS]]] (E1394 5.6.2) without a zone, with nothing but blanks and letters around it: some
 * instruments put their own letter behind it. False when it is no date; the time is NONE then. */
bool astm_time_read(dragoman_bytes text, dragoman_time *ret_time);

/* Reads a range: "3.5-5.5", "3.5 to 5.5", "3.5^5.5" (component sign), "<5", ">=3". Its text is kept whatever it says.
 */
dragoman_range astm_range_read(astm_words *words, dragoman_bytes field);

/* What stands in one repetition of a result's value: a number (with comparator), a text, or nothing. False: it says
 * that there is none. */
bool astm_value_read(astm_words *words, dragoman_bytes sent, dragoman_value *ret_value);

/* What field 9 of a result says (E1394 10.1.9). */
typedef struct astm_result {
    uint32_t status; /* DRAGOMAN_STATUS_... */
    uint8_t result;  /* dragoman_result */
    uint8_t absent;  /* dragoman_absent: why there is no value, if there is none */
} astm_result;

/* Reads the letters, which may repeat. */
astm_result astm_result_read(const astm_delimiters *delimiters, dragoman_bytes field);

#endif
