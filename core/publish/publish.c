#include "publish/publish.h"

#include "base/bytes.h"
#include "publish/counting.h"
#include "publish/runner.h"
#include <stdio.h>
#include <stdlib.h>

struct publish {
    publish_options options;
    publish_runner *runners;
    uint32_t count;
    _Atomic uint64_t last_number; /* of the newest committed row */
    pthread_mutex_t lock;         /* of `committed` */
    histogram committed;
};

static size_t bytes_of_rows(const store_row *rows, size_t count) {
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += rows[i].bytes.size;
    }
    return bytes;
}

/* The store's listener, on its committer's thread. */
static void committed(void *context, const store_row *rows, size_t count) {
    publish *self = context;
    int64_t wall_us = clock_now().wall_us;
    pthread_mutex_lock(&self->lock);
    for (size_t i = 0; i < count; i++) {
        histogram_add(&self->committed, wall_us - rows[i].received_at_us);
    }
    pthread_mutex_unlock(&self->lock);
    atomic_store_explicit(&self->last_number, rows[count - 1].number, memory_order_relaxed);
    size_t bytes = bytes_of_rows(rows, count);
    bool wants[PUBLISH_SINKS_MAX];
    uint32_t wanted = 0;
    for (uint32_t i = 0; i < self->count; i++) {
        wants[i] = publish_feed_wants(&self->runners[i].feed, bytes);
        wanted += wants[i];
    }
    publish_batch *batch = wanted == 0 ? NULL : publish_batch_create(rows, count, wanted);
    for (uint32_t i = 0; i < self->count; i++) {
        if (wants[i] && batch != NULL) {
            publish_feed_put(&self->runners[i].feed, batch);
        } else if (wants[i]) {
            /* No memory: the store has the rows. */
            publish_feed_wants(&self->runners[i].feed, SIZE_MAX / 2);
        }
    }
}

static bool has_sink(const site *of, dragoman_bytes name) {
    for (uint32_t i = 0; i < of->publish_count; i++) {
        if (bytes_equal(of->publish[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* A sink that the site no longer has would keep rows for ever. */
static dragoman_status forget_others(publish *self, error_record *error) {
    store_reader *reader = NULL;
    const store_position_row *rows = NULL;
    size_t count = 0;
    arena memory;
    arena_init(&memory, (size_t)1 << 24);
    dragoman_status status = store_reader_open(self->options.from, &reader, error);
    if (status == DRAGOMAN_OK) {
        status = store_reader_positions(reader, &memory, &rows, &count, error);
    }
    for (size_t i = 0; status == DRAGOMAN_OK && i < count; i++) {
        dragoman_bytes name = rows[i].sink;
        if (has_sink(self->options.of, name)) {
            continue;
        }
        char text[256];
        snprintf(text, sizeof text, "%.*s", BYTES_FORMAT(name));
        status = store_position_forget(self->options.from, text);
        if (self->options.log != NULL) {
            self->options.log(self->options.log_context, name, DRAGOMAN_LOG_INFO,
                              DRAGOMAN_TEXT("is no sink of this site any more: its position is forgotten"));
        }
    }
    store_reader_close(reader);
    arena_fini(&memory);
    return status;
}

static dragoman_status start_runners(publish *self, error_record *error) {
    store_health health;
    store_health_get(self->options.from, &health);
    atomic_init(&self->last_number, health.next_number == 0 ? 0 : health.next_number - 1);
    dragoman_status forgotten = forget_others(self, error);
    if (forgotten != DRAGOMAN_OK) {
        return forgotten;
    }
    uint32_t wanted = self->options.of->publish_count;
    bool only_counts = wanted == 0 && self->options.census != NULL;
    self->options.sink = only_counts ? &counting_sink : self->options.sink;
    for (uint32_t i = 0; i < wanted + only_counts; i++) {
        publish_runner *runner = &self->runners[i];
        const site_publish *of = only_counts ? &counting_publish : &self->options.of->publish[i];
        dragoman_status status = runner_init(runner, &self->options, of, error);
        self->count++;
        if (status != DRAGOMAN_OK) {
            return status;
        }
        runner->run_from = health.next_number;
        runner->counts = i == 0 && self->options.census != NULL;
    }
    store_listen(self->options.from, committed, self);
    for (uint32_t i = 0; i < self->count; i++) {
        dragoman_status status = runner_start(&self->runners[i], error);
        if (status != DRAGOMAN_OK) {
            return status;
        }
    }
    return DRAGOMAN_OK;
}

dragoman_status publish_start(const publish_options *options, publish **ret_publish, error_record *error) {
    if (options->of->publish_count > PUBLISH_SINKS_MAX) {
        return error_set(error, DRAGOMAN_INVALID,
                         "the site has %u sinks, and more than %u are not served: start a second"
                         " dragoman for them",
                         options->of->publish_count, PUBLISH_SINKS_MAX);
    }
    publish *self = calloc(1, sizeof *self);
    publish_runner *runners = calloc(options->of->publish_count + 1u, sizeof *runners);
    if (self == NULL || runners == NULL) {
        free(self);
        free(runners);
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for the publisher");
    }
    self->options = *options;
    self->runners = runners;
    pthread_mutex_init(&self->lock, NULL);
    dragoman_status status = start_runners(self, error);
    if (status != DRAGOMAN_OK) {
        publish_stop(self);
        return status;
    }
    *ret_publish = self;
    return DRAGOMAN_OK;
}

void publish_stop(publish *self) {
    if (self == NULL) {
        return;
    }
    store_listen(self->options.from, NULL, NULL);
    for (uint32_t i = 0; i < self->count; i++) {
        runner_stop(&self->runners[i]);
    }
    for (uint32_t i = 0; i < self->count; i++) {
        runner_fini(&self->runners[i]);
    }
    pthread_mutex_destroy(&self->lock);
    free(self->runners);
    free(self);
}

static uint64_t figure(_Atomic uint64_t *of) {
    return atomic_load_explicit(of, memory_order_relaxed);
}

bool publish_health_get(publish *self, uint32_t index, publish_health *ret_health) {
    if (self == NULL || index >= self->options.of->publish_count) {
        return false;
    }
    publish_runner *runner = &self->runners[index];
    runner_figures *figures = &runner->figures;
    uint64_t last = figure(&self->last_number);
    uint64_t passed = figure(&figures->passed);
    int64_t oldest_us = atomic_load_explicit(&figures->oldest_us, memory_order_relaxed);
    int64_t wall_us = clock_now().wall_us;
    *ret_health =
        (publish_health){.name = runner->of->name,
                         .delivered_rows = figure(&figures->delivered_rows),
                         .delivered_resources = figure(&figures->delivered_resources),
                         .delivered_bytes = figure(&figures->delivered_bytes),
                         .retries = figure(&figures->retries),
                         .dead = figure(&figures->dead),
                         .behind_rows = last > passed ? last - passed : 0,
                         .behind_us = oldest_us == INT64_MAX || oldest_us > wall_us ? 0 : wall_us - oldest_us};
    pthread_mutex_lock(&runner->lock);
    ret_health->is_well = runner->is_well;
    memcpy(ret_health->reason, runner->reason, sizeof ret_health->reason);
    pthread_mutex_unlock(&runner->lock);
    return true;
}

void publish_look_again(publish *self) {
    for (uint32_t i = 0; self != NULL && i < self->count; i++) {
        atomic_store_explicit(&self->runners[i].must_look, true, memory_order_release);
        publish_feed_ring(&self->runners[i].feed);
    }
}

void publish_latency(publish *self, double percentile, int64_t *ret_committed_us, int64_t *ret_published_us) {
    *ret_committed_us = 0;
    *ret_published_us = 0;
    if (self == NULL) {
        return;
    }
    pthread_mutex_lock(&self->lock);
    *ret_committed_us = histogram_percentile(&self->committed, percentile);
    pthread_mutex_unlock(&self->lock);
    histogram published = {.total = 0};
    for (uint32_t i = 0; i < self->options.of->publish_count; i++) {
        pthread_mutex_lock(&self->runners[i].lock);
        histogram_merge(&published, &self->runners[i].published);
        pthread_mutex_unlock(&self->runners[i].lock);
    }
    *ret_published_us = histogram_percentile(&published, percentile);
}
