/*
 * The sizes that a profile or a device can drive, each with its reason.
 */
#ifndef MODBUS_LIMITS_H
#define MODBUS_LIMITS_H

/* MODBUS Application Protocol V1.1b3, 4.1: a PDU is at most 253 bytes. */
#define MODBUS_PDU_MAX 253
/* Over Serial Line V1.02, 2.5.2: ':' and two characters a byte, with LRC, CR and LF: the longest of the three frames.
 */
#define MODBUS_ADU_MAX 513
/* Application Protocol 6.3, 6.4: registers of one request. */
#define MODBUS_READ_REGISTERS_MAX 125u
/* 6.1, 6.2: coils or discrete inputs of one request. */
#define MODBUS_READ_BITS_MAX 2000u
/* Over Serial Line V1.02, 2.2: the addresses of single devices. Over TCP 255 is "the device itself". */
#define MODBUS_UNIT_LAST 247u
#define MODBUS_UNIT_SELF 255u
/* Values of one map: the longest public maps list some hundred. */
#define MODBUS_REGISTERS_MAX 1000u
/* "No value" marks and named states of one register: a table of sixteen bits of errors, twice. */
#define MODBUS_ABSENTS_MAX 16u
#define MODBUS_MEANINGS_MAX 64u
/* A name ends up in every report. */
#define MODBUS_TEXT_MAX 128u
/* Words of a string: names and serial numbers are shorter. */
#define MODBUS_STRING_WORDS_MAX 64u
/* A register that nobody gave a rate. */
#define MODBUS_EVERY_MS 10000
/* Rates: the fastest device answers in some milliseconds, the slowest value is read once a day. */
#define MODBUS_EVERY_LEAST_MS 50
#define MODBUS_EVERY_MOST_MS 86400000
#define MODBUS_TIMEOUT_MS 1000
#define MODBUS_TIMEOUT_LEAST_MS 10
/* A line's silence between two frames is 3.5 characters (2.5.1.1): 16 ms at 2400 baud, the slowest that is used. */
#define MODBUS_SERIAL_TURNAROUND_MS 20
/* A unit that does not answer is asked again after its own rate, then twice as long, up to a minute. */
#define MODBUS_BACK_OFF_MOST_US INT64_C(60000000)
/* Answers to "read device identification" that say "more follows": three basic objects fit into one. */
#define MODBUS_IDENTIFICATION_ROUNDS 3u

#endif
