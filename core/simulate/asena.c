#include "simulate/asena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 256
#define SECOND_US 1000000
#define SYRINGE_UL 50000
/* Hundredths of a millilitre an hour. */
#define RATE 1250
/* The line is occluded for so many of so many seconds, from the sixth on. */
#define OCCLUDED_EVERY 60
#define OCCLUDED_FROM 6
#define OCCLUDED_FOR 5

typedef struct asena_device {
    uint64_t random;
    uint64_t seconds;
    uint32_t volume_ul;
    uint32_t pressure; /* hundredths of a mmHg */
    int64_t second_us; /* when the next second of its life is over */
    bool is_in_line;
    size_t size;
    char line[LINE_BYTES];
} asena_device;

static void *create(uint64_t seed, int64_t clock_shift_us) {
    (void)clock_shift_us; /* no answer tells a time of day */
    asena_device *self = calloc(1, sizeof(*self));
    if (self != NULL) {
        self->random = seed;
        self->volume_ul = 1250;
        self->pressure = 1790;
    }
    return self;
}

static void opened(void *device) {
    asena_device *self = device;
    self->is_in_line = false;
}

static uint32_t next_random(asena_device *self) {
    self->random = self->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(self->random >> 33);
}

static bool is_occluded(const asena_device *self) {
    uint64_t second = self->seconds % OCCLUDED_EVERY;
    return second >= OCCLUDED_FROM && second < OCCLUDED_FROM + OCCLUDED_FOR;
}

static void live_a_second(asena_device *self) {
    self->seconds++;
    self->pressure = is_occluded(self) ? 53000 : 1700 + next_random(self) % 400;
    if (!is_occluded(self) && self->volume_ul < SYRINGE_UL) {
        self->volume_ul += RATE * 10 / 3600;
    }
}

static unsigned checksum(const char *text) {
    unsigned rest = 0xffff;
    for (; *text != 0; text++) {
        rest ^= (unsigned)(uint8_t)*text << 8;
        for (int bit = 0; bit < 8; bit++) {
            rest = ((rest << 1) ^ ((rest & 0x8000u) != 0 ? 0x1021u : 0u)) & 0xffffu;
        }
    }
    return rest;
}

static void answer(line_player *line, const char *text) {
    char frame[LINE_BYTES + 8];
    int size = snprintf(frame, sizeof(frame), "!%s|%04X\r", text, checksum(text));
    line_player_send(line, (dragoman_bytes){(const uint8_t *)frame, (size_t)size});
}

static void answer_infusion(const asena_device *self, line_player *line) {
    char text[LINE_BYTES];
    uint32_t left_s = (SYRINGE_UL - self->volume_ul) / (RATE * 10 / 3600);
    snprintf(text, sizeof(text), "INF^8002-00042^%s^%s^%s^ml/h^^%u.%03u^ml^%u.%02u^mmHg^%02u:%02u:%02u^EVENT^%llu",
             is_occluded(self) ? "A" : "-", is_occluded(self) ? "HLD" : "SET", is_occluded(self) ? "0.00" : "12.50",
             self->volume_ul / 1000, self->volume_ul % 1000, self->pressure / 100, self->pressure % 100,
             left_s / 3600 % 24, left_s / 60 % 60, left_s % 60, (unsigned long long)self->seconds);
    answer(line, text);
}

/* Queries are names alone; everything else is a command, which a reader never sends. */
static void take_query(const asena_device *self, line_player *line, const char *query) {
    if (strcmp(query, "INF") == 0) {
        answer_infusion(self, line);
    } else if (strcmp(query, "INST_SERIALNO") == 0) {
        answer(line, "INST_SERIALNO^8002-00042");
    } else if (strcmp(query, "COMMS_PROTOCOL") == 0) {
        answer(line, "COMMS_PROTOCOL^Asena Rev 2.1.5");
    } else if (strcmp(query, "INF_VTBI") == 0) {
        answer(line, "INF_VTBI^ACTIV^45.000^ml^STOP");
    } else if (strcmp(query, "ALARM") == 0) {
        answer(line, is_occluded(self) ? "ALARM^AL_OCCLU^OCCLUSION^" : "ALARM^AL_NOALM^ ^ ");
    } else if (strcmp(query, "SYRINGE_STATUS") == 0) {
        answer(line, "SYRINGE_STATUS^BD PLASTIPAK^ 50^CONF");
    } else {
        line_player_figures(line)->others++;
    }
}

static void take_line(asena_device *self, line_player *line) {
    line_figures *figures = line_player_figures(line);
    char *check = self->size >= 5 ? self->line + self->size - 5 : NULL;
    self->line[self->size] = 0;
    if (check == NULL || *check != '|') {
        figures->refused++;
        return;
    }
    *check = 0;
    if (strtoul(check + 1, NULL, 16) != checksum(self->line)) {
        figures->refused++;
        return;
    }
    figures->asked++;
    take_query(self, line, self->line);
}

static void received(void *device, line_player *line, dragoman_bytes bytes) {
    asena_device *self = device;
    for (size_t n = 0; n < bytes.size; n++) {
        char character = (char)bytes.data[n];
        if (character == '!') {
            self->is_in_line = true;
            self->size = 0;
        } else if (self->is_in_line && character == '\r') {
            self->is_in_line = false;
            take_line(self, line);
        } else if (self->is_in_line && self->size < LINE_BYTES - 1) {
            self->line[self->size++] = character;
        }
    }
}

static void tick(void *device, line_player *line, int64_t utc_us) {
    (void)line;
    (void)utc_us;
    asena_device *self = device;
    int64_t now_us = clock_now().monotonic_us;
    if (self->second_us == 0 || now_us >= self->second_us) {
        self->second_us = (self->second_us == 0 ? now_us : self->second_us) + SECOND_US;
        live_a_second(self);
    }
}

const line_protocol asena_protocol = {
    .create = create, .destroy = free, .opened = opened, .received = received, .tick = tick};
