/* Dead letters that somebody asked to try again. */
#include "publish/runner.h"

static bool is_gone(const publish_runner *self, uint64_t number) {
    uint32_t known = self->letters_gone_count < RUNNER_LETTERS ? self->letters_gone_count : RUNNER_LETTERS;
    for (uint32_t i = 0; i < known; i++) {
        if (self->letters_gone[i] == number) {
            return true;
        }
    }
    return false;
}

static void remove_letter(publish_runner *self, uint64_t number) {
    if (store_dead_remove(self->options->from, number) == DRAGOMAN_OK) {
        self->letters_gone[self->letters_gone_count++ % RUNNER_LETTERS] = number;
    }
}

/* The first that waits, with its payload. */
static dragoman_status find(publish_runner *self, arena *memory, store_dead_row *ret_letter, error_record *error) {
    store_dead_query query = {.sink = self->name, .only_retried = true};
    const store_dead_row *letters = NULL;
    size_t count = 0;
    dragoman_status status = store_dead_list(self->reader, &query, RUNNER_LETTERS + 1, memory, &letters, &count, error);
    for (size_t i = 0; status == DRAGOMAN_OK && i < count; i++) {
        if (!is_gone(self, letters[i].number)) {
            return store_dead_get(self->reader, letters[i].number, memory, ret_letter, error);
        }
    }
    return status == DRAGOMAN_OK ? DRAGOMAN_NOT_FOUND : status;
}

static void look(publish_runner *self, int64_t now_us) {
    arena memory;
    error_record error = {0};
    store_dead_row letter = {0};
    arena_init(&memory, (size_t)1 << 30);
    dragoman_status status = find(self, &memory, &letter, &error);
    if (status == DRAGOMAN_OK) {
        self->has_letter = true;
        self->look_at_us = now_us + RUNNER_LOOK_EVERY_US;
        if (!runner_submit_letter(self, &letter, &error)) {
            self->has_letter = false;
        }
    } else {
        self->look_at_us = now_us < self->look_until_us ? now_us + RUNNER_LOOK_EVERY_US : INT64_MAX;
    }
    arena_fini(&memory);
}

void runner_settle_letter(publish_runner *self) {
    if (self->letter_to_settle == 0) {
        return;
    }
    /* A letter has no place in the position: its bytes are made safe before the store forgets it. */
    self->module->wait(self->sink, SINK_WAIT_LAST, runner_told, self);
    if (!self->is_lost) {
        remove_letter(self, self->letter_to_settle);
    }
    self->letter_to_settle = 0;
    self->has_letter = false;
    self->look_at_us = runner_now();
}

void runner_take_letters(publish_runner *self, int64_t now_us) {
    if (atomic_exchange_explicit(&self->must_look, false, memory_order_acquire)) {
        self->look_until_us = now_us + RUNNER_LOOK_US;
        self->look_at_us = now_us;
    }
    while (!self->has_letter && now_us >= self->look_at_us && runner_can_submit(self, now_us)) {
        look(self, now_us);
    }
}

void runner_letter_done(publish_runner *self, runner_item *item, const sink_result *result) {
    int64_t now_us = runner_now();
    bool may_be_unsafe = !self->is_lane && self->module->mark != NULL && item->body.size > 0;
    self->look_until_us = now_us + RUNNER_LOOK_US;
    if (result->outcome == SINK_DELIVERED && may_be_unsafe) {
        self->letter_to_settle = item->letter;
        return;
    }
    self->has_letter = false;
    self->look_at_us = now_us;
    if (result->outcome == SINK_DELIVERED) {
        remove_letter(self, item->letter);
        return;
    }
    if (result->outcome != SINK_REJECTED) {
        self->look_at_us = now_us + runner_back_off(self, ++self->letter_tries);
        return;
    }
    arena memory;
    store_dead_row letter = {0};
    arena_init(&memory, (size_t)1 << 30);
    if (store_dead_get(self->reader, item->letter, &memory, &letter, NULL) == DRAGOMAN_OK &&
        store_dead_put(self->options->from, self->name, letter.row_number, letter.payload, letter.stage,
                       result->reason) == DRAGOMAN_OK) {
        remove_letter(self, item->letter);
    } else {
        self->look_at_us = now_us + RUNNER_PAUSE_US;
    }
    arena_fini(&memory);
}
