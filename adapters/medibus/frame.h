/*
 * The two streams on one line: slow data in ASCII, commands and responses with a checksum, and realtime data, the bytes
 * with the highest bit set. Commands of the device may stand in the middle of its own response, realtime bytes anywhere
 * ("MEDIBUS Realtime-Extension"), DC1 and DC3 too ("Software Handshaking").
 *
 * A frame is its first character, a code, arguments or data, two checksum digits (the low byte of the sum of all
 * before), and a carriage return. What breaks that is dropped, and the next first character begins anew.
 */
#ifndef MEDIBUS_FRAME_H
#define MEDIBUS_FRAME_H

#include "code.h"
#include "limits.h"

typedef enum medibus_item_kind {
    MEDIBUS_ITEM_NONE = 0,     /* the byte was taken in */
    MEDIBUS_ITEM_COMMAND = 1,  /* the device asks: code and data */
    MEDIBUS_ITEM_RESPONSE = 2, /* it answers */
    MEDIBUS_ITEM_BROKEN_COMMAND = 3,
    MEDIBUS_ITEM_BROKEN_RESPONSE = 4,
    MEDIBUS_ITEM_NOISE = 5, /* a byte outside of every frame */
    MEDIBUS_ITEM_FAST = 6,  /* a realtime byte */
    MEDIBUS_ITEM_RESUME = 7,
    MEDIBUS_ITEM_SUSPEND = 8,
} medibus_item_kind;

typedef struct medibus_item {
    medibus_item_kind kind;
    uint8_t code;
    uint8_t byte;        /* with FAST */
    dragoman_bytes data; /* behind the code, without the checksum; lives until the next byte */
} medibus_item;

typedef struct medibus_scanner {
    bool has_command;
    bool has_response;
    size_t command_size;
    size_t response_size;
    uint8_t command[MEDIBUS_ARGUMENT_MOST + 3];
    uint8_t response[MEDIBUS_RESPONSE_MOST + 3];
} medibus_scanner;

/* Forgets what began. */
void medibus_scanner_reset(medibus_scanner *scanner);
/* Takes one byte and says what it completed. */
medibus_item medibus_scan(medibus_scanner *scanner, uint8_t byte);
/* The checksum of a frame that begins with `first`. */
uint8_t medibus_checksum(uint8_t first, dragoman_bytes rest);

#endif
