#include "model/ticket.h"
#include "base/bytes.h"
#include "base/time.h"
#include "model/identity.h"

/* A copy of an identifier's texts; false without memory. */
static bool copy_text(arena *memory, dragoman_bytes from, dragoman_bytes *to) {
    *to = arena_copy(memory, from);
    return to->size == 0 || to->data != NULL;
}

static dragoman_status copy_identifiers(const dragoman_list *from, arena *memory, dragoman_list *to) {
    *to = (dragoman_list){NULL, 0, sizeof(dragoman_identifier)};
    if (from->count == 0) {
        return DRAGOMAN_OK;
    }
    dragoman_identifier *items = arena_allocate_zeroed(memory, from->count * sizeof *items);
    if (items == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    for (uint32_t i = 0; i < from->count; i++) {
        const dragoman_identifier *identifier = dragoman_list_at(from, i);
        if (!copy_text(memory, identifier->value, &items[i].value) ||
            !copy_text(memory, identifier->authority, &items[i].authority) ||
            !copy_text(memory, identifier->universal, &items[i].universal) ||
            !copy_text(memory, identifier->universal_type, &items[i].universal_type) ||
            !copy_text(memory, identifier->type, &items[i].type)) {
            return DRAGOMAN_NO_MEMORY;
        }
    }
    *to = DRAGOMAN_LIST(items, from->count);
    return DRAGOMAN_OK;
}

/* The later of `newest` and a time that says when it was, as UTC. */
static int64_t later(int64_t newest, dragoman_time time) {
    bool is_moment = time.precision >= DRAGOMAN_TIME_MINUTE && (time.flags & DRAGOMAN_TIME_OF_DAY) == 0 &&
                     time.offset_minutes != DRAGOMAN_OFFSET_UNKNOWN;
    return is_moment && time_utc_us(time) > newest ? time_utc_us(time) : newest;
}

/* Values and alerts carry the device's clock; the message's own time may be a gateway's and counts only where nothing
 * else does. */
static int64_t stated_at(const dragoman_report *report) {
    int64_t newest = INT64_MIN;
    for (uint32_t i = 0; i < report->observations.count; i++) {
        const dragoman_observation *observation = dragoman_list_at(&report->observations, i);
        newest = later(newest, observation->measured_at);
    }
    for (uint32_t i = 0; i < report->alerts.count; i++) {
        const dragoman_alert *alert = dragoman_list_at(&report->alerts, i);
        newest = later(newest, alert->occurred_at);
    }
    return newest != INT64_MIN ? newest : later(newest, report->sent_at);
}

static bool is_wave(const dragoman_observation *observation) {
    for (uint32_t i = 0; i < observation->values.count; i++) {
        const dragoman_value *value = dragoman_list_at(&observation->values, i);
        if (value->kind != DRAGOMAN_VALUE_SAMPLES) {
            return false;
        }
    }
    return observation->values.count > 0;
}

/* What a report is kept as: its most precious part decides. */
static model_class class_of(const dragoman_report *report) {
    if (report->contexts.count > 0 || report->device_state != DRAGOMAN_DEVICE_NOT_SAID) {
        return MODEL_CONTEXT;
    }
    if (report->alerts.count > 0) {
        return MODEL_ALERTS;
    }
    for (uint32_t i = 0; i < report->observations.count; i++) {
        if (!is_wave(dragoman_list_at(&report->observations, i))) {
            return MODEL_VALUES;
        }
    }
    return report->observations.count > 0 ? MODEL_WAVES : MODEL_VALUES;
}

/* What one measurement gives together: the metrics of one channel. */
static uint64_t channel_of(const dragoman_observation *observation) {
    const uint32_t channel[] = {observation->path.mds, observation->path.vmd, observation->path.channel};
    return bytes_hash((dragoman_bytes){(const uint8_t *)channel, sizeof channel}, 0);
}

static dragoman_status find_candidates(const dragoman_report *report, model_is_episodic is_episodic, void *context,
                                       arena *memory, model_ticket *ticket) {
    model_candidate *candidates = NULL;
    for (uint32_t i = 0; is_episodic != NULL && i < report->observations.count; i++) {
        const dragoman_observation *observation = dragoman_list_at(&report->observations, i);
        if (observation->time_is_own != 0 || !is_episodic(context, report, observation)) {
            continue;
        }
        if (candidates == NULL) {
            candidates = arena_allocate(memory, (report->observations.count - i) * sizeof *candidates);
            if (candidates == NULL) {
                return DRAGOMAN_NO_MEMORY;
            }
        }
        candidates[ticket->candidate_count++] = (model_candidate){.index = i,
                                                                  .group = channel_of(observation),
                                                                  .metric = identity_metric(observation),
                                                                  .value = identity_value(observation)};
    }
    ticket->candidates = candidates;
    return DRAGOMAN_OK;
}

dragoman_status model_ticket_make(const dragoman_report *report, model_is_episodic is_episodic, void *context,
                                  arena *memory, model_ticket *ret_ticket) {
    model_ticket ticket = {.stated_at_us = stated_at(report), .store_class = (uint8_t)class_of(report)};
    ticket.identifiers.item_size = sizeof(dragoman_identifier);
    if (report->device != NULL) {
        if (!copy_text(memory, report->device->key, &ticket.device_key)) {
            return DRAGOMAN_NO_MEMORY;
        }
        dragoman_status status = copy_identifiers(&report->device->identifiers, memory, &ticket.identifiers);
        if (status != DRAGOMAN_OK) {
            return status;
        }
    }
    dragoman_status status = find_candidates(report, is_episodic, context, memory, &ticket);
    if (status == DRAGOMAN_OK) {
        *ret_ticket = ticket;
    }
    return status;
}
