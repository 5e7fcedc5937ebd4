/* A condition has no name of its own on the line: it begins with the first packet that has its bit and ends with the
 * first that has it no more. */
#include "oximeter.h"
#include <string.h>

typedef struct condition {
    dragoman_bytes code; /* the bit's name in the format definitions */
    dragoman_bytes text;
    uint8_t status; /* bit of the frames' status, or */
    uint8_t stat2;  /* of STAT2 */
} condition;

static const condition conditions[NONIN_CONDITIONS] = {
    {DRAGOMAN_TEXT_INIT("SNSD"), DRAGOMAN_TEXT_INIT("sensor disconnected"), NONIN_DISCONNECTED, 0},
    {DRAGOMAN_TEXT_INIT("SNSA"), DRAGOMAN_TEXT_INIT("sensor alarm"), NONIN_SENSOR_ALARM, 0},
    {DRAGOMAN_TEXT_INIT("OOT"), DRAGOMAN_TEXT_INIT("out of track"), NONIN_OUT_OF_TRACK, 0},
    {DRAGOMAN_TEXT_INIT("LOW BAT"), DRAGOMAN_TEXT_INIT("low battery"), 0, NONIN_LOW_BATTERY},
};

static bool is_there(const condition *one, const nonin_packet *packet) {
    uint8_t stat2 = packet->format == 7 ? packet->data[NONIN_AT_STAT2] : 0;
    return (packet->status & one->status) != 0 || (stat2 & one->stat2) != 0;
}

static size_t put(uint8_t *to, size_t size, dragoman_bytes text) {
    memcpy(to + size, text.data, text.size);
    return size + text.size;
}

static size_t put_time(uint8_t *to, size_t size, int64_t time_us) {
    uint8_t digits[20];
    size_t at = sizeof digits;
    uint64_t left = time_us > 0 ? (uint64_t)time_us : 0;
    do {
        digits[--at] = (uint8_t)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    size = put(to, size, DRAGOMAN_TEXT("-"));
    return put(to, size, (dragoman_bytes){digits + at, sizeof digits - at});
}

/* "OOT-1767323045000000": when it began; what follows it adds its own time and has that as its parent. */
static void set_names(dragoman_alert *alert, const condition *one, int64_t since_us, int64_t now_us, uint8_t *text) {
    size_t size = put_time(text, put(text, 0, one->code), since_us);
    alert->id.value = (dragoman_bytes){text, size};
    if (alert->phase != DRAGOMAN_PHASE_START) {
        alert->parent.value = (dragoman_bytes){text, size};
        alert->id.value = (dragoman_bytes){text, put_time(text, size, now_us)};
    }
}

uint32_t nonin_alerts(nonin_oximeter *self, const nonin_packet *packet, const dragoman_now *now, dragoman_code *codings,
                      uint8_t *texts, dragoman_alert *alerts) {
    uint32_t count = 0;
    for (uint32_t n = 0; n < NONIN_CONDITIONS; n++) {
        const condition *one = &conditions[n];
        bool is_now = is_there(one, packet);
        bool was = self->since_us[n] != 0;
        if (!is_now && !was) {
            continue;
        }
        if (is_now && was && !self->tells_again) {
            continue;
        }
        int64_t since_us = was ? self->since_us[n] : now->wall_us;
        codings[count] =
            (dragoman_code){.code = one->code, .text = one->text, .system = DRAGOMAN_TEXT(NONIN_SYSTEM_ALERT)};
        dragoman_alert *alert = &alerts[count];
        *alert = (dragoman_alert){
            .event = {.codings = &codings[count], .coding_count = 1, .text = one->text},
            .source_values = {NULL, 0, sizeof(dragoman_value)},
            .text = one->text,
            .kind = DRAGOMAN_ALERT_TECHNICAL,
            .phase = !is_now ? DRAGOMAN_PHASE_END
                     : was   ? DRAGOMAN_PHASE_CONTINUE
                             : DRAGOMAN_PHASE_START,
            .state = is_now ? DRAGOMAN_STATE_ACTIVE : DRAGOMAN_STATE_INACTIVE,
        };
        set_names(alert, one, since_us, now->wall_us, texts + (size_t)count * NONIN_ALERT_TEXT);
        self->since_us[n] = is_now ? since_us : 0;
        count++;
    }
    self->tells_again = false;
    return count;
}
