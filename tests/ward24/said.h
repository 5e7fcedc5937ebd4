/*
 * The numbers that a device said lately, read from its bytes without any knowledge of its messages: whatever could be a
 * number in its form of writing. A number that is not among them was not said.
 */
#ifndef WARD24_SAID_H
#define WARD24_SAID_H

#include <dragoman/base.h>
#include <dragoman/report.h>

/* How numbers are written. */
typedef enum said_form {
    SAID_WORDS = 1, /* decimals between other characters: HL7 v2, ASTM */
    SAID_FIELDS,    /* decimals in fields of a fixed width, filled with blanks: MEDIBUS */
    SAID_REGISTERS, /* 16 bits, high byte first: Modbus */
    SAID_FLOATS,    /* SFLOAT and FLOAT of IEEE 11073-20601, high byte first */
    SAID_LINES,     /* hexadecimal in JSON: integers, SFLOAT and FLOAT, low byte first */
} said_form;

/* So long it is remembered: a message may wait for so long behind a fault. */
#define SAID_REMEMBERED_S 900

typedef struct said said;

/* Makes a memory. NULL: no memory. */
said *said_create(said_form form);
/* Frees it. NULL is allowed. */
void said_destroy(said *self);
/* Takes what the device said at a time in seconds. */
void said_hear(said *self, dragoman_bytes bytes, int64_t now_s);
/* Whether it said this number lately. In binary forms the place of the point is the profile's, and does not count. */
bool said_has(const said *self, dragoman_decimal number, int64_t now_s);

#endif
