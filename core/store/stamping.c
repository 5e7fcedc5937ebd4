#include "store/stamping.h"

/* A cuff that measured again has new values for all that it measured, even where one of them happens to be the same: a
 * group counts as repeated only as a whole. */
static bool group_is_repeated(const model_ticket *ticket, const bool *is_repeated, uint64_t group) {
    for (uint32_t i = 0; i < ticket->candidate_count; i++) {
        if (ticket->candidates[i].group == group && !is_repeated[i]) {
            return false;
        }
    }
    return true;
}

/* Candidates of one report that are looked at together; a monitor has a dozen episodic metrics. What is beyond counts
 * as new. */
#define CANDIDATES_MAX 256u

static dragoman_status find_repeated(const store_stamping *with, uint64_t lane, const model_ticket *ticket) {
    bool is_repeated[CANDIDATES_MAX];
    uint32_t count = ticket->candidate_count < CANDIDATES_MAX ? ticket->candidate_count : CANDIDATES_MAX;
    buffer_reset(with->repeated);
    for (uint32_t i = 0; i < count; i++) {
        const model_candidate *candidate = &ticket->candidates[i];
        dragoman_status status =
            store_episodic_ask(with->episodic, lane, candidate->metric, candidate->value, &is_repeated[i]);
        if (status != DRAGOMAN_OK) {
            return status;
        }
    }
    if (ticket->candidate_count > count) {
        return DRAGOMAN_OK;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (group_is_repeated(ticket, is_repeated, ticket->candidates[i].group)) {
            buffer_append(with->repeated, &ticket->candidates[i].index, sizeof(ticket->candidates[i].index));
        }
    }
    return with->repeated->failed ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
}

static dragoman_status append(const store_stamping *with, const store_message *message, const store_report *report,
                              const store_device *device, buffer *to) {
    model_stamp stamp = {.link = message->link,
                         .adapter = message->adapter,
                         .adapter_version = message->adapter_version,
                         .profile = message->profile,
                         .received_at_us = message->received_at_us,
                         .received_quality = message->received_quality,
                         .repeated = (const uint32_t *)(const void *)with->repeated->data,
                         .repeated_count = (uint32_t)(with->repeated->size / sizeof(uint32_t))};
    if (device != NULL) {
        stamp.device_key = device->key;
        stamp.clock_epoch = device->epoch;
        if (report->ticket.stated_at_us != STORE_CLOCK_NONE) {
            stamp.has_clock_offset = 1;
            stamp.clock_offset_us = report->ticket.stated_at_us - message->received_at_us;
        }
    }
    size_t before = to->size;
    buffer_append_bytes(to, report->bytes);
    dragoman_status status = to->failed ? DRAGOMAN_NO_MEMORY : model_encode_stamp(&stamp, to);
    if (status != DRAGOMAN_OK) {
        to->size = before;
    }
    return status;
}

dragoman_status store_stamp_report(const store_stamping *with, const store_message *message, const store_report *report,
                                   buffer *to, uint64_t *ret_lane) {
    const model_ticket *ticket = &report->ticket;
    uint32_t device = 0;
    *ret_lane = 0;
    if (ticket->device_key.size > 0) {
        dragoman_status status = store_registry_resolve(with->registry, message->link, ticket, &device);
        if (status != DRAGOMAN_OK) {
            return status;
        }
        *ret_lane = (uint64_t)device + 1;
    }
    dragoman_status status = find_repeated(with, *ret_lane, ticket);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    return append(with, message, report, *ret_lane == 0 ? NULL : &with->registry->devices[device], to);
}
