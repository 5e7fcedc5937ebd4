/*
 * The other end of a MEDIBUS line in tests: makes frames as the protocol definition describes them, and takes apart
 * what was sent. Written apart from the adapter; shares nothing with it.
 */
#ifndef KIT_MEDIBUS_LINE_H
#define KIT_MEDIBUS_LINE_H

#include "base/buffer.h"
#include "kit/fake_host.h"

/* Appends a frame: `first`, code, data, checksum, carriage return. */
void line_frame(buffer *to, uint8_t first, uint8_t code, const char *data);
/* Feeds one response of the device. */
void line_respond(fake_session *session, uint8_t code, const char *data);
/* Feeds one command of the device. */
void line_command(fake_session *session, uint8_t code, const char *data);

/* What a device answers to a request; data NULL: nothing at all. */
typedef struct line_answer {
    uint8_t code;
    const char *data;
} line_answer;

/* Answers what was sent and not answered yet, and what is sent thereupon, until nothing new comes. Requests that are
 * not in the table get an empty answer. Returns how many commands there were. */
size_t line_answer_all(fake_session *session, const line_answer *answers, size_t count);

/* Whether everything that was sent is made of whole frames with right checksums and sync-commands that enable streams,
 * and no command is among it that the list `allowed` (a string of codes) does not hold. */
bool line_is_harmless(dragoman_bytes sent, const char *allowed);

#endif
