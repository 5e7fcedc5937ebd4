/* What a simulated monitor measures. */
#include "simulate/play_monitor.h"

#define ENUMERATIONS 5
#define NUMERICS 6
#define WAVES 9
#define MDS 33
#define PATIENT 42
#define ALARMS 54
#define STATIC_CONTEXT 0x0811
#define DYNAMIC_CONTEXT 0x0810

typedef struct numeric {
    uint16_t handle;
    uint16_t physio_id;
    uint16_t unit;
    int8_t exponent;
    int32_t value;  /* at a heart rate of 70 */
    int32_t spread; /* how far it wanders */
    const char *label;
} numeric;

static const numeric numerics[] = {
    {101, 0x4182, 0x0AA0, 0, 70, 0, "HR"},      {102, 0x4BB8, 0x0220, 0, 97, 2, "SpO2"},
    {103, 0x4822, 0x0AA0, 0, 70, 1, "Pulse"},   {104, 0x500A, 0x0AE0, 0, 14, 3, "RR"},
    {105, 0x4B48, 0x17A0, -1, 368, 3, "T1"},    {106, 0x50B0, 0x0F20, 0, 38, 3, "etCO2"},
    {107, 0x4BB0, 0x0200, -2, 240, 40, "Perf"}, {108, 0x4261, 0x0AA0, 0, 0, 2, "PVC"},
};
#define NUMERICS_COUNT (sizeof numerics / sizeof *numerics)
#define PRESSURE_HANDLE 110

typedef struct wave {
    uint16_t handle;
    uint16_t physio_id;
    uint16_t unit;
    uint16_t samples; /* in 256 ms */
    uint16_t ticks;   /* from one to the next */
    uint8_t bits;
    uint16_t middle, height; /* of the samples */
    int32_t low, high;       /* absolute values x 10^exponent ... */
    int8_t low_exponent, high_exponent;
    uint16_t low_scaled, high_scaled; /* ... of these samples */
    const char *label;
} wave;

static const wave waves[] = {
    {201, 0x0102, 0x10B2, 128, 16, 14, 8192, 400, -4096, 40955, -2, -3, 0, 16383, "II"},
    {202, 0x4BB4, 0x0200, 32, 64, 12, 2048, 900, 0, 1, 0, 0, 0, 4095, "Pleth"},
    {203, 0x4A14, 0x0F20, 32, 64, 14, 2240, 500, -40, 520, 0, 0, 160, 9120, "ABP"},
    {204, 0x5000, 0x10C0, 16, 128, 12, 2048, 600, -6, 19, -1, -1, 0, 4095, "Resp"},
};
#define WAVES_COUNT (sizeof waves / sizeof *waves)

/* A value between -spread and spread that wanders with the time. */
static int32_t wander(const play_monitor *self, uint32_t salt, int32_t spread) {
    uint32_t phase = self->blocks / 16 + salt * 7 + self->number * 3;
    int32_t steps = 2 * spread + 1;
    int32_t at = (int32_t)(phase % (uint32_t)(2 * steps));
    return (at < steps ? at : 2 * steps - 1 - at) - spread;
}

static void put_number(buffer *to, uint16_t physio_id, uint16_t state, uint16_t unit, int32_t value, int8_t exponent) {
    play_put16(to, physio_id);
    play_put16(to, state);
    play_put16(to, unit);
    play_put_float(to, value, exponent);
}

static void put_label(buffer *to, uint16_t physio_id, const char *label) {
    size_t at = play_attribute(to, 0x0924);
    play_put32(to, 0x20000u | physio_id);
    play_close(to, at);
    at = play_attribute(to, 0x0927);
    play_put_string(to, label);
    play_close(to, at);
}

static void put_numeric(const play_monitor *self, uint32_t index, buffer *to) {
    const numeric *row = &numerics[index];
    size_t at = play_attribute(to, 0x0950);
    bool is_rate = row->physio_id == 0x4182 || row->physio_id == 0x4822;
    int32_t value = is_rate ? self->rate : row->value + wander(self, index, row->spread);
    put_number(to, row->physio_id, is_rate && self->is_in_alarm ? 0x0002 : 0, row->unit, value, row->exponent);
    play_close(to, at);
}

static void put_pressure(const play_monitor *self, buffer *to) {
    size_t at = play_attribute(to, 0x094B);
    play_put16(to, 3);
    size_t list = play_open(to);
    put_number(to, 0x4A15, 0, 0x0F20, 120 + wander(self, 20, 6), 0);
    put_number(to, 0x4A16, 0, 0x0F20, 75 + wander(self, 21, 4), 0);
    put_number(to, 0x4A17, 0, 0x0F20, 90 + wander(self, 22, 4), 0);
    play_close(to, list);
    play_close(to, at);
}

static void write_numerics(const play_monitor *self, play_result *result, buffer *to) {
    for (uint32_t n = 0; n < NUMERICS_COUNT; n++) {
        const numeric *row = &numerics[n];
        /* The context of one object at a time goes along. */
        bool has_value = result->group != DYNAMIC_CONTEXT;
        bool has_context = !has_value || (result->is_extended && result->sequence_no % NUMERICS_COUNT == n);
        size_t object = play_object(to, result, row->handle, (uint16_t)((has_value ? 1 : 0) + (has_context ? 2 : 0)));
        if (has_value) {
            put_numeric(self, n, to);
        }
        if (has_context) {
            put_label(to, row->physio_id, row->label);
        }
        play_close(to, object);
    }
    if (result->group != DYNAMIC_CONTEXT) {
        size_t object = play_object(to, result, PRESSURE_HANDLE, 1);
        put_pressure(self, to);
        play_close(to, object);
    }
}

static void put_static(buffer *to, const wave *row) {
    size_t at = play_attribute(to, 0x096D);
    play_put16(to, row->samples);
    play_put16(to, 16u << 8 | row->bits);
    play_put16(to, 0x3000); /* STATIC_SCALE, SA_EXT_VAL_RANGE */
    play_close(to, at);
    at = play_attribute(to, 0x098D);
    play_put32(to, row->ticks);
    play_close(to, at);
    at = play_attribute(to, 0x0A16);
    play_put16(to, 1);
    play_put16(to, 4);
    play_put16(to, 1); /* SA_FIX_INVALID_MASK */
    play_put16(to, 0x8000);
    play_close(to, at);
}

static void put_dynamic(buffer *to, const wave *row) {
    put_label(to, row->physio_id, row->label);
    size_t at = play_attribute(to, 0x0996);
    play_put16(to, row->unit);
    play_close(to, at);
    at = play_attribute(to, 0x096F);
    play_put_float(to, row->low, row->low_exponent);
    play_put_float(to, row->high, row->high_exponent);
    play_put16(to, row->low_scaled);
    play_put16(to, row->high_scaled);
    play_close(to, at);
}

/* A triangle, whatever the wave: three times a block up and down. */
static uint16_t sample(const wave *row, uint32_t index) {
    uint32_t period = row->samples / 2u;
    uint32_t at = index % period;
    uint32_t up = at < period / 2 ? at : period - at;
    return (uint16_t)(row->middle - row->height + 4 * row->height * up / period);
}

static void put_samples(const play_monitor *self, buffer *to, const wave *row) {
    size_t at = play_attribute(to, 0x096E);
    play_put16(to, row->physio_id);
    play_put16(to, 0);
    play_put16(to, row->samples * 2u);
    for (uint32_t n = 0; n < row->samples; n++) {
        play_put16(to, sample(row, self->blocks * row->samples + n));
    }
    play_close(to, at);
}

static void write_waves(const play_monitor *self, play_result *result, buffer *to) {
    for (uint32_t n = 0; n < WAVES_COUNT; n++) {
        bool is_turn = result->is_extended && result->sequence_no / 4 % WAVES_COUNT == n;
        bool has_static = result->group == STATIC_CONTEXT || is_turn;
        bool has_dynamic = result->group == DYNAMIC_CONTEXT || is_turn;
        uint16_t attributes = (uint16_t)((result->is_extended ? 1 : 0) + (has_static ? 3 : 0) + (has_dynamic ? 4 : 0));
        size_t object = play_object(to, result, waves[n].handle, attributes);
        if (result->is_extended) {
            put_samples(self, to, &waves[n]);
        }
        if (has_static) {
            put_static(to, &waves[n]);
        }
        if (has_dynamic) {
            put_dynamic(to, &waves[n]);
        }
        play_close(to, object);
    }
}

static void write_rhythm(play_result *result, buffer *to) {
    size_t object = play_object(to, result, 258, 1);
    size_t at = play_attribute(to, 0x099E);
    play_put32(to, 0xD0070000); /* NOM_ECG_STAT_RHY, valid */
    play_put32(to, 0x00010002); /* ENUM_OBJ_ID_CHOSEN */
    play_put16(to, 0x4012);     /* NOM_ECG_SINUS_RHY */
    play_close(to, at);
    play_close(to, object);
}

static void put_alarm(buffer *to) {
    play_put16(to, 0x4182);
    play_put16(to, 0x0018); /* high */
    play_put16(to, 512);    /* MED_PRI_P_AL */
    play_put16(to, 0);
    play_put16(to, NUMERICS);
    play_put16(to, 0);
    play_put16(to, 101);
    play_put16(to, 516); /* STR_ALMON_INFO */
    size_t info = play_open(to);
    play_put16(to, 1);
    play_put32(to, 0x00020018);
    play_put32(to, 0);
    play_put_string(to, "** HR HIGH");
    play_close(to, info);
}

static void write_alarms(const play_monitor *self, play_result *result, buffer *to) {
    if (result->group != 0x0801) {
        return; /* a keep-alive asks for a context that is empty */
    }
    size_t object = play_object(to, result, 1, 2);
    size_t at = play_attribute(to, 0x0902); /* patient alarms */
    play_put16(to, self->is_in_alarm ? 1 : 0);
    size_t list = play_open(to);
    if (self->is_in_alarm) {
        put_alarm(to);
    }
    play_close(to, list);
    play_close(to, at);
    at = play_attribute(to, 0x0904); /* technical alarms: none */
    play_put32(to, 0);
    play_close(to, at);
    play_close(to, object);
}

static void write_patient(const play_monitor *self, play_result *result, buffer *to) {
    char id[8] = "SIM0000";
    for (uint32_t number = self->number, n = 7; n > 3; n--, number /= 10) {
        id[n - 1] = (char)('0' + number % 10);
    }
    id[7] = 0;
    size_t object = play_object(to, result, 2, 4);
    size_t at = play_attribute(to, 0x0957);
    play_put16(to, 2); /* ADMITTED */
    play_close(to, at);
    at = play_attribute(to, 0x0961);
    play_put16(to, self->number % 2 + 1);
    play_close(to, at);
    at = play_attribute(to, 0x095A);
    play_put_string(to, id);
    play_close(to, at);
    at = play_attribute(to, 0x095C);
    play_put_string(to, "Invented");
    play_close(to, at);
    play_close(to, object);
}

static void write_system(const play_monitor *self, play_result *result, int64_t wall_us, buffer *to) {
    bool is_production = result->group == 0x080C;
    size_t object = play_object(to, result, 0, is_production ? 1 : 2);
    if (is_production) {
        size_t at = play_attribute(to, 0x092D);
        play_put16(to, 1);
        size_t list = play_open(to);
        play_put16(to, 1); /* serial number ... */
        play_put16(to, 8); /* ... of the product */
        size_t serial = play_open(to);
        buffer_append_text(to, self->serial);
        play_close(to, serial);
        play_close(to, list);
        play_close(to, at);
    } else {
        size_t at = play_attribute(to, 0x0987);
        play_put_time(to, wall_us + self->clock_offset_us);
        play_close(to, at);
        at = play_attribute(to, 0x098F);
        play_put32(to, result->ticks);
        play_close(to, at);
    }
    play_close(to, object);
}

void play_values_write(const play_monitor *self, play_result *result, int64_t wall_us, buffer *to) {
    switch (result->object_class) {
    case NUMERICS:
        write_numerics(self, result, to);
        break;
    case WAVES:
        write_waves(self, result, to);
        break;
    case ENUMERATIONS:
        write_rhythm(result, to);
        break;
    case ALARMS:
        write_alarms(self, result, to);
        break;
    case PATIENT:
        write_patient(self, result, to);
        break;
    case MDS:
        write_system(self, result, wall_us, to);
        break;
    default:
        break;
    }
}
