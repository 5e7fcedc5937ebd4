/*
 * The one durable place: reports, positions of sinks, dead letters, the device registry, adapter state, in one SQLite
 * database.
 *
 * Threads: store_submit may be called from any thread; one committer thread inside the store writes and checkpoints
 * everything. There is no timer: it commits whatever arrived while the last sync ran. Readers (store_reader) are
 * read-only, one per thread, and take short steps. Nothing is reported as settled before the commit that holds it is on
 * disk.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/error.h"
#include "model/model.h"
#include "model/ticket.h"
#include <dragoman/adapter.h>

/* Each class has its own holding time and share of the space. */
typedef enum store_class {
    STORE_VALUES = 0,
    STORE_ALERTS = 1,
    STORE_CONTEXT = 2,
    STORE_WAVES = 3,
    STORE_CLASSES = 4,
} store_class;

typedef struct store_options {
    const char *path;
    int64_t hold_us[STORE_CLASSES]; /* rows older than this may go once every sink has passed them (or at once when at
                                       the limit) */
    uint64_t max_bytes[STORE_CLASSES]; /* 0: only the total counts */
    uint64_t max_bytes_total;
    bool refuse_when_full; /* true: refuse new values at the limit; false: drop the oldest values. ADT and alerts have
                              reserved space */
    const char *vfs;       /* SQLite VFS name for tests, or NULL */
} store_options;

typedef struct store store;

/* One report of a message, encoded without stamp, with its ticket. */
typedef struct store_report {
    dragoman_bytes bytes;
    model_ticket ticket;
    uint32_t observation_count;
} store_report;

typedef struct store_state {
    dragoman_bytes key;
    dragoman_bytes value;
} store_state;

typedef struct store_dead {
    dragoman_bytes payload;
    dragoman_bytes stage;
    dragoman_bytes reason;
} store_dead;

/* A message handed over by a link: one transaction. The submitter owns it and everything it points to, and must keep it
 * untouched until `settle` was called. */
typedef struct store_message {
    struct store_message *next; /* the store's own while it holds the message */
    uint64_t number;            /* the instance's message number */
    dragoman_bytes link;
    dragoman_bytes adapter;
    dragoman_bytes adapter_version;
    dragoman_bytes profile;
    dragoman_bytes sender; /* with id and digest: the duplicate window's key; empty sender and id: never a duplicate */
    dragoman_bytes id;
    uint64_t digest;
    int64_t received_at_us;
    uint8_t received_quality;
    store_report *reports;
    uint32_t report_count;
    store_state *states;
    uint32_t state_count;
    store_dead *dead;
    uint32_t dead_count;
    /* Called once on the committer thread after the commit (or its failure); must not block and must not call into the
     * store. */
    void (*settle)(struct store_message *message, dragoman_settlement settlement, dragoman_status status,
                   const char *reason);
    void *context; /* the submitter's own */
} store_message;

/* A committed report as listeners and readers get it. */
typedef struct store_row {
    uint64_t number; /* rises with commit order, never reused */
    uint8_t store_class;
    uint64_t device; /* lane: reports of one device share it and must be delivered in order */
    int64_t received_at_us;
    dragoman_bytes bytes; /* stamped report */
} store_row;

/* Opens or makes the store and starts its committer. Errors say what is wrong with the path and how to mend it; a
 * database of another layout version is refused by number. */
dragoman_status store_open(const store_options *options, store **ret_store, error_record *error);
/* Commits what was submitted, settles it, stops the committer, closes. NULL is allowed. */
void store_close(store *self);

/* Hands a message over. FULL: the hand-off queue is at its named limit (nothing was taken; stop reading the link);
 * CLOSED: the store stops. */
dragoman_status store_submit(store *self, store_message *message);

/* Called on the committer thread after each commit with the new rows, before they are settled; borrowed until it
 * returns; must not block. One listener at the most (the publisher's hub); set before the first submit. */
void store_listen(store *self, void (*committed)(void *context, const store_row *rows, size_t count), void *context);

/* ---- reading (own connection; one per thread) */
typedef struct store_reader store_reader;
dragoman_status store_reader_open(store *self, store_reader **ret_reader, error_record *error);
void store_reader_close(store_reader *reader);
/* Up to `limit` rows with a number above `after`, oldest first, at most max_bytes together. Rows are borrowed until the
 * next call. */
dragoman_status store_reader_rows(store_reader *reader, uint64_t after, size_t limit, size_t max_bytes,
                                  const store_row **ret_rows, size_t *ret_count, error_record *error);

/* ---- positions, parked rows, dead letters of sinks: written with the next commit */

/* Where a sink stands: everything up to low_water is delivered, dead or parked; `done` are delivered numbers above it.
 */
typedef struct store_position {
    uint64_t low_water;
    const uint64_t *done;
    uint32_t done_count; /* at most STORE_POSITION_WINDOW */
} store_position;

#define STORE_POSITION_WINDOW 4096 /* out-of-order deliveries that a sink may have in flight above its low-water mark  \
                                    */

/* Reads a sink's position (zero for a new one); `done` lives in `memory`. */
dragoman_status store_position_get(store_reader *reader, const char *sink, arena *memory, store_position *ret_position);
/* Replaces a sink's position with the next commit. Copies. */
dragoman_status store_position_put(store *self, const char *sink, const store_position *position);
/* Keeps what a sink could not deliver: the row, why, and the receiver's own words (OperationOutcome). With the next
 * commit. Copies. */
dragoman_status store_dead_put(store *self, const char *sink, uint64_t row_number, dragoman_bytes payload,
                               dragoman_bytes stage, dragoman_bytes reason);

/* State of adapters: the value of link and key into `memory`. NOT_FOUND. Any thread (short lock on a cache filled at
 * open). */
dragoman_status store_state_get(store *self, dragoman_bytes link, dragoman_bytes key, arena *memory,
                                dragoman_bytes *ret_value);

/* Figures for status and health; a copy under a short lock. */
typedef struct store_health {
    dragoman_status status; /* OK, FULL, READ_ONLY, IO */
    char reason[ERROR_TEXT_BYTES];
    uint64_t rows, bytes, free_bytes;
    uint64_t committed_messages, committed_observations, duplicates, refused, dropped, dead;
    uint64_t same_id_other_bytes; /* same sender and message id, other digest: new data, counted */
    int64_t oldest_us, newest_us;
    int64_t last_commit_us; /* how long the last commit took */
} store_health;
void store_health_get(store *self, store_health *ret_health);

#endif
