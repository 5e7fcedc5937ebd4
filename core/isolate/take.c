/* What a process says: carried to the host as if its adapter had said it here, and checked as if it came from anywhere.
 */
#include "base/bytes.h"
#include "isolate/internal.h"
#include "model/model.h"
#include <stdio.h>

/* Who said nothing for so long may say the most again. */
#define FILLED_AFTER_US 60000000
/* A longer line is cut. */
#define LINE_BYTES_MAX 4096u
/* The actions of one instance that wait to be fetched: more than a link has room for. */
#define ACTIONS_BYTES_MAX ((size_t)64 << 20)

/* What an instance may say. Each of a device's bytes is worth something: who sends garbage gets a refusal, a dead
 * letter and a line for each frame, and no protocol has frames of less than two bytes. */
static const isolate_allowance allowances[ISOLATE_SAYINGS] = {
    [ISOLATE_SAYS_MESSAGES] = {.most = 4096, .per_second = 1000, .bytes_each = 2},
    [ISOLATE_SAYS_ACTIONS] = {.most = 4096, .per_second = 1000, .bytes_each = 2},
    [ISOLATE_SAYS_LINES] = {.most = 4096, .per_second = 50, .bytes_each = 2},
};

void isolate_allow_for(isolate_far *one, size_t size) {
    for (int i = 0; i < ISOLATE_SAYINGS; i++) {
        one->budgets[i].bytes += size;
    }
}

static bool may_say(isolate_far *one, isolate_saying what, int64_t monotonic_us) {
    const isolate_allowance *allowed = &allowances[what];
    isolate_budget *budget = &one->budgets[what];
    if (budget->left == 0) {
        /* Filled when it is used up: nothing is reckoned for each. */
        int64_t passed_us = budget->filled_us == 0 ? INT64_MAX : monotonic_us - budget->filled_us;
        uint64_t earned =
            passed_us >= FILLED_AFTER_US ? allowed->most : (uint64_t)passed_us * allowed->per_second / 1000000;
        uint64_t more = (earned < allowed->most ? earned : allowed->most) + budget->bytes / allowed->bytes_each;
        if (more == 0) {
            return false;
        }
        *budget = (isolate_budget){.left = more, .filled_us = monotonic_us};
    }
    budget->left--;
    return true;
}

static bool distrust(isolate_child *self, const char *sentence) {
    isolate_distrust(self, sentence);
    return false;
}

/* ---- hello */

static bool take_hello(isolate_child *self, const wire_frame *frame) {
    wire_reader reader = {.rest = frame->body};
    error_record error = {0};
    uint64_t version = wire_get_number(&reader);
    dragoman_bytes held = wire_get_bytes(&reader);
    uint64_t printed = bytes_hash(reader.rest, 0);
    if (version != WIRE_VERSION || held.size >= sizeof(self->held)) {
        return distrust(self, "adapter-host is of another version of dragoman");
    }
    snprintf(self->held, sizeof(self->held), "%.*s", BYTES_FORMAT(held));
    if (self->printed == 0) {
        dragoman_status status =
            codec_get_descriptor(&reader, &self->memory, &self->descriptor, &self->can_recognise, &self->can_check);
        if (status != DRAGOMAN_OK) {
            return distrust(self, "its descriptor cannot be one");
        }
        isolate_far_init(self);
        if (host_adapter_judge(&self->descriptor, self->path, &error) != DRAGOMAN_OK) {
            return distrust(self, error.text);
        }
        self->printed = printed;
    } else if (self->printed != printed) {
        return distrust(self, "the library was replaced by another one: start dragoman again to use it");
    }
    self->stage = ISOLATE_UP;
    self->up_us = clock_monotonic_us();
    self->head_us = self->up_us;
    isolate_flush(self);
    return true;
}

static bool take_refusal(isolate_child *self, const wire_frame *frame) {
    char text[ERROR_TEXT_BYTES];
    wire_reader reader = {.rest = frame->body};
    dragoman_bytes sentence = wire_get_bytes(&reader);
    snprintf(text, sizeof(text), "%.*s", BYTES_FORMAT(sentence));
    return distrust(self, text);
}

/* ---- what an instance says */

static dragoman_status add_reports(isolate_far *one, wire_reader *from) {
    isolate_child *self = one->child;
    const dragoman_host *host = host_far_services();
    uint64_t count = wire_get_number(from);
    dragoman_status status = DRAGOMAN_OK;
    for (uint64_t i = 0; i < count && status == DRAGOMAN_OK && !from->has_failed; i++) {
        model_record record;
        arena_reset(&self->report);
        status = model_decode(wire_get_bytes(from), &self->report, &record, NULL);
        if (status == DRAGOMAN_OK) {
            status = host->emit(one->instance, &record.report);
        }
    }
    return status;
}

static dragoman_status add_rest(isolate_far *one, wire_reader *from) {
    const dragoman_host *host = host_far_services();
    dragoman_status status = DRAGOMAN_OK;
    uint64_t count = wire_get_number(from);
    for (uint64_t i = 0; i < count && status == DRAGOMAN_OK && !from->has_failed; i++) {
        dragoman_bytes key = wire_get_bytes(from);
        status = host->state_put(one->instance, key, wire_get_bytes(from));
    }
    count = wire_get_number(from);
    for (uint64_t i = 0; i < count && status == DRAGOMAN_OK && !from->has_failed; i++) {
        dragoman_bytes payload = wire_get_bytes(from);
        dragoman_bytes stage = wire_get_bytes(from);
        status = host->dead_letter(one->instance, payload, stage, wire_get_bytes(from));
    }
    return status;
}

static bool take_message(isolate_far *one, wire_reader *from) {
    const dragoman_host *host = host_far_services();
    uint64_t number = wire_get_number(from);
    dragoman_bytes sender = wire_get_bytes(from);
    dragoman_bytes id = wire_get_bytes(from);
    uint64_t digest = wire_get_number(from);
    dragoman_status status =
        from->has_failed ? DRAGOMAN_CORRUPT : host_far_message_begin(one->instance, number, sender, id, digest);
    if (status == DRAGOMAN_OK) {
        status = add_reports(one, from);
        status = status == DRAGOMAN_OK ? add_rest(one, from) : status;
        if (status == DRAGOMAN_OK && !from->has_failed) {
            return host->message_end(one->instance) == DRAGOMAN_OK;
        }
        host->message_abandon(one->instance);
    }
    return distrust(one->child, "it emitted what is no report");
}

static bool take_action(isolate_far *one, wire_reader *from) {
    if (one->actions.size - one->action_at > ACTIONS_BYTES_MAX) {
        return distrust(one->child, "its actions do not end");
    }
    wire_put_bytes(&one->actions, from->rest);
    return !one->actions.failed || distrust(one->child, "there is no memory for its actions");
}

static bool take_line(isolate_far *one, wire_reader *from) {
    uint64_t level = wire_get_number(from);
    dragoman_bytes text = wire_get_bytes(from);
    dragoman_bytes private_text = wire_get_bytes(from);
    if (from->has_failed || level < DRAGOMAN_LOG_ERROR || level > DRAGOMAN_LOG_DEBUG) {
        return true;
    }
    text.size = text.size > LINE_BYTES_MAX ? LINE_BYTES_MAX : text.size;
    private_text.size = private_text.size > LINE_BYTES_MAX ? LINE_BYTES_MAX : private_text.size;
    host_far_services()->log(one->instance, (uint32_t)level, text, private_text);
    return true;
}

static bool take_count(isolate_far *one, wire_reader *from) {
    uint64_t counter = wire_get_number(from);
    uint64_t add = wire_get_number(from);
    if (!from->has_failed && counter <= UINT32_MAX) {
        host_far_services()->count(one->instance, (uint32_t)counter, add);
    }
    return true;
}

static bool take_state_question(isolate_far *one, wire_reader *from) {
    dragoman_bytes value = {NULL, 0};
    dragoman_status status = host_far_services()->state_get(one->instance, wire_get_bytes(from), &value);
    isolate_reply(one->child, status, status == DRAGOMAN_OK ? value : (dragoman_bytes){NULL, 0});
    isolate_flush(one->child);
    return true;
}

static bool take_setting_question(isolate_far *one, wire_reader *from) {
    dragoman_code sender = {0};
    sender.code = wire_get_bytes(from);
    sender.text = wire_get_bytes(from);
    sender.system = wire_get_bytes(from);
    dragoman_bytes key = wire_get_bytes(from);
    isolate_reply(one->child, DRAGOMAN_OK, host_far_services()->profile_setting(one->instance, &sender, key));
    isolate_flush(one->child);
    return true;
}

static const struct {
    bool (*take)(isolate_far *one, wire_reader *from);
    isolate_saying what; /* ISOLATE_SAYINGS: not limited, since each waits for us or costs nothing */
    const char *flood;
} sayings[] = {
    [0] = {take_message, ISOLATE_SAYS_MESSAGES, "a flood of messages"},
    [WIRE_ACTION - WIRE_MESSAGE] = {take_action, ISOLATE_SAYS_ACTIONS, "a flood of actions"},
    [WIRE_LOG - WIRE_MESSAGE] = {take_line, ISOLATE_SAYS_LINES, "a flood of lines for the log"},
    [WIRE_COUNT - WIRE_MESSAGE] = {take_count, ISOLATE_SAYINGS, NULL},
    [WIRE_ASK_STATE - WIRE_MESSAGE] = {take_state_question, ISOLATE_SAYINGS, NULL},
    [WIRE_ASK_SETTING - WIRE_MESSAGE] = {take_setting_question, ISOLATE_SAYINGS, NULL},
};

static bool take_saying(isolate_far *one, const wire_frame *frame) {
    uint32_t index = frame->kind - WIRE_MESSAGE;
    const isolate_given *head = isolate_head(one->child);
    if (sayings[index].what != ISOLATE_SAYINGS && !may_say(one, sayings[index].what, clock_monotonic_us())) {
        return distrust(one->child, sayings[index].flood);
    }
    wire_reader reader = {.rest = frame->body};
    host_far_begin(one->instance, &head->now);
    bool is_good = sayings[index].take(one, &reader);
    host_far_end(one->instance);
    return is_good;
}

/* ---- answers */

static bool take_answer(isolate_child *self, isolate_far *one, const wire_frame *frame) {
    wire_reader reader = {.rest = frame->body};
    isolate_given given = *isolate_head(self);
    dragoman_status status = (dragoman_status)wire_get_number(&reader);
    int64_t deadline_us = (int64_t)wire_get_number(&reader);
    dragoman_progress progress = {0};
    progress.consumed = wire_get_number(&reader);
    progress.needed = wire_get_number(&reader);
    uint64_t held = wire_get_number(&reader); /* a channel, counted from 1 */
    if (reader.has_failed) {
        return distrust(self, "it wrote what no answer is");
    }
    /* Each is answered by going on: without end, the two would go round in a circle. */
    if (one != NULL && held > 0 && !may_say(one, ISOLATE_SAYS_ACTIONS, clock_monotonic_us())) {
        return distrust(self, "its pauses do not end");
    }
    isolate_pop(self);
    if (one == NULL) {
        self->likeness = status;
        return true;
    }
    one->status = status;
    one->progress = progress;
    one->deadline_us = deadline_us;
    if (self->far.answers_later) {
        host_far_answered(one->instance, given.size, status);
        if (held > 0 && held <= CODEC_CHANNELS_MAX) {
            host_far_hold(one->instance, (uint32_t)held - 1, true);
        }
    }
    if (given.kind == WIRE_END) {
        host_instance *instance = one->instance;
        isolate_far_free(one);
        host_far_gone(instance);
        return true;
    }
    isolate_touch(one);
    if (status == DRAGOMAN_NO_MEMORY && self->far.answers_later) {
        /* What an adapter took without giving it back, only the end of its process gives back. */
        isolate_end(self, "its memory is used up (isolation: memory_max)");
    }
    if (self->sent < self->out_base + self->out.size) {
        isolate_flush(self);
    }
    return true;
}

static bool take_mistake(isolate_child *self, const wire_frame *frame) {
    wire_reader reader = {.rest = frame->body};
    dragoman_bytes key = wire_get_bytes(&reader);
    dragoman_bytes sentence = wire_get_bytes(&reader);
    if (self->tell != NULL && !reader.has_failed) {
        self->tell(self->teller, key, sentence);
    }
    return true;
}

bool isolate_take(isolate_child *self, const wire_frame *frame) {
    if (self->stage == ISOLATE_STARTING) {
        return frame->kind == WIRE_HELLO     ? take_hello(self, frame)
               : frame->kind == WIRE_REFUSED ? take_refusal(self, frame)
                                             : distrust(self, "it spoke before it said what it is");
    }
    /* Nothing is said but about the oldest thing that was given: no instance speaks in another one's name. */
    const isolate_given *head = isolate_head(self);
    if (head == NULL || frame->instance != head->number) {
        return distrust(self, "it spoke without being asked, or in the name of another link");
    }
    isolate_far *one = head->number == 0 ? NULL : self->items[head->number];
    if (frame->kind == WIRE_ANSWER) {
        return take_answer(self, one, frame);
    }
    if (one == NULL) {
        return frame->kind == WIRE_MISTAKE ? take_mistake(self, frame) : distrust(self, "it wrote what no answer is");
    }
    if (frame->kind < WIRE_MESSAGE || frame->kind > WIRE_ASK_SETTING) {
        return distrust(self, "it wrote what no frame is");
    }
    return take_saying(one, frame);
}
