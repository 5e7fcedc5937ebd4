#include "simulate/bcc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOH '\x01'
#define EOT '\x04'
#define ACK '\x06'
#define LINE_BYTES 256
#define BED "SpaceCom9/1/1"
#define SECOND_US 1000000
/* The rack itself and its pumps: a frame each. */
#define FRAMES 3
/* The second pump's syringe is empty for so many of so many seconds, from the eighth on. */
#define EMPTY_EVERY 60
#define EMPTY_FROM 8
#define EMPTY_FOR 12

typedef struct bcc_device {
    uint64_t random;
    uint64_t seconds;
    uint32_t infused[2];  /* hundredths of a millilitre */
    uint32_t pressure[2]; /* percent */
    int64_t second_us;    /* when the next second of its life is over */
    int next_frame;       /* of an answer that goes on with the next acknowledgement; FRAMES: there is none */
    bool is_in_frame;
    size_t size;
    char line[LINE_BYTES];
} bcc_device;

static void *create(uint64_t seed, int64_t clock_shift_us) {
    (void)clock_shift_us; /* times are seconds since the rack was switched on */
    bcc_device *self = calloc(1, sizeof(*self));
    if (self != NULL) {
        self->random = seed;
        self->pressure[0] = 20;
        self->pressure[1] = 10;
        self->next_frame = FRAMES;
    }
    return self;
}

static void opened(void *device) {
    bcc_device *self = device;
    self->is_in_frame = false;
    self->next_frame = FRAMES;
}

static uint32_t next_random(bcc_device *self) {
    self->random = self->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(self->random >> 33);
}

static bool is_empty(const bcc_device *self) {
    uint64_t second = self->seconds % EMPTY_EVERY;
    return second >= EMPTY_FROM && second < EMPTY_FROM + EMPTY_FOR;
}

static void live_a_second(bcc_device *self) {
    self->seconds++;
    self->infused[0] += 1 + next_random(self) % 2;
    self->infused[1] += is_empty(self) ? 0 : 1;
    self->pressure[0] = 20 + next_random(self) % 30;
    self->pressure[1] = 10 + next_random(self) % 20;
}

/* Stuffing: D and E, d and e become two characters. */
static void put_stuffed(buffer *to, const char *text, size_t size) {
    for (size_t n = 0; n < size; n++) {
        char character = text[n];
        if (character == 'D' || character == 'd') {
            buffer_append_byte(to, (uint8_t)(character + 1));
            character = character == 'D' ? 'X' : 'x';
        } else if (character == 'E' || character == 'e') {
            buffer_append_byte(to, (uint8_t)character);
        }
        buffer_append_byte(to, (uint8_t)character);
    }
}

static void send_frame(line_player *line, const char *information) {
    char frame[1024];
    unsigned sum = 0;
    buffer stuffed;
    int size = snprintf(frame, sizeof(frame), "\x01%05zu\x02" BED ">%s\x03", 15 + strlen(BED) + strlen(information),
                        information);
    for (int n = 0; n < size; n++) {
        sum += (uint8_t)frame[n];
    }
    size += snprintf(frame + size, sizeof(frame) - (size_t)size, "%05u\x04", sum % 256);
    buffer_init(&stuffed);
    put_stuffed(&stuffed, frame, (size_t)size);
    line_player_send(line, buffer_bytes(&stuffed));
    buffer_fini(&stuffed);
}

static void tell_rack(const bcc_device *self, line_player *line) {
    char text[256];
    unsigned long long now = (unsigned long long)self->seconds;
    snprintf(text, sizeof(text), "%llu,50100,FMNOR,1\x1e%llu,50100,FMSTAT,00051", now, now);
    send_frame(line, text);
}

static void tell_pump(const bcc_device *self, line_player *line, int pump) {
    char text[768];
    unsigned long long now = (unsigned long long)self->seconds;
    int address = 50111 + pump;
    uint32_t infused = self->infused[pump];
    bool has_alarm = pump == 1 && is_empty(self);
    snprintf(text, sizeof(text),
             "%llu,%d,GNMODEL,686N030004\x1e%llu,%d,INSERNUM,%d\x1e%llu,%d,INRT,%s\x1e%llu,%d,INVTB,%s\x1e"
             "%llu,%d,INSOL,%s\x1e%llu,%d,INVI,%u.%02u\x1e%llu,%d,INP2,%u\x1e%llu,%d,INDORT,_NV\x1e"
             "%llu,%d,INA2,%d\x1e%llu,%d,INA3,0",
             now, address, now, address, 561150 + pump, now, address, pump == 0 ? "50.00" : "5.00", now, address,
             pump == 0 ? "500.00" : "50.00", now, address, pump == 0 ? "Ringer Acetat  500ml" : "Noradrenalin", now,
             address, infused / 100, infused % 100, now, address, self->pressure[pump], now, address, now, address,
             has_alarm ? 1 : 0, now, address);
    send_frame(line, text);
}

/* The next frame of an answer. */
static void go_on(bcc_device *self, line_player *line) {
    int frame = self->next_frame;
    if (frame == FRAMES) {
        return;
    }
    self->next_frame++;
    if (frame == 0) {
        tell_rack(self, line);
    } else {
        tell_pump(self, line, frame - 1);
    }
}

/* ADMIN and MEM:GET ask; everything else commands, which a reader never does. */
static void take_request(bcc_device *self, line_player *line, const char *request) {
    char text[64];
    if (strcmp(request, "MEM:GET") == 0) {
        self->next_frame = 0;
        go_on(self, line);
    } else if (strcmp(request, "ADMIN:ALIVE") == 0) {
        self->next_frame = FRAMES;
        snprintf(text, sizeof(text), "%llu,0,GNACK,0", (unsigned long long)self->seconds);
        send_frame(line, text);
    } else {
        line_player_figures(line)->others++;
    }
}

static size_t unstuff(const char *line, size_t size, char *to) {
    size_t count = 0;
    for (size_t n = 0; n < size; n++) {
        char character = line[n];
        if ((character == 'E' || character == 'e') && n + 1 < size) {
            n++;
            character = line[n] == 'X' || line[n] == 'x' ? (char)(character - 1) : character;
        }
        to[count++] = character;
    }
    return count;
}

static void take_frame(bcc_device *self, line_player *line) {
    line_figures *figures = line_player_figures(line);
    char frame[LINE_BYTES];
    size_t size = unstuff(self->line, self->size, frame);
    unsigned sum = 0;
    if (size < 16 || (size_t)strtoul(frame + 1, NULL, 10) != size) {
        figures->refused++;
        return;
    }
    char *end = frame + size - 7;
    for (const char *at = frame; at <= end; at++) {
        sum += (uint8_t)*at;
    }
    frame[size - 1] = 0;
    char *request = memchr(frame, '>', size);
    if (request == NULL || strtoul(end + 1, NULL, 10) != sum % 256) {
        figures->refused++;
        return;
    }
    *end = 0;
    figures->asked++;
    take_request(self, line, request + 1);
}

static void received(void *device, line_player *line, dragoman_bytes bytes) {
    bcc_device *self = device;
    for (size_t n = 0; n < bytes.size; n++) {
        char character = (char)bytes.data[n];
        if (character == SOH) {
            self->is_in_frame = true;
            self->size = 0;
        }
        if (!self->is_in_frame) {
            if (character == ACK) {
                go_on(self, line);
            }
            continue;
        }
        if (self->size < LINE_BYTES) {
            self->line[self->size++] = character;
        }
        if (character == EOT) {
            self->is_in_frame = false;
            take_frame(self, line);
        }
    }
}

static void tick(void *device, line_player *line, int64_t utc_us) {
    (void)line;
    (void)utc_us;
    bcc_device *self = device;
    int64_t now_us = clock_now().monotonic_us;
    if (self->second_us == 0 || now_us >= self->second_us) {
        self->second_us = (self->second_us == 0 ? now_us : self->second_us) + SECOND_US;
        live_a_second(self);
    }
}

const line_protocol bcc_protocol = {
    .create = create, .destroy = free, .opened = opened, .received = received, .tick = tick};
