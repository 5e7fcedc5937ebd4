/* Alarms are lists of what is active now; what began, changed and ended shows in the comparison with the list before.
 */
#include "device.h"
#include "number.h"
#include <string.h>

/* Room for "27-9A-1767323045000000-1767323047000000". */
#define ID_TEXT 48u
/* Room for a phrase and ", priority 31". */
#define EVENT_TEXT 32u

/* Alerts of one report, at most one for each code. */
typedef struct alerts {
    medibus_device *device;
    const dragoman_now *now;
    uint8_t code; /* of the response */
    dragoman_alert *items;
    dragoman_code *codings;
    uint8_t *digits;
    uint8_t *texts;
    uint32_t count;
} alerts;

static size_t put(uint8_t *to, size_t size, dragoman_bytes text) {
    if (text.size > 0) {
        memcpy(to + size, text.data, text.size);
    }
    return size + text.size;
}

static size_t put_number(uint8_t *to, size_t size, uint64_t number) {
    uint8_t digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return put(to, size, (dragoman_bytes){digits + at, sizeof digits - at});
}

static uint8_t priority_of(const medibus_settings *settings, uint8_t priority) {
    if (settings->high_from == 0 || priority == 0) {
        return DRAGOMAN_PRIORITY_UNSTATED;
    }
    if (priority >= settings->high_from) {
        return DRAGOMAN_PRIORITY_HIGH;
    }
    if (settings->medium_from == 0) {
        return DRAGOMAN_PRIORITY_UNSTATED;
    }
    return priority >= settings->medium_from ? DRAGOMAN_PRIORITY_MEDIUM : DRAGOMAN_PRIORITY_LOW;
}

/* The alarm's name is when we first saw it; each later report of it names that one as its parent. */
static void set_names(dragoman_alert *alert, const medibus_alarm *alarm, uint8_t code, dragoman_bytes digits,
                      int64_t now_us, uint8_t *text) {
    medibus_hex_write(code, text);
    size_t size = put(text, 2, DRAGOMAN_TEXT("-"));
    size = put(text, size, digits);
    size = put(text, size, DRAGOMAN_TEXT("-"));
    size = put_number(text, size, (uint64_t)alarm->since_us);
    alert->id.value = (dragoman_bytes){text, size};
    if (alert->phase != DRAGOMAN_PHASE_START) {
        alert->parent.value = (dragoman_bytes){text, size};
        size = put(text, size, DRAGOMAN_TEXT("-"));
        size = put_number(text, size, (uint64_t)now_us);
        alert->id.value = (dragoman_bytes){text, size};
    }
}

static void tell(alerts *to, uint8_t number, uint8_t phase) {
    bool is_second = to->code == MEDIBUS_ALARMS_2;
    const medibus_alarm *alarm = &to->device->alarms[is_second ? 1 : 0][number];
    uint32_t n = to->count++;
    uint8_t *digits = to->digits + (size_t)n * 2;
    uint8_t *text = to->texts + (size_t)n * (ID_TEXT + EVENT_TEXT);
    dragoman_bytes phrase = {alarm->phrase, alarm->phrase_size};
    medibus_hex_write(number, digits);
    to->codings[n] = (dragoman_code){
        .code = {digits, 2},
        .text = phrase,
        .system = is_second ? DRAGOMAN_TEXT(MEDIBUS_SYSTEM_ALARM_2) : DRAGOMAN_TEXT(MEDIBUS_SYSTEM_ALARM_1),
    };
    uint8_t *event = text + ID_TEXT;
    size_t size = put(event, 0, phrase);
    if (alarm->priority > 0) {
        size = put(event, size, DRAGOMAN_TEXT(", priority "));
        size = put_number(event, size, alarm->priority);
    }
    dragoman_alert *alert = &to->items[n];
    *alert = (dragoman_alert){
        .event = {.codings = &to->codings[n], .coding_count = 1, .text = {event, size}},
        .source_values = {NULL, 0, sizeof(dragoman_value)},
        .text = phrase,
        .priority = priority_of(to->device->settings, alarm->priority),
        .phase = phase,
        .state = phase == DRAGOMAN_PHASE_END ? DRAGOMAN_STATE_INACTIVE : DRAGOMAN_STATE_ACTIVE,
    };
    set_names(alert, alarm, to->code, (dragoman_bytes){digits, 2}, to->now->wall_us, text);
}

static uint8_t phase_of(const medibus_alarm *alarm, const medibus_record *record, dragoman_bytes phrase,
                        bool tells_again) {
    if (!alarm->is_active) {
        return DRAGOMAN_PHASE_START;
    }
    if (record->priority != alarm->priority) {
        return record->priority > alarm->priority ? DRAGOMAN_PHASE_ESCALATE : DRAGOMAN_PHASE_DEESCALATE;
    }
    bool is_same = phrase.size == alarm->phrase_size && memcmp(phrase.data, alarm->phrase, phrase.size) == 0;
    if (!is_same) {
        return DRAGOMAN_PHASE_UPDATE;
    }
    return tells_again ? DRAGOMAN_PHASE_CONTINUE : DRAGOMAN_PHASE_UNSTATED;
}

static void take_alarm(alerts *to, medibus_alarm *alarm, const medibus_record *record, bool tells_again) {
    if (alarm->is_seen) {
        return; /* the same code twice in a list: the first stands */
    }
    dragoman_bytes phrase = medibus_trim(record->text);
    uint8_t phase = phase_of(alarm, record, phrase, tells_again);
    alarm->since_us = alarm->is_active ? alarm->since_us : to->now->wall_us;
    alarm->is_active = true;
    alarm->is_seen = true;
    alarm->priority = record->priority;
    alarm->phrase_size = (uint8_t)put(alarm->phrase, 0, phrase);
    if (phase != DRAGOMAN_PHASE_UNSTATED) {
        tell(to, record->code, phase);
    }
}

static uint32_t count_active(const medibus_alarm *alarms) {
    uint32_t count = 0;
    for (uint32_t n = 0; n < MEDIBUS_CODES; n++) {
        count += alarms[n].is_active ? 1 : 0;
    }
    return count;
}

static bool make_alerts(medibus_device *device, uint32_t most, alerts *ret_alerts) {
    const dragoman_host *host = device->host;
    void *context = device->context;
    ret_alerts->items = (dragoman_alert *)host->batch(context, most * sizeof(dragoman_alert));
    ret_alerts->codings = (dragoman_code *)host->batch(context, most * sizeof(dragoman_code));
    ret_alerts->digits = (uint8_t *)host->batch(context, (size_t)most * 2);
    ret_alerts->texts = (uint8_t *)host->batch(context, (size_t)most * (ID_TEXT + EVENT_TEXT));
    return ret_alerts->items != NULL && ret_alerts->codings != NULL && ret_alerts->digits != NULL &&
           ret_alerts->texts != NULL;
}

dragoman_status medibus_device_take_alarms(medibus_device *device, uint8_t code, dragoman_bytes data,
                                           const dragoman_now *now) {
    size_t page = code == MEDIBUS_ALARMS_1 ? 0 : 1;
    alerts told = {.device = device, .now = now, .code = code};
    uint32_t most = 0;
    if (!medibus_records_check(code, data, &most)) {
        return DRAGOMAN_INVALID;
    }
    most += count_active(device->alarms[page]);
    if (most == 0) {
        device->tells_again[page] = false;
        return DRAGOMAN_OK;
    }
    if (!make_alerts(device, most, &told)) {
        return DRAGOMAN_NO_MEMORY;
    }
    medibus_record record;
    while (medibus_record_next(code, &data, &record) == DRAGOMAN_OK) {
        take_alarm(&told, &device->alarms[page][record.code], &record, device->tells_again[page]);
    }
    for (uint32_t n = 0; n < MEDIBUS_CODES; n++) {
        medibus_alarm *alarm = &device->alarms[page][n];
        if (alarm->is_active && !alarm->is_seen) {
            tell(&told, (uint8_t)n, DRAGOMAN_PHASE_END);
            alarm->is_active = false;
        }
        alarm->is_seen = false;
    }
    device->tells_again[page] = false;
    if (told.count == 0) {
        return DRAGOMAN_OK;
    }
    dragoman_report report = {.alerts = DRAGOMAN_LIST(told.items, told.count),
                              .nodes = {NULL, 0, sizeof(dragoman_node)},
                              .observations = {NULL, 0, sizeof(dragoman_observation)},
                              .contexts = {NULL, 0, sizeof(dragoman_context)}};
    return medibus_device_emit(device, &report);
}
