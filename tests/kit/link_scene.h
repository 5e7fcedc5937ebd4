/*
 * A loop, an environment and links with an adapter that does what the lines it reads say, for tests over real sockets.
 *
 * The test's thread runs the loop (scene_run); clients are threads that block (scene_converse). While the loop does not
 * run, the test may call links directly.
 *
 * The adapter's lines: `who` (answers with the verified subject), `big` (answers with a megabyte), `close`, `open`
 * (asks for a connection and answers `refused` when it is), `fail` (gives the session up), `quit` (gives it up when
 * the next message is settled), `wake` (answers `woke` 20 ms later, or `early`). Every other line is a message, with
 * the line as its id; when it is settled the answer is D (durable), d (duplicate) or N (not kept) and the message's
 * number.
 */
#ifndef KIT_LINK_SCENE_H
#define KIT_LINK_SCENE_H

#include "link/link.h"

#define SCENE_MESSAGES_MAX 4096
#define SCENE_CHANNELS_MAX 8
/* How long a test waits for what must come. */
#define SCENE_PATIENCE_S 20

typedef struct scene {
    loop *on;
    loop_bell *bell;
    host_environment *environment;
    host_adapter adapter;
    link_channel_options channels[SCENE_CHANNELS_MAX]; /* of the test's links */
    uint32_t channel_count;
    bool is_late;     /* scene_run waited in vain */
    bool is_holding;  /* messages wait for scene_settle */
    uint32_t stop_at; /* ends scene_run when so many messages were kept; 0: never */
    host_message *kept[SCENE_MESSAGES_MAX];
    uint32_t kept_count, settled_count;
    const char *stop_word; /* ends scene_run when a log line has it */
    char said[512];        /* the last line of the log */
    int64_t said_at_us;    /* monotonic */
    uint32_t said_count;
} scene;

/* Starts a scene; the adapter serves for all links of the test. */
void scene_init(scene *self);
/* Ends it. Links must be gone. */
void scene_fini(scene *self);
/* Options of a link on the loopback: a listener on any port, or a connection to `port`. */
link_options scene_options(scene *self, link_scheme scheme, uint16_t port);
/* Options of one channel of a link, in the scene: those of a link with several stand side by side. */
link_channel_options *scene_channel(scene *self, uint32_t channel, link_scheme scheme, uint16_t port);
/* Runs the loop until something stops it; nothing within SCENE_PATIENCE_S fails the test. */
void scene_run(scene *self);
/* Runs the loop until `client`, on a thread of its own, returns; gives its answer. */
bool scene_converse(scene *self, bool (*client)(void *context), void *context);
/* Settles the messages that are held, in order, and tells the sessions. */
void scene_settle(scene *self, dragoman_settlement settlement);

/* For clients: a blocking socket connected to the loopback's port, or -1. */
int scene_dial(uint16_t port);
/* Sends the whole of a text. */
bool scene_say(int descriptor, const char *text);
/* Whether exactly this text comes next. */
bool scene_hears(int descriptor, const char *text);
/* Whether the other side has ended the connection, with nothing more to read. */
bool scene_is_over(int descriptor);

#endif
