/*
 * The fixed baudrate protocol of the MIB/RS232 interface ("Framing", "Header Information", "Frame Check Sequence
 * Field", "Transparency"): a message between BOF and EOF with a header of protocol, message type and length, and a CRC
 * behind it. 0x7D before a byte takes away the meaning of the three flags.
 */
#ifndef INTELLIVUE_FRAME_H
#define INTELLIVUE_FRAME_H

#include "limits.h"
#include "wire.h"

typedef enum intellivue_frame_kind {
    INTELLIVUE_FRAME_MORE = 0,    /* no frame is complete yet */
    INTELLIVUE_FRAME_MESSAGE = 1, /* content holds a message whose length and check sequence are right */
    INTELLIVUE_FRAME_BROKEN = 2,  /* a frame was skipped: wrong check sequence, length or header, or aborted */
    INTELLIVUE_FRAME_NOISE = 3,   /* bytes between frames were skipped */
} intellivue_frame_kind;

typedef struct intellivue_frame {
    intellivue_frame_kind kind;
    size_t consumed;
    size_t size; /* of the content */
    uint8_t content[INTELLIVUE_MESSAGE_BYTES];
} intellivue_frame;

/* Finds the next frame at the front of `unread`; is_end: nothing follows. With MORE nothing is consumed. */
void intellivue_frame_next(dragoman_bytes unread, bool is_end, intellivue_frame *ret_frame);

/* Appends a message as a frame. */
void intellivue_frame_write(intellivue_writer *writer, dragoman_bytes message);

/* The frame check sequence of `bytes` as two bytes, the one that is sent first in front. */
void intellivue_frame_check(dragoman_bytes bytes, uint8_t ret_check[2]);

#endif
