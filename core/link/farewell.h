/*
 * The end of a stream whose last word is said. A socket that is closed while the peer still sends is reset by the
 * kernel, and the reset takes what the peer has not read yet: its last answers. So the stream says that nothing more
 * comes, and lets what arrives fall until the peer has ended too, for a bounded time. The loop's thread.
 */
#ifndef LINK_FAREWELL_H
#define LINK_FAREWELL_H

#include "link/internal.h"

/* How long a peer may take to end after we did: it sees our end with the last answer. */
#define LINK_FAREWELL_US 1000000

/* Takes a stream over and ends it: at once when nothing is on its way in either direction. The link is not drained
 * before that. */
void link_farewell_begin(link_link *link, link_stream *stream);
/* Ends all of a link's at once. */
void link_farewell_end_all(link_link *link);

#endif
