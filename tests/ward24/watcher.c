#include "ward24/watcher.h"

#include "base/bytes.h"
#include "base/decimal.h"
#include "base/limits.h"
#include "base/time.h"
#include "model/model.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define S_US INT64_C(1000000)
/* A report needs so long from its device to us: the host looks once a second who is quiet. */
#define SLACK_US (4 * S_US)
#define KEYS 8u /* devices of one link */
#define WRONG_MAX 40u

/* A device as the reports know it. */
typedef struct heard_device {
    char key[96];
    int64_t heard_us;
    uint32_t state;
} heard_device;

typedef struct heard_link {
    heard_device devices[KEYS];
    uint32_t count;
    int64_t heard_us;
    int64_t quiet_until_us; /* what is wrong with the link was said: not again before */
} heard_link;

struct watcher {
    house *of;
    bedside *const *devices;
    port *reports, *fhir;
    loop_timer *second;
    buffer unread;
    arena memory;
    heard_link links[BEDSIDE_KINDS];
    watcher_figures figures;
};

static int64_t now_us(void) {
    return clock_now().monotonic_us;
}

static void say(watcher *self, uint32_t kind, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void say(watcher *self, uint32_t kind, const char *format, ...) {
    char text[TIME_TEXT_BYTES];
    va_list words;
    if (self->figures.wrong++ < WRONG_MAX) {
        size_t size = time_write_utc(clock_now().wall_us, 0, text);
        printf("ward24: %.*s %s: ", (int)size, text, bedside_name(kind));
        va_start(words, format);
        vprintf(format, words);
        va_end(words);
        printf("\n");
        fflush(stdout);
    }
}

static uint32_t kind_of(dragoman_bytes link) {
    uint32_t kind = 0;
    while (kind < BEDSIDE_KINDS && !bytes_is(link, bedside_name(kind))) {
        kind++;
    }
    return kind;
}

static heard_device *device_of(watcher *self, uint32_t kind, dragoman_bytes key) {
    heard_link *link = &self->links[kind];
    for (uint32_t i = 0; i < link->count; i++) {
        if (bytes_is(key, link->devices[i].key)) {
            return &link->devices[i];
        }
    }
    if (link->count == KEYS || key.size >= sizeof(link->devices[0].key)) {
        say(self, kind, "there is a device too many: %.*s", BYTES_FORMAT(key));
        return NULL;
    }
    heard_device *made = &link->devices[link->count++];
    snprintf(made->key, sizeof(made->key), "%.*s", BYTES_FORMAT(key));
    made->state = DRAGOMAN_DEVICE_LIVE;
    return made;
}

/* ---- what a report says */

static void check_values(watcher *self, uint32_t kind, const dragoman_list *values, const dragoman_concept *code) {
    for (uint32_t i = 0; i < values->count; i++) {
        const dragoman_value *value = dragoman_list_at(values, i);
        self->figures.values++;
        if (value->kind != DRAGOMAN_VALUE_DECIMAL || value->number.special != DRAGOMAN_FINITE) {
            continue;
        }
        self->figures.checked++;
        if (!bedside_said(self->devices[kind], value->number)) {
            char text[DECIMAL_TEXT_BYTES];
            size_t size = decimal_write(value->number, text);
            dragoman_bytes name = code->coding_count == 0 ? DRAGOMAN_TEXT("a value") : code->codings[0].code;
            say(self, kind, "%.*s is %.*s, which it never said", BYTES_FORMAT(name), (int)size, text);
        }
    }
}

static void check_observations(watcher *self, uint32_t kind, const dragoman_report *report) {
    for (uint32_t i = 0; i < report->observations.count; i++) {
        const dragoman_observation *each = dragoman_list_at(&report->observations, i);
        check_values(self, kind, &each->values, &each->code);
        for (uint32_t n = 0; n < each->components.count; n++) {
            const dragoman_component *part = dragoman_list_at(&each->components, n);
            check_values(self, kind, &part->values, &part->code);
        }
    }
}

static void take_state(watcher *self, uint32_t kind, heard_device *device, uint32_t state) {
    int64_t quiet_us = now_us() - device->heard_us;
    int64_t calm_us = now_us() - bedside_troubled_at_us(self->devices[kind]);
    device->state = state;
    if (state == DRAGOMAN_DEVICE_LIVE) {
        self->figures.back++;
        return;
    }
    *(state == DRAGOMAN_DEVICE_STALE ? &self->figures.stale : &self->figures.gone) += 1;
    if (quiet_us < WATCHER_STALE_US) {
        say(self, kind, "%s is said to be away, and spoke %lld ms ago", device->key, (long long)(quiet_us / 1000));
    }
    if (calm_us > WATCHER_STALE_US + BEDSIDE_BACK_US) {
        say(self, kind, "%s is said to be away, and nothing happened to it for %lld s", device->key,
            (long long)(calm_us / S_US));
    }
}

static void take_report(watcher *self, dragoman_bytes bytes) {
    model_record record;
    error_record error = {0};
    self->figures.reports++;
    if (model_decode(bytes, &self->memory, &record, &error) != DRAGOMAN_OK || !record.has_stamp) {
        say(self, 0, "a report cannot be read: %s", error.text);
        return;
    }
    uint32_t kind = kind_of(record.stamp.link);
    const dragoman_device *from = record.report.device;
    heard_device *device =
        kind == BEDSIDE_KINDS || from == NULL || self->devices == NULL ? NULL : device_of(self, kind, from->key);
    if (device == NULL) {
        return;
    }
    if (record.report.device_state != 0) {
        take_state(self, kind, device, record.report.device_state);
        return;
    }
    if (device->state != DRAGOMAN_DEVICE_LIVE) {
        say(self, kind, "%s speaks, and is not said to be back", device->key);
        device->state = DRAGOMAN_DEVICE_LIVE;
    }
    device->heard_us = self->links[kind].heard_us = now_us();
    check_observations(self, kind, &record.report);
}

static bool take_next(watcher *self, size_t *at) {
    size_t size = 0;
    size_t head = 0;
    for (unsigned shift = 0; shift < 32; shift += 7) {
        if (*at + head == self->unread.size) {
            return false;
        }
        uint8_t byte = self->unread.data[*at + head++];
        size |= (size_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            break;
        }
    }
    if (self->unread.size - *at - head < size) {
        return false;
    }
    take_report(self, (dragoman_bytes){self->unread.data + *at + head, size});
    arena_reset(&self->memory);
    *at += head + size;
    return true;
}

static void reports_came(void *context, dragoman_bytes bytes) {
    watcher *self = context;
    size_t at = 0;
    buffer_append_bytes(&self->unread, bytes);
    while (take_next(self, &at)) {
    }
    memmove(self->unread.data, self->unread.data + at, self->unread.size - at);
    self->unread.size -= at;
}

static void fhir_came(void *context, dragoman_bytes bytes) {
    watcher *self = context;
    self->figures.fhir_bytes += bytes.size;
}

static void nothing(void *context) {
    (void)context;
}

static void named(void *context, const char *name) {
    (void)context;
    (void)name;
}

/* ---- what no report says */

static void look_at_link(watcher *self, uint32_t kind) {
    link_health health;
    heard_link *heard = &self->links[kind];
    uint64_t wrong = self->figures.wrong;
    int64_t at_us = now_us();
    if (at_us < heard->quiet_until_us) {
        return;
    }
    int64_t whole_us = bedside_whole_since_us(self->devices[kind]);
    int64_t troubled_us = bedside_troubled_at_us(self->devices[kind]);
    link_health_get(self->of->links[kind].link, &health);
    if (whole_us == INT64_MAX && health.state == LINK_LIVE && at_us - heard->heard_us > WATCHER_STALE_US + SLACK_US &&
        heard->heard_us > 0) {
        say(self, kind, "its device is away for %lld s, and the link counts as live",
            (long long)((at_us - heard->heard_us) / S_US));
    }
    if (whole_us != INT64_MAX && at_us - troubled_us > BEDSIDE_BACK_US &&
        (health.state != LINK_LIVE || at_us - heard->heard_us > WATCHER_STALE_US)) {
        say(self, kind, "nothing happened to it for %lld s, and its link is %s and delivered %lld s ago",
            (long long)((at_us - troubled_us) / S_US), house_state_word(health.state),
            (long long)((at_us - heard->heard_us) / S_US));
    }
    for (uint32_t i = 0; i < heard->count; i++) {
        const heard_device *device = &heard->devices[i];
        if (device->state == DRAGOMAN_DEVICE_LIVE && at_us - device->heard_us > WATCHER_STALE_US + SLACK_US) {
            say(self, kind, "%s is quiet for %lld s, and nobody is told", device->key,
                (long long)((at_us - device->heard_us) / S_US));
        }
    }
    heard->quiet_until_us = self->figures.wrong > wrong ? at_us + 60 * S_US : 0;
}

static void second_rang(void *context) {
    watcher *self = context;
    for (uint32_t kind = 0; kind < BEDSIDE_KINDS; kind++) {
        look_at_link(self, kind);
    }
    loop_timer_set(self->second, now_us() + S_US);
}

static port *listen_at(watcher *self, uint16_t number, void (*received)(void *context, dragoman_bytes bytes)) {
    port_options options = {.kind = PORT_LISTEN,
                            .host = "127.0.0.1",
                            .number = number,
                            .opened = named,
                            .listens = named,
                            .received = received,
                            .closed = nothing,
                            .context = self};
    return port_create(self->of->on, &options);
}

watcher *watcher_create(house *of, uint16_t reports_port, uint16_t fhir_port) {
    watcher *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    self->of = of;
    buffer_init(&self->unread);
    arena_init(&self->memory, LIMIT_DECODED_BYTES);
    self->second = loop_timer_create(of->on, second_rang, self);
    self->reports = listen_at(self, reports_port, reports_came);
    self->fhir = listen_at(self, fhir_port, fhir_came);
    if (self->second == NULL || self->reports == NULL || self->fhir == NULL) {
        watcher_destroy(self);
        return NULL;
    }
    return self;
}

void watcher_destroy(watcher *self) {
    if (self != NULL) {
        port_destroy(self->reports);
        port_destroy(self->fhir);
        loop_timer_destroy(self->second);
        buffer_fini(&self->unread);
        arena_fini(&self->memory);
        free(self);
    }
}

void watcher_begin(watcher *self, bedside *const devices[BEDSIDE_KINDS]) {
    self->devices = devices;
    for (uint32_t kind = 0; kind < BEDSIDE_KINDS; kind++) {
        self->links[kind].heard_us = now_us();
    }
    loop_timer_set(self->second, now_us() + S_US);
}

const watcher_figures *watcher_seen(const watcher *self) {
    return &self->figures;
}
