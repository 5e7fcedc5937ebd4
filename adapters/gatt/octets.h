/*
 * The bytes of a characteristic: little endian, IEEE 11073-20601 numbers, times of seven bytes (GATT Specification
 * Supplement). Reading beyond the end is remembered; whoever reads asks at the end.
 */
#ifndef GATT_OCTETS_H
#define GATT_OCTETS_H

#include <dragoman/base.h>

typedef struct gatt_octets {
    const uint8_t *at;
    size_t left;
    bool is_short; /* something was read that is not there */
} gatt_octets;

/* Unsigned numbers of 1 to 4 bytes; 0 beyond the end. */
uint32_t gatt_unsigned(gatt_octets *from, size_t size);
/* A signed number of two bytes, and of one. */
int32_t gatt_signed16(gatt_octets *from);
/* See gatt_signed16. */
int32_t gatt_signed8(gatt_octets *from);
/* SFLOAT: 12 bits of mantissa, 4 of exponent; specials of IEEE 11073-20601, F.7. */
dragoman_decimal gatt_sfloat(gatt_octets *from);
/* FLOAT: 24 bits of mantissa, 8 of exponent. */
dragoman_decimal gatt_float(gatt_octets *from);
/* Year, month, day, hour, minute, second of a clock without a zone. 0 for year, month or day: not known, and so is the
 * time then. `ret_is_odd` is set when it is no moment of the calendar. */
dragoman_time gatt_time(gatt_octets *from, bool *ret_is_odd);
/* A time some minutes later or earlier. */
dragoman_time gatt_time_after(dragoman_time time, int64_t minutes);
/* A number with its point moved: 0.0012 by 5 is 120. */
dragoman_decimal gatt_moved(dragoman_decimal number, int16_t places);
/* CRC of the CGM profile 3.11: polynomial x16+x12+x5+1, least bit first, begun with 0xFFFF. */
uint16_t gatt_crc(const uint8_t *bytes, size_t size);

#endif
