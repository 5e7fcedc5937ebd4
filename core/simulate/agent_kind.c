#include "simulate/agent_kind.h"
#include "base/bytes.h"
#include "simulate/agent_apdu.h"

#include <string.h>

/* Attributes and classes of IEEE 11073-10101 that configurations are made of. */
#define CLASS_NUMERIC 6
#define CLASS_SAMPLES 9
#define CLASS_STORE 61
#define ATTR_TYPE 2351
#define ATTR_METRIC_SPEC 2630
#define ATTR_UNIT 2454
#define ATTR_STRUCTURE 2675
#define ATTR_PART_IDS 2678
#define ATTR_VALUE_MAP 2645
#define ATTR_SA_SPEC 2413
#define ATTR_SCALE_I16 2415
#define ATTR_SAMPLE_PERIOD 2445
#define ATTR_STORE_CAPABILITY 2637
#define ATTR_SEGMENTS 2385
#define ATTR_TRANSFER_TIMEOUT 2660
#define ATTR_STAMP 2448

/* 10404, 10407, 10408, 10415 in their standard configurations; 10417 with a store, 10420 and 10406 in ones of their
 * own. */
const agent_kind agent_kinds[AGENT_KINDS] = {
    {.name = "oximeter",
     .config_id = 0x0190,
     .specialisation = 4100,
     .model = "Oximeter",
     .metric_count = 2,
     .metrics = {{.handle = 1, .partition = 2, .code = 19384, .unit = 544, .usual = {96}, .spread = 3},
                 {.handle = 10, .partition = 2, .code = 18458, .unit = 2720, .usual = {72}, .spread = 12}}},
    {.name = "pressure",
     .config_id = 0x02bc,
     .specialisation = 4103,
     .model = "Cuff",
     .has_stamps = true,
     .metric_count = 2,
     .metrics = {{.handle = 1,
                  .partition = 2,
                  .code = 18948,
                  .unit = 3872,
                  .parts = {18949, 18950, 18951},
                  .form = AGENT_PARTS,
                  .usual = {122, 78, 93},
                  .spread = 9},
                 {.handle = 2, .partition = 2, .code = 18474, .unit = 2720, .usual = {70}, .spread = 10}}},
    {.name = "scale",
     .config_id = 0x05dc,
     .specialisation = 4111,
     .model = "Scale",
     .has_stamps = true,
     .metric_count = 1,
     .metrics = {{.handle = 1,
                  .partition = 2,
                  .code = 57664,
                  .unit = 1731,
                  .form = AGENT_LONG,
                  .decimals = 1,
                  .usual = {762},
                  .spread = 40}}},
    {.name = "thermometer",
     .config_id = 0x0320,
     .specialisation = 4104,
     .model = "Thermometer",
     .has_stamps = true,
     .metric_count = 1,
     .metrics = {{.handle = 1,
                  .partition = 2,
                  .code = 19292,
                  .unit = 6048,
                  .form = AGENT_LONG,
                  .decimals = 1,
                  .usual = {369},
                  .spread = 9}}},
    {.name = "glucose",
     .config_id = 0x4010,
     .specialisation = 4113,
     .model = "Meter",
     .has_stamps = true,
     .store = 20,
     .metric_count = 1,
     .metrics = {{.handle = 1, .partition = 2, .code = 29112, .unit = 2130, .usual = {105}, .spread = 30}}},
    {.name = "composition",
     .config_id = 0x4020,
     .specialisation = 4116,
     .model = "Analyser",
     .has_stamps = true,
     .metric_count = 3,
     .metrics = {{.handle = 1,
                  .partition = 2,
                  .code = 57664,
                  .unit = 1731,
                  .form = AGENT_LONG,
                  .decimals = 1,
                  .usual = {818},
                  .spread = 30},
                 {.handle = 2,
                  .partition = 2,
                  .code = 57668,
                  .unit = 1297,
                  .form = AGENT_LONG,
                  .decimals = 0,
                  .usual = {178},
                  .spread = 1},
                 {.handle = 3,
                  .partition = 2,
                  .code = 57676,
                  .unit = 544,
                  .form = AGENT_SHORT,
                  .decimals = 1,
                  .usual = {214},
                  .spread = 20}}},
    {.name = "ecg",
     .config_id = 0x4030,
     .specialisation = 4102,
     .model = "Strip",
     .metric_count = 2,
     .metrics = {{.handle = 1,
                  .partition = 2,
                  .code = 257,
                  .unit = 4274,
                  .form = AGENT_SAMPLED,
                  .usual = {1000},
                  .spread = 400},
                 {.handle = 2, .partition = 2, .code = 16770, .unit = 2720, .usual = {71}, .spread = 11}}},
};

const agent_kind *agent_kind_find(dragoman_bytes name) {
    for (size_t n = 0; n < AGENT_KINDS; n++) {
        if (bytes_is(name, agent_kinds[n].name)) {
            return &agent_kinds[n];
        }
    }
    return NULL;
}

/* The observed value's attribute and how many bytes it has. */
static void value_of(const agent_metric *metric, uint16_t *ret_attribute, uint16_t *ret_size) {
    static const uint16_t attributes[] = {
        [AGENT_SHORT] = 2636, [AGENT_LONG] = 2646, [AGENT_PARTS] = 2677, [AGENT_SAMPLED] = 2632};
    static const uint16_t sizes[] = {
        [AGENT_SHORT] = 2, [AGENT_LONG] = 4, [AGENT_PARTS] = 10, [AGENT_SAMPLED] = 2 + 2 * AGENT_SAMPLES};
    *ret_attribute = attributes[metric->form];
    *ret_size = sizes[metric->form];
}

static void write_value_map(const agent_metric *metric, bool has_stamps, buffer *to) {
    uint16_t attribute = 0;
    uint16_t size = 0;
    value_of(metric, &attribute, &size);
    size_t list = apdu_list(to, has_stamps ? 2 : 1);
    apdu_u16(to, attribute);
    apdu_u16(to, size);
    if (has_stamps) {
        apdu_u16(to, ATTR_STAMP);
        apdu_u16(to, 8);
    }
    apdu_close(to, list);
}

static void write_type(const agent_metric *metric, buffer *to) {
    apdu_u16(to, ATTR_TYPE);
    apdu_u16(to, 4);
    apdu_u16(to, metric->partition);
    apdu_u16(to, metric->code);
}

/* A lead of 0 to 2000, which is -1 to 1 mV, 250 times a second. */
static void write_wave(buffer *to) {
    static const uint8_t spec[6] = {0, AGENT_SAMPLES, 16, 16, 0, 0};
    static const uint8_t scale[12] = {0, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 2000 >> 8, 2000 & 0xff};
    static const uint8_t period[4] = {0, 0, 0, 32};
    apdu_attribute(to, ATTR_SA_SPEC, spec, sizeof spec);
    apdu_attribute(to, ATTR_SCALE_I16, scale, sizeof scale);
    apdu_attribute(to, ATTR_SAMPLE_PERIOD, period, sizeof period);
}

static void write_parts(const agent_metric *metric, buffer *to) {
    apdu_attribute_u16(to, ATTR_STRUCTURE, 3 << 8 | AGENT_PARTS_MAX);
    apdu_u16(to, ATTR_PART_IDS);
    size_t value = apdu_open(to);
    size_t list = apdu_list(to, AGENT_PARTS_MAX);
    for (size_t n = 0; n < AGENT_PARTS_MAX; n++) {
        apdu_u16(to, metric->parts[n]);
    }
    apdu_close(to, list);
    apdu_close(to, value);
}

static void write_metric(const agent_metric *metric, bool has_stamps, buffer *to) {
    apdu_u16(to, metric->form == AGENT_SAMPLED ? CLASS_SAMPLES : CLASS_NUMERIC);
    apdu_u16(to, metric->handle);
    size_t more = metric->form == AGENT_SAMPLED ? 3 : metric->form == AGENT_PARTS ? 2 : 0;
    size_t attributes = apdu_list(to, (uint16_t)(4 + more));
    write_type(metric, to);
    apdu_attribute_u16(to, ATTR_METRIC_SPEC, has_stamps ? 0xf040 : 0x4040);
    apdu_attribute_u16(to, ATTR_UNIT, metric->unit);
    if (metric->form == AGENT_PARTS) {
        write_parts(metric, to);
    } else if (metric->form == AGENT_SAMPLED) {
        write_wave(to);
    }
    apdu_u16(to, ATTR_VALUE_MAP);
    size_t value = apdu_open(to);
    write_value_map(metric, has_stamps, to);
    apdu_close(to, value);
    apdu_close(to, attributes);
}

void agent_kind_write_objects(const agent_kind *kind, buffer *to) {
    static const uint8_t ten_seconds[4] = {0, 1, 0x38, 0x80};
    size_t objects = apdu_list(to, (uint16_t)(kind->metric_count + (kind->store != 0 ? 1 : 0)));
    for (size_t n = 0; n < kind->metric_count; n++) {
        write_metric(&kind->metrics[n], kind->has_stamps, to);
    }
    if (kind->store != 0) {
        apdu_u16(to, CLASS_STORE);
        apdu_u16(to, kind->store);
        size_t attributes = apdu_list(to, 3);
        apdu_attribute_u16(to, ATTR_STORE_CAPABILITY, 0x0800);
        apdu_attribute_u16(to, ATTR_SEGMENTS, 1);
        apdu_attribute(to, ATTR_TRANSFER_TIMEOUT, ten_seconds, sizeof ten_seconds);
        apdu_close(to, attributes);
    }
    apdu_close(to, objects);
}

static int32_t wander(const agent_metric *metric, size_t part, uint32_t random) {
    return metric->usual[part] + (int32_t)(random % (uint32_t)(2 * metric->spread + 1)) - metric->spread;
}

static void write_short(const agent_metric *metric, size_t part, uint32_t random, buffer *to) {
    apdu_u16(to, (uint32_t)(-metric->decimals & 15) << 12 | ((uint32_t)wander(metric, part, random) & 0xfff));
}

static void write_value(const agent_metric *metric, uint32_t random, buffer *to) {
    switch (metric->form) {
    case AGENT_SHORT:
        write_short(metric, 0, random, to);
        break;
    case AGENT_LONG:
        apdu_u32(to, (uint32_t)(-metric->decimals & 255) << 24 | ((uint32_t)wander(metric, 0, random) & 0xffffff));
        break;
    case AGENT_PARTS: {
        size_t list = apdu_list(to, AGENT_PARTS_MAX);
        for (size_t n = 0; n < AGENT_PARTS_MAX; n++) {
            write_short(metric, n, random, to);
        }
        apdu_close(to, list);
        break;
    }
    case AGENT_SAMPLED: {
        size_t samples = apdu_open(to);
        for (uint32_t n = 0; n < AGENT_SAMPLES; n++) {
            apdu_u16(to, (uint32_t)wander(metric, 0, random + n * 37));
        }
        apdu_close(to, samples);
        break;
    }
    }
}

void agent_metric_write(const agent_metric *metric, uint32_t random, const uint8_t *stamp, buffer *to) {
    write_value(metric, random, to);
    buffer_append(to, stamp, stamp == NULL ? 0 : 8);
}

void agent_metric_write_entry(const agent_metric *metric, uint32_t random, const uint8_t *stamp, buffer *to) {
    buffer_append(to, stamp, 8);
    write_value(metric, random, to);
}

void agent_kind_write_entry_map(const agent_metric *metric, buffer *to) {
    apdu_u16(to, 0x8000); /* each entry begins with an absolute time */
    size_t elements = apdu_list(to, 1);
    apdu_u16(to, CLASS_NUMERIC);
    apdu_u16(to, metric->partition);
    apdu_u16(to, metric->code);
    apdu_u16(to, metric->handle);
    write_value_map(metric, false, to);
    apdu_close(to, elements);
}
