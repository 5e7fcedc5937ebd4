/*
 * Frames: SOH, length, STX, bed, '>', information, ETX or ETB, checksum, EOT. Length and checksum are five digits; the
 * length counts every byte, the checksum is the sum of the bytes up to ETX, modulo 256. On the line D and E, d and e
 * are stuffed: EX, EE, ex, ee.
 */
#ifndef BCC_FRAME_H
#define BCC_FRAME_H

#include "limits.h"
#include <dragoman/base.h>

#define BCC_SOH 0x01u
#define BCC_STX 0x02u
#define BCC_ETX 0x03u
#define BCC_EOT 0x04u
#define BCC_ACK 0x06u
#define BCC_NAK 0x15u
#define BCC_ETB 0x17u
#define BCC_RS 0x1eu
#define BCC_BED_END '>'

typedef struct bcc_frame {
    dragoman_bytes bed;         /* with what stands behind it: "1/1/1" */
    dragoman_bytes information; /* behind the '>' */
} bcc_frame;

/* Takes the stuffing out of `line`, from left to right; `to` has room for as many bytes. Returns how many there are. */
size_t bcc_unstuff(dragoman_bytes line, uint8_t *to);
/* Reads a whole frame without stuffing, from SOH to EOT. False: its length, its checksum or its form is wrong. */
bool bcc_frame_read(dragoman_bytes bytes, bcc_frame *ret_frame);
/* Appends five digits of a number. Returns the new size. */
size_t bcc_put_digits(uint8_t *to, size_t size, uint32_t number);
/* The sum of bytes, modulo 256. */
uint32_t bcc_checksum(dragoman_bytes bytes);

#endif
