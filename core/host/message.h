/*
 * A message on its way from an adapter to the store: the reports of one transaction, encoded, with everything they
 * point to in one block.
 *
 * A host_message belongs to the environment (thread) that made it. It is filled on that thread, handed to whoever keeps
 * messages, and comes back through host_message_settle, which any thread may call once.
 */
#ifndef HOST_MESSAGE_H
#define HOST_MESSAGE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "store/store.h"

typedef struct host_instance host_instance;

typedef struct host_message {
    store_message store; /* first, so that a store_message of ours is a host_message */
    struct host_message *next;
    struct host_message *newer, *older; /* among the unsettled ones that put state */
    host_instance *instance;
    struct host_message *later; /* the instance's next unsettled one */
    uint64_t caused_by;         /* of an instance whose answers come later: the number of the call */
    bool is_settled;            /* its settlement is known, but an earlier message's is not yet */
    arena memory;
    buffer bytes;  /* the reports' encodings, one behind the other */
    size_t weight; /* what it holds of memory, as counted against the budget; set when it is handed on */
    uint32_t report_room, state_room, dead_room;
    dragoman_settlement settlement;
    dragoman_status status;
    char reason[ERROR_TEXT_BYTES];
} host_message;

/* A fresh empty message, or NULL when there is no memory. */
host_message *host_message_create(void);
/* Frees a message. */
void host_message_destroy(host_message *message);
/* Empties a message for its next use. Returns false when it holds so much memory that it should be destroyed instead.
 */
bool host_message_recycle(host_message *message);

/* Encodes a checked report into the message, with its ticket. The report's slices need not outlive the call. LIMIT,
 * NO_MEMORY; on failure the message is as it was. */
dragoman_status host_message_add_report(host_message *message, const dragoman_report *report,
                                        model_is_episodic is_episodic, void *context);
/* Adds a state change (copied). */
dragoman_status host_message_add_state(host_message *message, dragoman_bytes key, dragoman_bytes value);
/* The last value that the message puts for `key`; false when it puts none. Borrowed. */
bool host_message_find_state(const host_message *message, dragoman_bytes key, dragoman_bytes *ret_value);
/* Adds a dead letter (copied). */
dragoman_status host_message_add_dead(host_message *message, dragoman_bytes payload, dragoman_bytes stage,
                                      dragoman_bytes reason);
/* Points the reports at their encodings: after the last addition, before the message is handed on. */
void host_message_seal(host_message *message);

#endif
