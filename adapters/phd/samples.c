#include "value.h"

#define RELATIVE_TICK_NS INT64_C(125000)
#define SIGNED 255

static int64_t extend(uint32_t sent, uint8_t bits, bool is_signed) {
    if (is_signed && (sent >> (bits - 1) & 1u) != 0) {
        return (int64_t)sent - (INT64_C(1) << bits);
    }
    return sent;
}

/* Sa-Specification: only the significant bits of an unsigned sample count, the others are marks (A.3.4). */
static int64_t sample_of(uint32_t sent, const phd_samples_spec *spec) {
    bool is_signed = spec->significant_bits == SIGNED;
    if (!is_signed && spec->significant_bits < 32) {
        sent &= (1u << spec->significant_bits) - 1u;
    }
    return extend(sent, spec->sample_bits, is_signed);
}

static bool is_exponent(dragoman_decimal number) {
    return number.exponent >= INT8_MIN && number.exponent <= INT8_MAX;
}

/* The ends of the scale, where they are stated in the same digits and one can be seen to be the lower. */
static void ends_of(dragoman_decimal lower, dragoman_decimal upper, dragoman_samples *samples) {
    if (lower.exponent == upper.exponent) {
        bool is_rising = upper.mantissa >= lower.mantissa;
        samples->low = is_rising ? lower : upper;
        samples->high = is_rising ? upper : lower;
    }
}

/* Y = M x X + B with M = (upper - lower) / (upper scaled - lower scaled) and B = lower - M x lower scaled (6.3.5.3).
 * False when these are no numbers that can be worked with. */
static bool scale_samples(const phd_object *object, dragoman_samples *samples) {
    const phd_scale *scale = &object->scale;
    dragoman_decimal lower = phd_float(scale->lower);
    dragoman_decimal upper = phd_float(scale->upper);
    bool is_signed = object->samples.significant_bits == SIGNED;
    uint8_t bits = (uint8_t)(scale->bytes * 8);
    samples->scale = (dragoman_decimal){.mantissa = 1};
    samples->low = samples->high = (dragoman_decimal){.special = DRAGOMAN_NAN};
    if (scale->bytes == 0) {
        return true;
    }
    int64_t from = extend(scale->lower_scaled, bits, is_signed);
    int64_t to = extend(scale->upper_scaled, bits, is_signed);
    if (from == to || lower.special != DRAGOMAN_FINITE || upper.special != DRAGOMAN_FINITE) {
        return false;
    }
    samples->scale = phd_divide(phd_add_times(upper, lower, -1), to - from);
    samples->origin = phd_add_times(lower, samples->scale, -from);
    ends_of(lower, upper, samples);
    return is_exponent(samples->scale) && is_exponent(samples->origin);
}

bool phd_samples_add(phd_report *report, const phd_object *object, dragoman_bytes sent, dragoman_value *value) {
    const phd_samples_spec *spec = &object->samples;
    uint32_t width = spec->sample_bits / 8u;
    bool is_width = spec->sample_bits == 8 || spec->sample_bits == 16 || spec->sample_bits == 32;
    if (!spec->is_known || !is_width || sent.size == 0 || sent.size % width != 0 || spec->significant_bits == 0) {
        return false;
    }
    uint32_t count = (uint32_t)(sent.size / width);
    dragoman_samples *samples = (dragoman_samples *)report->host->batch(report->context, sizeof *samples);
    int32_t *data = (int32_t *)report->host->batch(report->context, count * sizeof *data);
    if (samples == NULL || data == NULL) {
        report->failed = true;
        return false;
    }
    phd_reader reader = phd_read(sent);
    for (uint32_t n = 0; n < count; n++) {
        uint32_t raw = width == 1 ? phd_u8(&reader) : width == 2 ? phd_u16(&reader) : phd_u32(&reader);
        int64_t sample = sample_of(raw, spec);
        if (sample > INT32_MAX) {
            return false;
        }
        data[n] = (int32_t)sample;
    }
    *samples = (dragoman_samples){.struct_size = sizeof *samples,
                                  .sample_bytes = sizeof *data,
                                  .data = data,
                                  .count = count,
                                  .dimensions = 1,
                                  .period_ns = object->sample_period * RELATIVE_TICK_NS};
    value->kind = DRAGOMAN_VALUE_SAMPLES;
    value->samples = samples;
    return scale_samples(object, samples);
}
