/*
 * The store's own view of itself. Nobody outside of core/store includes this.
 *
 * `lock` guards the queue and the flags; `health_lock` the health; everything below "the committer's" belongs to its
 * thread while it runs.
 */
#ifndef STORE_INSIDE_H
#define STORE_INSIDE_H

#include "base/buffer.h"
#include "store/database.h"
#include "store/episodic.h"
#include "store/registry.h"
#include "store/riders.h"
#include "store/room.h"
#include "store/state.h"
#include "store/store.h"
#include "store/window.h"
#include <pthread.h>

/* Messages that may wait for the committer. Links have budgets of their own and come nowhere near; this bounds a fault.
 */
#define STORE_QUEUE_MESSAGES 65536
/* Bytes of reports, state and dead letters in one commit, but for a single larger message: half a second of a slow
 * disk. */
#define STORE_BATCH_BYTES 16777216
/* Bytes of rows whose memory is kept from one commit to the next. */
#define STORE_KEEP_BYTES 4194304
/* Longest report; SQLite takes rows of up to 1 GB. */
#define STORE_REPORT_BYTES 268435456
/* Pages in the log after which the committer checkpoints: 2 MiB. */
#define STORE_CHECKPOINT_PAGES 500
/* Pages in the log after which the committer waits for the readers' steps to end, so that the log can begin anew: 8
 * MiB. Readers that never rest would let it grow for ever. It waits no longer than STORE_RESTART_WAIT_MS and tries
 * again after as many pages as lie between two checkpoints. */
#define STORE_RESTART_PAGES 2000
#define STORE_RESTART_WAIT_MS 100
/* After a commit that failed the next is tried by itself, so that the health is true although nobody sends. */
#define STORE_PROBE_US 1000000

/* What becomes of a message of the batch. */
typedef struct store_verdict {
    store_message *message;
    dragoman_settlement settlement;
    dragoman_status status;
    const char *reason;
    uint64_t window_number; /* its number in the duplicate window, or 0 */
} store_verdict;

/* What is written of a row beside what listeners get. */
typedef struct store_row_extra {
    size_t offset; /* of its bytes in the batch's buffer, which may move while it grows */
    dragoman_bytes link;
    uint32_t observations;
} store_row_extra;

/* What a batch does to the counters; taken over when it is committed. */
typedef struct store_counts {
    uint64_t messages, observations, duplicates, refused, same_id_other_bytes;
} store_counts;

struct store {
    store_options options;
    char path[4096];
    char vfs[64];
    int lock_file; /* held for as long as the store is open: one process has one store */

    pthread_mutex_t lock;
    pthread_cond_t wake;
    store_message *first; /* waiting */
    store_message **last;
    uint64_t waiting; /* handed over and not settled */
    uint32_t queued;
    bool is_closing, has_thread, must_flush;
    pthread_t thread;

    pthread_mutex_t health_lock;
    store_health health;

    store_riders riders;
    store_states states;

    pthread_mutex_t listen_lock; /* held while the listener is called, so that it can be taken away at any time */
    void (*committed)(void *context, const store_row *rows, size_t count);
    void *committed_context;

    /* the committer's */
    store_database database;
    bool is_loaded; /* what is in memory is what is in the database */
    bool must_reopen;
    bool is_log_doubtful; /* what it holds may be in the system's memory only: it begins anew before the next commit */
    int restart_pages;    /* pages in the log after which its restart is tried next */
    store_window window;
    uint32_t window_added;   /* by the batch at hand */
    uint64_t window_trimmed; /* rows of `message` below this number are gone */
    store_registry registry;
    store_episodic episodic;
    store_room room;
    store_rider_figures figures;
    store_verdict *verdicts; /* STORE_BATCH_MESSAGES of them */
    uint32_t verdict_count;
    buffer bytes;    /* the batch's stamped reports */
    buffer repeated; /* uint32_t: indexes of repeated observations of the report at hand */
    store_row *rows;
    store_row_extra *extras; /* beside each row */
    uint32_t row_count, row_room;
    int64_t batch_time_us;
    store_counts counts;
    error_record trouble;       /* why the batch at hand is not kept */
    error_record limit_trouble; /* why values were refused for want of room; stays until some were taken or went */
    bool must_probe;            /* the last commit failed: try whether the next one would go */
    error_record log_trouble;   /* why the log cannot be written back; stays until it could be */
};

/* Opens the database when it is not open, and loads what lives in memory when it is not loaded. may_make: there need
 * not be one yet. */
dragoman_status store_commit_ready(store *self, bool may_make, error_record *error);
/* The committer's thread: commits until the store closes. */
void *store_commit_run(void *self);
/* The time by the wall clock we were given, else the newest receive time. */
int64_t store_commit_now(const store *self);
/* Copies what the committer knows into the health. */
void store_commit_tell(store *self, const error_record *trouble, int64_t commit_us);
/* Begins a batch with the messages of `list`, at most STORE_BATCH_MESSAGES. */
void store_batch_begin(store *self, store_message *list);
/* Makes verdicts and rows of the batch's messages; memory only. OK, or why none of them can be kept. */
dragoman_status store_batch_prepare(store *self, error_record *error);
/* Writes what store_batch_prepare made, inside the committer's transaction. SQLite's code. */
int store_batch_write(store *self);

#endif
