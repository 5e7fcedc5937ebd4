/*
 * A device's binary floating-point numbers as the shortest decimal that is read back as the same number. Pure
 * functions.
 */
#ifndef MODBUS_NUMBER_H
#define MODBUS_NUMBER_H

#include <dragoman/base.h>

/* Text of a number that no decimal holds. */
#define MODBUS_NUMBER_TEXT 32

/* The decimal of an IEEE 754 number given by its bits; NaN and infinities become specials. False: it is beyond the
 * exponents of a decimal, and stands in `text` (MODBUS_NUMBER_TEXT) in its shortest form, ended by NUL. */
bool modbus_float32(uint32_t bits, dragoman_decimal *ret_decimal, char *text);
/* The same of a number of 64 bits. */
bool modbus_float64(uint64_t bits, dragoman_decimal *ret_decimal, char *text);

#endif
