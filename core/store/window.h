/*
 * The duplicate window: which messages (sender, id, digest) were committed lately. A device that missed our
 * acknowledgement sends the same bytes again; they are acknowledged again and not stored twice. The same sender and id
 * with other bytes is new data.
 *
 * It lives in memory and is rebuilt from the table `message` at open. Numbers rise by one a message and are its place
 * in a ring. Single-threaded: the committer's.
 */
#ifndef STORE_WINDOW_H
#define STORE_WINDOW_H

#include "store/index.h"

/* How many of the newest messages are remembered: 65 minutes of a thousand beds that report every 30 seconds, 13 s of a
 * flood at 10,000 messages a second; some 4 MiB when full. */
#define STORE_DUPLICATE_WINDOW 131072
/* Messages that one commit may add before the oldest leave. */
#define STORE_BATCH_MESSAGES 4096

#define STORE_WINDOW_CAPACITY (STORE_DUPLICATE_WINDOW + STORE_BATCH_MESSAGES)

typedef struct store_window_entry {
    uint64_t identity; /* hash of sender and id */
    uint64_t digest;
} store_window_entry;

typedef struct store_window {
    store_window_entry *entries; /* STORE_WINDOW_CAPACITY of them; touched only as they are used */
    uint64_t oldest;             /* number of the oldest remembered message */
    uint64_t next;               /* number of the next message */
    store_index messages;        /* by identity and digest */
    store_index identities;      /* by identity: its newest message */
} store_window;

typedef enum store_window_answer {
    STORE_WINDOW_NEW = 0,
    STORE_WINDOW_DUPLICATE = 1,
    STORE_WINDOW_OTHER_BYTES = 2, /* known sender and id, other digest */
} store_window_answer;

/* Prepares an empty window whose next message has number 1. NO_MEMORY. */
dragoman_status store_window_init(store_window *self);
/* Frees its memory. */
void store_window_fini(store_window *self);
/* Forgets everything; the next message gets number `next`. */
void store_window_clear(store_window *self, uint64_t next);
/* The identity of a message. Not for a message that has neither sender nor id. */
uint64_t store_window_identity(dragoman_bytes sender, dragoman_bytes id);
/* What is known of such a message. */
store_window_answer store_window_ask(const store_window *self, uint64_t identity, uint64_t digest);
/* Remembers a message under the number `next`, which rises. At most STORE_BATCH_MESSAGES between two calls of
 * store_window_trim. NO_MEMORY: it was not remembered. */
dragoman_status store_window_add(store_window *self, uint64_t identity, uint64_t digest);
/* Forgets the `count` newest messages, none of which was trimmed against: their commit failed. What they hid of an
 * older message with the same sender and id stays hidden: such a message is then not counted as "same id, other bytes".
 */
void store_window_undo(store_window *self, uint32_t count);
/* Lets the oldest go until STORE_DUPLICATE_WINDOW are left. */
void store_window_trim(store_window *self);

#endif
