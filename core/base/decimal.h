/*
 * Decimals as sent: text to mantissa and exponent and back, exactly. Nothing here goes through a floating-point number,
 * and nothing depends on the locale. Pure functions.
 */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <dragoman/base.h>

#define DECIMAL_TEXT_BYTES 160 /* longest text of decimal_write: sign, 19 digits, up to 128 zeros, point */

/* Reads "-12.30", "+5", ".5", "5.", "1e3", "1.20E-2" (HL7 NM allows no exponent, but devices send them). INVALID: not a
 * number as a whole. LIMIT: more than 18 significant digits or an exponent beyond the type; keep it as text then. */
dragoman_status decimal_parse(dragoman_bytes text, dragoman_decimal *ret_decimal);

/* Writes the shortest exact form that keeps every digit and no exponent ("98.0", "720", "-0.05") into `to`
 * (DECIMAL_TEXT_BYTES) and returns its length. Only for finite decimals; a special gives 0. Valid as JSON. */
size_t decimal_write(dragoman_decimal decimal, char *to);

/* -1, 0, 1 as a is less than, equal to or greater than b in value (98.0 equals 98). Both finite. */
int decimal_compare(dragoman_decimal a, dragoman_decimal b);

/* Whether value and precision are the same (98.0 differs from 98); specials equal themselves. */
static inline bool decimal_same(dragoman_decimal a, dragoman_decimal b) {
    return a.mantissa == b.mantissa && a.exponent == b.exponent && a.special == b.special;
}

/* a x b exactly. LIMIT when it does not fit; UNSUPPORTED for specials. */
dragoman_status decimal_multiply(dragoman_decimal a, dragoman_decimal b, dragoman_decimal *ret_product);

#endif
