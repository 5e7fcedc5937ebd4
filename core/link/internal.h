/*
 * What the files of this room share and nobody else sees.
 */
#ifndef LINK_INTERNAL_H
#define LINK_INTERNAL_H

#include "link/link.h"
#include "link/resolve.h"
#include "link/stream.h"

/* Bytes read at a time: one buffer a link, so that idle sessions own none. */
#define LINK_READ_BYTES ((size_t)64 << 10)
/* Reads in one turn before the other sessions get theirs. */
#define LINK_READS_PER_TURN 4

typedef struct link_session link_session;
typedef struct link_farewell link_farewell;

struct link_link {
    loop *on;
    host_environment *environment;
    const link_options *options;
    link_tls *tls;
    int listener;
    loop_watch *listener_watch;
    loop_timer *accept_again;
    loop_timer *reconnect;
    link_resolve *resolve;
    link_session *sessions;
    link_farewell *farewells; /* ended sessions whose peers have not ended yet */
    uint32_t open_sessions;   /* those that an adapter speaks with: connected, and TLS is done */
    bool is_draining;
    uint32_t failures; /* connects that failed in a row */
    uint64_t random;
    uint8_t *read_room;
    link_health health;
};

/* Makes a session around a socket that is connected or on its way. `peer` is copied. Frees the descriptor on failure.
 */
dragoman_status link_session_create(link_link *link, int descriptor, bool is_initiator, const char *peer,
                                    error_record *error);
/* Ends all sessions of the link at once. */
void link_session_end_all(link_link *link);
/* Stops reading on all of them; each ends when it is settled and answered. */
void link_session_drain_all(link_link *link);
/* A session of a connecting link ended or could not be made: plan the next try. */
void link_reconnect_later(link_link *link);
/* Keeps a sentence as the link's last error and logs it. */
void link_say(link_link *link, uint32_t level, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
