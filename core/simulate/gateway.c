#include "simulate/gateway.h"
#include "base/bytes.h"
#include "base/time.h"

#include <stdlib.h>

struct gateway {
    gateway_options options;
    gateway_figures figures;
    port *line;
    loop_timer *timer;
    loop_timer *unplug;
    uint64_t random;
    uint32_t next; /* device */
    uint32_t sequence;
    bool is_connected;
};

/* splitmix64. */
static uint64_t draw(gateway *self, uint64_t below) {
    uint64_t z = (self->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

/* ------------------------------------------------- octets, little endian */

static void put(buffer *to, uint64_t number, unsigned size) {
    for (unsigned i = 0; i < size; i++) {
        buffer_append_byte(to, (uint8_t)(number >> (8 * i)));
    }
}

static void put_sfloat(buffer *to, int mantissa, int exponent) {
    put(to, ((unsigned)mantissa & 0xfffu) | ((unsigned)exponent & 15u) << 12, 2);
}

static void put_float(buffer *to, int mantissa, int exponent) {
    put(to, (unsigned)mantissa & 0xffffffu, 3);
    put(to, (unsigned)exponent & 0xffu, 1);
}

/* What the device's clock shows: UTC, as far as it goes right. */
static void put_time(gateway *self, buffer *to) {
    int64_t seconds = (clock_now().wall_us + self->options.faults.clock_shift_us) / 1000000;
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    time_date(seconds / 86400, &year, &month, &day);
    put(to, (uint64_t)year, 2);
    put(to, month, 1);
    put(to, day, 1);
    put(to, (uint64_t)(seconds / 3600 % 24), 1);
    put(to, (uint64_t)(seconds / 60 % 60), 1);
    put(to, (uint64_t)(seconds % 60), 1);
}

/* --------------------------------------------------------------- devices */

static void put_cuff(gateway *self, buffer *to) {
    int systolic = 95 + (int)draw(self, 60);
    int diastolic = systolic - 30 - (int)draw(self, 20);
    put(to, 0x06, 1); /* time, pulse rate */
    put_sfloat(to, systolic, 0);
    put_sfloat(to, diastolic, 0);
    put_sfloat(to, diastolic + (systolic - diastolic) / 3, 0);
    put_time(self, to);
    put_sfloat(to, 55 + (int)draw(self, 45), 0);
}

static void put_meter(gateway *self, buffer *to) {
    put(to, 0x02, 1); /* concentration in kg/L */
    put(to, self->sequence & 0xffffu, 2);
    put_time(self, to);
    put_sfloat(to, 70 + (int)draw(self, 130), -5);
    put(to, 0x11, 1); /* capillary whole blood, finger */
}

static void put_thermometer(gateway *self, buffer *to) {
    put(to, 0x06, 1); /* time, type */
    put_float(to, 360 + (int)draw(self, 30), -1);
    put_time(self, to);
    put(to, 3, 1); /* ear */
}

static void put_oximeter(gateway *self, buffer *to) {
    put(to, 0x00, 1);
    put_sfloat(to, 92 + (int)draw(self, 8), 0);
    put_sfloat(to, 55 + (int)draw(self, 45), 0);
}

static void put_scale(gateway *self, buffer *to) {
    put(to, 0x02, 1); /* time */
    put(to, 10000 + draw(self, 8000), 2);
    put_time(self, to);
}

static void put_strap(gateway *self, buffer *to) {
    unsigned rate = 55 + (unsigned)draw(self, 60);
    put(to, 0x16, 1); /* skin contact, RR interval */
    put(to, rate, 1);
    put(to, 61440u / rate, 2);
}

static const struct {
    const char *name, *service, *characteristic;
    void (*put)(gateway *self, buffer *to);
} kinds[] = {
    {"Cuff", "1810", "2A35", put_cuff},       {"Meter", "1808", "2A18", put_meter},
    {"Ear", "1809", "2A1C", put_thermometer}, {"Oximeter", "1822", "2A5F", put_oximeter},
    {"Scale", "181D", "2A9D", put_scale},     {"Strap", "180D", "2A37", put_strap},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void put_received(buffer *to) {
    int64_t now_us = clock_now().wall_us;
    int64_t seconds = now_us / 1000000;
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    time_date(seconds / 86400, &year, &month, &day);
    buffer_append_format(to, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", (int)year, month, day, (int)(seconds / 3600 % 24),
                         (int)(seconds / 60 % 60), (int)(seconds % 60), (int)(now_us / 1000 % 1000));
}

static void put_line(gateway *self, uint32_t device, buffer *to) {
    buffer value;
    buffer_init(&value);
    kinds[device % KINDS].put(self, &value);
    buffer_append_format(to,
                         "{\"gateway\":\"%s\",\"device\":{\"address\":\"5D:00:00:00:%02X:%02X\",\"name\":\"%s %u\","
                         "\"manufacturer\":\"Simulated\"},\"service\":\"%s\",\"characteristic\":\"%s\",\"value\":\"",
                         self->options.name, device >> 8, device & 0xff, kinds[device % KINDS].name, device + 1,
                         kinds[device % KINDS].service, kinds[device % KINDS].characteristic);
    for (size_t i = 0; i < value.size; i++) {
        buffer_append_format(to, "%02X", value.data[i]);
    }
    buffer_append_text(to, "\",\"received_at\":\"");
    put_received(to);
    buffer_append_format(to, "\",\"rssi\":-%u}", 50 + (unsigned)draw(self, 40));
    buffer_fini(&value);
}

/* CRC-16 of the bytes so far: reflected 0x1021, begun with 0xffff. */
static void put_check(buffer *to) {
    unsigned crc = 0xffff;
    for (size_t i = 0; i < to->size; i++) {
        crc ^= to->data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ ((crc & 1u) != 0 ? 0x8408u : 0);
        }
    }
    buffer_append_format(to, "*%04X", crc);
}

/* ------------------------------------------------------------------ line */

static bool is_turn(uint64_t count, uint32_t every) {
    return every > 0 && count % every == 0;
}

static void send_line(gateway *self) {
    buffer text;
    buffer_init(&text);
    self->sequence++;
    put_line(self, self->next, &text);
    self->next = (self->next + 1) % self->options.devices;
    if (self->options.has_check) {
        put_check(&text);
    }
    self->figures.lines++;
    if (is_turn(self->figures.lines, self->options.faults.corrupt)) {
        text.data[draw(self, text.size)] ^= (uint8_t)(1u << draw(self, 8));
        self->figures.corrupted++;
    }
    buffer_append_byte(&text, '\n');
    if (is_turn(self->figures.lines, self->options.faults.drop)) {
        self->figures.dropped++;
    } else if (self->options.to != NULL) {
        fwrite(text.data, 1, text.size, self->options.to);
        fflush(self->options.to);
    } else {
        port_send(self->line, buffer_bytes(&text));
    }
    buffer_fini(&text);
}

static void plan(gateway *self) {
    loop_timer_set(self->timer, clock_now().monotonic_us + self->options.interval_us / self->options.devices);
}

static void rang(void *context) {
    gateway *self = context;
    bool is_over = self->options.lines > 0 && self->figures.lines >= self->options.lines;
    if (is_over) {
        if (self->options.ended != NULL) {
            self->options.ended(self->options.context);
        }
        return;
    }
    if (self->options.to != NULL || self->is_connected) {
        send_line(self);
        plan(self);
    }
}

static void opened(void *context, const char *name) {
    gateway *self = context;
    (void)name;
    self->is_connected = true;
    plan(self);
}

static void ignore(void *context, const char *name) {
    (void)context;
    (void)name;
}

static void received(void *context, dragoman_bytes bytes) {
    (void)context;
    (void)bytes;
}

static void closed(void *context) {
    ((gateway *)context)->is_connected = false;
}

static void pull(void *context) {
    gateway *self = context;
    port_unplug(self->line);
    loop_timer_set(self->unplug, clock_now().monotonic_us + self->options.faults.unplug_us);
}

static bool open_line(gateway *self, loop *on) {
    const gateway_options *options = &self->options;
    if (options->to != NULL) {
        plan(self);
        return true;
    }
    port_options line = {.kind = options->kind,
                         .host = options->host,
                         .number = options->number,
                         .opened = opened,
                         .listens = ignore,
                         .received = received,
                         .closed = closed,
                         .context = self};
    self->line = port_create(on, &line);
    if (self->line != NULL && options->faults.unplug_us > 0) {
        loop_timer_set(self->unplug, clock_now().monotonic_us + options->faults.unplug_us);
    }
    return self->line != NULL;
}

gateway *gateway_create(loop *on, const gateway_options *options) {
    gateway *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    self->options = *options;
    self->random = options->seed;
    self->timer = loop_timer_create(on, rang, self);
    self->unplug = loop_timer_create(on, pull, self);
    if (self->timer == NULL || self->unplug == NULL || !open_line(self, on)) {
        gateway_destroy(self);
        return NULL;
    }
    return self;
}

void gateway_destroy(gateway *self) {
    if (self == NULL) {
        return;
    }
    port_destroy(self->line);
    loop_timer_destroy(self->timer);
    loop_timer_destroy(self->unplug);
    free(self);
}

const gateway_figures *gateway_figures_of(const gateway *self) {
    return &self->figures;
}
