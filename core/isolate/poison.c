/* What ends processes: an input that was out when two in a row ended is set aside. */
#include "base/bytes.h"
#include "isolate/internal.h"
#include <stdio.h>

static dragoman_bytes payload_of(const dragoman_event *event) {
    switch (event->kind) {
    case DRAGOMAN_EVENT_BYTES:
        return event->of.bytes.unread;
    case DRAGOMAN_EVENT_DATAGRAM:
        return event->of.datagram.payload;
    case DRAGOMAN_EVENT_MESSAGE:
        return event->of.message.payload;
    case DRAGOMAN_EVENT_HTTP_REQUEST:
    case DRAGOMAN_EVENT_HTTP_RESPONSE:
        return event->of.http.body;
    default:
        return (dragoman_bytes){NULL, 0};
    }
}

/* The same bytes on the same channel of the same link. */
static uint64_t hash_of(dragoman_bytes link, const dragoman_event *event, size_t size) {
    dragoman_bytes payload = payload_of(event);
    payload.size = size;
    return bytes_hash(payload, bytes_hash(link, event->kind * 64 + event->channel));
}

/* Whether an input is that one, or, of a stream, begins with it: a device says its words in other pieces each time. */
static bool begins_with(dragoman_bytes link, const dragoman_event *event, const isolate_input *input) {
    size_t size = payload_of(event).size;
    bool may_be =
        input->size > 0 && (input->size == size || (event->kind == DRAGOMAN_EVENT_BYTES && input->size < size));
    return may_be && hash_of(link, event, input->size) == input->hash;
}

size_t isolate_is_poison(const isolate_child *self, dragoman_bytes link, const dragoman_event *event,
                         int64_t monotonic_us) {
    for (uint32_t i = 0; i < ISOLATE_POISONS; i++) {
        if (monotonic_us < self->poisons[i].until_us && begins_with(link, event, &self->poisons[i].input)) {
            return self->poisons[i].input.size;
        }
    }
    return 0;
}

/* The event that a given thing is; false: it is none that a device sent. */
static bool event_of(const isolate_child *self, const isolate_given *given, dragoman_event *ret_event) {
    wire_frame frame;
    uint64_t at = given->at - self->out_base;
    if ((given->kind != WIRE_EVENT && given->kind != WIRE_FEED) ||
        wire_next((dragoman_bytes){self->out.data + at, given->end - given->at}, &frame) != DRAGOMAN_OK) {
        return false;
    }
    wire_reader reader = {.rest = frame.body};
    (void)wire_get_now(&reader);
    codec_get_event(&reader, ret_event);
    return !reader.has_failed;
}

static const isolate_input *find_suspect(const isolate_child *self, dragoman_bytes link, const dragoman_event *event) {
    for (uint32_t i = 0; i < self->suspect_count; i++) {
        if (begins_with(link, event, &self->suspects[i])) {
            return &self->suspects[i];
        }
    }
    return NULL;
}

/* It goes to the dead letters, where a person may look at it, and not to a third process. */
static void set_aside(isolate_child *self, const isolate_far *one, const dragoman_event *event,
                      const isolate_input *input, const dragoman_now *now) {
    char reason[ERROR_TEXT_BYTES];
    dragoman_bytes payload = {payload_of(event).data, input->size};
    snprintf(reason, sizeof(reason), "it ended the process of the adapter %s twice; the second time: %.300s",
             self->descriptor.name, self->reason);
    self->poisons[self->poison_next] = (isolate_poison){*input, now->monotonic_us + ISOLATE_POISON_US};
    self->poison_next = (self->poison_next + 1) % ISOLATE_POISONS;
    self->dead++;
    host_far_begin(one->instance, now);
    (void)host_far_services()->dead_letter(one->instance, payload, DRAGOMAN_TEXT("isolate"), bytes_of(reason));
    host_far_end(one->instance);
}

void isolate_suspect(isolate_child *self, const dragoman_now *now) {
    isolate_input found[ISOLATE_SUSPECTS] = {{0}};
    uint32_t count = 0;
    dragoman_event event;
    /* Of one thing at a time it is known that it was it; of many, each may have been. */
    bool is_known = self->given_count == 1 || now->monotonic_us < self->careful_until_us;
    uint32_t looked = is_known && self->given_count > 1 ? 1 : self->given_count;
    for (uint32_t i = 0; i < looked && count < ISOLATE_SUSPECTS; i++) {
        const isolate_given *given = &self->given[(self->given_first + i) & (self->given_room - 1)];
        const isolate_far *one = given->number == 0 ? NULL : self->items[given->number];
        if (one == NULL || !event_of(self, given, &event) || payload_of(&event).size == 0) {
            continue;
        }
        const isolate_input *suspect = is_known ? find_suspect(self, one->link, &event) : NULL;
        if (suspect != NULL) {
            set_aside(self, one, &event, suspect, now);
        } else {
            size_t size = payload_of(&event).size;
            found[count++] = (isolate_input){hash_of(one->link, &event, size), size};
        }
    }
    memcpy(self->suspects, found, count * sizeof(found[0]));
    self->suspect_count = count;
    self->careful_until_us = now->monotonic_us + ISOLATE_CAREFUL_US;
}
