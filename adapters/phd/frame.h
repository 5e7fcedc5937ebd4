/*
 * Where one APDU ends and the next begins. 20601 has no start sign and no checksum; transports that keep packets whole
 * need none. On a byte stream each kind of APDU says its length two or three times over, and that is what is checked: a
 * place where the lengths do not agree begins no APDU, and the search goes on one byte later. What stands behind an
 * APDU must begin like one too; otherwise a byte of it was lost or doubled on the way, and it is not believed.
 */
#ifndef PHD_FRAME_H
#define PHD_FRAME_H

#include "mder.h"

typedef enum phd_frame_kind {
    PHD_FRAME_MORE = 0, /* nothing to do before more bytes come */
    PHD_FRAME_SKIP = 1, /* `consumed` bytes belong to no APDU */
    PHD_FRAME_APDU = 2, /* `choice` and `body` are one */
} phd_frame_kind;

typedef struct phd_frame {
    phd_frame_kind kind;
    size_t consumed;
    bool is_broken; /* SKIP: these bytes looked like an APDU, and what follows them did not */
    uint16_t choice;
    dragoman_bytes body;
} phd_frame;

/* Looks for the next thing to do in `unread`. The body is borrowed from it. */
phd_frame phd_frame_next(dragoman_bytes unread);

/* Data of a PrstApdu: a DataApdu (A.10.2). */
typedef struct phd_data {
    uint16_t invoke_id;
    uint16_t choice;
    dragoman_bytes body;
} phd_data;

/* Reads the body of a PrstApdu; its lengths were checked by phd_frame_next. */
phd_data phd_data_read(dragoman_bytes body);

#endif
