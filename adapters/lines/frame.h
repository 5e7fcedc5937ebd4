/*
 * Frames: where a record begins and ends in what was received. Pure functions.
 *
 * Noise is got over at the next start mark, or, where a device sends none, behind the next end mark. A frame in which a
 * start mark comes again has lost its end: it is thrown away up to there.
 */
#ifndef LINES_FRAME_H
#define LINES_FRAME_H

#include "layout.h"

typedef struct lines_found {
    dragoman_bytes text; /* what stands in the frame, with OK */
    size_t consumed;     /* bytes that are done with, in any case */
    size_t skipped;      /* of them, those that were in no frame */
} lines_found;

/* Looks for the first frame in `unread`. With `is_end` nothing follows, and the rest of a stream without start marks is
 * its last record. OK: there is one. NEED_MORE: none yet; what can be none is consumed. INVALID: what stood there is a
 * broken frame (too long, cut short, a wrong checksum); it is consumed. */
dragoman_status lines_frame_find(const lines_layout *layout, dragoman_bytes unread, bool is_end,
                                 lines_found *ret_found);

#endif
