/*
 * Serial Data Formats 2 and 7 of Nonin Medical: 75 frames of five bytes a second, three packets of 25 frames. Both
 * carry a status with bit 7 set, a sample of the plethysmogram, one byte of a packet's slow data, and a sum.
 *
 *   format 2: 01, status, sample, data, sum        format 7: status, sample (high, low), data, sum
 *
 * Format 7 has no start byte, and a sum of eight bits is met by chance too often: only a whole packet is believed, 25
 * good frames of which the first alone carries SYNC.
 */
#ifndef NONIN_PACKET_H
#define NONIN_PACKET_H

#include <dragoman/base.h>

#define NONIN_FRAME_BYTES 5u
#define NONIN_FRAMES 25u
#define NONIN_PACKET_BYTES (NONIN_FRAME_BYTES * NONIN_FRAMES)

/* Bits of a frame's status. */
#define NONIN_SYNC 0x01u
#define NONIN_GREEN 0x02u        /* good perfusion, only during a pulse */
#define NONIN_RED 0x04u          /* low or none; with GREEN: marginal */
#define NONIN_SENSOR_ALARM 0x08u /* no usable data */
#define NONIN_OUT_OF_TRACK 0x10u /* no consecutive good pulses */
#define NONIN_ARTEFACT 0x20u     /* only during a pulse */
#define NONIN_DISCONNECTED 0x40u /* no sensor */
#define NONIN_STATUS 0x80u       /* marks the byte */
/* Bits of STAT2, format 7. */
#define NONIN_LOW_BATTERY 0x01u

/* Where the slow data stand: the frame's number less one. */
enum {
    NONIN_AT_HR = 0, /* two frames: bits 8 and 7, then the seven below */
    NONIN_AT_SPO2 = 2,
    NONIN_AT_REVISION = 3,
    NONIN_AT_TIMER = 5, /* two frames of seven bits, format 7 */
    NONIN_AT_STAT2 = 7, /* format 7 */
    NONIN_AT_SPO2_DISPLAY = 8,
    NONIN_AT_SPO2_FAST = 9,
    NONIN_AT_SPO2_BEAT = 10,
    NONIN_AT_LONG_HR = 13,
    NONIN_AT_LONG_SPO2 = 15,
    NONIN_AT_LONG_SPO2_DISPLAY = 16,
    NONIN_AT_HR_DISPLAY = 19,
    NONIN_AT_LONG_HR_DISPLAY = 21,
};

typedef struct nonin_packet {
    uint8_t format;    /* 2 or 7 */
    uint8_t status;    /* what any of its frames says */
    uint8_t perfusion; /* GREEN and RED of the last frame that has one of them, or 0 */
    uint8_t data[NONIN_FRAMES];
    int32_t pleth[NONIN_FRAMES];
} nonin_packet;

/* Reads the packet at the start of `bytes`. OK: it is one. NEED_MORE: what is there may be the start of one. INVALID:
 * none begins here. Writes ret_packet only with OK. */
dragoman_status nonin_packet_read(dragoman_bytes bytes, nonin_packet *ret_packet);

#endif
