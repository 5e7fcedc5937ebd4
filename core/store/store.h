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
    /* Clocks, from whoever may read them; they must not block. Without `wall_us` the newest receive time stands for now
     * (retention, dead letters); without `monotonic_us` nothing is measured. */
    int64_t (*wall_us)(void *context);
    int64_t (*monotonic_us)(void *context);
    void *clock_context;
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
    dragoman_bytes sender; /* with id and digest: the duplicate window's key; without an id: never a duplicate */
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
 * returns; must not block and must not call store_listen. One listener at the most (the publisher's hub); NULL takes it
 * away, and it is not called any more once store_listen returned. Any thread. */
void store_listen(store *self, void (*committed)(void *context, const store_row *rows, size_t count), void *context);

/* ---- reading (own connection; one per thread) */
typedef struct store_reader store_reader;
/* Opens a reader on this store, for one thread. Errors as store_open's. */
dragoman_status store_reader_open(store *self, store_reader **ret_reader, error_record *error);
/* Closes a reader; before its store. NULL is allowed. */
void store_reader_close(store_reader *reader);
/* Up to `limit` rows with a number above `after`, oldest first, at most max_bytes together. Rows are borrowed until the
 * next call. */
dragoman_status store_reader_rows(store_reader *reader, uint64_t after, size_t limit, size_t max_bytes,
                                  const store_row **ret_rows, size_t *ret_count, error_record *error);

/* ---- positions, parked rows, dead letters of sinks: written with the next commit */

/* A sink's note beside its position: some numbers. */
#define STORE_POSITION_NOTE_BYTES 512

/* Where a sink stands: everything up to low_water is delivered, dead or parked; `done` are delivered numbers above it.
 */
typedef struct store_position {
    uint64_t low_water;
    const uint64_t *done;
    uint32_t done_count; /* at most STORE_POSITION_WINDOW */
    dragoman_bytes note; /* the sink's own, kept with the position in one transaction: a file's length at low_water. At
                            most STORE_POSITION_NOTE_BYTES */
} store_position;

#define STORE_POSITION_WINDOW                                                                                          \
    4096 /* out-of-order deliveries that a sink may have in flight above its low-water mark                            \
          */

/* Reads a sink's position (zero for a new one); `done` and `note` live in `memory`. */
dragoman_status store_position_get(store_reader *reader, const char *sink, arena *memory, store_position *ret_position);
/* Replaces a sink's position with the next commit. Copies. Rows are kept for the sinks that have one: put the first
 * when a sink starts. */
dragoman_status store_position_put(store *self, const char *sink, const store_position *position);
/* Keeps what a sink could not deliver: the row, why, and the receiver's own words (OperationOutcome). With the next
 * commit. Copies. */
dragoman_status store_dead_put(store *self, const char *sink, uint64_t row_number, dragoman_bytes payload,
                               dragoman_bytes stage, dragoman_bytes reason);

/* State of adapters: the value of link and key into `memory`. NOT_FOUND. Any thread (short lock on a cache filled at
 * open). */
dragoman_status store_state_get(store *self, dragoman_bytes link, dragoman_bytes key, arena *memory,
                                dragoman_bytes *ret_value);

/* Calls `visit` for each state, of any link, whose key begins with `start`. Any thread; `visit` runs under the store's
 * lock and must not call the store. */
void store_state_visit(store *self, dragoman_bytes start,
                       void (*visit)(void *context, dragoman_bytes link, dragoman_bytes value), void *context);

/* Figures for status and health; a copy under a short lock. */
typedef struct store_health {
    dragoman_status status;        /* OK, FULL, READ_ONLY, IO */
    char reason[ERROR_TEXT_BYTES]; /* of a status that is not OK; with OK: that old values are dropped, or empty */
    uint64_t rows, bytes, free_bytes;
    uint64_t committed_messages, committed_observations, duplicates, refused, dropped, dead;
    uint64_t same_id_other_bytes; /* same sender and message id, other digest: new data, counted */
    int64_t oldest_us, newest_us;
    int64_t last_commit_us; /* how long the last commit took */
    /* Of each class: rows, their bytes, and how many went at the size limit, before their time. */
    uint64_t class_rows[STORE_CLASSES], class_bytes[STORE_CLASSES], class_dropped[STORE_CLASSES];
    uint64_t next_number; /* the number of the next row */
    uint64_t parked;      /* rows that sinks hold back */
    uint64_t devices;     /* devices ever heard of */
    uint64_t log_bytes;   /* of the write-ahead log since it last began anew */
    uint64_t waiting;     /* messages handed over and not settled */
} store_health;
/* Copies the health. Any thread. */
void store_health_get(store *self, store_health *ret_health);

/* ---- parked rows, forgetting, flushing */

/* Notes that a sink holds a row back (its patient is not known yet) and passes on; the row is kept until it is
 * unparked, whatever its class's hold. With the next commit. Copies. FULL: too many wait; CLOSED. */
dragoman_status store_park(store *self, const char *sink, uint64_t row_number, dragoman_bytes reason);
/* The row is no longer held back. With the next commit. */
dragoman_status store_unpark(store *self, const char *sink, uint64_t row_number);
/* Forgets a sink that the site no longer has: its position and parked rows. Until then rows it has not passed are kept.
 */
dragoman_status store_position_forget(store *self, const char *sink);
/* Commits what rides now although no message comes (positions at a pause). Returns at once; the commit follows. */
void store_flush(store *self);

/* Marks a dead letter to be tried again; its sink finds it with store_dead_list. Commits at once. CLOSED, FULL,
 * NO_MEMORY. */
dragoman_status store_dead_retry(store *self, uint64_t number);
/* Removes a dead letter: it was delivered after all, or given up. Commits at once. As store_dead_retry. */
dragoman_status store_dead_remove(store *self, uint64_t number);

/* ---- more reading */

/* A reader on a store that this process has not opened: for the command line. Never writes, never checkpoints; a
 * running dragoman may go on writing. `vfs` as in the options. */
dragoman_status store_reader_open_path(const char *path, const char *vfs, store_reader **ret_reader,
                                       error_record *error);

/* Reads one row by its number; borrowed until the next call on this reader. NOT_FOUND: it never was, or is gone. */
dragoman_status store_reader_row(store_reader *reader, uint64_t number, store_row *ret_row, error_record *error);

/* Which rows to look for. */
typedef struct store_query {
    uint64_t device;  /* lane; 0: any */
    int64_t from_us;  /* received from then on */
    int64_t until_us; /* received before; INT64_MAX: no end */
    uint64_t after;   /* continue behind this row; 0: at the beginning */
} store_query;

/* Up to `limit` rows that answer a query, oldest first, at most max_bytes together; borrowed until the next call. The
 * beginning is found by halving, since receive times rise with the numbers but for steps of our clock of up to
 * STORE_QUERY_SLACK_US. To go on, set query->after to ret_looked: the last row that was looked at (each call looks at a
 * bounded number). NOT_FOUND: no more. */
dragoman_status store_reader_find(store_reader *reader, const store_query *query, size_t limit, size_t max_bytes,
                                  const store_row **ret_rows, size_t *ret_count, uint64_t *ret_looked,
                                  error_record *error);

#define STORE_QUERY_SLACK_US                                                                                           \
    3600000000 /* our own clock may have been set back by so much without hiding rows from a query */

/* A device as the registry has it. */
typedef struct store_device_row {
    uint64_t lane;
    dragoman_bytes key; /* house-wide, never changes */
    uint32_t clock_epoch;
    int64_t stated_at_us; /* a reading of its clock not long ago; INT64_MIN: none */
} store_device_row;

/* Up to `limit` devices with a lane above `after`, into `memory`. */
dragoman_status store_reader_devices(store_reader *reader, uint64_t after, size_t limit, arena *memory,
                                     const store_device_row **ret_devices, size_t *ret_count, error_record *error);

/* Where a sink stands, for showing. */
typedef struct store_position_row {
    dragoman_bytes sink;
    uint64_t low_water;
    uint32_t done_count;
    uint64_t parked;
} store_position_row;

/* The positions of all sinks, by name, into `memory`. */
dragoman_status store_reader_positions(store_reader *reader, arena *memory, const store_position_row **ret_positions,
                                       size_t *ret_count, error_record *error);

/* Up to `limit` numbers of rows above `after` that a sink has parked, into `memory`. */
dragoman_status store_reader_parked(store_reader *reader, const char *sink, uint64_t after, size_t limit, arena *memory,
                                    const uint64_t **ret_numbers, size_t *ret_count, error_record *error);

/* What the rows are, for showing. */
typedef struct store_figures {
    uint64_t rows[STORE_CLASSES], bytes[STORE_CLASSES], dropped[STORE_CLASSES];
    uint64_t next_number, oldest_number;
    int64_t oldest_us, newest_us; /* 0: there are no rows */
    uint64_t file_bytes, free_bytes;
    uint64_t dead;
} store_figures;

/* Reads the figures. */
dragoman_status store_reader_figures(store_reader *reader, store_figures *ret_figures, error_record *error);

/* A dead letter. */
typedef struct store_dead_row {
    uint64_t number;
    int64_t at_us;
    dragoman_bytes link; /* of an adapter's; else empty */
    dragoman_bytes sink; /* of a sink's; else empty */
    uint64_t row_number; /* the report that could not be delivered, or 0 */
    dragoman_bytes stage;
    dragoman_bytes reason;
    dragoman_bytes payload; /* empty in lists */
    uint64_t payload_size;
    bool is_retried; /* marked to be tried again */
} store_dead_row;

/* Which dead letters to look for. */
typedef struct store_dead_query {
    const char *sink;  /* of this sink; NULL: all */
    bool only_retried; /* only those that are marked to be tried again */
    uint64_t after;    /* numbers above */
} store_dead_query;

/* Up to `limit` dead letters, oldest first, without their payloads, into `memory`. */
dragoman_status store_dead_list(store_reader *reader, const store_dead_query *query, size_t limit, arena *memory,
                                const store_dead_row **ret_rows, size_t *ret_count, error_record *error);
/* One dead letter with its payload, into `memory`. NOT_FOUND. */
dragoman_status store_dead_get(store_reader *reader, uint64_t number, arena *memory, store_dead_row *ret_row,
                               error_record *error);

/* Dead letters that are kept, and bytes of their payloads; the oldest go beyond it. Enough for a day of a receiver that
 * refuses one in a hundred. */
#define STORE_DEAD_LETTERS 100000
#define STORE_DEAD_BYTES (UINT64_C(1) << 30)

#endif
