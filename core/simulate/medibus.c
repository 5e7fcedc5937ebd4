#include "simulate/medibus.h"
#include "simulate/ventilator.h"

#include <stdlib.h>

#define ESC 0x1b
#define SOH 0x01
#define CR 0x0d
#define DC1 0x11
#define DC3 0x13
#define REFUSAL 0x15
#define INITIALISE 0x51
#define STOP 0x55
#define CONFIGURE_CURVES 0x54
#define NO_OPERATION 0x30

/* Characters of a command at most: two, 251 of arguments, two of the checksum. */
#define COMMAND_BYTES 255
/* "Time-Out": without a word for three seconds the communication has ended. */
#define SILENCE_US 3000000
/* We say something as often. */
#define ALIVE_US 2000000
#define TICK_US 1000000

struct medibus_player {
    loop *on;
    line_options options;
    medibus_figures figures;
    ventilator device;
    port *line;
    loop_timer *second;  /* the device's life, time-outs, signs of life, faults */
    loop_timer *samples; /* curves */
    loop_timer *late;    /* responses that are held back */
    buffer held;
    bool is_initialised;
    bool is_suspended;
    int64_t heard_us;
    int64_t spoke_us;
    int64_t unplug_at_us;
    uint8_t streams[VENTILATOR_CURVES]; /* index of the curve of each configured stream */
    uint32_t every[VENTILATOR_CURVES];
    uint32_t stream_count;
    uint32_t enabled; /* streams that the other side wants, a bit each */
    uint64_t records;
    bool is_in_command;
    uint8_t command[COMMAND_BYTES];
    size_t command_size;
    uint8_t fast_first; /* a realtime byte that waits for its second */
};

static void say(medibus_player *self, dragoman_bytes bytes) {
    self->spoke_us = clock_now().monotonic_us;
    port_send(self->line, bytes);
}

static void put_frame(buffer *to, uint8_t first, uint8_t code, dragoman_bytes data) {
    size_t start = to->size;
    unsigned sum = 0;
    buffer_append_byte(to, first);
    buffer_append_byte(to, code);
    buffer_append_bytes(to, data);
    for (size_t n = start; n < to->size; n++) {
        sum += to->data[n];
    }
    buffer_append_format(to, "%02X\r", sum & 0xffu);
}

/* "Responding to …": with the faults that were wished for. */
static void respond(medibus_player *self, uint8_t code, dragoman_bytes data) {
    const line_faults *faults = &self->options.faults;
    uint64_t number = ++self->figures.responses;
    buffer frame;
    buffer_init(&frame);
    put_frame(&frame, SOH, code, data);
    if (faults->corrupt > 0 && number % faults->corrupt == 0) {
        frame.data[number % frame.size] ^= (uint8_t)(1u << number / faults->corrupt % 7);
        self->figures.corrupted++;
    }
    if (faults->drop > 0 && number % faults->drop == 0) {
        self->figures.dropped++;
    } else if (faults->delay_us > 0) {
        buffer_append_bytes(&self->held, buffer_bytes(&frame));
        loop_timer_set(self->late, clock_now().monotonic_us + faults->delay_us);
    } else {
        say(self, buffer_bytes(&frame));
    }
    buffer_fini(&frame);
}

static void send_held(void *context) {
    medibus_player *self = context;
    say(self, buffer_bytes(&self->held));
    buffer_reset(&self->held);
}

static void end_communication(medibus_player *self) {
    self->is_initialised = false;
    self->enabled = 0;
    self->stream_count = 0;
    loop_timer_set(self->samples, INT64_MAX);
}

static unsigned hex_of(const uint8_t *digits) {
    char text[3] = {(char)digits[0], (char)digits[1], 0};
    return (unsigned)strtoul(text, NULL, 16);
}

/* "Configure Realtime Transmission Command": pairs of code and multiplier; in this order they are the streams. */
static void configure_curves(medibus_player *self, dragoman_bytes argument) {
    static const uint8_t codes[VENTILATOR_CURVES] = {0x00, 0x01, 0x03};
    self->stream_count = 0;
    self->enabled = 0;
    for (size_t at = 0; at + 4 <= argument.size && self->stream_count < VENTILATOR_CURVES; at += 4) {
        unsigned code = hex_of(argument.data + at);
        unsigned every = hex_of(argument.data + at + 2);
        for (uint8_t n = 0; n < VENTILATOR_CURVES && every > 0; n++) {
            if (codes[n] == code) {
                self->streams[self->stream_count] = n;
                self->every[self->stream_count++] = every;
            }
        }
    }
}

/* All that a device is asked in the definition, and nothing else. */
static bool is_known(uint8_t code) {
    return (code >= 0x24 && code <= 0x2e) || code == NO_OPERATION || code == 0x4a || (code >= 0x51 && code <= 0x55);
}

static void take_command(medibus_player *self) {
    size_t size = self->command_size;
    unsigned sum = ESC;
    self->figures.commands++;
    for (size_t n = 0; n + 2 < size; n++) {
        sum += self->command[n];
    }
    if (size < 3 || hex_of(self->command + size - 2) != (sum & 0xffu)) {
        self->figures.refused++;
        respond(self, REFUSAL, (dragoman_bytes){NULL, 0});
        return;
    }
    uint8_t code = self->command[0];
    self->figures.others += is_known(code) ? 0 : 1;
    /* "Initializing Communication": before it nothing else is heard. */
    if (!self->is_initialised && code != INITIALISE) {
        return;
    }
    if (code == INITIALISE) {
        end_communication(self);
        self->is_initialised = true;
    } else if (code == STOP) {
        end_communication(self);
    } else if (code == CONFIGURE_CURVES) {
        configure_curves(self, (dragoman_bytes){self->command + 1, size - 3});
    }
    buffer data;
    buffer_init(&data);
    ventilator_answer(&self->device, code, clock_now().wall_us, &data);
    respond(self, code, buffer_bytes(&data));
    buffer_fini(&data);
}

/* "Sync-Commands": C1 enables streams 1 to 4. */
static void take_fast(medibus_player *self, uint8_t byte) {
    if (byte >= 0xd0) {
        self->fast_first = 0;
    } else if (self->fast_first == 0) {
        self->fast_first = byte;
    } else {
        if (self->fast_first == 0xc1) {
            self->enabled = byte & 15u & ((1u << self->stream_count) - 1);
            loop_timer_set(self->samples,
                           self->enabled != 0 ? clock_now().monotonic_us + VENTILATOR_SAMPLE_US : INT64_MAX);
        }
        self->fast_first = 0;
    }
}

static void take_byte(medibus_player *self, uint8_t byte) {
    if ((byte & 0x80) != 0) {
        take_fast(self, byte);
    } else if (byte == DC3 || byte == DC1) {
        self->is_suspended = byte == DC3;
    } else if (byte == ESC) {
        self->is_in_command = true;
        self->command_size = 0;
    } else if (byte == SOH) {
        self->is_in_command = false;
    } else if (byte == CR) {
        if (self->is_in_command) {
            self->is_in_command = false;
            take_command(self);
        }
    } else if (self->is_in_command && self->command_size < COMMAND_BYTES) {
        self->command[self->command_size++] = byte;
    }
}

static void received(void *context, dragoman_bytes bytes) {
    medibus_player *self = context;
    self->heard_us = clock_now().monotonic_us;
    for (size_t n = 0; n < bytes.size; n++) {
        take_byte(self, bytes.data[n]);
    }
}

static void opened(void *context, const char *name) {
    medibus_player *self = context;
    self->figures.opened++;
    self->is_in_command = false;
    self->is_suspended = false;
    end_communication(self);
    if (self->options.kind == PORT_PSEUDO_TERMINAL) {
        line_tell_name(self->options.names, name);
    }
}

static void listens(void *context, const char *name) {
    const medibus_player *self = context;
    line_tell_name(self->options.names, name);
}

static void closed(void *context) {
    end_communication(context);
}

/* A record of the streams that are due, low six bits of each value first. */
static void sample(void *context) {
    medibus_player *self = context;
    uint16_t values[VENTILATOR_CURVES];
    uint8_t record[1 + 2 * VENTILATOR_CURVES];
    size_t size = 1;
    loop_timer_set(self->samples, clock_now().monotonic_us + VENTILATOR_SAMPLE_US);
    ventilator_sample(&self->device, values);
    record[0] = 0xd0;
    for (uint32_t n = 0; n < self->stream_count; n++) {
        if ((self->enabled & 1u << n) != 0 && self->records % self->every[n] == 0) {
            uint16_t value = values[self->streams[n]];
            record[0] |= (uint8_t)(1u << n);
            record[size++] = (uint8_t)(0x80u | (value & 0x3fu));
            record[size++] = (uint8_t)(0x80u | (value >> 6 & 0x3fu));
        }
    }
    self->records++;
    if (size > 1 && !self->is_suspended) {
        self->figures.records++;
        say(self, (dragoman_bytes){record, size});
    }
}

/* The device is a master too: when it has been quiet, it sends a command of its own. */
static void show_life(medibus_player *self) {
    buffer frame;
    buffer_init(&frame);
    put_frame(&frame, ESC, NO_OPERATION, (dragoman_bytes){NULL, 0});
    say(self, buffer_bytes(&frame));
    buffer_fini(&frame);
}

static void second_passed(void *context) {
    medibus_player *self = context;
    int64_t now_us = clock_now().monotonic_us;
    loop_timer_set(self->second, now_us + TICK_US);
    ventilator_tick(&self->device);
    if (self->is_initialised && now_us >= self->heard_us + SILENCE_US) {
        end_communication(self);
    }
    if (self->is_initialised && now_us >= self->spoke_us + ALIVE_US) {
        show_life(self);
    }
    if (self->options.faults.unplug_us > 0 && now_us >= self->unplug_at_us) {
        self->unplug_at_us = now_us + self->options.faults.unplug_us;
        port_unplug(self->line);
    }
}

medibus_player *medibus_player_create(loop *on, const line_options *options) {
    medibus_player *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    self->on = on;
    self->options = *options;
    buffer_init(&self->held);
    ventilator_init(&self->device, options->seed, options->faults.clock_shift_us);
    self->second = loop_timer_create(on, second_passed, self);
    self->samples = loop_timer_create(on, sample, self);
    self->late = loop_timer_create(on, send_held, self);
    port_options wanted = {.kind = options->kind,
                           .host = options->host,
                           .number = options->number,
                           .link = options->link,
                           .opened = opened,
                           .listens = listens,
                           .received = received,
                           .closed = closed,
                           .context = self};
    bool has_timers = self->second != NULL && self->samples != NULL && self->late != NULL;
    self->line = has_timers ? port_create(on, &wanted) : NULL;
    if (self->line == NULL) {
        medibus_player_destroy(self);
        return NULL;
    }
    int64_t now_us = clock_now().monotonic_us;
    self->unplug_at_us = now_us + options->faults.unplug_us;
    loop_timer_set(self->second, now_us + TICK_US);
    return self;
}

void medibus_player_destroy(medibus_player *self) {
    if (self == NULL) {
        return;
    }
    port_destroy(self->line);
    loop_timer_destroy(self->second);
    loop_timer_destroy(self->samples);
    loop_timer_destroy(self->late);
    buffer_fini(&self->held);
    free(self);
}

const medibus_figures *medibus_player_figures(const medibus_player *self) {
    return &self->figures;
}
