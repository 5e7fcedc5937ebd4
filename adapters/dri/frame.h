/*
 * The framing of the serial line: 7E, a record with its checksum, 7E; inside, 7D stands before 7E and 7D with bit 5
 * taken out (Computer Interface Specification, "Frame").
 */
#ifndef DRI_FRAME_H
#define DRI_FRAME_H

#include "limits.h"
#include <dragoman/base.h>

#define DRI_FLAG 0x7eu
#define DRI_ESCAPE 0x7du
#define DRI_ESCAPED_BIT 0x20u

typedef struct dri_scanner {
    bool is_in_frame; /* a flag was seen; without one everything is noise */
    bool is_escaped;  /* the byte before was 7D */
    bool is_spoilt;   /* too long, or 7D before something that needs none: it cannot be right any more */
    size_t size;
    uint8_t bytes[DRI_RECORD_MOST + 1];
} dri_scanner;

typedef enum dri_scanned {
    DRI_SCANNED_NOTHING = 0,
    DRI_SCANNED_RECORD = 1, /* ret_record is whole, its checksum right */
    DRI_SCANNED_BROKEN = 2, /* a frame ended that is none */
    DRI_SCANNED_NOISE = 3,  /* a byte outside of any frame */
} dri_scanned;

/* Forgets what was begun. */
void dri_scanner_reset(dri_scanner *scanner);
/* Takes a byte of the line. With RECORD, ret_record is the record without its checksum, borrowed until the next byte. A
 * flag that ends a frame begins the next one too, so a lost flag costs one frame. */
dri_scanned dri_scan(dri_scanner *scanner, uint8_t byte, dragoman_bytes *ret_record);
/* The sum of the bytes of a record, of which the lowest eight bits are its checksum. */
uint8_t dri_checksum(dragoman_bytes record);

#endif
