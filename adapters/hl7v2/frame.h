/*
 * Where one message ends and the next begins: MLLP blocks on streams, and files that hold one message, many, or a
 * batch.
 *
 * MLLP: 0x0B begins a block and 0x1C ends it; HL7 forbids both inside. The carriage return after 0x1C counts as one of
 * the line ends that may stand between blocks, so that the cut does not depend on how the bytes arrived, nor on senders
 * that forget it. 0x0B before "MSH" inside a block means that the sender began anew.
 *
 * Plain files: a message goes from its MSH line to the next MSH, FHS, BHS, BTS or FTS line or to the end. \r, \n and
 * \r\n end lines.
 *
 * Every byte is looked at a bounded number of times however it is split: `scanned` remembers how far the search has
 * come.
 */
#ifndef HL7V2_FRAME_H
#define HL7V2_FRAME_H

#include <dragoman/adapter.h>

typedef enum hl7v2_frame_kind {
    HL7V2_FRAME_MORE = 0, /* nothing to do before more bytes come */
    HL7V2_FRAME_SKIP =
        1, /* `consumed` bytes are no message; `garbage` of them were not mere line ends or batch headers */
    HL7V2_FRAME_MESSAGE = 2,  /* `content` is one message */
    HL7V2_FRAME_TOO_LONG = 3, /* `content` is the beginning of a message that is over the limit; its rest is skipped */
    HL7V2_FRAME_BROKEN = 4,   /* `consumed` bytes are the beginning of a message that its sender did not finish */
} hl7v2_frame_kind;

typedef struct hl7v2_frame {
    hl7v2_frame_kind kind;
    size_t consumed;
    size_t garbage;
    dragoman_bytes content;
} hl7v2_frame;

typedef struct hl7v2_framer {
    size_t limit;     /* bytes of a message at most */
    size_t scanned;   /* bytes at the start of unread that were searched */
    bool is_file;     /* plain messages are allowed, and the end of input ends a message */
    bool is_skipping; /* inside a message that is over the limit */
    bool is_plain;    /* that message has no MLLP block around it */
} hl7v2_framer;

/* Looks for the next thing to do in `bytes`. `ret_frame` always gets a kind; with MORE nothing is consumed. content is
 * borrowed from `bytes`. While consumed is less than the unread bytes the caller asks again. */
void hl7v2_framer_next(hl7v2_framer *framer, const dragoman_bytes_event *bytes, hl7v2_frame *ret_frame);

/* Whether `line` begins with the header or trailer of a batch or file (FHS, BHS, BTS, FTS). */
bool hl7v2_frame_is_batch_line(dragoman_bytes line);

#endif
