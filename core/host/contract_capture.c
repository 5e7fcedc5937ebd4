#include "host/contract_capture.h"

#include "base/bytes.h"
#include "host/contract_measure.h"
#include "host/contract_mishap.h"
#include "host/contract_plays.h"
#include "loop/clock.h"
#include <stdlib.h>

/* A silence that outlasts every deadline that a bedside protocol has. */
#define SILENCE_US INT64_C(600000000)
/* A day and a half in one step, as after a suspended machine. */
#define LONG_SILENCE_US INT64_C(129600000000)

static void tell(capture_suite *self, const char *clause, const char *detail) {
    self->broken += detail == NULL ? 0 : 1;
    self->tell(self->context, clause, detail == NULL, detail == NULL ? "" : detail);
}

static void check_whole(capture_suite *self) {
    host_player *player = plays_begin(self, &self->whole);
    plays_play(player, &self->all, 0, self->all.count);
    const char *wrong = plays_end(self, player);
    if (wrong == NULL && self->whole.messages == 0) {
        wrong = "the capture gives no message: take one that it understands";
    }
    tell(self, "the capture as it is", wrong);
    records again = {.count = 0};
    for (size_t i = 0; i < self->all.count; i++) {
        plays_add(&again, self->all.items[i]);
    }
    tell(self, "the same capture again", plays_try(self, &again, true));
    free(again.items);
}

/* Adds a record of bytes in two pieces; the end of the stream stays with the second. */
static void add_cut(records *to, const capture_record *record, size_t cut) {
    capture_record first = *record;
    capture_record second = *record;
    dragoman_bytes all = record->parts[0];
    first.parts[0].size = cut;
    first.code = 0;
    second.parts[0] = (dragoman_bytes){all.data + cut, all.size - cut};
    plays_add(to, first);
    plays_add(to, second);
}

static void check_bytes(capture_suite *self) {
    records single = {.count = 0};
    for (size_t i = 0; i < self->all.count; i++) {
        capture_record rest = self->all.items[i];
        while (rest.kind == CAPTURE_BYTES && rest.parts[0].size > 1) {
            capture_record first = rest;
            first.parts[0].size = 1;
            first.code = 0;
            plays_add(&single, first);
            rest.parts[0] = (dragoman_bytes){rest.parts[0].data + 1, rest.parts[0].size - 1};
        }
        plays_add(&single, rest);
    }
    tell(self, "its bytes one by one", plays_try(self, &single, true));
    free(single.items);
}

static size_t stride(size_t count) {
    return count / CONTRACT_CAPTURE_PLAYS + 1;
}

static void check_cuts(capture_suite *self) {
    records what = {.count = 0};
    const char *wrong = NULL;
    for (size_t cut = 0; cut < self->bytes && wrong == NULL; cut += stride(self->bytes)) {
        size_t before = 0;
        for (size_t i = 0; i < self->all.count; i++) {
            const capture_record *record = &self->all.items[i];
            size_t size = record->kind == CAPTURE_BYTES ? record->parts[0].size : 0;
            if (cut > before && cut < before + size) {
                add_cut(&what, record, cut - before);
            } else {
                plays_add(&what, *record);
            }
            before += size;
        }
        wrong = plays_try(self, &what, true);
    }
    free(what.items);
    tell(self, "its bytes cut in two at every place", wrong);
}

static void check_truncated(capture_suite *self) {
    records what = {.count = 0};
    const char *wrong = NULL;
    for (size_t last = 0; last < self->all.count && wrong == NULL; last += stride(self->all.count)) {
        for (size_t i = 0; i < last; i++) {
            plays_add(&what, self->all.items[i]);
        }
        const capture_record *record = &self->all.items[last];
        if (record->kind == CAPTURE_BYTES) {
            add_cut(&what, record, record->parts[0].size / 2);
            what.count--;
        }
        wrong = plays_try(self, &what, false);
    }
    free(what.items);
    tell(self, "cut short after each event", wrong);
}

/* A record whose last part has some other bytes, in memory that lives as long as `to`. */
static void add_garbled(records *to, const capture_record *record, uint64_t *random) {
    capture_record changed = *record;
    dragoman_bytes *data = &changed.parts[changed.part_count - 1];
    uint8_t *copy = malloc(data->size + 1);
    if (copy == NULL || data->size == 0) {
        free(copy);
        plays_add(to, *record);
        return;
    }
    memcpy(copy, data->data, data->size);
    size_t changes = 1 + contract_draw(random) % 4;
    for (size_t i = 0; i < changes; i++) {
        copy[contract_draw(random) % data->size] = (uint8_t)contract_draw(random);
    }
    /* Sometimes a piece is missing at its end. */
    size_t size = contract_draw(random) % 4 == 0 ? contract_draw(random) % data->size : data->size;
    to->garbage = copy;
    *data = (dragoman_bytes){copy, size};
    plays_add(to, changed);
}

static void check_garbled(capture_suite *self) {
    records what = {.count = 0};
    const char *wrong = NULL;
    uint64_t random = 1;
    for (uint32_t round = 0; round < CONTRACT_GARBLED && wrong == NULL; round++) {
        size_t chosen = contract_draw(&random) % self->all.count;
        for (size_t i = 0; i < self->all.count; i++) {
            const capture_record *record = &self->all.items[i];
            if (what.garbage == NULL && i >= chosen && plays_carries_data(record)) {
                add_garbled(&what, record, &random);
            } else {
                plays_add(&what, *record);
            }
        }
        wrong = plays_try(self, &what, false);
        free(what.garbage);
        what.garbage = NULL;
    }
    free(what.items);
    tell(self, "garbled", wrong);
}

typedef enum mishap { MISHAP_LOST, MISHAP_DOUBLED, MISHAP_SWAPPED, MISHAPS } mishap;

static void add_mishap(records *to, const records *all, size_t at, mishap kind) {
    bool has_next = at + 1 < all->count && all->items[at].session == all->items[at + 1].session;
    if (kind == MISHAP_DOUBLED) {
        plays_add(to, all->items[at]);
        plays_add(to, all->items[at]);
    } else if (kind == MISHAP_SWAPPED && has_next && plays_carries_data(&all->items[at + 1])) {
        plays_add(to, all->items[at + 1]);
    }
}

static void check_mishaps(capture_suite *self, mishap kind, const char *clause) {
    records what = {.count = 0};
    const char *wrong = NULL;
    for (size_t at = 0; at < self->all.count && wrong == NULL; at += stride(self->all.count)) {
        if (!plays_carries_data(&self->all.items[at])) {
            continue;
        }
        for (size_t i = 0; i < self->all.count; i++) {
            if (i == at) {
                add_mishap(&what, &self->all, i, kind);
            } else {
                plays_add(&what, self->all.items[i]);
            }
        }
        wrong = plays_try(self, &what, false);
    }
    free(what.items);
    tell(self, clause, wrong);
}

/* The record with a mishap to its byte `at`, in memory that lives as long as `to`. */
static void add_byte_mishap(records *to, const capture_record *record, size_t at, contract_mishap kind) {
    capture_record changed = *record;
    dragoman_bytes *data = &changed.parts[changed.part_count - 1];
    uint8_t *copy = malloc(data->size + 1);
    if (copy == NULL || data->size == 0) {
        free(copy);
        plays_add(to, *record);
        return;
    }
    size_t size = contract_mishap_apply(*data, at, kind, copy);
    to->garbage = copy;
    *data = (dragoman_bytes){copy, size};
    plays_add(to, changed);
}

/* How far apart plays of the whole capture lie that follow each other on one line, and how many sessions it has. */
static int64_t length_us(const capture_suite *self, uint32_t *ret_sessions) {
    const capture_record *last = &self->all.items[self->all.count - 1];
    *ret_sessions = 0;
    for (size_t i = 0; i < self->all.count; i++) {
        uint32_t session = self->all.items[i].session;
        *ret_sessions = session > *ret_sessions ? session : *ret_sessions;
    }
    return last->now.monotonic_us - self->all.items[0].now.monotonic_us + SILENCE_US;
}

/* Adds the whole capture as other connections, the `number`-th time that it comes; they end with it. */
static void add_again(const capture_suite *self, records *to, uint32_t number) {
    uint32_t sessions = 0;
    int64_t later_us = number * length_us(self, &sessions);
    for (size_t i = 0; i < self->all.count; i++) {
        capture_record record = self->all.items[i];
        record.session += number * sessions;
        record.now.monotonic_us += later_us;
        record.now.wall_us += later_us;
        plays_add(to, record);
    }
    dragoman_now end = self->all.items[self->all.count - 1].now;
    end.monotonic_us += later_us;
    end.wall_us += later_us;
    for (uint32_t session = 1; session <= sessions; session++) {
        plays_add(to, (capture_record){.kind = CAPTURE_ENDED, .session = number * sessions + session, .now = end});
    }
}

/* Plays `first` and then, as other connections and later, the capture as it is. Empties `first`. How many messages came
 * of the second. */
static uint32_t messages_after(capture_suite *self, records *first, const char **ret_wrong) {
    transcript said;
    host_player *player = plays_begin(self, &said);
    plays_play(player, first, 0, first->count);
    uint32_t before = said.messages;
    first->count = 0;
    add_again(self, first, 1);
    plays_play(player, first, 0, first->count);
    *ret_wrong = plays_end(self, player);
    uint32_t after = said.messages - before;
    transcript_fini(&said);
    first->count = 0;
    return after;
}

static void check_mended(capture_suite *self) {
    records what = {.count = 0};
    const char *wrong = NULL;
    for (size_t i = 0; i < self->all.count; i++) {
        plays_add(&what, self->all.items[i]);
    }
    bool reads_on = messages_after(self, &what, &wrong) > 0;
    size_t step = self->all.count * CONTRACT_MISHAPS * 2 / CONTRACT_CAPTURE_PLAYS + 1;
    for (size_t chosen = 0; chosen < self->all.count * CONTRACT_MISHAPS && wrong == NULL; chosen += step) {
        size_t at = chosen / CONTRACT_MISHAPS;
        const capture_record *record = &self->all.items[at];
        if (!plays_carries_data(record) || record->parts[record->part_count - 1].size == 0) {
            continue;
        }
        for (size_t i = 0; i < self->all.count; i++) {
            if (i == at) {
                size_t size = record->parts[record->part_count - 1].size;
                add_byte_mishap(&what, record, chosen * 7 % size, (contract_mishap)(chosen % CONTRACT_MISHAPS));
            } else {
                plays_add(&what, self->all.items[i]);
            }
        }
        bool is_read = messages_after(self, &what, &wrong) > 0;
        if (wrong == NULL && reads_on && !is_read) {
            wrong = "after a broken message no good one is read any more, not even on a new connection";
        }
        free(what.garbage);
        what.garbage = NULL;
    }
    free(what.items);
    tell(self, "a wrong bit, a byte missing or doubled, a cut: what follows is read", wrong);
}

/* Twice, and what was given shows another byte each time when the call has returned. */
static void check_gone(capture_suite *self) {
    static const uint8_t shown[2] = {0xdb, '7'};
    transcript said[2];
    for (int i = 0; i < 2; i++) {
        self->watch.gone = shown[i];
        host_player *player = plays_begin(self, &said[i]);
        plays_play(player, &self->all, 0, self->all.count);
        (void)plays_end(self, player);
    }
    bool is_same = bytes_equal(buffer_bytes(&said[0].text), buffer_bytes(&said[1].text)) &&
                   bytes_equal(buffer_bytes(&said[0].actions), buffer_bytes(&said[1].actions));
    transcript_fini(&said[0]);
    transcript_fini(&said[1]);
    tell(self, "what it was given is gone after the call",
         is_same ? NULL : "it keeps a pointer to bytes of an event or setting: copy what must outlive the call");
}

static void check_interleaved(capture_suite *self) {
    transcript said[2];
    host_player *players[2] = {plays_begin(self, &said[0]), plays_begin(self, &said[1])};
    for (size_t i = 0; i < self->all.count; i++) {
        plays_play(players[0], &self->all, i, i + 1);
        plays_play(players[1], &self->all, i, i + 1);
    }
    const char *wrong = NULL;
    for (int i = 0; i < 2; i++) {
        const char *fault = plays_end(self, players[i]);
        wrong = wrong != NULL || fault == NULL ? wrong : fault;
        wrong = wrong != NULL || plays_is_same(self, &said[i]) ? wrong : PLAYS_DIFFER;
        transcript_fini(&said[i]);
    }
    tell(self, "two instances in turn", wrong);
}

static void check_restart(capture_suite *self) {
    transcript said;
    host_player *dead = plays_begin(self, &said);
    plays_play(dead, &self->all, 0, self->all.count / 2);
    (void)plays_end(self, dead);
    transcript_fini(&said);
    host_player *next = plays_begin(self, &said);
    plays_play(next, &self->all, 0, self->all.count);
    const char *wrong = plays_end(self, next);
    tell(self, "after another instance died half-way",
         wrong == NULL && !plays_is_same(self, &said) ? PLAYS_DIFFER : wrong);
    transcript_fini(&said);
}

/* Nothing comes for long after an event, and then the rest. */
static void check_silence(capture_suite *self, int64_t silence_us, size_t plays, const char *clause) {
    records what = {.count = 0};
    const char *wrong = NULL;
    for (size_t at = 0; at < self->all.count && wrong == NULL; at += self->all.count / plays + 1) {
        for (size_t i = 0; i < self->all.count; i++) {
            capture_record record = self->all.items[i];
            record.now.monotonic_us += i > at ? silence_us : 0;
            record.now.wall_us += i > at ? silence_us : 0;
            plays_add(&what, record);
        }
        capture_record last = {.kind = CAPTURE_EXPIRED,
                               .session = self->all.items[self->all.count - 1].session,
                               .now = self->all.items[self->all.count - 1].now};
        last.now.monotonic_us += 2 * silence_us;
        last.now.wall_us += 2 * silence_us;
        plays_add(&what, last);
        wrong = plays_try(self, &what, false);
    }
    free(what.items);
    tell(self, clause, wrong);
}

static void check_settlement(capture_suite *self, dragoman_settlement settlement, const char *clause) {
    transcript said;
    self->settlement = settlement;
    host_player *player = plays_begin(self, &said);
    plays_play(player, &self->all, 0, self->all.count);
    tell(self, clause, plays_end(self, player));
    transcript_fini(&said);
    self->settlement = DRAGOMAN_DURABLE;
}

static contract_cost run_times(void *of, uint32_t times) {
    capture_suite *self = of;
    records what = {.count = 0};
    transcript said;
    for (uint32_t i = 0; i < times; i++) {
        add_again(self, &what, i);
    }
    uint64_t before = self->watch.allocations;
    int64_t start_ns = clock_spent_ns();
    host_player *player = plays_begin(self, &said);
    plays_play(player, &what, 0, what.count);
    bool is_over = player == NULL || host_player_failure(player) != DRAGOMAN_OK;
    (void)plays_end(self, player);
    contract_cost found = {clock_spent_ns() - start_ns, self->watch.allocations - before, is_over};
    transcript_fini(&said);
    free(what.items);
    return found;
}

static void measure_all(capture_suite *self) {
    size_t bytes = 0;
    for (size_t i = 0; i < self->all.count; i++) {
        const capture_record *record = &self->all.items[i];
        bytes += plays_carries_data(record) ? record->parts[record->part_count - 1].size : 0;
    }
    self->watch.is_plain = true;
    if (bytes > 0 && !contract_measure_growth(run_times, self, bytes, self->tell, self->context)) {
        self->broken++;
    }
}

static void check_all(capture_suite *self) {
    check_whole(self);
    check_gone(self);
    check_bytes(self);
    check_cuts(self);
    check_truncated(self);
    check_garbled(self);
    check_mishaps(self, MISHAP_LOST, "one event is lost");
    check_mishaps(self, MISHAP_DOUBLED, "one event comes twice");
    check_mishaps(self, MISHAP_SWAPPED, "two events change places");
    check_mended(self);
    check_interleaved(self);
    check_restart(self);
    check_silence(self, SILENCE_US, 16, "ten minutes of silence");
    check_silence(self, LONG_SILENCE_US, 2, "a day and a half of silence");
    check_settlement(self, DRAGOMAN_DUPLICATE, "everything was there before");
    check_settlement(self, DRAGOMAN_NOT_KEPT, "nothing can be kept");
}

/* ---- the capture */

/* Settlements and deadlines are the suite's own: what a house did then is left out. */
static bool is_wanted(const capture_record *record) {
    return record->kind < CAPTURE_ACTION ? record->kind != CAPTURE_SETTLED
                                         : record->kind == CAPTURE_STARTED || record->kind == CAPTURE_ENDED;
}

static const char *read_capture(capture_suite *self, capture_reader *reader) {
    capture_record record;
    dragoman_status status;
    while ((status = capture_reader_next(reader, &record, NULL)) == DRAGOMAN_OK) {
        if (!is_wanted(&record)) {
            continue;
        }
        if (self->all.count == CONTRACT_CAPTURE_RECORDS_MAX) {
            return "the capture is too long for a test: cut it";
        }
        self->bytes += record.kind == CAPTURE_BYTES && record.part_count > 0 ? record.parts[0].size : 0;
        if ((plays_carries_data(&record) && record.part_count == 0) || !plays_add(&self->all, record)) {
            return "the capture cannot be taken";
        }
    }
    return status != DRAGOMAN_NOT_FOUND ? "the capture is damaged" : self->all.count == 0 ? "it is empty" : NULL;
}

static void take_settings(capture_suite *self) {
    for (uint32_t i = 0; i < self->header->fact_count; i++) {
        dragoman_bytes key = self->header->facts[i].key;
        if (bytes_starts_with(key, "setting:")) {
            self->settings[self->setting_count++] =
                (dragoman_setting){{key.data + 8, key.size - 8}, self->header->facts[i].value};
        }
    }
}

/* Reads the capture and does `work` with it. */
static void run(capture_suite *self, dragoman_bytes capture, capture_header *header, void (*work)(capture_suite *)) {
    capture_reader reader;
    error_record error = {0};
    if (capture_reader_init(&reader, capture, header, &error) != DRAGOMAN_OK) {
        tell(self, "the capture", error.text);
        return;
    }
    header->flags = 0;
    self->header = header;
    take_settings(self);
    const char *wrong = read_capture(self, &reader);
    if (wrong != NULL) {
        tell(self, "the capture", wrong);
        return;
    }
    work(self);
}

static uint32_t with_capture(const host_adapter *adapter, dragoman_bytes capture, const host_hooks *meanings,
                             void (*work)(capture_suite *), contract_tell told_to, void *context) {
    capture_suite *self = calloc(1, sizeof(*self));
    capture_header *header = calloc(1, sizeof(*header));
    uint32_t broken = 1;
    if (self != NULL && header != NULL) {
        *self = (capture_suite){.watch = {.adapter = adapter->descriptor},
                                .watched = *adapter,
                                .settlement = DRAGOMAN_DURABLE,
                                .tell = told_to,
                                .context = context};
        self->adapter = &self->watched;
        self->watched.descriptor = border_of(adapter, &self->watch);
        transcript_init(&self->whole);
        self->environment = plays_environment(self, meanings);
        if (self->environment == NULL) {
            tell(self, "memory", "there is none");
        } else {
            run(self, capture, header, work);
        }
        host_environment_destroy(self->environment);
        border_close();
        transcript_fini(&self->whole);
        free(self->all.items);
        broken = self->broken;
    }
    free(header);
    free(self);
    return broken;
}

uint32_t contract_run_capture(const host_adapter *adapter, dragoman_bytes capture, const host_hooks *meanings,
                              contract_tell told_to, void *context) {
    return with_capture(adapter, capture, meanings, check_all, told_to, context);
}

uint32_t contract_measure_capture(const host_adapter *adapter, dragoman_bytes capture, const host_hooks *meanings,
                                  contract_tell told_to, void *context) {
    return with_capture(adapter, capture, meanings, measure_all, told_to, context);
}
