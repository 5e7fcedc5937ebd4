#include "host/internal.h"
#include <string.h>

/* A device rarely states a zone, and every consumer needs one: what the site says of its clocks is added here, once,
 * before the report is encoded, and marked as assumed. */

static bool lacks_offset(const dragoman_time *time) {
    return time->precision != DRAGOMAN_TIME_NONE && time->offset_minutes == DRAGOMAN_OFFSET_UNKNOWN;
}

typedef struct zone_rule {
    const time_zone *zone;
    time_habit habit;
    int64_t near_utc_us;
} zone_rule;

static void assume(dragoman_time *time, const zone_rule *rule) {
    if (lacks_offset(time)) {
        time_assume_zone(time, rule->zone, rule->habit, rule->near_utc_us);
    }
}

static void *copy_list(const dragoman_list *list, arena *memory) {
    size_t size = (size_t)list->count * list->item_size;
    void *copy = arena_allocate(memory, size);
    if (copy != NULL && size > 0) {
        memcpy(copy, list->items, size);
    }
    return copy;
}

/* The times inside values (DT, TS, DR) and of the order are the device's too. */
static bool assume_values(dragoman_list *values, const zone_rule *rule, arena *memory) {
    bool is_needed = false;
    for (uint32_t i = 0; i < values->count; i++) {
        const dragoman_value *value = dragoman_list_at(values, i);
        is_needed = is_needed || lacks_offset(&value->from) || lacks_offset(&value->to);
    }
    if (!is_needed) {
        return true;
    }
    dragoman_value *copy = copy_list(values, memory);
    if (copy == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < values->count; i++) {
        assume(&copy[i].from, rule);
        assume(&copy[i].to, rule);
    }
    values->items = copy;
    return true;
}

static bool assume_order(dragoman_observation *observation, const zone_rule *rule, arena *memory) {
    if (observation->order == NULL || !lacks_offset(&observation->order->collected_at)) {
        return true;
    }
    dragoman_order *copy = arena_allocate(memory, sizeof(*copy));
    if (copy == NULL) {
        return false;
    }
    *copy = *observation->order;
    assume(&copy->collected_at, rule);
    observation->order = copy;
    return true;
}

static bool assume_observations(dragoman_report *report, const zone_rule *rule, arena *memory) {
    dragoman_observation *copy = copy_list(&report->observations, memory);
    if (copy == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < report->observations.count; i++) {
        assume(&copy[i].measured_at, rule);
        assume(&copy[i].measured_until, rule);
        if (!assume_values(&copy[i].values, rule, memory) || !assume_order(&copy[i], rule, memory)) {
            return false;
        }
    }
    report->observations.items = copy;
    return true;
}

static bool assume_alerts(dragoman_report *report, const zone_rule *rule, arena *memory) {
    dragoman_alert *copy = copy_list(&report->alerts, memory);
    if (copy == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < report->alerts.count; i++) {
        assume(&copy[i].occurred_at, rule);
    }
    report->alerts.items = copy;
    return true;
}

static bool assume_contexts(dragoman_report *report, const zone_rule *rule, arena *memory) {
    dragoman_context *copy = copy_list(&report->contexts, memory);
    if (copy == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < report->contexts.count; i++) {
        assume(&copy[i].occurred_at, rule);
        assume(&copy[i].recorded_at, rule);
    }
    report->contexts.items = copy;
    return true;
}

const dragoman_report *host_assume_zones(const dragoman_report *report, const time_zone *zone, time_habit habit,
                                         int64_t near_utc_us, arena *memory) {
    if (zone == NULL && habit != TIME_UTC) {
        return report;
    }
    zone_rule rule = {zone, habit, near_utc_us};
    dragoman_report *copy = arena_allocate(memory, sizeof(*copy));
    if (copy == NULL) {
        return NULL;
    }
    *copy = *report;
    assume(&copy->sent_at, &rule);
    bool done = assume_observations(copy, &rule, memory) && assume_alerts(copy, &rule, memory) &&
                assume_contexts(copy, &rule, memory);
    return done ? copy : NULL;
}
