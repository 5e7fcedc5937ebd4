#include "base/histogram.h"

/* Values below 32 have a slot each; above, the five bits behind the leading one choose the step. */
static size_t slot_of(uint64_t us) {
    if (us < HISTOGRAM_STEPS) {
        return (size_t)us;
    }
    unsigned doubling = 63u - (unsigned)__builtin_clzll(us) - 5u;
    size_t slot = (size_t)(doubling + 1) * HISTOGRAM_STEPS + ((us >> doubling) & (HISTOGRAM_STEPS - 1));
    return slot < HISTOGRAM_SLOTS ? slot : HISTOGRAM_SLOTS - 1;
}

static int64_t upper_end(size_t slot) {
    if (slot < HISTOGRAM_STEPS) {
        return (int64_t)slot;
    }
    unsigned doubling = (unsigned)(slot / HISTOGRAM_STEPS) - 1;
    uint64_t step = slot % HISTOGRAM_STEPS + HISTOGRAM_STEPS;
    return (int64_t)(((step + 1) << doubling) - 1);
}

void histogram_add(histogram *self, int64_t us) {
    self->counts[slot_of(us < 0 ? 0 : (uint64_t)us)]++;
    self->total++;
    self->largest = us > self->largest ? us : self->largest;
}

void histogram_merge(histogram *self, const histogram *other) {
    for (size_t i = 0; i < HISTOGRAM_SLOTS; i++) {
        self->counts[i] += other->counts[i];
    }
    self->total += other->total;
    self->largest = other->largest > self->largest ? other->largest : self->largest;
}

int64_t histogram_percentile(const histogram *self, double percentile) {
    uint64_t wanted = (uint64_t)((double)self->total * percentile / 100.0 + 0.5);
    uint64_t seen = 0;
    for (size_t i = 0; i < HISTOGRAM_SLOTS && self->total > 0; i++) {
        seen += self->counts[i];
        if (seen >= wanted && seen > 0) {
            int64_t end = upper_end(i);
            return end < self->largest ? end : self->largest;
        }
    }
    return 0;
}
