/*
 * Every size and count that a gateway can drive, with the reason for its limit.
 */
#ifndef GATT_LIMITS_H
#define GATT_LIMITS_H

/* Bytes of one message or line: an attribute has at most 512 bytes (1024 hexadecimal digits); the rest are names. */
#define GATT_MESSAGE_BYTES (16u * 1024)
/* Bytes of an attribute's value (Core, vol 3, part F, 3.2.9). */
#define GATT_VALUE_BYTES 512
/* Objects and lists inside of each other: the envelope has two; members that nobody knows are skipped this deep. */
#define GATT_DEPTH 8
/* Observations of one message: a body composition measurement gives ten, a CGM notification of 512 bytes at most 85
 * records of four. */
#define GATT_ROWS 344
/* RR intervals of one heart rate measurement: two bytes each. */
#define GATT_INTERVALS 256

#endif
