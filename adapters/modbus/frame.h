/*
 * The three frames around a PDU: TCP (MBAP), RTU and ASCII.
 *
 * Only requests of the five reading functions can be written here: there is no way to ask a device to change anything.
 * A response is looked for by what was asked: its unit, function and length are known, so that noise before it, a
 * foreign frame or a late answer is stepped over. Pure functions.
 */
#ifndef MODBUS_FRAME_H
#define MODBUS_FRAME_H

#include "limits.h"
#include "map.h"

typedef enum modbus_framing {
    MODBUS_TCP = 0,
    MODBUS_RTU = 1,
    MODBUS_ASCII = 2,
} modbus_framing;

/* The functions that read (Application Protocol V1.1b3, clause 6). */
typedef enum modbus_function {
    MODBUS_READ_COILS = 0x01,
    MODBUS_READ_DISCRETE_INPUTS = 0x02,
    MODBUS_READ_HOLDING_REGISTERS = 0x03,
    MODBUS_READ_INPUT_REGISTERS = 0x04,
    MODBUS_READ_IDENTIFICATION = 0x2b, /* with MEI type 0x0e, 6.21 */
} modbus_function;

#define MODBUS_EXCEPTION 0x80u

/* What was asked of whom. */
typedef struct modbus_question {
    uint8_t framing; /* modbus_framing */
    uint8_t unit;
    uint8_t function;     /* modbus_function */
    uint16_t transaction; /* TCP */
    uint16_t first;       /* address, or the first object */
    uint16_t count;       /* registers, bits */
} modbus_question;

/* The function that reads a table. */
modbus_function modbus_function_of(uint8_t table);
/* Writes the request's frame into `to`, which has room for MODBUS_ADU_MAX bytes; returns its length. 0: the question is
 * none of the five. */
size_t modbus_frame_write(const modbus_question *asked, uint8_t *to);

typedef enum modbus_find {
    MODBUS_FIND_MORE = 0,   /* what is there may be the beginning of the answer */
    MODBUS_FIND_ANSWER = 1, /* pdu holds it */
    MODBUS_FIND_NOTHING = 2,
} modbus_find;

typedef struct modbus_answer {
    uint8_t find;       /* modbus_find */
    dragoman_bytes pdu; /* function and what follows; lies in the unread bytes, or in `room` */
    size_t consumed;    /* bytes that are done with: noise, and the answer's frame */
    size_t noise;       /* those of them that belong to no answer */
    uint32_t broken;    /* frames with a wrong checksum or length among them */
} modbus_answer;

/* Looks for the answer in the unread bytes. `room` takes a decoded PDU (MODBUS_PDU_MAX and 3 bytes). */
void modbus_frame_find(const modbus_question *asked, dragoman_bytes unread, uint8_t *room, modbus_answer *ret_answer);

/* CRC-16 of Modbus RTU (Over Serial Line V1.02, 6.2.2). */
uint16_t modbus_crc(const uint8_t *bytes, size_t size);

#endif
