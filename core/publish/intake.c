/* What a sink takes in: rows of the live feed, or of the store while it catches up. */
#include "publish/runner.h"

void runner_end_batch(publish_runner *self) {
    if (self->batch != NULL && self->batch_end > self->window.head) {
        /* Rows leave in order, so the last one may take the batch with it. */
        window_at(&self->window, self->batch_end - 1)->batch = self->batch;
    } else {
        publish_batch_release(self->batch);
    }
    self->batch = NULL;
    self->batch_at = 0;
    self->batch_end = 0;
}

static bool read_store(publish_runner *self, int64_t now_us, bool *ret_none) {
    const store_row *rows = NULL;
    size_t count = 0;
    error_record error;
    *ret_none = false;
    if (now_us < self->store_retry_us) {
        return false;
    }
    dragoman_status status =
        store_reader_rows(self->reader, self->read_through, RUNNER_STEP_ROWS, RUNNER_STEP_BYTES, &rows, &count, &error);
    if (status == DRAGOMAN_OK && count == 0) {
        *ret_none = true;
        return false;
    }
    if (status == DRAGOMAN_OK) {
        self->batch = publish_batch_create(rows, count, 1);
        status = self->batch == NULL ? error_set(&error, DRAGOMAN_NO_MEMORY, "no memory to catch up") : DRAGOMAN_OK;
    }
    if (status != DRAGOMAN_OK) {
        self->store_retry_us = now_us + RUNNER_PAUSE_US;
        runner_tell(self, false, error.text);
    }
    return status == DRAGOMAN_OK;
}

/* The next rows, from wherever they come now. */
static bool next_batch(publish_runner *self, int64_t now_us) {
    for (;;) {
        if (self->source == RUNNER_LIVE) {
            bool is_live = false;
            self->batch = publish_feed_take(&self->feed, &is_live);
            if (self->batch != NULL || is_live) {
                return self->batch != NULL;
            }
            self->source = RUNNER_STORE;
        }
        bool is_none = false;
        if (read_store(self, now_us, &is_none)) {
            return true;
        }
        if (!is_none) {
            return false;
        }
        if (self->source == RUNNER_STORE) {
            publish_feed_rejoin(&self->feed);
            self->source = RUNNER_JOINING;
        } else {
            self->source = RUNNER_LIVE;
        }
    }
}

static bool is_wanted(const publish_runner *self, const store_row *row) {
    switch (row->store_class) {
    case STORE_VALUES:
        return self->of->values;
    case STORE_ALERTS:
        return self->of->alerts;
    case STORE_CONTEXT:
        return self->of->context;
    case STORE_WAVES:
        return self->of->waves;
    default:
        return true;
    }
}

/* Whether a row above the low-water mark was delivered before the last stop. Both sides rise. */
static bool was_done(publish_runner *self, uint64_t number) {
    while (self->done_at < self->done_count && self->done[self->done_at] < number) {
        self->done_at++;
    }
    return self->done_at < self->done_count && self->done[self->done_at] == number;
}

/* Thinned out: waits for the end of its stretch of time, or goes in parts. False: it goes as it is. */
static bool thin_out(publish_runner *self, const store_row *row) {
    if (renderer_read(&self->rendering, row->bytes, NULL) != DRAGOMAN_OK ||
        thin_take(self->thinner, row, &self->rendering) != DRAGOMAN_OK) {
        return false;
    }
    if (self->counts) {
        terms_census_add(self->options->census, &self->rendering.record, &self->rendering.meanings);
    }
    return true;
}

static void take_row(publish_runner *self, const store_row *row) {
    self->read_through = row->number;
    if (was_done(self, row->number) || !is_wanted(self, row)) {
        window_skip(&self->window, row->number);
    } else if (self->thinner == NULL || !thin_out(self, row)) {
        window_add(&self->window, row, self->is_lane);
        self->batch_end = self->window.tail;
    }
}

/* What is due of what waited. False: the window is full. */
static bool take_due(publish_runner *self) {
    while (self->thinner != NULL && window_has_room(&self->window)) {
        thin_row *row = thin_next(self->thinner);
        if (row == NULL) {
            return true;
        }
        window_entry *entry = window_add(&self->window, &row->row, self->is_lane);
        entry->owned = row;
        entry->choice = row->choice;
        entry->is_counted = true;
    }
    return window_has_room(&self->window);
}

bool runner_take_in(publish_runner *self, int64_t now_us) {
    while (take_due(self)) {
        if (self->batch == NULL && !next_batch(self, now_us)) {
            if (self->thinner == NULL || self->source != RUNNER_LIVE) {
                return false;
            }
            /* Nothing is behind, so the clock may close what is over. */
            thin_close_until(self->thinner, clock_now().wall_us);
            return !take_due(self);
        }
        if (self->batch_at == self->batch->count) {
            runner_end_batch(self);
            continue;
        }
        const store_row *row = &self->batch->rows[self->batch_at++];
        /* At the border both the store and the feed may have it. */
        if (row->number > self->read_through) {
            take_row(self, row);
        }
    }
    return true;
}
