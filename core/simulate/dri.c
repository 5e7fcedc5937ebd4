#include "simulate/dri.h"
#include "simulate/theatre_monitor.h"

#include <stdlib.h>
#include <string.h>

#define FLAG 0x7e
#define ESCAPE 0x7d
#define HEADER_BYTES 40
#define REQUEST_BYTES 256
#define WAVES 8
#define SECOND_US 1000000
/* Kinds of physiological data: 1 to 4. */
#define KINDS 5

/* A transmission that was asked for. */
typedef struct transmission {
    uint32_t every_s; /* 0: none */
    uint32_t classes;
    uint64_t next_s;
} transmission;

typedef struct dri_device {
    theatre_monitor monitor;
    transmission sent[KINDS];
    uint8_t waves[WAVES];
    uint32_t wave_count;
    bool tells_changes; /* alarms */
    int64_t second_us;  /* when the next second of its life is over */
    uint8_t request[REQUEST_BYTES];
    size_t size;
    bool is_escaped;
} dri_device;

static void *create(uint64_t seed, int64_t clock_shift_us) {
    dri_device *self = calloc(1, sizeof(*self));
    if (self != NULL) {
        theatre_monitor_init(&self->monitor, seed, clock_shift_us);
    }
    return self;
}

static void opened(void *device) {
    dri_device *self = device;
    memset(self->sent, 0, sizeof(self->sent));
    self->wave_count = 0;
    self->tells_changes = false;
    self->size = 0;
    self->is_escaped = false;
}

static void put_byte(buffer *to, uint8_t byte) {
    if (byte == FLAG || byte == ESCAPE) {
        buffer_append_byte(to, ESCAPE);
        byte ^= 0x20;
    }
    buffer_append_byte(to, byte);
}

static void send_record(line_player *line, const buffer *record) {
    buffer frame;
    uint8_t sum = 0;
    buffer_init(&frame);
    buffer_append_byte(&frame, FLAG);
    for (size_t n = 0; n < record->size; n++) {
        sum = (uint8_t)(sum + record->data[n]);
        put_byte(&frame, record->data[n]);
    }
    put_byte(&frame, sum);
    buffer_append_byte(&frame, FLAG);
    line_player_send(line, buffer_bytes(&frame));
    buffer_fini(&frame);
}

static void send_values(dri_device *self, line_player *line, uint8_t kind, int64_t utc_us) {
    buffer record;
    buffer_init(&record);
    theatre_monitor_values(&self->monitor, kind, self->sent[kind].classes, utc_us, &record);
    send_record(line, &record);
    buffer_fini(&record);
}

static void send_alarms(dri_device *self, line_player *line, int64_t utc_us) {
    buffer record;
    buffer_init(&record);
    theatre_monitor_alarms(&self->monitor, utc_us, &record);
    send_record(line, &record);
    buffer_fini(&record);
}

/* "Physiological data transmission request": kind, interval in seconds, -1 for once and 0 for no more, classes. */
static bool take_values_request(dri_device *self, line_player *line, const uint8_t *body, size_t size) {
    if (size < 9 || body[0] < 1 || body[0] >= KINDS) {
        return false;
    }
    int16_t every_s = (int16_t)(body[1] | body[2] << 8);
    transmission *sent = &self->sent[body[0]];
    sent->classes = body[3];
    sent->next_s = self->monitor.seconds;
    sent->every_s = every_s > 0 ? (uint32_t)(every_s < 5 ? 5 : every_s) : 0;
    if (every_s == -1) {
        send_values(self, line, body[0], clock_now().wall_us);
    }
    return true;
}

/* "Waveform transmission request": start or stop, two bytes, up to eight kinds. */
static bool take_waves_request(dri_device *self, const uint8_t *body, size_t size) {
    if (size < 32 || body[0] > 1) {
        return false;
    }
    self->wave_count = 0;
    for (int n = 0; n < WAVES && body[0] == 0 && body[4 + n] != 0xff; n++) {
        self->waves[self->wave_count++] = body[4 + n];
    }
    return true;
}

/* "Alarm transmission commands": 0 the status once, 2 and 3 whenever it changes or no more. */
static bool take_alarms_request(dri_device *self, line_player *line, const uint8_t *body, size_t size) {
    if (size < 12 || body[0] == 1 || body[0] > 3) {
        return false;
    }
    if (body[0] == 0) {
        send_alarms(self, line, clock_now().wall_us);
    } else {
        self->tells_changes = body[0] == 2;
    }
    return true;
}

static bool is_whole(const dri_device *self) {
    uint8_t sum = 0;
    for (size_t n = 0; n + 1 < self->size; n++) {
        sum = (uint8_t)(sum + self->request[n]);
    }
    return self->size > HEADER_BYTES && sum == self->request[self->size - 1] &&
           (size_t)(self->request[0] | self->request[1] << 8) == self->size - 1;
}

static void take_request(dri_device *self, line_player *line) {
    line_figures *figures = line_player_figures(line);
    if (!is_whole(self)) {
        figures->refused++;
        return;
    }
    const uint8_t *body = self->request + HEADER_BYTES;
    size_t size = self->size - 1 - HEADER_BYTES;
    bool is_request = self->request[18] == 0;
    figures->asked++;
    switch (self->request[14] | self->request[15] << 8) {
    case 0:
        is_request = is_request && take_values_request(self, line, body, size);
        break;
    case 1:
        is_request = is_request && take_waves_request(self, body, size);
        break;
    case 4:
        is_request = is_request && take_alarms_request(self, line, body, size);
        break;
    default:
        is_request = false;
        break;
    }
    figures->others += is_request ? 0 : 1;
}

static void received(void *device, line_player *line, dragoman_bytes bytes) {
    dri_device *self = device;
    for (size_t n = 0; n < bytes.size; n++) {
        uint8_t byte = bytes.data[n];
        if (byte == FLAG) {
            if (self->size > 0) {
                take_request(self, line);
            }
            self->size = 0;
            self->is_escaped = false;
        } else if (byte == ESCAPE) {
            self->is_escaped = true;
        } else if (self->size < REQUEST_BYTES) {
            self->request[self->size++] = self->is_escaped ? byte ^ 0x20 : byte;
            self->is_escaped = false;
        }
    }
}

static void send_waves(dri_device *self, line_player *line, int64_t utc_us) {
    buffer record;
    buffer_init(&record);
    theatre_monitor_waves(&self->monitor, self->waves, self->wave_count, utc_us, &record);
    send_record(line, &record);
    buffer_fini(&record);
}

static void live_a_second(dri_device *self, line_player *line, int64_t utc_us) {
    bool has_changed = theatre_monitor_pass(&self->monitor, utc_us);
    if (has_changed && self->tells_changes) {
        send_alarms(self, line, utc_us);
    }
    for (uint8_t kind = KINDS - 1; kind >= 1; kind--) {
        transmission *sent = &self->sent[kind];
        if (sent->every_s > 0 && self->monitor.seconds >= sent->next_s) {
            sent->next_s = self->monitor.seconds + sent->every_s;
            send_values(self, line, kind, utc_us);
        }
    }
    if (self->wave_count > 0) {
        send_waves(self, line, utc_us);
    }
}

static void tick(void *device, line_player *line, int64_t utc_us) {
    dri_device *self = device;
    int64_t now_us = clock_now().monotonic_us;
    if (self->second_us == 0 || now_us >= self->second_us) {
        self->second_us = (self->second_us == 0 ? now_us : self->second_us) + SECOND_US;
        live_a_second(self, line, utc_us);
    }
}

const line_protocol dri_protocol = {
    .create = create, .destroy = free, .opened = opened, .received = received, .tick = tick};
