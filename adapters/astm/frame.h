/*
 * The data link of ASTM E1381 (LIS01): what stands next in a stream of bytes.
 *
 * A frame is STX, a digit, text, ETB (more of this message follows) or ETX, two hexadecimal digits, CR and LF (6.3.1).
 * The digits are the sum of the bytes from the frame number to ETB or ETX, modulo 256 (6.3.3). None of the signs used
 * here may stand in the text (6.6), so one of them inside a frame means that the frame's end was lost. The LF counts as
 * one of the line ends that may stand between frames: nobody waits for it.
 *
 * Every byte is looked at once or twice however it arrives: `scanned` remembers how far the search has come.
 */
#ifndef ASTM_FRAME_H
#define ASTM_FRAME_H

#include <dragoman/adapter.h>

#define ASTM_STX 0x02
#define ASTM_ETX 0x03
#define ASTM_EOT 0x04
#define ASTM_ENQ 0x05
#define ASTM_ACK 0x06
#define ASTM_NAK 0x15
#define ASTM_ETB 0x17

typedef enum astm_sight_kind {
    ASTM_SEES_NOTHING = 0, /* nothing before more bytes come */
    ASTM_SEES_NOISE = 1,   /* `consumed` bytes outside of any frame; `noise` of them were not mere line ends */
    ASTM_SEES_SIGN = 2,    /* `sign`: ENQ, EOT, ACK or NAK */
    ASTM_SEES_FRAME = 3,   /* a frame whose sum is right */
    ASTM_SEES_BAD = 4,     /* a frame that is not as it should be; `fault` says why */
    ASTM_SEES_CUT = 5,     /* the beginning of a frame that its sender did not finish */
} astm_sight_kind;

typedef struct astm_sight {
    astm_sight_kind kind;
    uint8_t sign;
    uint8_t number; /* of the frame: 0 to 7 */
    size_t consumed;
    size_t noise;
    dragoman_bytes text; /* of the frame */
    const char *fault;
} astm_sight;

typedef struct astm_scanner {
    size_t limit;   /* bytes of a frame at most */
    size_t scanned; /* bytes at the start of unread that are a frame without its end */
} astm_scanner;

/* What stands next in `bytes`. `ret_sight` always gets a kind; with NOTHING nothing is consumed. Its text is borrowed
 * from `bytes`. */
void astm_scanner_next(astm_scanner *scanner, const dragoman_bytes_event *bytes, astm_sight *ret_sight);

/* The sum of E1381 6.3.3 over `bytes`. */
uint8_t astm_sum(dragoman_bytes bytes);

#endif
