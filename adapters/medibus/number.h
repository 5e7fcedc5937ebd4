/*
 * Values of fixed width: digits, a point, a sign, and blanks around and behind the sign.
 */
#ifndef MEDIBUS_NUMBER_H
#define MEDIBUS_NUMBER_H

#include <dragoman/base.h>

typedef enum medibus_number_kind {
    MEDIBUS_NUMBER = 0,
    MEDIBUS_NUMBER_BLANK = 1, /* nothing but blanks: no value */
    MEDIBUS_NUMBER_ODD = 2,   /* something else */
} medibus_number_kind;

/* The field without the blanks around it. */
dragoman_bytes medibus_trim(dragoman_bytes field);
/* Reads a field as the digits stand in it: " 98.0" is {980, -1}, "-  20" is -20. Writes ret_number only with NUMBER. */
medibus_number_kind medibus_number_read(dragoman_bytes field, dragoman_decimal *ret_number);
/* (high - low) / steps, exact where it ends within 17 digits, else rounded there. steps > 0. False when high is not
 * above low. */
bool medibus_number_step(dragoman_decimal low, dragoman_decimal high, uint32_t steps, dragoman_decimal *ret_step);

#endif
