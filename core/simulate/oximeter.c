#include "simulate/oximeter.h"

/* One pulse in sixteen steps: a steep rise, a notch, a long fall. */
static const uint16_t shape[] = {8000,  24000, 48000, 60000, 64000, 58000, 50000, 43000,
                                 38000, 40000, 36000, 30000, 24000, 18000, 13000, 10000};

#define STEPS (sizeof(shape) / sizeof(shape[0]))
#define TURN 65536u

/* A triangle between 0 and 2 x `height` once in `period` seconds. */
static uint32_t swing(uint64_t second, uint32_t period, uint32_t height) {
    uint32_t at = (uint32_t)(second % period) * 4 * height / period;
    return at <= 2 * height ? at : 4 * height - at;
}

void oximeter_init(oximeter *self, uint64_t seed, uint32_t frequency) {
    *self = (oximeter){.seed = seed, .frequency = frequency};
}

static uint32_t wave_at(uint32_t phase) {
    uint32_t position = phase * (uint32_t)STEPS;
    uint32_t step = position / TURN;
    uint32_t within = position % TURN;
    uint32_t from = shape[step];
    uint32_t to = shape[(step + 1) % STEPS];
    return (uint32_t)(((uint64_t)from * (TURN - within) + (uint64_t)to * within) / TURN);
}

oximeter_moment oximeter_next(oximeter *self) {
    uint64_t second = self->samples / self->frequency + self->seed % OXIMETER_ROUND_S;
    oximeter_moment now = {.is_out = second % OXIMETER_ROUND_S >= OXIMETER_ROUND_S - OXIMETER_OUT_S,
                           .saturation = 96 + swing(second, 20, 1),
                           .rate = 68 + swing(second + self->seed, 24, 4)};
    uint32_t step = TURN * now.rate / (60 * self->frequency);
    self->samples++;
    self->phase = (self->phase + step) % TURN;
    now.since_beat = self->phase / step;
    now.wave = now.is_out ? 0 : wave_at(self->phase);
    return now;
}
