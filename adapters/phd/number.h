/*
 * FLOAT-Type and SFLOAT-Type (IEEE 11073-20601 A.2.9, A.2.10, Annex F): a decimal mantissa and exponent, kept as they
 * were sent, and the specials.
 */
#ifndef PHD_NUMBER_H
#define PHD_NUMBER_H

#include <dragoman/report.h>

/* 8 bits exponent, 24 bits mantissa. */
dragoman_decimal phd_float(uint32_t bits);
/* 4 bits exponent, 12 bits mantissa. */
dragoman_decimal phd_sfloat(uint16_t bits);
/* A number as a value; a special becomes an absent value with its reason. */
dragoman_value phd_number_value(dragoman_decimal number);
/* numerator / denominator with as many digits as it takes, 12 at most where it does not end; finite both, denominator
 * not 0. */
dragoman_decimal phd_divide(dragoman_decimal numerator, int64_t denominator);
/* one + other x factor, exactly while the digits fit: the mantissa is cut when they do not. Finite both. */
dragoman_decimal phd_add_times(dragoman_decimal one, dragoman_decimal other, int64_t factor);

#endif
