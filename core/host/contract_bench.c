#include "host/contract_bench.h"

#include "base/bytes.h"
#include "host/silent.h"
#include <stdio.h>

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

static dragoman_list device_of(void *context, dragoman_bytes chosen) {
    const bench *on = context;
    (void)chosen;
    return DRAGOMAN_LIST(on->sample->device, on->sample->device_count);
}

/* The host says why it refuses a report. */
static void note_log(void *context, dragoman_bytes link, uint32_t level, dragoman_bytes text,
                     dragoman_bytes private_text) {
    bench *on = context;
    (void)link, (void)private_text;
    if (level == DRAGOMAN_LOG_ERROR) {
        snprintf(on->refusal, sizeof(on->refusal), "%.*s", BYTES_FORMAT(text));
    }
}

static void fault(subject *self, const char *what) {
    if (self->said.fault == NULL) {
        self->said.fault = what;
    }
}

/* What must hold after every call. */
void subject_look(subject *self, dragoman_status status) {
    dragoman_action action;
    uint32_t actions = 0;
    if (status != DRAGOMAN_OK && status != DRAGOMAN_NEED_MORE) {
        self->is_over = true;
        buffer_append_format(&self->said.text, "over: %s\n", error_status_name(status));
    }
    if (status == DRAGOMAN_INTERNAL) {
        fault(self, "it consumes more than there is, or consumes and asks for more in one call");
    }
    if (self->on->watch.refused_reports != self->on->refused_before) {
        self->on->refused_before = self->on->watch.refused_reports;
        snprintf(self->on->fault, sizeof(self->on->fault), "emit refuses a report, since it says what cannot be: %s",
                 self->on->refusal);
        fault(self, self->on->fault);
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
    subject_look(host_instance_owner(instance), DRAGOMAN_OK);
}

bool subject_init(subject *self, bench *on) {
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
    subject_look(self, host_instance_handle(self->instance, &event, &on->now));
    return true;
}

void subject_feed(subject *self, dragoman_bytes bytes, bool is_end) {
    bool is_stopped = false;
    if (self->is_over) {
        return;
    }
    self->on->called = self->place;
    subject_look(self,
                 host_instance_feed(self->instance, 0, &self->stream, bytes, is_end, 0, &self->on->now, &is_stopped));
    host_environment_settle(self->on->environment, &self->on->now, told, NULL);
}

void subject_fini(subject *self) {
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

bool bench_init(bench *self, const host_adapter *adapter, const contract_sample *sample) {
    *self = (bench){.watch = {.adapter = adapter->descriptor},
                    .watched = *adapter,
                    .sample = sample,
                    .now = {.monotonic_us = 1000000, .wall_us = 1700000000000000},
                    .settlement = DRAGOMAN_DURABLE};
    self->adapter = &self->watched;
    self->watched.descriptor = border_of(adapter, &self->watch);
    host_hooks hooks = host_silent_hooks();
    hooks.context = hooks.meaning = self;
    hooks.keep = keep;
    hooks.state_get = find_state;
    hooks.device = device_of;
    hooks.log = note_log;
    self->environment = host_environment_create(&hooks);
    return self->environment != NULL;
}

void bench_fini(bench *self) {
    host_environment_destroy(self->environment);
    border_close();
}
