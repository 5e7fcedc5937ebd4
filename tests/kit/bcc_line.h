/*
 * The other end of a BCC line in tests: makes frames as the interface specification describes them, and takes apart
 * what was sent. Written apart from the adapter; shares nothing with it.
 */
#ifndef KIT_BCC_LINE_H
#define KIT_BCC_LINE_H

#include "base/buffer.h"
#include "kit/fake_host.h"

/* Appends a stuffed frame of `bed` ("1/1/1") with this information, in which '|' stands for RS. */
void bcc_line_frame(buffer *to, const char *bed, const char *information);
/* Feeds one. */
void bcc_line_feed(fake_session *session, const char *bed, const char *information);
/* Whether everything that was sent is acknowledgements, and whole frames with right lengths and checksums, each of
 * which asks ADMIN:ALIVE or MEM:GET of a bed whose name is of letters, digits, '-' and '_'. */
bool bcc_line_is_harmless(dragoman_bytes sent);

#endif
