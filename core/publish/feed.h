/*
 * The live feed of one sink: committed rows, handed over in memory by the store's committer.
 *
 * The committer never waits: a batch of rows is copied once for all sinks and counted; a sink that lags more than the
 * named limits stops being live, loses nothing (the store has it), and reads on from the store until it has caught up.
 *
 * How it joins without a gap or a double: the queue only ever holds batches that follow each other. When one does not
 * fit, the feed ends, and the sink empties what is queued. Then it reads the store until nothing is left, rejoins, and
 * reads the store once more: what was committed before it rejoined is in the database by then, what came after is in
 * the queue, and what is in both is told apart by its number.
 */
#ifndef PUBLISH_FEED_H
#define PUBLISH_FEED_H

#include "store/store.h"
#include <pthread.h>
#include <stdatomic.h>

/* Rows of one commit, shared by the sinks. */
typedef struct publish_batch {
    _Atomic uint32_t references;
    uint32_t count;
    size_t bytes;
    store_row rows[];
} publish_batch;

/* What a sink may lag behind in memory: a second of a very busy house. */
#define FEED_BYTES ((size_t)8 << 20)
#define FEED_BATCHES 1024u

typedef struct publish_feed {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* by the monotonic clock */
    publish_batch *queue[FEED_BATCHES];
    uint32_t first, count;
    size_t bytes;
    bool is_live;
    bool is_rung;    /* somebody wants the sink to look up */
    bool is_outside; /* its thread is in the sink's own wait */
    void (*wake)(void *sink);
    void *sink;
} publish_feed;

/* Copies rows into a new batch with so many references. NULL: no memory. */
publish_batch *publish_batch_create(const store_row *rows, size_t count, uint32_t references);
/* Gives a reference back. NULL is allowed. */
void publish_batch_release(publish_batch *batch);

/* Prepares a feed that is not live. `wake` (may be NULL) makes the sink's own wait return. */
void publish_feed_init(publish_feed *self, void (*wake)(void *sink), void *sink);
/* Frees it with what is queued. */
void publish_feed_fini(publish_feed *self);

/* Whether a batch of `bytes` fits; else the feed ends here. The committer's thread. */
bool publish_feed_wants(publish_feed *self, size_t bytes);
/* Queues a batch that was wanted, taking over a reference, and wakes the sink. The committer's thread. */
void publish_feed_put(publish_feed *self, publish_batch *batch);
/* Wakes the sink. Any thread. */
void publish_feed_ring(publish_feed *self);

/* The next batch, with its reference; NULL: none is queued. ret_live: whether more will come. The sink's thread. */
publish_batch *publish_feed_take(publish_feed *self, bool *ret_live);
/* From now on what is committed is queued. The sink's thread, with an empty queue. */
void publish_feed_rejoin(publish_feed *self);
/* What is queued is dropped and the feed is not live any more; `sink` is who is woken from now on. The sink's thread.
 */
void publish_feed_leave(publish_feed *self, void *sink);
/* Waits until a batch is queued (if rows are wanted), somebody rings, or the monotonic time comes. The sink's thread.
 */
void publish_feed_wait(publish_feed *self, bool is_for_rows, int64_t until_us);
/* Around the sink's own wait. False: there is something to do, do not wait. */
bool publish_feed_go_out(publish_feed *self, bool is_for_rows);
/* The sink's own wait is over. */
void publish_feed_come_back(publish_feed *self);

#endif
