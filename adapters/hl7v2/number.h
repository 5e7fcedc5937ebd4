/*
 * Numbers, exactly as sent.
 */
#ifndef HL7V2_NUMBER_H
#define HL7V2_NUMBER_H

#include <dragoman/report.h>

/* Reads [+-]digits[.digits] (a bare point at either side is allowed), with nothing around it. False when it is anything
 * else, or has more significant digits than a decimal holds. */
bool hl7v2_decimal_read(dragoman_bytes text, dragoman_decimal *ret_decimal);

/* Digits that always fit into 32 bits. */
#define HL7V2_DIGITS 9

/* Reads an unsigned number of at most HL7V2_DIGITS digits; false for anything else. */
bool hl7v2_unsigned_read(dragoman_bytes text, uint32_t *ret_number);

/* Cuts a comparator (< <= > >=) off the start of `text`, with the blanks behind it. DRAGOMAN_EQUAL when there is none.
 */
dragoman_comparator hl7v2_comparator_cut(dragoman_bytes *text);

/* A product of decimals; false when it does not fit. */
bool hl7v2_decimal_multiply(dragoman_decimal a, dragoman_decimal b, dragoman_decimal *ret_product);

#define HL7V2_NOT_A_NUMBER ((dragoman_decimal){.special = DRAGOMAN_NAN})

#endif
