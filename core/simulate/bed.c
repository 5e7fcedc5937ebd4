#include "simulate/bed.h"

#define BEAT "264864^MDC_DIM_BEAT_PER_MIN^MDC"
#define BREATH "264928^MDC_DIM_RESP_PER_MIN^MDC"
#define MMHG "266016^MDC_DIM_MMHG^MDC"
#define PERCENT "262688^MDC_DIM_PERCENT^MDC"
#define DEGREE "268192^MDC_DIM_DEGC^MDC"
#define MILLIVOLT "266418^MDC_DIM_MILLI_VOLT^MDC"

/* A cuff measures every five minutes, a patient stays for an hour of ticks: short lives make a demonstration worth
 * watching. */
#define CUFF_EVERY_US 300000000
#define STAY_TICKS 3600

const bed_metric bed_metrics[BED_METRICS] = {
    {"147842^MDC_ECG_HEART_RATE^MDC", "1.1.1.1", BEAT, 0, 78, 35, 160, 2, 50, 120, false},
    {"150456^MDC_PULS_OXIM_SAT_O2^MDC", "1.2.1.1", PERCENT, 0, 97, 82, 100, 1, 90, 100, false},
    {"149530^MDC_PULS_OXIM_PULS_RATE^MDC", "1.2.1.2", BEAT, 0, 78, 35, 160, 2, 0, 0, false},
    {"151578^MDC_TTHOR_RESP_RATE^MDC", "1.3.1.1", BREATH, 0, 15, 6, 38, 1, 8, 30, false},
    {"150037^MDC_PRESS_BLD_ART_ABP_SYS^MDC", "1.4.1.1", MMHG, 0, 122, 70, 200, 3, 90, 160, false},
    {"150038^MDC_PRESS_BLD_ART_ABP_DIA^MDC", "1.4.1.2", MMHG, 0, 71, 35, 69, 2, 0, 0, false},
    {"150039^MDC_PRESS_BLD_ART_ABP_MEAN^MDC", "1.4.1.3", MMHG, 0, 88, 50, 140, 2, 0, 0, false},
    {"150364^MDC_TEMP_BODY^MDC", "1.5.1.1", DEGREE, 1, 370, 350, 402, 1, 360, 390, false},
    {"150021^MDC_PRESS_BLD_NONINV_SYS^MDC", "1.6.1.1", MMHG, 0, 124, 80, 200, 8, 0, 0, true},
    {"150022^MDC_PRESS_BLD_NONINV_DIA^MDC", "1.6.1.2", MMHG, 0, 74, 40, 78, 6, 0, 0, true},
    {"150023^MDC_PRESS_BLD_NONINV_MEAN^MDC", "1.6.1.3", MMHG, 0, 91, 55, 140, 6, 0, 0, true},
    {"149546^MDC_PULS_RATE_NON_INV^MDC", "1.6.1.4", BEAT, 0, 79, 40, 150, 4, 0, 0, true},
    {"151708^MDC_CONC_AWAY_CO2_ET^MDC", "1.7.1.1", MMHG, 0, 37, 20, 60, 1, 25, 50, false},
    {"151594^MDC_CO2_RESP_RATE^MDC", "1.7.1.2", BREATH, 0, 15, 6, 38, 1, 0, 0, false},
    {"151716^MDC_CONC_AWAY_CO2_INSP^MDC", "1.7.1.3", MMHG, 1, 5, 0, 40, 2, 0, 0, false},
    {"150087^MDC_PRESS_BLD_VEN_CENT_MEAN^MDC", "1.8.1.1", MMHG, 0, 8, 1, 18, 1, 0, 0, false},
    {"148066^MDC_ECG_V_P_C_RATE^MDC", "1.1.1.2", BEAT, 0, 1, 0, 12, 1, 0, 0, false},
    {"131842^MDC_ECG_AMPL_ST_II^MDC", "1.1.2.1", MILLIVOLT, 2, 3, -20, 25, 2, 0, 0, false},
    {"131847^MDC_ECG_AMPL_ST_V5^MDC", "1.1.2.2", MILLIVOLT, 2, 2, -20, 25, 2, 0, 0, false},
    {"150488^MDC_BLD_PERF_INDEX^MDC", "1.2.1.3", PERCENT, 2, 240, 30, 900, 12, 0, 0, false},
};

/* splitmix64 */
static uint64_t draw(bed *self) {
    uint64_t z = (self->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void admit(bed *self) {
    self->patient++;
    self->alarm = -1;
    for (int i = 0; i < BED_METRICS; i++) {
        const bed_metric *metric = &bed_metrics[i];
        int32_t spread = metric->step * 4 + 1;
        self->values[i] = metric->start + (int32_t)(draw(self) % (uint64_t)(2 * spread)) - spread;
        self->values[i] = self->values[i] < metric->least ? metric->least : self->values[i];
        self->values[i] = self->values[i] > metric->most ? metric->most : self->values[i];
    }
}

void bed_init(bed *self, uint32_t number, uint64_t seed) {
    *self = (bed){.number = number, .random = seed * 1000003u + number, .alarm = -1};
}

/* A step up or down, drawn back gently towards where the metric lives. */
static void wander(bed *self, int index) {
    const bed_metric *metric = &bed_metrics[index];
    int32_t step = (int32_t)(draw(self) % (uint64_t)(2 * metric->step + 1)) - metric->step;
    int32_t away = self->values[index] - metric->start;
    if (draw(self) % 8 == 0) {
        step -= away / 6;
    }
    int32_t value = self->values[index] + step;
    value = value < metric->least ? metric->least : value;
    self->values[index] = value > metric->most ? metric->most : value;
}

static bool is_beyond(const bed *self, int index) {
    const bed_metric *metric = &bed_metrics[index];
    return (metric->low != 0 || metric->high != 0) &&
           (self->values[index] < metric->low || self->values[index] > metric->high);
}

static bed_event watch_limits(bed *self) {
    if (self->alarm >= 0) {
        if (is_beyond(self, self->alarm)) {
            return BED_NOTHING;
        }
        return BED_ALARM_ENDED;
    }
    for (int i = 0; i < BED_METRICS; i++) {
        if (is_beyond(self, i)) {
            self->alarm = i;
            self->alarm_number++;
            return BED_ALARM_BEGAN;
        }
    }
    return BED_NOTHING;
}

bed_event bed_tick(bed *self, int64_t utc_us) {
    self->ticks++;
    if (self->ticks == 1 || (self->ticks + self->number * 97) % STAY_TICKS == 1) {
        admit(self);
        self->cuff_at_us = utc_us;
        return BED_ADMITTED;
    }
    if ((self->ticks + self->number * 97) % STAY_TICKS == 0) {
        return BED_DISCHARGED;
    }
    bool cuff_measures = utc_us - self->cuff_at_us >= CUFF_EVERY_US;
    if (cuff_measures) {
        self->cuff_at_us = utc_us;
    }
    for (int i = 0; i < BED_METRICS; i++) {
        if (!bed_metrics[i].is_episodic || cuff_measures) {
            wander(self, i);
        }
    }
    return watch_limits(self);
}
