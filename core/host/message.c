#include "host/message.h"

#include "base/bytes.h"
#include "host/limits.h"
#include <stdlib.h>
#include <string.h>

host_message *host_message_create(void) {
    host_message *message = calloc(1, sizeof(*message));
    if (message != NULL) {
        arena_init(&message->memory, HOST_MESSAGE_BYTES_MAX);
        buffer_init(&message->bytes);
    }
    return message;
}

void host_message_destroy(host_message *message) {
    if (message != NULL) {
        arena_fini(&message->memory);
        buffer_fini(&message->bytes);
        free(message);
    }
}

bool host_message_recycle(host_message *message) {
    if (message->bytes.capacity + message->memory.used > HOST_SPARE_MESSAGE_BYTES_MAX) {
        return false;
    }
    arena memory = message->memory;
    buffer bytes = message->bytes;
    arena_reset(&memory);
    buffer_reset(&bytes);
    *message = (host_message){.memory = memory, .bytes = bytes};
    return true;
}

/* Makes room for one more element in an arena array; the old array stays behind in the arena until it is reset. */
static void *grow(arena *memory, void *items, uint32_t count, uint32_t *room, size_t item_size) {
    if (count < *room) {
        return items;
    }
    uint32_t larger = *room == 0 ? 4 : *room * 2;
    void *fresh = arena_allocate(memory, larger * item_size);
    if (fresh == NULL) {
        return NULL;
    }
    if (count > 0) {
        memcpy(fresh, items, count * item_size);
    }
    *room = larger;
    return fresh;
}

dragoman_status host_message_add_report(host_message *message, const dragoman_report *report,
                                        model_is_episodic is_episodic, void *context) {
    store_message *kept = &message->store;
    if (kept->report_count >= HOST_MESSAGE_REPORTS_MAX || message->bytes.size >= HOST_MESSAGE_BYTES_MAX) {
        return DRAGOMAN_LIMIT;
    }
    store_report *reports =
        grow(&message->memory, kept->reports, kept->report_count, &message->report_room, sizeof(*reports));
    if (reports == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    kept->reports = reports;
    store_report *added = &reports[kept->report_count];
    *added = (store_report){.observation_count = report->observations.count};
    dragoman_status status = model_ticket_make(report, is_episodic, context, &message->memory, &added->ticket);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    size_t before = message->bytes.size;
    status = model_encode(report, &message->bytes);
    if (status != DRAGOMAN_OK) {
        message->bytes.size = before;
        message->bytes.failed = false;
        return status;
    }
    added->bytes.size = message->bytes.size - before;
    kept->report_count++;
    return DRAGOMAN_OK;
}

dragoman_status host_message_add_state(host_message *message, dragoman_bytes key, dragoman_bytes value) {
    store_message *kept = &message->store;
    if (kept->state_count >= HOST_MESSAGE_STATES_MAX || key.size > HOST_STATE_KEY_BYTES_MAX ||
        value.size > HOST_STATE_VALUE_BYTES_MAX) {
        return DRAGOMAN_LIMIT;
    }
    store_state *states =
        grow(&message->memory, kept->states, kept->state_count, &message->state_room, sizeof(*states));
    if (states == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    kept->states = states;
    store_state added = {arena_copy(&message->memory, key), arena_copy(&message->memory, value)};
    if ((key.size > 0 && added.key.data == NULL) || (value.size > 0 && added.value.data == NULL)) {
        return DRAGOMAN_NO_MEMORY;
    }
    states[kept->state_count++] = added;
    return DRAGOMAN_OK;
}

bool host_message_find_state(const host_message *message, dragoman_bytes key, dragoman_bytes *ret_value) {
    for (uint32_t i = message->store.state_count; i > 0; i--) {
        if (bytes_equal(message->store.states[i - 1].key, key)) {
            *ret_value = message->store.states[i - 1].value;
            return true;
        }
    }
    return false;
}

dragoman_status host_message_add_dead(host_message *message, dragoman_bytes payload, dragoman_bytes stage,
                                      dragoman_bytes reason) {
    store_message *kept = &message->store;
    if (kept->dead_count >= HOST_MESSAGE_DEAD_MAX) {
        return DRAGOMAN_LIMIT;
    }
    store_dead *dead = grow(&message->memory, kept->dead, kept->dead_count, &message->dead_room, sizeof(*dead));
    if (dead == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    kept->dead = dead;
    store_dead added = {arena_copy(&message->memory, payload), arena_copy(&message->memory, stage),
                        arena_copy(&message->memory, reason)};
    if ((payload.size > 0 && added.payload.data == NULL) || (stage.size > 0 && added.stage.data == NULL) ||
        (reason.size > 0 && added.reason.data == NULL)) {
        return DRAGOMAN_NO_MEMORY;
    }
    dead[kept->dead_count++] = added;
    return DRAGOMAN_OK;
}

void host_message_seal(host_message *message) {
    const uint8_t *at = message->bytes.data;
    for (uint32_t i = 0; i < message->store.report_count; i++) {
        message->store.reports[i].bytes.data = at;
        at += message->store.reports[i].bytes.size;
    }
}
