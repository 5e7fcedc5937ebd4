/*
 * An adapter with one instance a link and four channels, that does what it is told over any of them and notes what
 * happens to it: for tests of links with several channels.
 *
 * A line of a stream, a datagram, or a message is a command:
 *   say CHANNEL TEXT     sends TEXT on a stream
 *   tell TARGET TEXT     sends TEXT as a datagram; TARGET "-" is the only peer
 *   open CHANNEL TARGET  asks for a connection
 *   close CHANNEL
 *   keep ID              a message with that id
 *   fail                 gives the instance up
 *   forever              has actions that do not end
 *   past                 has a deadline that stays in the past; `expired` counts the calls
 * Everything else is noted alone. By itself it says one thing: `hello` to the only peer of a datagram channel.
 */
#ifndef KIT_LINK_ACTOR_H
#define KIT_LINK_ACTOR_H

#include <dragoman/adapter.h>

enum { ACTOR_MAIN = 0, ACTOR_SIDE = 1, ACTOR_AIR = 2, ACTOR_POST = 3 };

/* Streams `main` and `side`, datagrams `air`, messages `post`; all may be missing. */
extern const dragoman_adapter_descriptor actor_descriptor;

/* What the test sees of all instances; reset by actor_reset. */
typedef struct actor_notes {
    char text[4096]; /* "opened main by 127.0.0.1:4711\n", "main: keep 1\n", "closed main 2\n", "refused 3: 11\n" */
    uint32_t made, gone;
    uint32_t expired;
    uint32_t datagrams;
    size_t last_size;   /* of a datagram */
    char last_from[80]; /* who sent it */
} actor_notes;

extern actor_notes actor_seen;

/* Forgets everything. */
void actor_reset(void);
/* Whether the notes have this text. */
bool actor_has(const char *text);

#endif
