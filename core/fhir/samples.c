#include "base/decimal.h"
#include "fhir/status.h"
#include "fhir/value.h"

#define SAMPLE_TEXT_BYTES 12 /* "-2147483648 " */

__extension__ typedef __int128 wide;

/* The raw samples that lie within the scale's ends. */
typedef struct window {
    int64_t low;
    int64_t high;
} window;

/* `decimal` counted in units of 10^exponent. False when it does not fit. */
static bool scaled_to(dragoman_decimal decimal, int exponent, wide *ret_value) {
    wide value = decimal.mantissa;
    for (int i = decimal.exponent; i > exponent; i--) {
        value *= 10;
        if (value > ((wide)1 << 100) || value < -((wide)1 << 100)) {
            return false;
        }
    }
    *ret_value = value;
    return true;
}

static int least_exponent(const dragoman_decimal *decimals, size_t count) {
    int least = INT16_MAX;
    for (size_t i = 0; i < count; i++) {
        if (decimals[i].special == DRAGOMAN_FINITE && decimals[i].exponent < least) {
            least = decimals[i].exponent;
        }
    }
    return least;
}

/* The quotient rounded down; b above zero. */
static wide floor_divide(wide a, wide b) {
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

static int64_t clamp(wide value) {
    return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int64_t)value;
}

/* Whether the ends of the scale say something: ends in no order are a container that was left empty. */
static bool has_limits(const dragoman_samples *samples) {
    bool both = samples->low.special == DRAGOMAN_FINITE && samples->high.special == DRAGOMAN_FINITE;
    return !both || decimal_compare(samples->low, samples->high) < 0;
}

/* raw x scale + origin lies within low..high for the raw samples of the window. */
static window find_window(const dragoman_samples *samples) {
    window all = {INT32_MIN, INT32_MAX};
    dragoman_decimal parts[4] = {samples->scale, samples->origin, samples->low, samples->high};
    int exponent = least_exponent(parts, 4);
    wide scale = 0;
    wide origin = 0;
    wide end = 0;
    if (samples->scale.special != DRAGOMAN_FINITE || samples->origin.special != DRAGOMAN_FINITE ||
        !scaled_to(samples->scale, exponent, &scale) || !scaled_to(samples->origin, exponent, &origin) || scale <= 0) {
        return all;
    }
    if (has_limits(samples) && samples->low.special == DRAGOMAN_FINITE && scaled_to(samples->low, exponent, &end)) {
        all.low = clamp(-floor_divide(origin - end, scale));
    }
    if (has_limits(samples) && samples->high.special == DRAGOMAN_FINITE && scaled_to(samples->high, exponent, &end)) {
        all.high = clamp(floor_divide(end - origin, scale));
    }
    return all;
}

static int32_t sample_at(const dragoman_samples *samples, size_t index) {
    const uint8_t *at = (const uint8_t *)samples->data + index * samples->sample_bytes;
    if (samples->sample_bytes == 2) {
        int16_t sample;
        memcpy(&sample, at, sizeof sample);
        return sample;
    }
    int32_t sample;
    memcpy(&sample, at, sizeof sample);
    return sample;
}

static char *write_sample(int32_t sample, char *to) {
    char room[SAMPLE_TEXT_BYTES];
    uint32_t left = sample < 0 ? 0 - (uint32_t)sample : (uint32_t)sample;
    size_t at = sizeof room;
    do {
        room[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (sample < 0) {
        room[--at] = '-';
    }
    memcpy(to, room + at, sizeof room - at);
    return to + (sizeof room - at);
}

static void write_data(buffer *to, const dragoman_samples *samples, size_t count) {
    window inside = find_window(samples);
    char *out = (char *)buffer_reserve(to, count * SAMPLE_TEXT_BYTES + 16);
    if (out == NULL) {
        return;
    }
    char *begin = out;
    memcpy(out, "\"data\":\"", 8);
    out += 8;
    for (size_t i = 0; i < count; i++) {
        int32_t sample = sample_at(samples, i);
        if (samples->has_missing != 0 && sample == samples->missing) {
            *out++ = 'E';
        } else if (sample < inside.low) {
            *out++ = 'L';
        } else if (sample > inside.high) {
            *out++ = 'U';
        } else {
            out = write_sample(sample, out);
        }
        *out++ = ' ';
    }
    out[-1] = '"';
    *out++ = ',';
    to->size += (size_t)(out - begin);
}

/* In milliseconds. FHIR wants one: where the device said none, the element is there and says why it has no value. */
static void write_period(buffer *to, int64_t period_ns) {
    if (period_ns <= 0) {
        buffer_append_text(
            to, "\"_period\":{\"extension\":[{\"url\":"
                "\"http://hl7.org/fhir/StructureDefinition/data-absent-reason\",\"valueCode\":\"unknown\"}]},");
        return;
    }
    dragoman_decimal period = {.mantissa = period_ns, .exponent = -6};
    while (period.exponent < 0 && period.mantissa % 10 == 0) {
        period.mantissa /= 10;
        period.exponent++;
    }
    json_decimal(to, "period", period);
}

void fhir_samples(buffer *to, const dragoman_samples *samples, const fhir_unit *unit) {
    size_t count = samples == NULL ? 0 : (size_t)samples->count * samples->dimensions;
    if (count == 0 || samples->data == NULL || samples->origin.special != DRAGOMAN_FINITE) {
        fhir_absent(to, "unknown");
        return;
    }
    size_t begin = json_open(to, "valueSampledData", '{');
    fhir_quantity(to, "origin", samples->origin, DRAGOMAN_EQUAL, unit);
    write_period(to, samples->period_ns);
    bool has_scale = samples->scale.special == DRAGOMAN_FINITE && samples->scale.mantissa != 0;
    json_decimal(to, "factor", has_scale ? samples->scale : (dragoman_decimal){.mantissa = 1});
    if (has_limits(samples)) {
        json_decimal(to, "lowerLimit", samples->low);
        json_decimal(to, "upperLimit", samples->high);
    }
    json_unsigned(to, "dimensions", samples->dimensions);
    write_data(to, samples, count);
    json_close(to, begin);
}
