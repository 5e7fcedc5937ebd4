/*
 * Looks a host name up without holding the loop: a helper thread asks the system's resolver and rings a bell.
 */
#ifndef LINK_RESOLVE_H
#define LINK_RESOLVE_H

#include "link/address.h"
#include "loop/loop.h"
#include <netdb.h>

typedef struct link_resolve link_resolve;

/* Asks for the addresses of `address`. `done` is called once on the loop's thread with the list (borrowed until it
 * returns; NULL with a sentence when there is none), unless the look-up is cancelled first. NULL: no thread or memory.
 */
link_resolve *link_resolve_start(loop *on, const link_address *address,
                                 void (*done)(void *context, const struct addrinfo *found, const char *problem),
                                 void *context);
/* Forgets about it; `done` is not called any more. NULL is allowed. Not needed after `done`. */
void link_resolve_cancel(link_resolve *resolve);

#endif
