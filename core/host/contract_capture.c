#include "host/contract_capture.h"

#include "base/bytes.h"
#include "host/player.h"
#include <stdio.h>
#include <stdlib.h>

/* A silence that outlasts every deadline that a bedside protocol has. */
#define SILENCE_US INT64_C(600000000)
/* A day and a half in one step, as after a suspended machine. */
#define LONG_SILENCE_US INT64_C(129600000000)

/* What came out: reports, state and dead letters in their order, and the actions of each channel in theirs. */
typedef struct transcript {
    buffer text;
    buffer actions;
    uint32_t messages;
} transcript;

typedef struct records {
    capture_record *items;
    size_t count, room;
    uint8_t *garbage; /* a payload that differs from the capture's; NULL: none does */
} records;

typedef struct suite {
    const host_adapter *adapter;
    const capture_header *header;
    dragoman_setting settings[CAPTURE_FACTS_MAX];
    uint32_t setting_count;
    host_environment *environment;
    records all;
    size_t bytes; /* in all BYTES records together */
    transcript whole;
    dragoman_settlement settlement; /* of every message */
    contract_tell tell;
    void *context;
    uint32_t broken;
} suite;

static const char differs[] = "it says something else than when the capture is played as it is";

/* ---- hooks */

static void keep(void *context, host_message *message) {
    const suite *self = context;
    transcript *to = host_player_context(message->instance);
    to->messages++;
    buffer_append_format(&to->text, "message %.*s|%.*s|%llx\n", BYTES_FORMAT(message->store.sender),
                         BYTES_FORMAT(message->store.id), (unsigned long long)message->store.digest);
    for (uint32_t i = 0; i < message->store.report_count; i++) {
        buffer_append_bytes(&to->text, message->store.reports[i].bytes);
    }
    for (uint32_t i = 0; i < message->store.state_count; i++) {
        buffer_append_bytes(&to->text, message->store.states[i].key);
        buffer_append_bytes(&to->text, message->store.states[i].value);
    }
    for (uint32_t i = 0; i < message->store.dead_count; i++) {
        buffer_append_bytes(&to->text, message->store.dead[i].reason);
    }
    bool is_kept = self->settlement != DRAGOMAN_NOT_KEPT;
    host_message_settle(message, self->settlement, is_kept ? DRAGOMAN_OK : DRAGOMAN_FULL, is_kept ? NULL : "full");
}

static void act(void *context, uint32_t session, const dragoman_action *action) {
    transcript *to = context;
    if (action->kind != DRAGOMAN_ACTION_SEND) {
        buffer_append_format(&to->actions, "%u: action %u on %u to %.*s: ", session, action->kind, action->channel,
                             BYTES_FORMAT(action->target));
    }
    buffer_append_bytes(&to->actions, action->data);
}

static dragoman_status no_state(void *context, dragoman_bytes link, dragoman_bytes key, arena *memory,
                                dragoman_bytes *ret_value) {
    (void)context, (void)link, (void)key, (void)memory, (void)ret_value;
    return DRAGOMAN_NOT_FOUND;
}

static host_profile no_profile(void *context, dragoman_bytes adapter, dragoman_bytes chosen,
                               const dragoman_report *report) {
    (void)context, (void)adapter, (void)chosen, (void)report;
    return (host_profile){0};
}

static dragoman_bytes no_setting(void *context, dragoman_bytes adapter, dragoman_bytes chosen,
                                 const dragoman_code *sender, dragoman_bytes key) {
    (void)context, (void)adapter, (void)chosen, (void)sender, (void)key;
    return (dragoman_bytes){NULL, 0};
}

static bool never_episodic(void *context, dragoman_bytes profile, const dragoman_report *report,
                           const dragoman_observation *observation) {
    (void)context, (void)profile, (void)report, (void)observation;
    return false;
}

static void ignore_log(void *context, dragoman_bytes link, uint32_t level, dragoman_bytes text,
                       dragoman_bytes private_text) {
    (void)context, (void)link, (void)level, (void)text, (void)private_text;
}

static void ignore_count(void *context, dragoman_bytes link, uint32_t counter, uint64_t add) {
    (void)context, (void)link, (void)counter, (void)add;
}

static void ignore_wake(void *context) {
    (void)context;
}

static host_environment *make_environment(suite *self, const host_hooks *meanings) {
    host_hooks hooks = {.profile = no_profile, .profile_setting = no_setting, .is_episodic = never_episodic};
    if (meanings != NULL) {
        hooks = *meanings;
    }
    hooks.context = self;
    hooks.keep = keep;
    hooks.state_get = no_state;
    hooks.log = ignore_log;
    hooks.count = ignore_count;
    hooks.wake = ignore_wake;
    return host_environment_create(&hooks);
}

/* ---- plays */

static bool add(records *to, capture_record record) {
    if (to->count == to->room) {
        size_t room = to->room == 0 ? 256 : to->room * 2;
        capture_record *more = realloc(to->items, room * sizeof(*more));
        if (more == NULL) {
            return false;
        }
        to->items = more;
        to->room = room;
    }
    to->items[to->count++] = record;
    return true;
}

static void transcript_init(transcript *self) {
    *self = (transcript){.messages = 0};
    buffer_init(&self->text);
    buffer_init(&self->actions);
}

static void transcript_fini(transcript *self) {
    buffer_fini(&self->text);
    buffer_fini(&self->actions);
}

static host_player *begin(const suite *self, transcript *to) {
    host_player *player = NULL;
    host_player_options options = {.environment = self->environment,
                                   .adapter = self->adapter,
                                   .instance = {.link = DRAGOMAN_TEXT("contract"),
                                                .profile = capture_fact(self->header, "profile"),
                                                .settings = self->settings,
                                                .setting_count = self->setting_count},
                                   .context = to,
                                   .act = act};
    transcript_init(to);
    return host_player_create(&options, self->header, &player, NULL) == DRAGOMAN_OK ? player : NULL;
}

/* Ends a play. What it must never have done, or NULL. */
static const char *end(host_player *player) {
    const char *fault = player == NULL ? "its channels are not those of the capture" : host_player_fault(player);
    host_player_destroy(player);
    return fault;
}

static void play(host_player *player, const records *what, size_t from, size_t to) {
    for (size_t i = from; player != NULL && i < to; i++) {
        (void)host_player_play(player, &what->items[i], NULL);
    }
}

static bool is_same(const suite *self, const transcript *other) {
    return bytes_equal(buffer_bytes(&self->whole.text), buffer_bytes(&other->text)) &&
           bytes_equal(buffer_bytes(&self->whole.actions), buffer_bytes(&other->actions));
}

/* Plays changed records; `must_agree`: what comes out is the same as from those of the capture. Empties `what`. */
static const char *try_out(const suite *self, records *what, bool must_agree) {
    transcript said;
    host_player *player = begin(self, &said);
    play(player, what, 0, what->count);
    const char *wrong = end(player);
    if (wrong == NULL && must_agree && !is_same(self, &said)) {
        wrong = differs;
    }
    transcript_fini(&said);
    what->count = 0;
    return wrong;
}

static void tell(suite *self, const char *clause, const char *detail) {
    self->broken += detail == NULL ? 0 : 1;
    self->tell(self->context, clause, detail == NULL, detail == NULL ? "" : detail);
}

/* ---- clauses */

static void check_whole(suite *self) {
    host_player *player = begin(self, &self->whole);
    play(player, &self->all, 0, self->all.count);
    const char *wrong = end(player);
    if (wrong == NULL && self->whole.messages == 0) {
        wrong = "the capture gives no message: take one that it understands";
    }
    tell(self, "the capture as it is", wrong);
    records again = {.count = 0};
    for (size_t i = 0; i < self->all.count; i++) {
        add(&again, self->all.items[i]);
    }
    tell(self, "the same capture again", try_out(self, &again, true));
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
    add(to, first);
    add(to, second);
}

static void check_bytes(suite *self) {
    records single = {.count = 0};
    for (size_t i = 0; i < self->all.count; i++) {
        capture_record rest = self->all.items[i];
        while (rest.kind == CAPTURE_BYTES && rest.parts[0].size > 1) {
            capture_record first = rest;
            first.parts[0].size = 1;
            first.code = 0;
            add(&single, first);
            rest.parts[0] = (dragoman_bytes){rest.parts[0].data + 1, rest.parts[0].size - 1};
        }
        add(&single, rest);
    }
    tell(self, "its bytes one by one", try_out(self, &single, true));
    free(single.items);
}

static size_t stride(size_t count) {
    return count / CONTRACT_CAPTURE_PLAYS + 1;
}

static void check_cuts(suite *self) {
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
                add(&what, *record);
            }
            before += size;
        }
        wrong = try_out(self, &what, true);
    }
    free(what.items);
    tell(self, "its bytes cut in two at every place", wrong);
}

static void check_truncated(suite *self) {
    records what = {.count = 0};
    const char *wrong = NULL;
    for (size_t last = 0; last < self->all.count && wrong == NULL; last += stride(self->all.count)) {
        for (size_t i = 0; i < last; i++) {
            add(&what, self->all.items[i]);
        }
        const capture_record *record = &self->all.items[last];
        if (record->kind == CAPTURE_BYTES) {
            add_cut(&what, record, record->parts[0].size / 2);
            what.count--;
        }
        wrong = try_out(self, &what, false);
    }
    free(what.items);
    tell(self, "cut short after each event", wrong);
}

/* splitmix64: the same garbage in every run. */
static uint64_t draw(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static bool carries_data(const capture_record *record) {
    return record->kind == CAPTURE_BYTES || record->kind == CAPTURE_DATAGRAM || record->kind == CAPTURE_MESSAGE;
}

/* A record whose last part has some other bytes, in memory that lives as long as `to`. */
static void add_garbled(records *to, const capture_record *record, uint64_t *random) {
    capture_record changed = *record;
    dragoman_bytes *data = &changed.parts[changed.part_count - 1];
    uint8_t *copy = malloc(data->size + 1);
    if (copy == NULL || data->size == 0) {
        free(copy);
        add(to, *record);
        return;
    }
    memcpy(copy, data->data, data->size);
    size_t changes = 1 + draw(random) % 4;
    for (size_t i = 0; i < changes; i++) {
        copy[draw(random) % data->size] = (uint8_t)draw(random);
    }
    /* Sometimes a piece is missing at its end. */
    size_t size = draw(random) % 4 == 0 ? draw(random) % data->size : data->size;
    to->garbage = copy;
    *data = (dragoman_bytes){copy, size};
    add(to, changed);
}

static void check_garbled(suite *self) {
    records what = {.count = 0};
    const char *wrong = NULL;
    uint64_t random = 1;
    for (uint32_t round = 0; round < CONTRACT_GARBLED && wrong == NULL; round++) {
        size_t chosen = draw(&random) % self->all.count;
        for (size_t i = 0; i < self->all.count; i++) {
            const capture_record *record = &self->all.items[i];
            if (what.garbage == NULL && i >= chosen && carries_data(record)) {
                add_garbled(&what, record, &random);
            } else {
                add(&what, *record);
            }
        }
        wrong = try_out(self, &what, false);
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
        add(to, all->items[at]);
        add(to, all->items[at]);
    } else if (kind == MISHAP_SWAPPED && has_next && carries_data(&all->items[at + 1])) {
        add(to, all->items[at + 1]);
    }
}

static void check_mishaps(suite *self, mishap kind, const char *clause) {
    records what = {.count = 0};
    const char *wrong = NULL;
    for (size_t at = 0; at < self->all.count && wrong == NULL; at += stride(self->all.count)) {
        if (!carries_data(&self->all.items[at])) {
            continue;
        }
        for (size_t i = 0; i < self->all.count; i++) {
            if (i == at) {
                add_mishap(&what, &self->all, i, kind);
            } else {
                add(&what, self->all.items[i]);
            }
        }
        wrong = try_out(self, &what, false);
    }
    free(what.items);
    tell(self, clause, wrong);
}

static void check_interleaved(suite *self) {
    transcript said[2];
    host_player *players[2] = {begin(self, &said[0]), begin(self, &said[1])};
    for (size_t i = 0; i < self->all.count; i++) {
        play(players[0], &self->all, i, i + 1);
        play(players[1], &self->all, i, i + 1);
    }
    const char *wrong = NULL;
    for (int i = 0; i < 2; i++) {
        const char *fault = end(players[i]);
        wrong = wrong != NULL || fault == NULL ? wrong : fault;
        wrong = wrong != NULL || is_same(self, &said[i]) ? wrong : differs;
        transcript_fini(&said[i]);
    }
    tell(self, "two instances in turn", wrong);
}

static void check_restart(suite *self) {
    transcript said;
    host_player *dead = begin(self, &said);
    play(dead, &self->all, 0, self->all.count / 2);
    (void)end(dead);
    transcript_fini(&said);
    host_player *next = begin(self, &said);
    play(next, &self->all, 0, self->all.count);
    const char *wrong = end(next);
    tell(self, "after another instance died half-way", wrong == NULL && !is_same(self, &said) ? differs : wrong);
    transcript_fini(&said);
}

/* Nothing comes for long after an event, and then the rest. */
static void check_silence(suite *self, int64_t silence_us, size_t plays, const char *clause) {
    records what = {.count = 0};
    const char *wrong = NULL;
    for (size_t at = 0; at < self->all.count && wrong == NULL; at += self->all.count / plays + 1) {
        for (size_t i = 0; i < self->all.count; i++) {
            capture_record record = self->all.items[i];
            record.now.monotonic_us += i > at ? silence_us : 0;
            record.now.wall_us += i > at ? silence_us : 0;
            add(&what, record);
        }
        capture_record last = {.kind = CAPTURE_EXPIRED,
                               .session = self->all.items[self->all.count - 1].session,
                               .now = self->all.items[self->all.count - 1].now};
        last.now.monotonic_us += 2 * silence_us;
        last.now.wall_us += 2 * silence_us;
        add(&what, last);
        wrong = try_out(self, &what, false);
    }
    free(what.items);
    tell(self, clause, wrong);
}

static void check_settlement(suite *self, dragoman_settlement settlement, const char *clause) {
    transcript said;
    self->settlement = settlement;
    host_player *player = begin(self, &said);
    play(player, &self->all, 0, self->all.count);
    tell(self, clause, end(player));
    transcript_fini(&said);
    self->settlement = DRAGOMAN_DURABLE;
}

static void check_all(suite *self) {
    check_whole(self);
    check_bytes(self);
    check_cuts(self);
    check_truncated(self);
    check_garbled(self);
    check_mishaps(self, MISHAP_LOST, "one event is lost");
    check_mishaps(self, MISHAP_DOUBLED, "one event comes twice");
    check_mishaps(self, MISHAP_SWAPPED, "two events change places");
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

static const char *read_capture(suite *self, capture_reader *reader) {
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
        if ((carries_data(&record) && record.part_count == 0) || !add(&self->all, record)) {
            return "the capture cannot be taken";
        }
    }
    return status != DRAGOMAN_NOT_FOUND ? "the capture is damaged" : self->all.count == 0 ? "it is empty" : NULL;
}

static void take_settings(suite *self) {
    for (uint32_t i = 0; i < self->header->fact_count; i++) {
        dragoman_bytes key = self->header->facts[i].key;
        if (bytes_starts_with(key, "setting:")) {
            self->settings[self->setting_count++] =
                (dragoman_setting){{key.data + 8, key.size - 8}, self->header->facts[i].value};
        }
    }
}

static void run(suite *self, dragoman_bytes capture, capture_header *header) {
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
    check_all(self);
}

uint32_t contract_run_capture(const host_adapter *adapter, dragoman_bytes capture, const host_hooks *meanings,
                              contract_tell told_to, void *context) {
    suite *self = calloc(1, sizeof(*self));
    capture_header *header = calloc(1, sizeof(*header));
    uint32_t broken = 1;
    if (self != NULL && header != NULL) {
        *self = (suite){.adapter = adapter, .settlement = DRAGOMAN_DURABLE, .tell = told_to, .context = context};
        transcript_init(&self->whole);
        self->environment = make_environment(self, meanings);
        if (self->environment == NULL) {
            tell(self, "memory", "there is none");
        } else {
            run(self, capture, header);
        }
        host_environment_destroy(self->environment);
        transcript_fini(&self->whole);
        free(self->all.items);
        broken = self->broken;
    }
    free(header);
    free(self);
    return broken;
}
