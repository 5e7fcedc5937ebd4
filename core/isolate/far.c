/* The descriptor that stands for an adapter in another process. */
#include "base/bytes.h"
#include "isolate/internal.h"
#include <stdlib.h>

/* ---- the table of instances */

static bool make_room(isolate_child *self) {
    if (self->next_number < self->item_room) {
        return true;
    }
    uint32_t room = self->item_room == 0 ? 64 : self->item_room * 2;
    isolate_far **more = room > ISOLATE_INSTANCES_MAX ? NULL : realloc(self->items, room * sizeof(*more));
    if (more == NULL) {
        return false;
    }
    memset(more + self->item_room, 0, (room - self->item_room) * sizeof(isolate_far *));
    self->items = more;
    self->item_room = room;
    return true;
}

/* The lowest number that is free. 0 is nobody's. */
static bool find_number(isolate_child *self, uint32_t *ret_number) {
    uint32_t number = self->next_number == 0 ? 1 : self->next_number;
    while (number < self->item_room && self->items[number] != NULL) {
        number++;
    }
    self->next_number = number;
    *ret_number = number;
    return make_room(self);
}

void isolate_touch(isolate_far *one) {
    if (!one->is_touched) {
        one->is_touched = true;
        one->touched = one->child->touched;
        one->child->touched = one;
    }
}

static void untouch(isolate_far *one) {
    for (isolate_far **at = &one->child->touched; *at != NULL; at = &(*at)->touched) {
        if (*at == one) {
            *at = one->touched;
            break;
        }
    }
    one->is_touched = false;
}

void isolate_far_free(isolate_far *one) {
    isolate_child *self = one->child;
    if (one->is_touched) {
        untouch(one);
    }
    if (one->number != 0 && self->items[one->number] == one) {
        self->items[one->number] = NULL;
        self->next_number = one->number < self->next_number ? one->number : self->next_number;
    }
    if (one->is_freed != NULL) {
        *one->is_freed = true;
    }
    buffer_fini(&one->actions);
    free(one);
}

/* ---- calls */

/* What waiting for an answer came to; later, nothing is known yet. */
static dragoman_status outcome(isolate_far *one) {
    isolate_child *self = one->child;
    if (self->far.answers_later) {
        return DRAGOMAN_OK;
    }
    isolate_wait(self, INT64_MAX);
    return one->is_lost ? DRAGOMAN_CLOSED : one->status;
}

static dragoman_status begin(void *context, host_instance *instance, const dragoman_start *start, void **ret_state) {
    isolate_child *self = context;
    uint32_t number;
    isolate_far *one = calloc(1, sizeof(*one));
    if (one == NULL || !find_number(self, &number)) {
        free(one);
        return DRAGOMAN_NO_MEMORY;
    }
    *one = (isolate_far){.child = self,
                         .instance = instance,
                         .link = start->link,
                         .number = number,
                         .deadline_us = DRAGOMAN_NO_DEADLINE};
    buffer_init(&one->actions);
    self->items[number] = one;
    *ret_state = one;
    size_t began = isolate_give_begin(self, WIRE_START, number);
    dragoman_bytes seed = {start->seed, DRAGOMAN_SEED_BYTES};
    wire_put_bytes(&self->out, start->link);
    /* What a profile says of a device comes along; its name only says that there is one. */
    wire_put_bytes(&self->out, start->profile.count > 0 ? DRAGOMAN_TEXT("chosen") : (dragoman_bytes){NULL, 0});
    wire_put_bytes(&self->out, seed);
    wire_put_now(&self->out, &start->now);
    codec_put_settings(&self->out, &start->settings);
    codec_put_settings(&self->out, &start->profile);
    if (!isolate_give_end(self, began, WIRE_START, number, &start->now, 0)) {
        return DRAGOMAN_NO_MEMORY;
    }
    return outcome(one);
}

static void fini(void *state) {
    isolate_far *one = state;
    if (one == NULL) {
        return;
    }
    isolate_child *self = one->child;
    dragoman_now now = clock_now();
    if (!one->is_lost) {
        size_t began = isolate_give_begin(self, WIRE_END, one->number);
        if (isolate_give_end(self, began, WIRE_END, one->number, &now, 0)) {
            bool is_freed = self->far.answers_later;
            one->is_freed = is_freed ? NULL : &is_freed;
            if (!is_freed) {
                isolate_wait(self, INT64_MAX);
            }
            if (is_freed) {
                return;
            }
            one->is_freed = NULL;
        }
    }
    host_instance *instance = one->instance;
    isolate_far_free(one);
    host_far_gone(instance);
}

/* An input that ended two processes is not given to a third: as much of it as did is left out. False: nothing is left,
 * and it is as if it had been answered. */
static bool leave_out(isolate_far *one, dragoman_event *event, const dragoman_now *now, size_t size) {
    isolate_child *self = one->child;
    size_t poison = self->dead == 0 ? 0 : isolate_is_poison(self, one->link, event, now->monotonic_us);
    if (poison == 0) {
        return true;
    }
    host_far_services()->count(one->instance, DRAGOMAN_COUNT_DISCARDED, 1);
    host_far_services()->log(one->instance, DRAGOMAN_LOG_WARNING,
                             DRAGOMAN_TEXT("what ended the adapter's process twice came again, and was set aside"),
                             (dragoman_bytes){NULL, 0});
    if (event->kind == DRAGOMAN_EVENT_BYTES && (poison < size || event->of.bytes.is_end != 0)) {
        event->of.bytes.unread.data += poison;
        event->of.bytes.unread.size -= poison;
        return true;
    }
    host_far_answered(one->instance, size, DRAGOMAN_OK);
    return false;
}

static dragoman_status handle(void *state, const dragoman_event *event, const dragoman_now *now,
                              dragoman_progress *ret_progress) {
    isolate_far *one = state;
    isolate_child *self = one->child;
    size_t size = host_far_size(event);
    if (one->is_lost) {
        return DRAGOMAN_CLOSED;
    }
    dragoman_event given = *event;
    if (self->far.answers_later && !leave_out(one, &given, now, size)) {
        return DRAGOMAN_OK;
    }
    wire_kind kind = self->far.answers_later && event->kind == DRAGOMAN_EVENT_BYTES ? WIRE_FEED : WIRE_EVENT;
    isolate_allow_for(one, size);
    size_t began = isolate_give_begin(self, kind, one->number);
    wire_put_now(&self->out, now);
    codec_put_event(&self->out, &given);
    wire_put_number(&self->out, host_far_stop_at(event));
    if (!isolate_give_end(self, began, kind, one->number, now, size)) {
        return DRAGOMAN_NO_MEMORY;
    }
    dragoman_status status = outcome(one);
    *ret_progress = one->progress;
    return status;
}

static int64_t deadline(const void *state) {
    const isolate_far *one = state;
    return one->is_lost ? DRAGOMAN_NO_DEADLINE : one->deadline_us;
}

static dragoman_status expire(void *state, const dragoman_now *now) {
    isolate_far *one = state;
    isolate_child *self = one->child;
    if (one->is_lost) {
        return DRAGOMAN_CLOSED;
    }
    /* Told once: the next one is known when it was answered. */
    one->deadline_us = DRAGOMAN_NO_DEADLINE;
    size_t began = isolate_give_begin(self, WIRE_EXPIRE, one->number);
    wire_put_now(&self->out, now);
    return isolate_give_end(self, began, WIRE_EXPIRE, one->number, now, 0) ? outcome(one) : DRAGOMAN_NO_MEMORY;
}

static dragoman_status next(void *state, dragoman_action *ret_action) {
    isolate_far *one = state;
    if (one->action_at == one->actions.size) {
        buffer_reset(&one->actions);
        one->action_at = 0;
        return DRAGOMAN_NOT_FOUND;
    }
    wire_reader list = {.rest = {one->actions.data + one->action_at, one->actions.size - one->action_at}};
    wire_reader reader = {.rest = wire_get_bytes(&list)};
    one->action_at = one->actions.size - list.rest.size;
    codec_get_action(&reader, ret_action);
    /* One that cannot be read is done as nothing: a kind that nobody knows is refused. */
    return DRAGOMAN_OK;
}

/* ---- of the adapter itself */

static uint32_t recognise(void *context, dragoman_bytes start) {
    isolate_child *self = context;
    dragoman_now now = clock_now();
    if (!self->can_recognise || self->stage != ISOLATE_UP) {
        return DRAGOMAN_UNLIKE;
    }
    self->likeness = (dragoman_status)DRAGOMAN_UNLIKE;
    size_t began = isolate_give_begin(self, WIRE_RECOGNISE, 0);
    wire_put_bytes(&self->out, start);
    if (isolate_give_end(self, began, WIRE_RECOGNISE, 0, &now, start.size)) {
        isolate_wait(self, INT64_MAX);
    }
    return (uint32_t)self->likeness;
}

static void check_profile(void *context, const dragoman_list *profile, dragoman_mistake_teller tell, void *teller) {
    isolate_child *self = context;
    dragoman_now now = clock_now();
    if (!self->can_check || self->stage != ISOLATE_UP) {
        return;
    }
    self->tell = tell;
    self->teller = teller;
    size_t began = isolate_give_begin(self, WIRE_CHECK_PROFILE, 0);
    codec_put_settings(&self->out, profile);
    if (isolate_give_end(self, began, WIRE_CHECK_PROFILE, 0, &now, 0)) {
        isolate_wait(self, INT64_MAX);
    }
    self->tell = NULL;
}

/* Nobody comes by it: host_far.begin stands for it. */
static dragoman_status init(const dragoman_host *host, void *host_context, const dragoman_start *start,
                            void **ret_instance) {
    (void)host, (void)host_context, (void)start;
    *ret_instance = NULL;
    return DRAGOMAN_UNSUPPORTED;
}

void isolate_far_init(isolate_child *self) {
    self->descriptor.init = init;
    self->descriptor.fini = fini;
    self->descriptor.handle = handle;
    self->descriptor.deadline = deadline;
    self->descriptor.expire = expire;
    self->descriptor.next = next;
    self->far = (host_far){.context = self,
                           .answers_later = self->options.on != NULL,
                           .begin = begin,
                           .recognise = recognise,
                           .check_profile = check_profile,
                           .close = isolate_close};
}
