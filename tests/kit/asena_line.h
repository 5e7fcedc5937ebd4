/*
 * The other end of the line of an Asena pump in tests: makes answers, and knows by heart all that may be asked. Written
 * apart from the adapter; shares nothing with it.
 */
#ifndef KIT_ASENA_LINE_H
#define KIT_ASENA_LINE_H

#include "base/buffer.h"
#include "kit/fake_host.h"

/* Appends an answer: '!', text, '|', checksum, carriage return. */
void asena_frame(buffer *to, const char *text);
/* Feeds one. */
void asena_feed(fake_session *session, const char *text);
/* Whether everything that was sent is made of the six query frames, byte by byte. */
bool asena_is_harmless(dragoman_bytes sent);

#endif
