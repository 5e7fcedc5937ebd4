/*
 * Checksums of records. Pure functions.
 */
#ifndef LINES_CHECKSUM_H
#define LINES_CHECKSUM_H

#include "layout.h"

/* The checksum of the kind over the bytes: 8 bits, or 16 of a CRC. */
uint16_t lines_checksum_compute(uint8_t kind, dragoman_bytes bytes);
/* Bytes that a checksum takes in a record; 0: there is none. */
size_t lines_checksum_size(const lines_checksum *is);
/* Whether `written`, of the size above, is the checksum of `covered`. */
bool lines_checksum_fits(const lines_checksum *is, dragoman_bytes covered, dragoman_bytes written);

#endif
