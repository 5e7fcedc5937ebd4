/* How far a sink came, told to the store. */
#include "publish/runner.h"

/* Thinned out, rows leave in another order than they came, so that only the oldest that has not left counts. */
static uint64_t low_water_of(const publish_runner *self) {
    if (self->thinner == NULL) {
        return self->window.low_water;
    }
    uint64_t waiting = thin_oldest(self->thinner);
    uint64_t leaving = window_lowest(&self->window);
    uint64_t oldest = waiting < leaving ? waiting : leaving;
    return oldest == UINT64_MAX ? self->read_through : oldest - 1;
}

/* A stream's bytes may be less safe than they are delivered: its position stands where they are safe. */
static store_position position_of(publish_runner *self, sink_mark *mark) {
    store_position position = {.low_water = low_water_of(self)};
    if (self->is_lane || self->module->mark == NULL) {
        return position;
    }
    self->module->mark(self->sink, mark);
    if (self->losses > 0 && mark->through > self->lost_above) {
        self->losses = 0;
        runner_tell(self, true, "");
    }
    bool is_all_safe = self->under_way == 0 && !self->items[0].is_used && mark->through >= self->stream_passed;
    if (self->thinner != NULL) {
        /* No length of the file belongs to the position, since newer rows stand before it. */
        position.low_water = is_all_safe ? position.low_water : self->put.low_water;
        return position;
    }
    position.note = (dragoman_bytes){mark->text, mark->size};
    if (!is_all_safe) {
        position.low_water = mark->through > self->put.low_water ? mark->through : self->put.low_water;
    }
    return position;
}

static bool is_news(const publish_runner *self, const store_position *position) {
    return position->low_water != self->put.low_water || position->done_count != self->put_done_count ||
           position->note.size != self->put.note.size ||
           (position->note.size > 0 && memcmp(position->note.data, self->put_note, position->note.size) != 0);
}

static void put(publish_runner *self, store_position *position, int64_t now_us) {
    if (store_position_put(self->options->from, self->name, position) != DRAGOMAN_OK) {
        return;
    }
    if (position->note.size > 0) {
        memcpy(self->put_note, position->note.data, position->note.size);
    }
    self->put = (store_position){.low_water = position->low_water, .note = {self->put_note, position->note.size}};
    self->put_done_count = position->done_count;
    self->put_at_us = now_us;
    self->must_flush = true;
}

bool runner_is_settled(const publish_runner *self) {
    bool has_numbers = self->is_lane && self->thinner == NULL;
    if (self->name[0] == '\0') {
        return true;
    }
    return self->put.low_water == (self->thinner == NULL ? self->window.low_water : self->read_through) &&
           self->put_done_count == (has_numbers ? self->window.done_count : 0);
}

void runner_put_position(publish_runner *self, int64_t now_us, bool is_last) {
    if (self->name[0] == '\0' || (!is_last && now_us - self->looked_at_us < RUNNER_POSITION_US)) {
        return;
    }
    self->looked_at_us = now_us;
    sink_mark mark = {0};
    store_position position = position_of(self, &mark);
    bool has_numbers = self->is_lane && self->thinner == NULL;
    position.done_count = has_numbers ? self->window.done_count : 0;
    if (is_news(self, &position)) {
        position.done = self->done_numbers;
        position.done_count = has_numbers ? window_done_above(&self->window, self->done_numbers) : 0;
        put(self, &position, now_us);
    } else if (self->must_flush && now_us - self->put_at_us >= RUNNER_PAUSE_US) {
        store_flush(self->options->from);
        self->must_flush = false;
    }
    if (is_last && self->must_flush) {
        store_flush(self->options->from);
        self->must_flush = false;
    }
}
