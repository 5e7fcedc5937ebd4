/* Waveform blocks: the rate and scale that stand in rows one level below them become part of the block. */
#include "number.h"
#include "translation.h"

#define SECOND_NS INT64_C(1000000000)

static bool same_place(uint32_t order, dragoman_path path, uint32_t other_order, dragoman_path other) {
    return order == other_order && memcmp(&path, &other, sizeof path) == 0;
}

/* The time from one sample to the next at `rate` samples a second, rounded; 0 when there is none. */
static int64_t period_of(dragoman_decimal rate) {
    int64_t above = SECOND_NS;
    int64_t below = rate.mantissa;
    for (int16_t n = rate.exponent; n < 0; n++) {
        if (__builtin_mul_overflow(above, INT64_C(10), &above)) {
            return 0;
        }
    }
    return below <= 0 || rate.exponent > 0 ? 0 : (above + below / 2) / below;
}

static bool apply(dragoman_samples *samples, bool is_rate, dragoman_decimal number) {
    if (is_rate) {
        int64_t period = period_of(number);
        samples->period_ns = period > 0 ? period : samples->period_ns;
        return period > 0;
    }
    return hl7v2_decimal_multiply(samples->scale, number, &samples->scale);
}

void hl7v2_wave_add(hl7v2_translation *t, dragoman_path path, dragoman_samples *samples) {
    for (uint32_t n = 0; n < t->facet_count; n++) {
        const hl7v2_facet *facet = &t->facets[n];
        if (same_place(t->order_number, path, facet->order, facet->path) &&
            apply(samples, facet->is_rate, facet->number)) {
            t->folded[t->folded_count++] = facet->row;
            t->facets[n] = t->facets[--t->facet_count];
            n--;
        }
    }
    if (t->wave_count < HL7V2_WAVES_PER_GROUP) {
        t->waves[t->wave_count++] = (hl7v2_wave){t->order_number, path, samples};
    }
}

static bool is_named(const hl7v2_row *row, const char *name) {
    for (uint32_t n = 0; n < row->code.coding_count; n++) {
        if (hl7v2_is(row->code.codings[n].text, name)) {
            return true;
        }
    }
    return false;
}

bool hl7v2_wave_take(hl7v2_translation *t, const hl7v2_row *row, const dragoman_observation *observation,
                     uint32_t index) {
    bool is_rate = is_named(row, "MDC_ATTR_SAMP_RATE") || is_named(row, "MDC_ATTR_SAMPLE_RATE");
    if ((!is_rate && !is_named(row, "MDC_ATTR_NU_MSMT_RES")) || observation->values.count != 1) {
        return false;
    }
    const dragoman_value *value = (const dragoman_value *)dragoman_list_at(&observation->values, 0);
    if (value->kind != DRAGOMAN_VALUE_DECIMAL || value->comparator != DRAGOMAN_EQUAL) {
        return false;
    }
    bool is_taken = false;
    for (uint32_t n = 0; n < t->wave_count; n++) {
        const hl7v2_wave *wave = &t->waves[n];
        if (same_place(t->order_number, row->path, wave->order, wave->path)) {
            is_taken |= apply(wave->samples, is_rate, value->number);
        }
    }
    if (!is_taken && t->facet_count + t->folded_count < HL7V2_FACETS_PER_GROUP) {
        t->facets[t->facet_count++] = (hl7v2_facet){t->order_number, row->path, index, is_rate, value->number};
    }
    return is_taken;
}

void hl7v2_wave_compact(hl7v2_translation *t) {
    while (t->folded_count > 0) {
        uint32_t last = 0; /* the rows behind it go down by one, so the highest goes first */
        for (uint32_t n = 1; n < t->folded_count; n++) {
            last = t->folded[n] > t->folded[last] ? n : last;
        }
        uint32_t row = t->folded[last];
        t->folded[last] = t->folded[--t->folded_count];
        uint32_t behind = t->observations.count - row - 1;
        if (behind > 0) {
            memmove(hl7v2_rows_at(&t->observations, row), hl7v2_rows_at(&t->observations, row + 1),
                    (size_t)behind * t->observations.item_size);
        }
        t->observations.count--;
    }
}
