/*
 * Command codes ("Command Codes", "MEDIBUS Realtime-Extension Commands") and ASCII HEX ("ASCII HEX Format").
 */
#ifndef MEDIBUS_CODE_H
#define MEDIBUS_CODE_H

#include <dragoman/base.h>

#define MEDIBUS_SOH 0x01u /* begins a response */
#define MEDIBUS_ETX 0x03u /* ends a text in a response */
#define MEDIBUS_CR 0x0du  /* ends commands and responses */
#define MEDIBUS_DC1 0x11u /* resume */
#define MEDIBUS_DC3 0x13u /* suspend */
#define MEDIBUS_ESC 0x1bu /* begins a command */

#define MEDIBUS_CORRUPT 0x15u
#define MEDIBUS_DATA_1 0x24u
#define MEDIBUS_LOW_LIMITS_1 0x25u
#define MEDIBUS_HIGH_LIMITS_1 0x26u
#define MEDIBUS_ALARMS_1 0x27u
#define MEDIBUS_CLOCK 0x28u
#define MEDIBUS_SETTINGS 0x29u
#define MEDIBUS_TEXTS 0x2au
#define MEDIBUS_DATA_2 0x2bu
#define MEDIBUS_LOW_LIMITS_2 0x2cu
#define MEDIBUS_HIGH_LIMITS_2 0x2du
#define MEDIBUS_ALARMS_2 0x2eu
#define MEDIBUS_NO_OPERATION 0x30u
#define MEDIBUS_TIME_CHANGED 0x49u
#define MEDIBUS_CONFIGURE 0x4au
#define MEDIBUS_INITIALISE 0x51u
#define MEDIBUS_IDENTIFY 0x52u
#define MEDIBUS_CURVES 0x53u
#define MEDIBUS_CONFIGURE_CURVES 0x54u
#define MEDIBUS_STOP 0x55u
#define MEDIBUS_CURVES_CHANGED 0x56u

/* Whether `code` is a command that we may send: requests, what configures the answers to them, and the beginning and
 * end of the communication. Nothing of it changes a setting, a limit, an alarm or the clock. */
static inline bool medibus_may_send(uint8_t code) {
    switch (code) {
    case MEDIBUS_DATA_1:
    case MEDIBUS_LOW_LIMITS_1:
    case MEDIBUS_HIGH_LIMITS_1:
    case MEDIBUS_ALARMS_1:
    case MEDIBUS_CLOCK:
    case MEDIBUS_SETTINGS:
    case MEDIBUS_TEXTS:
    case MEDIBUS_DATA_2:
    case MEDIBUS_LOW_LIMITS_2:
    case MEDIBUS_HIGH_LIMITS_2:
    case MEDIBUS_ALARMS_2:
    case MEDIBUS_NO_OPERATION:
    case MEDIBUS_CONFIGURE:
    case MEDIBUS_INITIALISE:
    case MEDIBUS_IDENTIFY:
    case MEDIBUS_CURVES:
    case MEDIBUS_CONFIGURE_CURVES:
    case MEDIBUS_STOP:
        return true;
    default:
        return false;
    }
}

/* One ASCII HEX digit: capital letters only, so that a flipped bit of a letter is seen. -1: it is none. */
static inline int medibus_digit(uint8_t character) {
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    return character >= 'A' && character <= 'F' ? character - 'A' + 10 : -1;
}

/* `count` digits, at most 4, as a number. False when one is no digit. */
static inline bool medibus_hex(const uint8_t *digits, size_t count, uint32_t *ret_number) {
    uint32_t number = 0;
    for (size_t n = 0; n < count; n++) {
        int digit = medibus_digit(digits[n]);
        if (digit < 0) {
            return false;
        }
        number = number << 4 | (uint32_t)digit;
    }
    *ret_number = number;
    return true;
}

/* Writes a byte as two digits. */
static inline void medibus_hex_write(uint8_t byte, uint8_t to[2]) {
    static const char digits[] = "0123456789ABCDEF";
    to[0] = (uint8_t)digits[byte >> 4];
    to[1] = (uint8_t)digits[byte & 15];
}

#endif
