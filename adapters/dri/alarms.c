/* Alarms are the five texts that the monitor shows; what began, changed and ended shows in the comparison with those
 * before. They have no number: the text is what they are known by. */
#include "monitor.h"
#include <string.h>

/* Places in a message of alarms. */
#define AT_SILENCE 8u
#define AT_ALARMS 10u
/* Places in an alarm. */
#define AT_COLOR 82u
/* "dri_silence_info": all alarms, or all for a while. */
#define SILENT_ALL 4u
#define SILENT_2_MINUTES 5u
#define SILENT_5_MINUTES 6u
#define SILENT_20_SECONDS 7u
/* Room for "0123456789abcdef-1767323045000000-1767323047000000". */
#define ID_TEXT 56u
/* Alerts of one report: five that go and five that come. */
#define ALERTS_MOST (2u * DRI_ALARMS)

typedef struct alerts {
    dri_monitor *monitor;
    int64_t now_us;
    dragoman_alert items[ALERTS_MOST];
    dragoman_code codings[ALERTS_MOST];
    uint8_t ids[ALERTS_MOST][ID_TEXT];
    uint32_t count;
} alerts;

static uint64_t hash_of(const dri_alarm *alarm) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t n = 0; n < alarm->size; n++) {
        hash = (hash ^ alarm->text[n]) * 0x100000001b3u;
    }
    return hash;
}

static size_t put_hash(uint8_t *to, uint64_t hash) {
    for (uint32_t n = 0; n < 16; n++) {
        to[n] = (uint8_t)"0123456789abcdef"[hash >> (60 - 4 * n) & 15u];
    }
    return 16;
}

static size_t put_number(uint8_t *to, size_t size, uint64_t number) {
    uint8_t digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    memcpy(to + size, digits + at, sizeof digits - at);
    return size + sizeof digits - at;
}

/* The alarm's name is its text and when we first saw it; each later report of it names that one as its parent. */
static void set_names(dragoman_alert *alert, const dri_alarm *alarm, int64_t now_us, uint8_t *text) {
    size_t size = put_hash(text, hash_of(alarm));
    text[size++] = '-';
    size = put_number(text, size, (uint64_t)alarm->since_us);
    alert->id.value = (dragoman_bytes){text, size};
    if (alert->phase != DRAGOMAN_PHASE_START) {
        alert->parent.value = alert->id.value;
        text[size++] = '-';
        size = put_number(text, size, (uint64_t)now_us);
        alert->id.value = (dragoman_bytes){text, size};
    }
}

/* "dri_alarm_color": white, yellow, red. */
static uint8_t priority_of(uint8_t color) {
    static const uint8_t priorities[] = {DRAGOMAN_PRIORITY_UNSTATED, DRAGOMAN_PRIORITY_LOW, DRAGOMAN_PRIORITY_MEDIUM,
                                         DRAGOMAN_PRIORITY_HIGH};
    return color < sizeof priorities ? priorities[color] : (uint8_t)DRAGOMAN_PRIORITY_UNSTATED;
}

/* `alarm` must stay until the report is emitted. */
static void tell(alerts *to, const dri_alarm *alarm, uint8_t phase) {
    uint32_t n = to->count++;
    dragoman_bytes text = {alarm->text, alarm->size};
    to->codings[n] = (dragoman_code){.code = text, .system = DRAGOMAN_TEXT(DRI_SYSTEM_ALARM)};
    dragoman_alert *alert = &to->items[n];
    *alert = (dragoman_alert){
        .event = {.codings = &to->codings[n], .coding_count = 1, .text = text},
        .source_values = {NULL, 0, sizeof(dragoman_value)},
        .text = text,
        .priority = priority_of(alarm->color),
        .phase = phase,
        .state = phase == DRAGOMAN_PHASE_END ? DRAGOMAN_STATE_INACTIVE : DRAGOMAN_STATE_ACTIVE,
        .inactivation = phase == DRAGOMAN_PHASE_END ? 0 : to->monitor->inactivation,
    };
    set_names(alert, alarm, to->now_us, to->ids[n]);
}

static bool is_same(const dri_alarm *one, const dri_alarm *other) {
    return one->size == other->size && memcmp(one->text, other->text, one->size) == 0;
}

static const dri_alarm *find(const dri_alarm *among, uint32_t count, const dri_alarm *alarm) {
    for (uint32_t n = 0; n < count; n++) {
        if (is_same(&among[n], alarm)) {
            return &among[n];
        }
    }
    return NULL;
}

/* Without what ends it, line ends as blanks. */
static dragoman_bytes clean(const uint8_t *from, uint8_t *to) {
    size_t size = 0;
    while (size < DRI_ALARM_TEXT && from[size] != 0) {
        to[size] = from[size] < ' ' || from[size] == 0x7f ? (uint8_t)' ' : from[size];
        size++;
    }
    while (size > 0 && to[size - 1] == ' ') {
        size--;
    }
    size_t start = 0;
    while (start < size && to[start] == ' ') {
        start++;
    }
    return (dragoman_bytes){to + start, size - start};
}

/* False: there is none in this place. */
static bool read_alarm(dri_monitor *monitor, const uint8_t *from, dri_alarm *ret_alarm) {
    uint8_t latin[DRI_ALARM_TEXT];
    dragoman_bytes text = clean(from, latin);
    uint16_t color = dri_word(from + AT_COLOR);
    if (text.size == 0 || color == 0) {
        return false;
    }
    if (monitor->host->to_utf8(monitor->context, "ISO-8859-1", text, &text, NULL) != DRAGOMAN_OK ||
        text.size > sizeof ret_alarm->text) {
        return false;
    }
    memcpy(ret_alarm->text, text.data, text.size);
    ret_alarm->size = (uint8_t)text.size;
    ret_alarm->color = color > UINT8_MAX ? UINT8_MAX : (uint8_t)color;
    return true;
}

static uint32_t read_alarms(dri_monitor *monitor, const uint8_t *message, dri_alarm *to) {
    uint32_t count = 0;
    for (uint32_t n = 0; n < DRI_ALARMS; n++) {
        dri_alarm *alarm = &to[count];
        if (read_alarm(monitor, message + AT_ALARMS + (size_t)n * DRI_ALARM, alarm) && find(to, count, alarm) == NULL) {
            count++;
        }
    }
    return count;
}

static uint32_t inactivation_of(uint16_t silence) {
    switch (silence) {
    case SILENT_ALL:
        return DRAGOMAN_ALERT_AUDIO_OFF;
    case SILENT_2_MINUTES:
    case SILENT_5_MINUTES:
    case SILENT_20_SECONDS:
        return DRAGOMAN_ALERT_AUDIO_PAUSED;
    default:
        return 0;
    }
}

static uint8_t phase_of(const dri_alarm *before, const dri_alarm *now, bool is_silence_new, bool tells_again) {
    if (before == NULL) {
        return DRAGOMAN_PHASE_START;
    }
    if (before->color != now->color) {
        return now->color > before->color ? DRAGOMAN_PHASE_ESCALATE : DRAGOMAN_PHASE_DEESCALATE;
    }
    if (is_silence_new) {
        return DRAGOMAN_PHASE_UPDATE;
    }
    return tells_again ? DRAGOMAN_PHASE_CONTINUE : DRAGOMAN_PHASE_UNSTATED;
}

static void compare(alerts *to, dri_alarm *alarms, uint32_t count, bool is_silence_new) {
    dri_monitor *monitor = to->monitor;
    for (uint32_t n = 0; n < monitor->alarm_count; n++) {
        if (find(alarms, count, &monitor->alarms[n]) == NULL) {
            tell(to, &monitor->alarms[n], DRAGOMAN_PHASE_END);
        }
    }
    for (uint32_t n = 0; n < count; n++) {
        const dri_alarm *before = find(monitor->alarms, monitor->alarm_count, &alarms[n]);
        uint8_t phase = phase_of(before, &alarms[n], is_silence_new, monitor->tells_again);
        alarms[n].since_us = before != NULL ? before->since_us : to->now_us;
        if (phase != DRAGOMAN_PHASE_UNSTATED) {
            tell(to, &alarms[n], phase);
        }
    }
}

dragoman_status dri_monitor_alarms(dri_monitor *monitor, const dri_subrecord *subrecord, const dragoman_now *now) {
    if (subrecord->data.size < DRI_ALARM_MESSAGE) {
        return DRAGOMAN_INVALID;
    }
    const uint8_t *message = subrecord->data.data;
    dri_alarm *alarms = (dri_alarm *)monitor->host->batch(monitor->context, DRI_ALARMS * sizeof *alarms);
    alerts *told = (alerts *)monitor->host->batch(monitor->context, sizeof *told);
    if (alarms == NULL || told == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    uint32_t count = read_alarms(monitor, message, alarms);
    uint32_t inactivation = inactivation_of(dri_word(message + AT_SILENCE));
    bool is_silence_new = inactivation != monitor->inactivation;
    told->monitor = monitor;
    told->now_us = now->wall_us;
    told->count = 0;
    monitor->inactivation = inactivation;
    compare(told, alarms, count, is_silence_new);
    dragoman_status status = DRAGOMAN_OK;
    if (told->count > 0) {
        dragoman_report report = {.alerts = DRAGOMAN_LIST(told->items, told->count),
                                  .nodes = {NULL, 0, sizeof(dragoman_node)},
                                  .observations = {NULL, 0, sizeof(dragoman_observation)},
                                  .contexts = {NULL, 0, sizeof(dragoman_context)}};
        status = dri_monitor_emit(monitor, &report);
    }
    memcpy(monitor->alarms, alarms, count * sizeof *alarms);
    monitor->alarm_count = count;
    monitor->tells_again = false;
    return status;
}
