/*
 * The layout of a capture file in bytes: what its writer and its reader share.
 */
#ifndef CAPTURE_LAYOUT_H
#define CAPTURE_LAYOUT_H

#include <dragoman/base.h>

/* A byte that no text has, a name, and line ends that a text transfer would change. */
#define LAYOUT_MAGIC                                                                                                   \
    "\x89"                                                                                                             \
    "DCAP\r\n\x1a"
#define LAYOUT_MAGIC_BYTES 8u
#define LAYOUT_MAJOR 1u
#define LAYOUT_MINOR 0u

/* Magic, major, minor. */
#define LAYOUT_FILE_HEAD_BYTES 12u
/* Size and check of what follows: before the header's body and before each record's. */
#define LAYOUT_FRAME_BYTES 8u
/* Flags, count, monotonic and wall time, quality. */
#define LAYOUT_HEADER_FIXED_BYTES 28u
/* Kind, flags, channel, quality, session, two times, number, code, detail. */
#define LAYOUT_RECORD_FIXED_BYTES 40u

/* CRC-32 of ISO 3309 (IEEE 802.3), as zlib computes it. */
uint32_t layout_check(dragoman_bytes bytes);

#endif
