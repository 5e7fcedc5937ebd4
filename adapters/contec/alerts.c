/* A condition is a bit of each packet: it begins with the first second that shows it and ends with the first that does
 * not. */
#include "oximeter.h"
#include <string.h>

static const struct {
    dragoman_bytes code, text;
    uint8_t kind;
} conditions[CONTEC_CONDITIONS] = {
    {DRAGOMAN_TEXT_INIT("FINGER"), DRAGOMAN_TEXT_INIT("finger out"), DRAGOMAN_ALERT_TECHNICAL},
    {DRAGOMAN_TEXT_INIT("PROBE"), DRAGOMAN_TEXT_INIT("probe error"), DRAGOMAN_ALERT_TECHNICAL},
    {DRAGOMAN_TEXT_INIT("SEARCH"), DRAGOMAN_TEXT_INIT("searching too long"), DRAGOMAN_ALERT_TECHNICAL},
    {DRAGOMAN_TEXT_INIT("DROP"), DRAGOMAN_TEXT_INIT("saturation drops"), DRAGOMAN_ALERT_PHYSIOLOGICAL},
};

void contec_alerts_note(contec_oximeter *self, const contec_moment *moment) {
    self->was_there[0] |= moment->is_out;
    self->was_there[1] |= moment->is_broken;
    self->was_there[2] |= moment->searches_too_long;
    self->was_there[3] |= moment->is_dropping;
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

/* "DROP-1767323045000000": when it began; what follows it adds its own time and has that as its parent. */
static void set_names(dragoman_alert *alert, dragoman_bytes code, int64_t since_us, int64_t now_us, uint8_t *text) {
    size_t size = put_time(text, put(text, 0, code), since_us);
    alert->id.value = (dragoman_bytes){text, size};
    if (alert->phase != DRAGOMAN_PHASE_START) {
        alert->parent.value = (dragoman_bytes){text, size};
        alert->id.value = (dragoman_bytes){text, put_time(text, size, now_us)};
    }
}

uint32_t contec_alerts(contec_oximeter *self, const dragoman_now *now, dragoman_code *codings, uint8_t *texts,
                       dragoman_alert *alerts) {
    uint32_t count = 0;
    for (uint32_t n = 0; n < CONTEC_CONDITIONS; n++) {
        bool is_now = self->was_there[n];
        bool was = self->since_us[n] != 0;
        self->was_there[n] = false;
        if (is_now == was && !(is_now && self->tells_again)) {
            continue;
        }
        int64_t since_us = was ? self->since_us[n] : now->wall_us;
        codings[count] = (dragoman_code){
            .code = conditions[n].code, .text = conditions[n].text, .system = DRAGOMAN_TEXT(CONTEC_SYSTEM_ALERT)};
        alerts[count] = (dragoman_alert){
            .event = {.codings = &codings[count], .coding_count = 1, .text = conditions[n].text},
            .source_values = {NULL, 0, sizeof(dragoman_value)},
            .text = conditions[n].text,
            .kind = conditions[n].kind,
            .phase = !is_now ? DRAGOMAN_PHASE_END
                     : was   ? DRAGOMAN_PHASE_CONTINUE
                             : DRAGOMAN_PHASE_START,
            .state = is_now ? DRAGOMAN_STATE_ACTIVE : DRAGOMAN_STATE_INACTIVE,
        };
        set_names(&alerts[count], conditions[n].code, since_us, now->wall_us,
                  texts + (size_t)count * CONTEC_ALERT_TEXT);
        self->since_us[n] = is_now ? since_us : 0;
        count++;
    }
    self->tells_again = false;
    return count;
}
