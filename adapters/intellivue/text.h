/*
 * Texts of the protocol as UTF-8: String is UTF-16, VariableLabel 8-bit ASCII; both may end in zeros.
 */
#ifndef INTELLIVUE_TEXT_H
#define INTELLIVUE_TEXT_H

#include "wire.h"

/* Writes the UTF-16 text of a String's value (without its length) to `to`, up to a zero, and returns its bytes. Half
 * surrogates become U+FFFD; what does not fit is cut at a character. */
size_t intellivue_text_from_utf16(dragoman_bytes value, char *to, size_t capacity);

/* The same for an 8-bit text; bytes that are not printable ASCII become U+FFFD. Blanks at its end are left out. */
size_t intellivue_text_from_ascii(dragoman_bytes value, char *to, size_t capacity);

#define INTELLIVUE_DECIMAL_BYTES 20u
/* Writes a number in decimal digits, at most INTELLIVUE_DECIMAL_BYTES, and returns how many. */
size_t intellivue_write_decimal(uint64_t number, char *to);
/* Writes `width` hexadecimal digits in lower case. */
size_t intellivue_write_hex(uint32_t number, size_t width, char *to);

#endif
