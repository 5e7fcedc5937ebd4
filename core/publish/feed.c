#include "publish/feed.h"

#include <stdlib.h>
#include <string.h>

publish_batch *publish_batch_create(const store_row *rows, size_t count, uint32_t references) {
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += rows[i].bytes.size;
    }
    publish_batch *batch = malloc(sizeof *batch + count * sizeof *rows + bytes);
    if (batch == NULL) {
        return NULL;
    }
    *batch = (publish_batch){.count = (uint32_t)count, .bytes = bytes};
    atomic_init(&batch->references, references);
    uint8_t *to = (uint8_t *)&batch->rows[count];
    for (size_t i = 0; i < count; i++) {
        batch->rows[i] = rows[i];
        batch->rows[i].bytes.data = to;
        if (rows[i].bytes.size > 0) {
            memcpy(to, rows[i].bytes.data, rows[i].bytes.size);
        }
        to += rows[i].bytes.size;
    }
    return batch;
}

void publish_batch_release(publish_batch *batch) {
    if (batch != NULL && atomic_fetch_sub_explicit(&batch->references, 1, memory_order_acq_rel) == 1) {
        free(batch);
    }
}

void publish_feed_init(publish_feed *self, void (*wake)(void *sink), void *sink) {
    *self = (publish_feed){.wake = wake, .sink = sink};
    pthread_mutex_init(&self->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&self->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void drop_queued(publish_feed *self) {
    for (; self->count > 0; self->count--) {
        publish_batch_release(self->queue[self->first]);
        self->first = (self->first + 1) % FEED_BATCHES;
    }
    self->bytes = 0;
}

void publish_feed_fini(publish_feed *self) {
    drop_queued(self);
    pthread_mutex_destroy(&self->lock);
    pthread_cond_destroy(&self->changed);
}

bool publish_feed_wants(publish_feed *self, size_t bytes) {
    pthread_mutex_lock(&self->lock);
    if (self->is_live && (self->count == FEED_BATCHES || self->bytes + bytes > FEED_BYTES)) {
        self->is_live = false;
        self->is_rung = true;
        pthread_cond_signal(&self->changed);
    }
    bool is_wanted = self->is_live;
    pthread_mutex_unlock(&self->lock);
    return is_wanted;
}

/* With the lock held, so that the sink cannot be closed meanwhile; gives it back. */
static void stir(publish_feed *self) {
    if (self->is_outside && self->wake != NULL) {
        self->wake(self->sink);
    }
    self->is_outside = false;
    pthread_cond_signal(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

void publish_feed_put(publish_feed *self, publish_batch *batch) {
    pthread_mutex_lock(&self->lock);
    self->queue[(self->first + self->count) % FEED_BATCHES] = batch;
    self->count++;
    self->bytes += batch->bytes;
    stir(self);
}

void publish_feed_ring(publish_feed *self) {
    pthread_mutex_lock(&self->lock);
    self->is_rung = true;
    stir(self);
}

publish_batch *publish_feed_take(publish_feed *self, bool *ret_live) {
    publish_batch *batch = NULL;
    pthread_mutex_lock(&self->lock);
    if (self->count > 0) {
        batch = self->queue[self->first];
        self->first = (self->first + 1) % FEED_BATCHES;
        self->count--;
        self->bytes -= batch->bytes;
    }
    *ret_live = self->is_live || self->count > 0;
    pthread_mutex_unlock(&self->lock);
    return batch;
}

void publish_feed_rejoin(publish_feed *self) {
    pthread_mutex_lock(&self->lock);
    self->is_live = true;
    pthread_mutex_unlock(&self->lock);
}

void publish_feed_leave(publish_feed *self, void *sink) {
    pthread_mutex_lock(&self->lock);
    drop_queued(self);
    self->is_live = false;
    self->sink = sink;
    pthread_mutex_unlock(&self->lock);
}

void publish_feed_wait(publish_feed *self, bool is_for_rows, int64_t until_us) {
    struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
    pthread_mutex_lock(&self->lock);
    int code = 0;
    while (!(is_for_rows && self->count > 0) && !self->is_rung && code == 0) {
        code = until_us == INT64_MAX ? pthread_cond_wait(&self->changed, &self->lock)
                                     : pthread_cond_timedwait(&self->changed, &self->lock, &until);
    }
    self->is_rung = false;
    pthread_mutex_unlock(&self->lock);
}

bool publish_feed_go_out(publish_feed *self, bool is_for_rows) {
    pthread_mutex_lock(&self->lock);
    bool may_wait = !self->is_rung && !(is_for_rows && self->count > 0);
    self->is_rung = false;
    self->is_outside = may_wait;
    pthread_mutex_unlock(&self->lock);
    return may_wait;
}

void publish_feed_come_back(publish_feed *self) {
    pthread_mutex_lock(&self->lock);
    self->is_outside = false;
    pthread_mutex_unlock(&self->lock);
}
