/*
 * Plays the records of a capture through instances of an adapter, with the times that they carry. The same records give
 * the same calls every time.
 *
 * Who keeps messages (the environment's hook) settles them at once, unless the capture is complete: then it leaves them
 * to the player, which settles each when the capture says so.
 *
 * Like instances, a player belongs to its environment's thread. It opens nothing and reads no clock: who gives it
 * records decides where they come from, and may wait between them.
 */
#ifndef HOST_PLAYER_H
#define HOST_PLAYER_H

#include "capture/capture.h"
#include "host/instance.h"

/* Sessions that are open at once: as many as the largest site lets one link have. */
#define HOST_PLAYER_SESSIONS_MAX 65536u
/* Deadlines between two records: a day of polls, one every ten milliseconds. */
#define HOST_PLAYER_EXPIRIES_MAX 10000000u
/* Actions of one call before they count as never ending. */
#define HOST_PLAYER_ACTIONS_MAX 65536u
/* How late a deadline may have been told in a recording. One that passed by more was not told then (the adapter was
 * another): it is told when it passes. */
#define HOST_PLAYER_LATENESS_MAX_US 10000000

typedef struct host_player host_player;

typedef struct host_player_options {
    host_environment *environment;
    const host_adapter *adapter;
    host_instance_options instance; /* of all, also their recorder; the seed and the owner are the player's */
    void *context;                  /* of act; host_player_context gives it */
    /* Each action, borrowed. NULL: nobody asks. */
    void (*act)(void *context, uint32_t session, const dragoman_action *action);
} host_player_options;

/* Makes a player for a capture with this header; its channels are found by their names. Both are copied, but for what
 * they point to. UNSUPPORTED: the adapter has no such channel. */
dragoman_status host_player_create(const host_player_options *options, const capture_header *header,
                                   host_player **ret_player, error_record *error);
/* Plays one record. A session that cannot go on costs only itself: host_player_failure. INVALID, LIMIT: the record
 * cannot be played. */
dragoman_status host_player_play(host_player *self, const capture_record *record, error_record *error);
/* OK, or the first failure with which the adapter ended a session. */
dragoman_status host_player_failure(const host_player *self);
/* What the adapter did that none may ever do, in words, or NULL. Its session ended then, too. */
const char *host_player_fault(const host_player *self);
/* host_player_options.context of the player that an instance belongs to; of instances that a player made alone. */
void *host_player_context(const host_instance *instance);
/* The number that the capture gives to an instance's session; of instances that a player made alone. */
uint32_t host_player_session(const host_instance *instance);
/* Ends what the capture left open, settles all messages as durable, and frees it. NULL is allowed. */
void host_player_destroy(host_player *self);

#endif
