/*
 * Reading what a profile or the site file says: single words as slices. Pure functions.
 */
#ifndef MODBUS_WORDS_H
#define MODBUS_WORDS_H

#include <dragoman/adapter.h>
#include <string.h>

/* Whether the slice is this text. */
static inline bool modbus_is(dragoman_bytes text, const char *wanted) {
    return strlen(wanted) == text.size && (text.size == 0 || memcmp(text.data, wanted, text.size) == 0);
}

/* Cuts off what stands before `mark`, or all; false when nothing is left. */
bool modbus_cut(dragoman_bytes *rest, char mark, dragoman_bytes *ret_part);
/* "1328", "0x0530", "-8": false when it is no whole number between least and most. */
bool modbus_integer(dragoman_bytes text, int64_t least, int64_t most, int64_t *ret_number);
/* "0.1", "-40", "1e-3": exactly. False: no decimal that fits. */
bool modbus_decimal(dragoman_bytes text, dragoman_decimal *ret_decimal);
/* "500ms", "10s", "5m", "1h": milliseconds. */
bool modbus_duration(dragoman_bytes text, int64_t *ret_ms);
/* The place of the word in a list that a NULL ends; -1: it is none of them. */
int modbus_word(dragoman_bytes text, const char *const *words);

/* a x b exactly. False: it does not fit. Both finite. */
bool modbus_multiply(dragoman_decimal a, dragoman_decimal b, dragoman_decimal *ret_product);
/* a + b exactly, likewise. */
bool modbus_add(dragoman_decimal a, dragoman_decimal b, dragoman_decimal *ret_sum);
/* Whether both are the same number (3.0 is 3). */
bool modbus_same(dragoman_decimal a, dragoman_decimal b);

#endif
