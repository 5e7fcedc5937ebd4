/* What a sink gives out: rows to items, items to the sink, outcomes back to rows. */
#include "publish/runner.h"

#include "base/bytes.h"
#include <stdio.h>

static const dragoman_bytes stage_decode = DRAGOMAN_TEXT_INIT("decode");
static const dragoman_bytes stage_deliver = DRAGOMAN_TEXT_INIT("deliver");

static runner_item *item_free(publish_runner *self) {
    for (uint32_t i = 0; i < self->needs.items_at_once; i++) {
        if (!self->items[i].is_used) {
            return &self->items[i];
        }
    }
    return NULL;
}

bool runner_can_submit(const publish_runner *self, int64_t now_us) {
    uint32_t most = self->is_sick ? 1 : self->needs.items_at_once;
    return !self->has_ended && now_us >= self->not_before_us && self->under_way < most;
}

static void add(_Atomic uint64_t *figure, uint64_t more) {
    atomic_fetch_add_explicit(figure, more, memory_order_relaxed);
}

static void measure(publish_runner *self, const store_row *row, int64_t wall_us) {
    if (row->number >= self->run_from) {
        histogram_add(&self->published, wall_us - row->received_at_us);
    }
}

/* A row that can never be delivered is kept with the reason. False: not even that is possible now. */
static bool bury(publish_runner *self, const store_row *row, dragoman_bytes stage, dragoman_bytes reason) {
    dragoman_status status = store_dead_put(self->options->from, self->name, row->number, row->bytes, stage, reason);
    if (status != DRAGOMAN_OK) {
        store_flush(self->options->from);
        return false;
    }
    add(&self->figures.dead, 1);
    self->must_flush = true;
    if (self->options->log != NULL) {
        char text[96];
        int length = snprintf(text, sizeof text, "row %llu cannot be delivered and is a dead letter now",
                              (unsigned long long)row->number);
        self->options->log(self->options->log_context, bytes_of(self->name), DRAGOMAN_LOG_WARNING,
                           (dragoman_bytes){(const uint8_t *)text, (size_t)length});
    }
    return true;
}

/* Decodes and writes one row behind what is in the item. OK also when there is nothing to say. */
static dragoman_status render(publish_runner *self, window_entry *entry, runner_item *to, error_record *error) {
    bool must_count = self->counts && !entry->is_counted;
    if (self->format != SINK_FORMAT_PROTOBUF || must_count || self->needs.needs_subject) {
        dragoman_status status = renderer_read(&self->rendering, entry->row.bytes, error);
        if (status != DRAGOMAN_OK) {
            return status;
        }
    }
    if (must_count) {
        terms_census_add(self->options->census, &self->rendering.record, &self->rendering.meanings);
        entry->is_counted = true;
    }
    uint32_t resources = 0;
    dragoman_status status =
        self->needs.needs_parts
            ? renderer_write_parts(&self->rendering, &to->body, &to->item.parts, &to->item.part_count, error)
            : renderer_write(&self->rendering, entry->row.bytes, &entry->choice, &to->body, &resources, error);
    to->item.resources += status != DRAGOMAN_OK ? 0 : self->needs.needs_parts ? to->item.part_count : resources;
    if (self->needs.needs_subject) {
        to->subject = renderer_subject(&self->rendering, entry->row.number);
        to->item.subject = &to->subject;
    }
    return status;
}

static void free_item(runner_item *item) {
    enum { KEEP_BYTES = 1 << 20 };
    if (item->body.capacity > KEEP_BYTES) {
        buffer_fini(&item->body);
        buffer_init(&item->body);
    }
    item->is_used = false;
    item->is_waiting = false;
}

static void begin_item(runner_item *item) {
    buffer_reset(&item->body);
    item->item = (sink_item){0};
    item->entry = NULL;
    item->rows = 0;
    item->letter = 0;
    item->tries = 0;
    item->is_waiting = false;
}

/* False: the sink takes no more now. */
static bool hand_over(publish_runner *self, runner_item *item) {
    item->item.body = buffer_bytes(&item->body);
    if (self->module->submit(self->sink, &item->item) != DRAGOMAN_OK) {
        return false;
    }
    item->is_used = true;
    item->is_waiting = false;
    self->under_way++;
    return true;
}

/* What cannot be rendered: kept as a dead letter, or tried again when memory is short. */
static void cannot_render(publish_runner *self, window_entry *entry, const error_record *error, int64_t now_us) {
    bool is_poison = error->status != DRAGOMAN_NO_MEMORY;
    if (is_poison && bury(self, &entry->row, stage_decode, bytes_of(error->text))) {
        window_done(&self->window, entry);
    } else {
        window_delay(&self->window, entry, now_us + RUNNER_PAUSE_US);
    }
}

static void submit_lanes(publish_runner *self, int64_t now_us) {
    while (runner_can_submit(self, now_us)) {
        runner_item *item = item_free(self);
        window_entry *entry = item == NULL ? NULL : window_next(&self->window, now_us);
        if (entry == NULL) {
            return;
        }
        error_record error = {0};
        begin_item(item);
        if (render(self, entry, item, &error) != DRAGOMAN_OK) {
            cannot_render(self, entry, &error, now_us);
            continue;
        }
        if (item->body.size == 0) {
            window_done(&self->window, entry);
            continue;
        }
        item->entry = entry;
        item->rows = 1;
        item->item.number = self->next_number++;
        if (!hand_over(self, item)) {
            window_delay(&self->window, entry, now_us + RUNNER_FIRST_RETRY_US);
            return;
        }
    }
}

/* Joins rows to one item; it may come out empty, when no row had anything to say. */
static void join(publish_runner *self, runner_item *item, int64_t now_us) {
    begin_item(item);
    while (self->stream_next < self->window.tail && item->body.size < self->needs.batch_bytes) {
        window_entry *entry = window_at(&self->window, self->stream_next);
        error_record error = {0};
        if (render(self, entry, item, &error) != DRAGOMAN_OK) {
            bool is_buried =
                error.status != DRAGOMAN_NO_MEMORY && bury(self, &entry->row, stage_decode, bytes_of(error.text));
            if (!is_buried) {
                self->not_before_us = now_us + RUNNER_PAUSE_US;
                break;
            }
        } else {
            item->rows++;
        }
        self->stream_next++;
        self->stream_number = entry->row.number;
    }
    item->end = self->stream_next;
    /* Thinned out, the numbers of rows do not rise. */
    self->stream_number = self->thinner == NULL ? self->stream_number : self->next_number++;
    item->item.number = self->stream_number;
}

/* Every row before `end` is done. */
static void pass_stretch(publish_runner *self, uint64_t end, bool is_delivered) {
    int64_t wall_us = clock_now().wall_us;
    pthread_mutex_lock(&self->lock);
    for (uint64_t i = self->window.head; is_delivered && i < end; i++) {
        measure(self, &window_at(&self->window, i)->row, wall_us);
    }
    pthread_mutex_unlock(&self->lock);
    while (self->window.head < end) {
        window_done(&self->window, window_at(&self->window, self->window.head));
    }
}

static void submit_stream(publish_runner *self, int64_t now_us) {
    runner_item *item = &self->items[0];
    while (runner_can_submit(self, now_us)) {
        if (item->is_used && (!item->is_waiting || now_us < item->retry_at_us)) {
            return;
        }
        if (!item->is_used) {
            join(self, item, now_us);
            if (item->body.size == 0) {
                if (item->end == self->window.head) {
                    return;
                }
                pass_stretch(self, item->end, false);
                continue;
            }
        }
        if (!hand_over(self, item)) {
            item->is_used = true;
            item->is_waiting = true;
            item->retry_at_us = now_us + RUNNER_FIRST_RETRY_US;
            return;
        }
    }
}

bool runner_submit_letter(publish_runner *self, const store_dead_row *letter, error_record *error) {
    runner_item *item = item_free(self);
    if (item == NULL) {
        return false;
    }
    window_entry entry = {.row = {.number = letter->row_number, .bytes = letter->payload}, .is_counted = true};
    begin_item(item);
    item->letter = letter->number;
    item->rows = 1;
    item->item.number = self->is_lane ? self->next_number++ : self->stream_number;
    dragoman_status status = render(self, &entry, item, error);
    if (status == DRAGOMAN_OK && item->body.size > 0) {
        return hand_over(self, item);
    }
    sink_result result = {.outcome = status == DRAGOMAN_OK          ? SINK_DELIVERED
                                     : status == DRAGOMAN_NO_MEMORY ? SINK_RETRY
                                                                    : SINK_REJECTED,
                          .reason = bytes_of(error->text)};
    runner_letter_done(self, item, &result);
    return true;
}

void runner_submit(publish_runner *self, int64_t now_us) {
    if (self->is_lane) {
        submit_lanes(self, now_us);
    } else {
        submit_stream(self, now_us);
    }
}

static void went_through(publish_runner *self) {
    self->is_sick = false;
    self->sick_tries = 0;
    self->deliveries++;
}

static void delivered(publish_runner *self, runner_item *item, const sink_result *result) {
    went_through(self);
    runner_tell(self, true, "");
    add(&self->figures.delivered_rows, item->rows);
    add(&self->figures.delivered_resources, item->item.resources);
    add(&self->figures.delivered_bytes, item->body.size);
    if (item->letter != 0) {
        runner_letter_done(self, item, result);
    } else if (item->entry != NULL) {
        pthread_mutex_lock(&self->lock);
        measure(self, &item->entry->row, clock_now().wall_us);
        pthread_mutex_unlock(&self->lock);
        window_done(&self->window, item->entry);
    } else {
        self->stream_passed = item->item.number;
        pass_stretch(self, item->end, true);
    }
    free_item(item);
}

/* Nothing went through since the last failure: then it is the receiver, and one item at a time asks how it is. */
static int64_t when_again(publish_runner *self, const sink_result *result, uint32_t tries, int64_t now_us) {
    int64_t asked_us =
        result->retry_after_us > RUNNER_LONGEST_WAIT_US ? RUNNER_LONGEST_WAIT_US : result->retry_after_us;
    /* Of what was under way together only the first failure counts. */
    bool is_news = now_us >= self->not_before_us;
    if ((self->is_sick && is_news) || asked_us > 0) {
        int64_t wait_us = asked_us > 0 ? asked_us : runner_back_off(self, self->sick_tries);
        self->sick_tries += is_news;
        self->not_before_us = now_us + wait_us > self->not_before_us ? now_us + wait_us : self->not_before_us;
    }
    bool was_sick = self->is_sick;
    self->is_sick = true;
    return was_sick || asked_us > 0 ? now_us : now_us + runner_back_off(self, tries);
}

static void failed(publish_runner *self, runner_item *item, const sink_result *result) {
    int64_t now_us = runner_now();
    char reason[ERROR_TEXT_BYTES];
    snprintf(reason, sizeof reason, "%.*s", BYTES_FORMAT(result->reason));
    add(&self->figures.retries, 1);
    window_entry *entry = item->entry;
    int64_t again_us = when_again(self, result, entry == NULL ? item->tries : entry->tries, now_us);
    runner_tell(self, false, reason);
    if (item->letter != 0) {
        runner_letter_done(self, item, result);
        free_item(item);
        return;
    }
    if (entry == NULL) {
        item->tries++;
        item->is_waiting = true;
        item->retry_at_us = again_us;
        return;
    }
    entry->failures = (uint16_t)(entry->failures + (entry->tries > 0 && self->deliveries > entry->others_before));
    entry->tries++;
    entry->others_before = self->deliveries;
    bool is_hopeless = entry->failures >= RUNNER_FAILURES_MAX;
    if (is_hopeless && bury(self, &entry->row, stage_deliver, result->reason)) {
        window_done(&self->window, entry);
    } else {
        window_delay(&self->window, entry, again_us);
    }
    free_item(item);
}

static void rejected(publish_runner *self, runner_item *item, const sink_result *result) {
    went_through(self);
    if (item->letter != 0) {
        runner_letter_done(self, item, result);
        free_item(item);
    } else if (item->entry != NULL) {
        if (bury(self, &item->entry->row, stage_deliver, result->reason)) {
            window_done(&self->window, item->entry);
        } else {
            window_delay(&self->window, item->entry, runner_now() + RUNNER_PAUSE_US);
        }
        free_item(item);
    } else {
        failed(self, item, result);
    }
}

/* What lies behind the mark has to be given again: see runner_begin_again. */
static void lost(publish_runner *self, const sink_result *result) {
    char reason[ERROR_TEXT_BYTES];
    snprintf(reason, sizeof reason, "%.*s", BYTES_FORMAT(result->reason));
    add(&self->figures.retries, 1);
    self->is_lost = true;
    runner_tell(self, false, reason);
}

static runner_item *find_item(publish_runner *self, uint64_t number) {
    for (uint32_t i = 0; i < self->needs.items_at_once; i++) {
        runner_item *item = &self->items[i];
        if (item->is_used && !item->is_waiting && item->item.number == number) {
            return item;
        }
    }
    return NULL;
}

void runner_told(void *context, const sink_result *result) {
    publish_runner *self = context;
    if (result->outcome == SINK_LOST) {
        lost(self, result);
        return;
    }
    runner_item *item = find_item(self, result->number);
    if (item == NULL) {
        return;
    }
    self->under_way--;
    switch (result->outcome) {
    case SINK_DELIVERED:
        delivered(self, item, result);
        break;
    case SINK_REJECTED:
        rejected(self, item, result);
        break;
    case SINK_ENDED:
        self->has_ended = true;
        failed(self, item, result);
        break;
    case SINK_RETRY:
    default:
        failed(self, item, result);
        break;
    }
}
