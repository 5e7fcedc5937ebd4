#include "simulate/theatre_monitor.h"

#include <string.h>

#define HEADER_BYTES 40
#define CLASS_BYTES 270
#define LEVEL 9
/* Group status: there is a module, and it measures. */
#define MEASURES 3
#define NONE (-32767)
#define CUFF_EVERY 30
/* The finger is out of the sensor for so many of so many seconds, from the third on. */
#define FINGER_EVERY 30
#define FINGER_OUT 5
#define FINGER_FROM 3
/* The heart rate from which the monitor alarms. */
#define RATE_HIGH 110

enum {
    HEART,
    ST1,
    ST2,
    ST3,
    ARTERY_SYS,
    ARTERY_DIA,
    ARTERY_MEAN,
    VEIN_MEAN,
    CUFF_SYS,
    CUFF_DIA,
    CUFF_MEAN,
    TEMPERATURE,
    SATURATION,
    CO2_ET,
    CO2_FI,
    BREATHS,
    O2_FI,
    AGENT_ET,
    AGENT_FI,
    PEAK,
    TIDAL,
    ENTROPY
};

typedef struct walk {
    int16_t start, least, most, step;
} walk;

static const walk walks[THEATRE_VALUES] = {
    [HEART] = {72, 48, 124, 2},
    [ST1] = {20, -150, 150, 10},
    [ST2] = {-30, -150, 150, 10},
    [ST3] = {10, -150, 150, 10},
    [ARTERY_SYS] = {12200, 9000, 16500, 150},
    [ARTERY_DIA] = {6800, 4500, 9500, 100},
    [ARTERY_MEAN] = {8600, 6000, 11500, 120},
    [VEIN_MEAN] = {700, 200, 1400, 40},
    [CUFF_SYS] = {12000, 9000, 16000, 400},
    [CUFF_DIA] = {7000, 4500, 9500, 300},
    [CUFF_MEAN] = {8700, 6000, 11500, 300},
    [TEMPERATURE] = {3640, 3550, 3750, 2},
    [SATURATION] = {9800, 9100, 10000, 50},
    [CO2_ET] = {480, 420, 560, 10},
    [CO2_FI] = {10, 0, 40, 5},
    [BREATHS] = {12, 8, 20, 1},
    [O2_FI] = {4000, 3800, 4200, 50},
    [AGENT_ET] = {180, 120, 240, 10},
    [AGENT_FI] = {210, 150, 280, 10},
    [PEAK] = {1800, 1400, 2600, 60},
    [TIDAL] = {4800, 4200, 5600, 80},
    [ENTROPY] = {45, 30, 70, 3},
};

static uint64_t next_random(theatre_monitor *self) {
    uint64_t z = (self->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint32_t clock_of(const theatre_monitor *self, int64_t utc_us) {
    return (uint32_t)((utc_us + self->clock_shift_us) / 1000000);
}

void theatre_monitor_init(theatre_monitor *self, uint64_t seed, int64_t clock_shift_us) {
    *self = (theatre_monitor){.random = seed, .clock_shift_us = clock_shift_us};
    for (uint32_t n = 0; n < THEATRE_VALUES; n++) {
        self->values[n] = walks[n].start;
    }
}

static bool is_alarming(const theatre_monitor *self) {
    return self->values[HEART] > RATE_HIGH;
}

static bool is_finger_out(const theatre_monitor *self) {
    uint64_t second = self->seconds % FINGER_EVERY;
    return second >= FINGER_FROM && second < FINGER_FROM + FINGER_OUT;
}

static void step(theatre_monitor *self, uint32_t which) {
    const walk *by = &walks[which];
    int32_t width = 2 * by->step + 1;
    int32_t value = self->values[which] + (int32_t)(next_random(self) % (uint64_t)width) - by->step;
    self->values[which] = (int16_t)(value < by->least ? by->least : value > by->most ? by->most : value);
}

bool theatre_monitor_pass(theatre_monitor *self, int64_t utc_us) {
    bool was_alarming = is_alarming(self);
    bool was_out = is_finger_out(self);
    bool is_inflated = self->seconds % CUFF_EVERY == 0;
    self->cuff_time = is_inflated ? clock_of(self, utc_us) : self->cuff_time;
    self->seconds++;
    for (uint32_t n = 0; n < THEATRE_VALUES; n++) {
        if (n < CUFF_SYS || n > CUFF_MEAN || is_inflated) {
            step(self, n);
        }
    }
    return was_alarming != is_alarming(self) || was_out != is_finger_out(self);
}

/* ------------------------------------------------------------------- bytes */

static void put_word(buffer *to, uint32_t number) {
    buffer_append_byte(to, (uint8_t)number);
    buffer_append_byte(to, (uint8_t)(number >> 8));
}

static void put_long(buffer *to, uint32_t number) {
    put_word(to, number);
    put_word(to, number >> 16);
}

static void put_value(buffer *to, int16_t number) {
    put_word(to, (uint16_t)number);
}

static void put_nothing(buffer *to, size_t count) {
    for (size_t n = 0; n < count; n++) {
        buffer_append_byte(to, 0);
    }
}

static void put_group(buffer *to, uint32_t status, uint32_t label) {
    put_long(to, status);
    put_word(to, label);
}

/* A group without a module, with as many numbers. */
static void put_absent(buffer *to, uint32_t numbers) {
    put_group(to, 0, 0);
    for (uint32_t n = 0; n < numbers; n++) {
        put_value(to, NONE);
    }
}

static void put_pressure(buffer *to, uint32_t label, int16_t sys, int16_t dia, int16_t mean, int16_t rate) {
    put_group(to, MEASURES, label);
    put_value(to, sys);
    put_value(to, dia);
    put_value(to, mean);
    put_value(to, rate);
}

static void begin_record(theatre_monitor *self, uint8_t main_type, int64_t utc_us, buffer *to) {
    put_word(to, 0); /* the length, once it is known */
    buffer_append_byte(to, self->number++);
    buffer_append_byte(to, LEVEL);
    put_word(to, 0);
    put_long(to, clock_of(self, utc_us));
    put_long(to, 0);
    put_word(to, main_type);
    for (int n = 0; n < 8; n++) {
        put_word(to, 0);
        buffer_append_byte(to, 0xff);
    }
}

/* Subrecord `n` begins here. */
static void begin_subrecord(buffer *to, size_t start, uint32_t n, uint8_t kind) {
    uint8_t *entry = to->data + start + 16 + (size_t)n * 3;
    size_t offset = to->size - start - HEADER_BYTES;
    entry[0] = (uint8_t)offset;
    entry[1] = (uint8_t)(offset >> 8);
    entry[2] = kind;
}

static void end_record(buffer *to, size_t start) {
    size_t size = to->size - start;
    to->data[start] = (uint8_t)size;
    to->data[start + 1] = (uint8_t)(size >> 8);
}

/* ----------------------------------------------------------------- classes */

static void put_temperatures(const theatre_monitor *self, buffer *to) {
    put_group(to, MEASURES, 1); /* in the oesophagus */
    put_value(to, self->values[TEMPERATURE]);
    put_group(to, MEASURES, 12); /* called T2, and not plugged in */
    put_value(to, NONE);
    put_absent(to, 1);
    put_absent(to, 1);
}

static void put_gases(const theatre_monitor *self, buffer *to) {
    const int16_t *values = self->values;
    put_group(to, MEASURES, 1);
    put_value(to, values[CO2_ET]);
    put_value(to, values[CO2_FI]);
    put_value(to, values[BREATHS]);
    put_value(to, 7550);
    put_group(to, MEASURES, 0);
    put_value(to, (int16_t)(values[O2_FI] - 500));
    put_value(to, values[O2_FI]);
    put_absent(to, 2);          /* nitrous oxide */
    put_group(to, MEASURES, 6); /* sevoflurane */
    put_value(to, values[AGENT_ET]);
    put_value(to, values[AGENT_FI]);
    put_value(to, (int16_t)(values[AGENT_ET] / 2));
    put_group(to, MEASURES, 0);
    put_value(to, values[BREATHS]);
    put_value(to, values[PEAK]);
    put_value(to, 500);
    put_value(to, (int16_t)(values[PEAK] - 200));
    put_value(to, (int16_t)(values[TIDAL] + 100));
    put_value(to, values[TIDAL]);
    put_value(to, 4200);
    put_value(to, (int16_t)(values[TIDAL] * values[BREATHS] / 100));
}

static void put_basic(const theatre_monitor *self, buffer *to) {
    const int16_t *values = self->values;
    int16_t heart = values[HEART];
    bool is_out = is_finger_out(self);
    put_group(to, MEASURES | 1u << 3, 0x0123); /* the heart rate is the ECG's */
    put_value(to, heart);
    put_value(to, values[ST1]);
    put_value(to, values[ST2]);
    put_value(to, values[ST3]);
    put_value(to, values[BREATHS]);
    put_pressure(to, 1, values[ARTERY_SYS], values[ARTERY_DIA], values[ARTERY_MEAN], heart);
    put_pressure(to, 2, NONE, NONE, values[VEIN_MEAN], NONE);
    put_absent(to, 4);
    put_absent(to, 4);
    put_pressure(to, 3 | 1u << 3, values[CUFF_SYS], values[CUFF_DIA], values[CUFF_MEAN], heart);
    put_temperatures(self, to);
    put_group(to, MEASURES, 0);
    put_value(to, is_out ? NONE : values[SATURATION]);
    put_value(to, is_out ? NONE : heart);
    put_value(to, is_out ? NONE : 4);
    put_value(to, NONE);
    put_gases(self, to);
    put_absent(to, 4); /* cardiac output */
    put_absent(to, 3); /* relaxation */
    put_value(to, heart);
    put_value(to, (int16_t)(heart + 3));
    put_value(to, (int16_t)(heart - 3));
    put_absent(to, 1); /* venous saturation */
    put_absent(to, 4);
    put_absent(to, 4);
}

static void put_extended_1(const theatre_monitor *self, buffer *to) {
    put_group(to, MEASURES, 0);
    put_value(to, self->values[HEART]);
    put_value(to, (int16_t)(60000 / self->values[HEART]));
    put_nothing(to, 38);
    put_group(to, MEASURES, 0);
    for (int n = 0; n < 12; n++) {
        put_value(to, (int16_t)(self->values[ST1] + n));
    }
}

static void put_extended_2(const theatre_monitor *self, buffer *to) {
    put_nothing(to, 24); /* relaxation */
    put_absent(to, 33);  /* electroencephalogram: one, and eight of each channel */
    put_absent(to, 5);   /* bispectral index */
    put_group(to, MEASURES, 0);
    put_value(to, self->values[ENTROPY]);
    put_value(to, (int16_t)(self->values[ENTROPY] + 5));
    put_value(to, 0);
}

static void put_extended_3(const theatre_monitor *self, buffer *to) {
    put_absent(to, 4); /* gas exchange */
    put_group(to, MEASURES, 0);
    put_value(to, NONE);
    put_value(to, (int16_t)(self->values[PEAK] / 2));
    put_value(to, 900);
}

static void put_class(const theatre_monitor *self, uint32_t which, buffer *to) {
    static void (*const writers[])(const theatre_monitor *self, buffer *to) = {put_basic, put_extended_1,
                                                                               put_extended_2, put_extended_3};
    size_t start = to->size;
    writers[which](self, to);
    put_nothing(to, CLASS_BYTES - (to->size - start));
}

static void put_auxiliary(const theatre_monitor *self, buffer *to) {
    put_long(to, self->cuff_time);
    put_value(to, NONE);
    put_nothing(to, 108);
}

void theatre_monitor_values(theatre_monitor *self, uint8_t kind, uint32_t classes, int64_t utc_us, buffer *to) {
    size_t start = to->size;
    uint32_t count = 0;
    begin_record(self, 0, utc_us, to);
    for (uint32_t which = 0; kind < 4 && which < 4; which++) {
        bool is_wanted = which == 0 ? (classes & 1) == 0 : (classes & 1u << which) != 0;
        if (is_wanted) {
            begin_subrecord(to, start, count++, kind);
            put_long(to, clock_of(self, utc_us));
            put_class(self, which, to);
            put_word(to, 0); /* the marker */
            put_word(to, which << 8 | (uint32_t)LEVEL << 4 | kind);
        }
    }
    if (kind == 4) {
        begin_subrecord(to, start, 0, kind);
        put_auxiliary(self, to);
    }
    end_record(to, start);
}

static void put_alarm(buffer *to, const char *text, uint16_t color) {
    size_t size = strlen(text);
    buffer_append_text(to, text);
    put_nothing(to, 80 - size);
    put_word(to, 1);
    put_word(to, color);
    put_word(to, 1);
    put_nothing(to, 12);
}

void theatre_monitor_alarms(theatre_monitor *self, int64_t utc_us, buffer *to) {
    size_t start = to->size;
    begin_record(self, 4, utc_us, to);
    begin_subrecord(to, start, 0, 1);
    put_word(to, 0);
    put_word(to, 1); /* sound on */
    put_nothing(to, 6);
    put_alarm(to, is_alarming(self) ? "HR high" : "", is_alarming(self) ? 3 : 0);
    put_alarm(to, is_finger_out(self) ? "SpO2 probe off" : "", is_finger_out(self) ? 1 : 0);
    for (int n = 2; n < 5; n++) {
        put_alarm(to, "", 0);
    }
    put_nothing(to, 10);
    end_record(to, start);
}

/* Samples a second of a kind of wave; 0: it has none. */
static uint32_t rate_of(uint8_t kind) {
    switch (kind) {
    case 1:
    case 2:
        return 300;
    case 4:
    case 5:
    case 8:
        return 100;
    case 9:
    case 13:
        return 25;
    default:
        return 0;
    }
}

/* A saw tooth with a beat's length, in the wave's own steps. */
static int16_t sample_of(const theatre_monitor *self, uint8_t kind, uint32_t n, uint32_t rate) {
    uint32_t rate_per_min = (uint32_t)self->values[HEART];
    uint32_t beat = rate * 60 / rate_per_min;
    int32_t phase = (int32_t)(n % (beat > 0 ? beat : 1) * 1000 / (beat > 0 ? beat : 1));
    switch (kind) {
    case 1:
    case 2:
        return (int16_t)(phase < 50 ? 900 : phase < 100 ? -200 : 20);
    case 4:
    case 5:
        return (int16_t)(self->values[ARTERY_SYS] -
                         phase * (self->values[ARTERY_SYS] - self->values[ARTERY_DIA]) / 1000);
    default:
        return (int16_t)(phase / 4);
    }
}

void theatre_monitor_waves(theatre_monitor *self, const uint8_t *kinds, uint32_t count, int64_t utc_us, buffer *to) {
    size_t start = to->size;
    uint32_t written = 0;
    begin_record(self, 1, utc_us, to);
    for (uint32_t n = 0; n < count; n++) {
        uint32_t rate = rate_of(kinds[n]);
        if (rate == 0) {
            continue;
        }
        begin_subrecord(to, start, written++, kinds[n]);
        put_word(to, rate);
        put_word(to, 0);
        put_word(to, 0);
        for (uint32_t sample = 0; sample < rate; sample++) {
            put_value(to, sample_of(self, kinds[n], sample, rate));
        }
    }
    end_record(to, start);
}
