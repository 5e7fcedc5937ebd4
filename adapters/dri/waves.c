#include "waves.h"
#include "monitor.h"
#include <string.h>

/* "Waveform header": the number of samples, a status and a label, two bytes each. */
#define WAVE_HEADER 6u
/* Smaller samples are none. */
#define LEAST_SAMPLE (-32000)
#define MISSING_SAMPLE (-32767)
#define SECOND_NS 1000000000

static const dri_wave waves[] = {
    {"ECG1", "uV", 300, 1, 0},        {"ECG2", "uV", 300, 2, 0},       {"ECG3", "uV", 300, 3, 0},
    {"INVP1", "mm[Hg]", 100, 4, -2},  {"INVP2", "mm[Hg]", 100, 5, -2}, {"INVP3", "mm[Hg]", 100, 6, -2},
    {"INVP4", "mm[Hg]", 100, 7, -2},  {"PLETH", "%", 100, 8, -2},      {"CO2", "%", 25, 9, -2},
    {"O2", "%", 25, 10, -2},          {"N2O", "%", 25, 11, -2},        {"AA", "%", 25, 12, -2},
    {"AWP", "cm[H2O]", 25, 13, -1},   {"RESP", "Ohm", 25, 15, -2},     {"INVP5", "mm[Hg]", 100, 16, -2},
    {"INVP6", "mm[Hg]", 100, 17, -2}, {"EEG1", "uV", 100, 18, -1},     {"EEG2", "uV", 100, 19, -1},
    {"EEG3", "uV", 100, 20, -1},      {"EEG4", "uV", 100, 21, -1},     {"ENT", "uV", 100, 32, -1},
};

#define WAVES (sizeof(waves) / sizeof(waves[0]))

const dri_wave *dri_wave_named(dragoman_bytes name) {
    for (size_t n = 0; n < WAVES; n++) {
        if (strlen(waves[n].name) == name.size && memcmp(waves[n].name, name.data, name.size) == 0) {
            return &waves[n];
        }
    }
    return NULL;
}

static const dri_wave *wave_of(uint8_t kind) {
    for (size_t n = 0; n < WAVES; n++) {
        if (waves[n].kind == kind) {
            return &waves[n];
        }
    }
    return NULL;
}

/* The samples in this machine's order; all that are none become the same one. */
static bool copy_samples(const uint8_t *data, uint32_t count, int16_t *to) {
    bool has_missing = false;
    for (uint32_t n = 0; n < count; n++) {
        int16_t sample = dri_short(data + (size_t)n * 2);
        has_missing |= sample < LEAST_SAMPLE;
        to[n] = sample < LEAST_SAMPLE ? MISSING_SAMPLE : sample;
    }
    return has_missing;
}

/* A block's time is that of its receipt: the record's own has seconds only, and says not whether it is that of the
 * first sample. */
static dragoman_status emit_block(dri_monitor *monitor, const dri_wave *wave, dragoman_samples *block) {
    const dragoman_decimal unknown = {.special = DRAGOMAN_NAN};
    block->scale = (dragoman_decimal){.mantissa = 1, .exponent = wave->exponent};
    block->period_ns = SECOND_NS / wave->rate;
    block->low = unknown;
    block->high = unknown;
    dragoman_value value = {.kind = DRAGOMAN_VALUE_SAMPLES, .samples = block};
    dragoman_code coding = {.code = {(const uint8_t *)wave->name, strlen(wave->name)},
                            .system = DRAGOMAN_TEXT(DRI_SYSTEM_WAVE)};
    dragoman_observation row = {
        .code = {.codings = &coding, .coding_count = 1},
        .unit = {.code = {(const uint8_t *)wave->unit, strlen(wave->unit)}, .system = DRAGOMAN_TEXT("UCUM")},
        .values = DRAGOMAN_LIST(&value, 1),
        .components = {NULL, 0, sizeof(dragoman_component)},
        .result = DRAGOMAN_RESULT_UNVALIDATED,
        .obtained = DRAGOMAN_OBTAINED_CONTINUOUS,
    };
    dragoman_report report = {.observations = DRAGOMAN_LIST(&row, 1),
                              .nodes = {NULL, 0, sizeof(dragoman_node)},
                              .alerts = {NULL, 0, sizeof(dragoman_alert)},
                              .contexts = {NULL, 0, sizeof(dragoman_context)}};
    return dri_monitor_emit(monitor, &report);
}

dragoman_status dri_monitor_wave(dri_monitor *monitor, const dri_subrecord *subrecord) {
    const dri_wave *wave = wave_of(subrecord->kind);
    dragoman_bytes data = subrecord->data;
    if (wave == NULL) {
        return DRAGOMAN_UNSUPPORTED;
    }
    if (data.size < WAVE_HEADER) {
        return DRAGOMAN_INVALID;
    }
    uint32_t count = dri_word(data.data);
    if (count > DRI_SAMPLES_MOST || count * 2 > data.size - WAVE_HEADER) {
        return DRAGOMAN_INVALID;
    }
    if (count == 0) {
        return DRAGOMAN_OK;
    }
    int16_t *samples = (int16_t *)monitor->host->batch(monitor->context, count * sizeof *samples);
    if (samples == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    bool has_missing = copy_samples(data.data + WAVE_HEADER, count, samples);
    dragoman_samples block = {.struct_size = sizeof block,
                              .sample_bytes = sizeof *samples,
                              .has_missing = has_missing ? 1 : 0,
                              .data = samples,
                              .count = count,
                              .dimensions = 1,
                              .missing = has_missing ? MISSING_SAMPLE : 0};
    return emit_block(monitor, wave, &block);
}
