#include "host/contract.h"

#include "base/bytes.h"
#include "host/instance.h"
#include <stdio.h>
#include <stdlib.h>

/* What one instance did with its input: reports, state and dead letters in their order, and actions in theirs. How the
 * two interleave, and how many answers are sent at once, depends on how the input came. */
typedef struct transcript {
    buffer text;
    buffer actions;
    uint32_t messages;
    const char *fault; /* the first thing that it must never do, or NULL */
} transcript;

/* Subjects that live at the same time. */
#define SUBJECTS_MOST 2

typedef struct bench {
    const host_adapter *adapter;
    /* What subjects had committed, each at its place: key and value with their sizes, one behind the other. */
    buffer states[SUBJECTS_MOST];
    bool is_taken[SUBJECTS_MOST];
    uint32_t called; /* the place of who is being called */
    const contract_sample *sample;
    host_environment *environment;
    dragoman_now now;
    dragoman_settlement settlement; /* of every message */
} bench;

/* An instance under test with its transcript. */
typedef struct subject {
    bench *on;
    uint32_t place; /* of its state */
    host_instance *instance;
    host_stream stream;
    transcript said;
    bool is_over;
} subject;

static void keep(void *context, host_message *message) {
    bench *on = context;
    subject *self = host_instance_owner(message->instance);
    buffer *to = &self->said.text;
    self->said.messages++;
    buffer_append_format(to, "message %.*s|%.*s|%llx\n", BYTES_FORMAT(message->store.sender),
                         BYTES_FORMAT(message->store.id), (unsigned long long)message->store.digest);
    for (uint32_t i = 0; i < message->store.report_count; i++) {
        buffer_append_bytes(to, message->store.reports[i].bytes);
    }
    for (uint32_t i = 0; i < message->store.state_count; i++) {
        buffer_append_bytes(to, message->store.states[i].key);
        buffer_append_bytes(to, message->store.states[i].value);
    }
    for (uint32_t i = 0; i < message->store.dead_count; i++) {
        buffer_append_bytes(to, message->store.dead[i].reason);
    }
    bool is_kept = on->settlement != DRAGOMAN_NOT_KEPT;
    for (uint32_t i = 0; i < message->store.state_count && is_kept; i++) {
        const store_state *state = &message->store.states[i];
        const size_t sizes[2] = {state->key.size, state->value.size};
        buffer_append(&on->states[self->place], sizes, sizeof(sizes));
        buffer_append_bytes(&on->states[self->place], state->key);
        buffer_append_bytes(&on->states[self->place], state->value);
    }
    host_message_settle(message, on->settlement, is_kept ? DRAGOMAN_OK : DRAGOMAN_FULL, is_kept ? NULL : "full");
}

/* The state that the subject put itself, the newest of the key: subjects do not see each other's. */
static dragoman_status find_state(void *context, dragoman_bytes link, dragoman_bytes key, arena *memory,
                                  dragoman_bytes *ret_value) {
    const bench *on = context;
    const buffer *states = &on->states[on->called];
    dragoman_status status = DRAGOMAN_NOT_FOUND;
    (void)link;
    for (size_t at = 0; at < states->size;) {
        size_t sizes[2];
        memcpy(sizes, states->data + at, sizeof(sizes));
        at += sizeof(sizes);
        if (bytes_equal((dragoman_bytes){states->data + at, sizes[0]}, key)) {
            *ret_value = arena_copy(memory, (dragoman_bytes){states->data + at + sizes[0], sizes[1]});
            status = DRAGOMAN_OK;
        }
        at += sizes[0] + sizes[1];
    }
    return status;
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

static dragoman_list device_of(void *context, dragoman_bytes chosen) {
    const bench *on = context;
    (void)chosen;
    return DRAGOMAN_LIST(on->sample->device, on->sample->device_count);
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

static void fault(subject *self, const char *what) {
    if (self->said.fault == NULL) {
        self->said.fault = what;
    }
}

/* What must hold after every call. */
static void check_call(subject *self, dragoman_status status) {
    dragoman_action action;
    uint32_t actions = 0;
    if (status != DRAGOMAN_OK && status != DRAGOMAN_NEED_MORE) {
        self->is_over = true;
        buffer_append_format(&self->said.text, "over: %s\n", error_status_name(status));
    }
    if (status == DRAGOMAN_INTERNAL) {
        fault(self, "it consumes more than there is, or consumes and asks for more in one call");
    }
    while (host_instance_next(self->instance, &action) == DRAGOMAN_OK) {
        if (++actions > CONTRACT_ACTIONS_MAX) {
            fault(self, "its actions never end: next must answer NOT_FOUND when all are done");
            break;
        }
        if (action.kind != DRAGOMAN_ACTION_SEND) {
            buffer_append_format(&self->said.actions, "action %u ", action.kind);
        }
        buffer_append_bytes(&self->said.actions, action.data);
    }
    if (host_instance_deadline(self->instance) <= self->on->now.monotonic_us) {
        fault(self, "its deadline lies in the past after a call");
    }
}

static void told(void *context, host_instance *instance) {
    (void)context;
    check_call(host_instance_owner(instance), DRAGOMAN_OK);
}

static bool subject_init(subject *self, bench *on) {
    static const uint8_t seed[DRAGOMAN_SEED_BYTES] = {1, 2, 3};
    *self = (subject){.on = on, .place = on->is_taken[0] ? 1 : 0};
    on->is_taken[self->place] = true;
    on->called = self->place;
    buffer_init(&on->states[self->place]);
    buffer_init(&self->said.text);
    buffer_init(&self->said.actions);
    host_instance_options options = {.link = DRAGOMAN_TEXT("contract"),
                                     .profile = DRAGOMAN_TEXT("sample"),
                                     .settings = on->sample->settings,
                                     .setting_count = on->sample->setting_count,
                                     .seed = seed,
                                     .owner = self};
    if (host_instance_create(on->environment, on->adapter, &options, &on->now, &self->instance, NULL) != DRAGOMAN_OK) {
        fault(self, "init fails");
        return false;
    }
    dragoman_event event = {.struct_size = sizeof(event), .kind = DRAGOMAN_EVENT_OPENED};
    event.of.opened =
        (dragoman_opened_event){.channel_kind = on->sample->channel_kind, .peer = DRAGOMAN_TEXT("peer:1")};
    check_call(self, host_instance_handle(self->instance, &event, &on->now));
    return true;
}

static void subject_feed(subject *self, dragoman_bytes bytes, bool is_end) {
    bool is_stopped = false;
    if (self->is_over) {
        return;
    }
    self->on->called = self->place;
    check_call(self,
               host_instance_feed(self->instance, 0, &self->stream, bytes, is_end, 0, &self->on->now, &is_stopped));
    host_environment_settle(self->on->environment, &self->on->now, told, NULL);
}

static void subject_fini(subject *self) {
    self->on->called = self->place;
    if (self->instance != NULL && !self->is_over) {
        dragoman_event event = {.struct_size = sizeof(event), .kind = DRAGOMAN_EVENT_CLOSED};
        event.of.closed.reason = DRAGOMAN_CLOSE_PEER;
        (void)host_instance_handle(self->instance, &event, &self->on->now);
    }
    host_instance_destroy(self->instance);
    host_environment_settle(self->on->environment, &self->on->now, told, NULL);
    host_stream_fini(&self->stream);
    buffer_fini(&self->said.text);
    buffer_fini(&self->said.actions);
    buffer_fini(&self->on->states[self->place]);
    self->on->is_taken[self->place] = false;
}

static dragoman_bytes part(dragoman_bytes bytes, size_t from, size_t to) {
    return (dragoman_bytes){bytes.data + from, to - from};
}

typedef struct suite {
    bench on;
    transcript whole;
    contract_tell tell;
    void *context;
    uint32_t broken;
} suite;

static void tell(suite *self, const char *clause, const char *detail) {
    self->broken += detail == NULL ? 0 : 1;
    self->tell(self->context, clause, detail == NULL, detail == NULL ? "" : detail);
}

/* What is wrong with a subject that must have said the same as when it was fed the whole; NULL: nothing. */
static const char *difference(const suite *self, const subject *other) {
    if (other->said.fault != NULL) {
        return other->said.fault;
    }
    bool is_same = bytes_equal(buffer_bytes(&self->whole.text), buffer_bytes(&other->said.text)) &&
                   bytes_equal(buffer_bytes(&self->whole.actions), buffer_bytes(&other->said.actions));
    return is_same ? NULL : "it says something else than when the input comes in one piece";
}

static void check_whole(suite *self) {
    subject one;
    if (subject_init(&one, &self->on)) {
        subject_feed(&one, self->on.sample->bytes, true);
    }
    const char *wrong = one.said.fault;
    if (wrong == NULL && one.said.messages == 0) {
        wrong = "the sample gives no message: take one that it understands";
    }
    buffer_append_bytes(&self->whole.text, buffer_bytes(&one.said.text));
    buffer_append_bytes(&self->whole.actions, buffer_bytes(&one.said.actions));
    subject_fini(&one);
    tell(self, "the whole sample at once", wrong);
}

static void check_bytes(suite *self) {
    subject one;
    dragoman_bytes all = self->on.sample->bytes;
    if (subject_init(&one, &self->on)) {
        for (size_t i = 0; i < all.size; i++) {
            subject_feed(&one, part(all, i, i + 1), false);
        }
        subject_feed(&one, (dragoman_bytes){NULL, 0}, true);
    }
    tell(self, "byte by byte", difference(self, &one));
    subject_fini(&one);
}

static size_t stride(size_t size) {
    return size / CONTRACT_CUTS_MAX + 1;
}

static void check_cuts(suite *self) {
    dragoman_bytes all = self->on.sample->bytes;
    const char *wrong = NULL;
    for (size_t cut = 0; cut <= all.size && wrong == NULL; cut += stride(all.size)) {
        subject one;
        if (subject_init(&one, &self->on)) {
            subject_feed(&one, part(all, 0, cut), false);
            subject_feed(&one, part(all, cut, all.size), true);
        }
        wrong = difference(self, &one);
        subject_fini(&one);
    }
    tell(self, "cut in two at every place", wrong);
}

static void check_truncated(suite *self) {
    dragoman_bytes all = self->on.sample->bytes;
    const char *wrong = NULL;
    for (size_t cut = 0; cut < all.size && wrong == NULL; cut += stride(all.size)) {
        subject one;
        if (subject_init(&one, &self->on)) {
            subject_feed(&one, part(all, 0, cut), true);
        }
        wrong = one.said.fault;
        subject_fini(&one);
    }
    tell(self, "cut short at every place", wrong);
}

/* splitmix64: the same garbage in every run. */
static uint64_t draw(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void check_garbled(suite *self) {
    dragoman_bytes all = self->on.sample->bytes;
    const char *wrong = NULL;
    uint64_t random = 1;
    uint8_t *copy = malloc(all.size + 1);
    for (uint32_t round = 0; copy != NULL && round < CONTRACT_GARBLED && wrong == NULL; round++) {
        memcpy(copy, all.data, all.size);
        size_t changes = 1 + draw(&random) % 16;
        for (size_t i = 0; i < changes && all.size > 0; i++) {
            copy[draw(&random) % all.size] = (uint8_t)draw(&random);
        }
        subject one;
        if (subject_init(&one, &self->on)) {
            size_t cut = draw(&random) % (all.size + 1);
            subject_feed(&one, (dragoman_bytes){copy, cut}, false);
            subject_feed(&one, (dragoman_bytes){copy + cut, all.size - cut}, true);
        }
        wrong = one.said.fault;
        subject_fini(&one);
    }
    free(copy);
    tell(self, "garbled", wrong);
}

static void check_interleaved(suite *self) {
    subject one;
    subject other;
    dragoman_bytes all = self->on.sample->bytes;
    bool is_good = subject_init(&one, &self->on);
    is_good = subject_init(&other, &self->on) && is_good;
    const size_t step = 7;
    for (size_t i = 0; is_good && i < all.size; i += step) {
        size_t end = i + step < all.size ? i + step : all.size;
        subject_feed(&one, part(all, i, end), end == all.size);
        subject_feed(&other, part(all, i, end), end == all.size);
    }
    const char *wrong = difference(self, &one);
    wrong = wrong == NULL ? difference(self, &other) : wrong;
    subject_fini(&one);
    subject_fini(&other);
    tell(self, "two instances in turn", wrong);
}

static void check_restart(suite *self) {
    dragoman_bytes all = self->on.sample->bytes;
    subject dead;
    subject next;
    if (subject_init(&dead, &self->on)) {
        subject_feed(&dead, part(all, 0, all.size / 2), false);
    }
    dead.is_over = true; /* it dies without a word */
    subject_fini(&dead);
    if (subject_init(&next, &self->on)) {
        subject_feed(&next, all, true);
    }
    tell(self, "after another instance died half-way", difference(self, &next));
    subject_fini(&next);
}

static void check_deadlines(suite *self) {
    subject one;
    if (subject_init(&one, &self->on)) {
        subject_feed(&one, part(self->on.sample->bytes, 0, self->on.sample->bytes.size / 2), false);
        for (int i = 0; i < 1000 && !one.is_over; i++) {
            int64_t at_us = host_instance_deadline(one.instance);
            if (at_us == DRAGOMAN_NO_DEADLINE) {
                break;
            }
            one.on->now.wall_us += at_us - one.on->now.monotonic_us;
            one.on->now.monotonic_us = at_us;
            check_call(&one, host_instance_expire(one.instance, &one.on->now));
        }
    }
    tell(self, "its deadlines, one after the other", one.said.fault);
    subject_fini(&one);
}

static void check_settlement(suite *self, dragoman_settlement settlement, const char *clause) {
    subject one;
    self->on.settlement = settlement;
    if (subject_init(&one, &self->on)) {
        subject_feed(&one, self->on.sample->bytes, true);
    }
    tell(self, clause, one.said.fault);
    subject_fini(&one);
    self->on.settlement = DRAGOMAN_DURABLE;
}

uint32_t contract_run(const host_adapter *adapter, const contract_sample *sample, contract_tell told_to,
                      void *context) {
    suite self = {.on = {.adapter = adapter,
                         .sample = sample,
                         .now = {.monotonic_us = 1000000, .wall_us = 1700000000000000},
                         .settlement = DRAGOMAN_DURABLE},
                  .tell = told_to,
                  .context = context};
    host_hooks hooks = {.context = &self.on,
                        .meaning = &self.on,
                        .keep = keep,
                        .state_get = find_state,
                        .profile = no_profile,
                        .profile_setting = no_setting,
                        .device = device_of,
                        .is_episodic = never_episodic,
                        .log = ignore_log,
                        .count = ignore_count,
                        .wake = ignore_wake};
    self.on.environment = host_environment_create(&hooks);
    buffer_init(&self.whole.text);
    buffer_init(&self.whole.actions);
    if (self.on.environment == NULL) {
        tell(&self, "memory", "there is none");
        return self.broken;
    }
    check_whole(&self);
    check_bytes(&self);
    check_cuts(&self);
    check_truncated(&self);
    check_garbled(&self);
    check_interleaved(&self);
    check_restart(&self);
    check_deadlines(&self);
    check_settlement(&self, DRAGOMAN_DUPLICATE, "everything was there before");
    check_settlement(&self, DRAGOMAN_NOT_KEPT, "nothing can be kept");
    host_environment_destroy(self.on.environment);
    buffer_fini(&self.whole.text);
    buffer_fini(&self.whole.actions);
    return self.broken;
}
