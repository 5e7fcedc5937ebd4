/* What the rest of the house is to an instance in a child: frames on a pipe. */
#include "base/bytes.h"
#include "isolate/serve_internal.h"
#include <stdlib.h>

static void put_reports(buffer *to, const store_message *message) {
    wire_put_number(to, message->report_count);
    for (uint32_t i = 0; i < message->report_count; i++) {
        wire_put_bytes(to, message->reports[i].bytes);
    }
    wire_put_number(to, message->state_count);
    for (uint32_t i = 0; i < message->state_count; i++) {
        wire_put_bytes(to, message->states[i].key);
        wire_put_bytes(to, message->states[i].value);
    }
    wire_put_number(to, message->dead_count);
    for (uint32_t i = 0; i < message->dead_count; i++) {
        wire_put_bytes(to, message->dead[i].payload);
        wire_put_bytes(to, message->dead[i].stage);
        wire_put_bytes(to, message->dead[i].reason);
    }
}

/* What one call says may be more than belongs in memory at once. */
static void flush_much(serving *self) {
    if (self->out.size >= SERVE_FLUSH_BYTES) {
        serve_flush(self);
    }
}

static void keep(void *context, host_message *message) {
    serving *self = context;
    serve_instance *one = serve_current(self);
    size_t began = wire_begin(&self->out, WIRE_MESSAGE, self->current);
    wire_put_number(&self->out, message->store.number);
    wire_put_bytes(&self->out, message->store.sender);
    wire_put_bytes(&self->out, message->store.id);
    wire_put_number(&self->out, message->store.digest);
    put_reports(&self->out, &message->store);
    wire_end(&self->out, began);
    message->store.context = NULL;
    if (one->oldest == NULL) {
        one->oldest = message;
    } else {
        one->newest->store.context = message;
    }
    one->newest = message;
    flush_much(self);
}

/* Waits for the reply to the question that is in `out`. Frames that came before it wait their turn. */
static dragoman_bytes ask(serving *self, dragoman_status *ret_status) {
    size_t looked = 0;
    serve_flush(self);
    /* The rest of `in` comes before what is read now. */
    if (self->later.size == 0) {
        buffer_append(&self->later, self->in.data + self->at, self->in.size - self->at);
        self->in.size = self->at;
    }
    while (self->trouble == DRAGOMAN_OK) {
        wire_frame frame;
        dragoman_bytes rest = {self->later.data + looked, self->later.size - looked};
        dragoman_status status = rest.size == 0 ? DRAGOMAN_NEED_MORE : wire_next(rest, &frame);
        if (status == DRAGOMAN_NEED_MORE) {
            (void)serve_read(self, &self->later);
            continue;
        }
        if (status != DRAGOMAN_OK) {
            self->trouble = status;
            break;
        }
        if (frame.kind == WIRE_REPLY) {
            wire_reader reader = {.rest = frame.body};
            wire_frame nothing = {.kind = WIRE_NOTHING};
            memcpy(self->later.data + looked + sizeof(uint32_t), &nothing.kind, sizeof(nothing.kind));
            *ret_status = (dragoman_status)wire_get_number(&reader);
            return wire_get_bytes(&reader);
        }
        looked += frame.size;
    }
    *ret_status = DRAGOMAN_CLOSED;
    return (dragoman_bytes){NULL, 0};
}

static dragoman_status state_get(void *context, dragoman_bytes link, dragoman_bytes key, arena *memory,
                                 dragoman_bytes *ret_value) {
    serving *self = context;
    dragoman_status status;
    (void)link;
    size_t began = wire_begin(&self->out, WIRE_ASK_STATE, self->current);
    wire_put_bytes(&self->out, key);
    wire_end(&self->out, began);
    dragoman_bytes value = ask(self, &status);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    *ret_value = arena_copy(memory, value);
    return value.size > 0 && ret_value->data == NULL ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
}

static void log_line(void *context, dragoman_bytes link, uint32_t level, dragoman_bytes text,
                     dragoman_bytes private_text) {
    serving *self = context;
    (void)link;
    size_t began = wire_begin(&self->out, WIRE_LOG, self->current);
    wire_put_number(&self->out, level);
    wire_put_bytes(&self->out, text);
    wire_put_bytes(&self->out, private_text);
    wire_end(&self->out, began);
    flush_much(self);
}

static void count(void *context, dragoman_bytes link, uint32_t counter, uint64_t add) {
    serving *self = context;
    (void)link;
    size_t began = wire_begin(&self->out, WIRE_COUNT, self->current);
    wire_put_number(&self->out, counter);
    wire_put_number(&self->out, add);
    wire_end(&self->out, began);
}

static void wake(void *context) {
    /* Messages settle only where the next line delivers that. */
    (void)context;
}

/* The house draws conclusions from profiles when it has the report; here none speaks. */
static host_profile profile(void *meaning, dragoman_bytes adapter, dragoman_bytes chosen,
                            const dragoman_report *report) {
    (void)meaning, (void)adapter, (void)chosen, (void)report;
    return (host_profile){0};
}

/* A value that stays: there are as many as mappings and link have different ones. */
static const serve_value *intern(serving *self, dragoman_bytes value) {
    for (const serve_value *each = self->values; each != NULL; each = each->after) {
        if (bytes_equal((dragoman_bytes){each->bytes, each->size}, value)) {
            return each;
        }
    }
    serve_value *made = malloc(sizeof(*made) + value.size);
    if (made != NULL) {
        *made = (serve_value){.after = self->values, .size = value.size};
        if (value.size > 0) {
            memcpy(made->bytes, value.data, value.size);
        }
        self->values = made;
    }
    return made;
}

static dragoman_bytes profile_setting(void *meaning, dragoman_bytes adapter, dragoman_bytes chosen,
                                      const dragoman_code *sender, dragoman_bytes key) {
    serving *self = meaning;
    dragoman_status status;
    (void)adapter;
    uint64_t question = bytes_hash(chosen, 1);
    question =
        bytes_hash(key, bytes_hash(sender->system, bytes_hash(sender->text, bytes_hash(sender->code, question))));
    question |= 1;
    serve_answer *answer = &self->answers[(question >> 1) % SERVE_ANSWERS];
    if (answer->question != question) {
        size_t began = wire_begin(&self->out, WIRE_ASK_SETTING, self->current);
        wire_put_bytes(&self->out, sender->code);
        wire_put_bytes(&self->out, sender->text);
        wire_put_bytes(&self->out, sender->system);
        wire_put_bytes(&self->out, key);
        wire_end(&self->out, began);
        *answer = (serve_answer){question, intern(self, ask(self, &status))};
    }
    return answer->value == NULL ? (dragoman_bytes){NULL, 0}
                                 : (dragoman_bytes){answer->value->bytes, answer->value->size};
}

static dragoman_list device(void *meaning, dragoman_bytes chosen) {
    (void)chosen;
    return serve_current(meaning)->device;
}

static bool is_episodic(void *meaning, dragoman_bytes of, const dragoman_report *report,
                        const dragoman_observation *observation) {
    (void)meaning, (void)of, (void)report, (void)observation;
    return false;
}

host_hooks serve_hooks(serving *self) {
    return (host_hooks){.context = self,
                        .keep = keep,
                        .state_get = state_get,
                        .log = log_line,
                        .count = count,
                        .wake = wake,
                        .meaning = self,
                        .profile = profile,
                        .profile_setting = profile_setting,
                        .device = device,
                        .is_episodic = is_episodic};
}
