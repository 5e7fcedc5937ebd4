#include "simulate/ventilator.h"
#include "base/time.h"

#define DAY_US INT64_C(86400000000)
/* A breath of 15 a minute, a third of it in. */
#define BREATH_US 4000000
#define BREATH_IN_US 1333000
#define SCALE 0x960

typedef struct value_row {
    const char *code;
    const char *name;       /* for readers of this file */
    const char *low, *high; /* alarm limits, as sent; or NULL */
    const char *phrase;     /* of the alarm below low_value and above high_value; or NULL */
    int32_t low_value, high_value;
    int32_t start, least, most, step;
    uint8_t page;
    uint8_t decimals;
    uint8_t alarm;
} value_row;

#define NO_ALARM NULL, 0, 0

static const value_row rows[VENTILATOR_VALUES] = {
    {"05", "airway pressure", NULL, NULL, NO_ALARM, 12, 4, 30, 6, 1, 0, 0},
    {"07", "compliance", NULL, NULL, NO_ALARM, 520, 350, 700, 10, 1, 1, 0},
    {"08", "resistance", NULL, NULL, NO_ALARM, 11, 6, 20, 1, 1, 0, 0},
    {"73", "mean pressure", NULL, NULL, NO_ALARM, 9, 6, 14, 1, 1, 0, 0},
    {"78", "PEEP", NULL, NULL, NO_ALARM, 50, 44, 56, 2, 1, 1, 0},
    {"7D", "peak pressure", NULL, "  35", "PAW HIGH    ", INT32_MIN, 35, 24, 18, 37, 2, 1, 0, 0x10},
    {"B9", "minute volume", " 4.0", "12.0", "MIN VOL LOW ", 40, INT32_MAX, 72, 36, 98, 4, 1, 1, 0x19},
    {"D6", "breaths", NULL, "  30", NO_ALARM, 15, 10, 28, 1, 1, 0, 0},
    {"E6", "end-tidal CO2", "  32", "  50", "ET CO2 HIGH ", INT32_MIN, 50, 38, 30, 52, 1, 1, 0, 0x28},
    {"F0", "FiO2", "  35", "  45", NO_ALARM, 40, 38, 42, 1, 1, 0, 0},
    {"21", "expired tidal volume", NULL, NULL, NO_ALARM, 480, 300, 620, 15, 2, 0, 0},
    {"22", "inspired tidal volume", NULL, NULL, NO_ALARM, 490, 310, 630, 15, 2, 0, 0},
};

static uint64_t next_random(ventilator *self) {
    uint64_t z = (self->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void ventilator_init(ventilator *self, uint64_t seed, int64_t clock_shift_us) {
    *self = (ventilator){.random = seed, .clock_shift_us = clock_shift_us};
    for (uint32_t n = 0; n < VENTILATOR_VALUES; n++) {
        self->values[n] = rows[n].start;
    }
}

void ventilator_tick(ventilator *self) {
    self->ticks++;
    for (uint32_t n = 0; n < VENTILATOR_VALUES; n++) {
        int32_t width = 2 * rows[n].step + 1;
        int32_t value = self->values[n] + (int32_t)(next_random(self) % (uint64_t)width) - rows[n].step;
        self->values[n] = value < rows[n].least ? rows[n].least : value > rows[n].most ? rows[n].most : value;
    }
}

void ventilator_sample(ventilator *self, uint16_t samples[VENTILATOR_CURVES]) {
    self->phase_us = (self->phase_us + VENTILATOR_SAMPLE_US) % BREATH_US;
    bool is_in = self->phase_us < BREATH_IN_US;
    int64_t done =
        is_in ? self->phase_us * 1000 / BREATH_IN_US : (BREATH_US - self->phase_us) * 1000 / (BREATH_US - BREATH_IN_US);
    /* Pressure rises from 5 to 25 mbar of -20 to 100, volume to 480 of 0 to 2400, flow turns at the end of both. */
    samples[0] = (uint16_t)((25 + 20 * done / 1000) * SCALE / 120);
    samples[1] = (uint16_t)(SCALE / 2 + (is_in ? (1000 - done) / 4 : -done / 2));
    samples[2] = (uint16_t)(480 * done / 1000 * SCALE / 2400);
}

/* A number in a field of `width` characters, blanks before it. */
static void put_field(buffer *to, int32_t value, uint8_t decimals, int width) {
    if (decimals == 0) {
        buffer_append_format(to, "%*d", width, value);
    } else {
        buffer_append_format(to, "%*d.%d", width - 2, value / 10, value % 10);
    }
}

static void put_values(const ventilator *self, uint8_t page, buffer *to) {
    for (uint32_t n = 0; n < VENTILATOR_VALUES; n++) {
        if (rows[n].page == page) {
            buffer_append_text(to, rows[n].code);
            put_field(to, self->values[n], rows[n].decimals, 4);
        }
    }
}

static void put_limits(bool is_high, buffer *to) {
    for (uint32_t n = 0; n < VENTILATOR_VALUES; n++) {
        const char *limit = is_high ? rows[n].high : rows[n].low;
        if (rows[n].page == 1 && limit != NULL) {
            buffer_append_text(to, rows[n].code);
            buffer_append_text(to, limit);
        }
    }
}

static void put_alarms(const ventilator *self, buffer *to) {
    for (uint32_t n = 0; n < VENTILATOR_VALUES; n++) {
        bool is_raised =
            rows[n].phrase != NULL && (self->values[n] > rows[n].high_value || self->values[n] < rows[n].low_value);
        if (is_raised) {
            buffer_append_format(to, "%c%02X%s", 0x30 + 25, rows[n].alarm, rows[n].phrase);
        }
    }
}

static void put_clock(const ventilator *self, int64_t utc_us, buffer *to) {
    static const char *const months[] = {"JAN", "FEB", "MAR", "APR", "MAI", "JUN",
                                         "JUL", "AUG", "SEP", "OKT", "NOV", "DEZ"};
    int64_t time_us = utc_us + self->clock_shift_us;
    int64_t days = time_us / DAY_US;
    int64_t seconds = time_us % DAY_US / 1000000;
    int64_t year = 0;
    unsigned month = 1;
    unsigned day = 1;
    time_date(days, &year, &month, &day);
    buffer_append_format(to, "%02d:%02d:%02d%02u-%s-%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
                         (int)(seconds % 60), day, months[month - 1], (int)(year % 100));
}

void ventilator_answer(const ventilator *self, uint8_t command, int64_t utc_us, buffer *to) {
    switch (command) {
    case 0x24:
    case 0x2b:
        put_values(self, command == 0x24 ? 1 : 2, to);
        break;
    case 0x25:
    case 0x26:
        put_limits(command == 0x26, to);
        break;
    case 0x27:
        put_alarms(self, to);
        break;
    case 0x28:
        put_clock(self, utc_us, to);
        break;
    case 0x29: /* FiO2, inspiratory time, frequency, PEEP, maximum pressure */
        buffer_append_text(to, "01   40"
                               "05  1.3"
                               "09 15.0"
                               "0B  5.0"
                               "13 35.0");
        break;
    case 0x2a: /* mode, adults, language */
        buffer_append_text(to, "0E5BIPAP\x03"
                               "206ADULTS\x03"
                               "2C7ENGLISH\x03");
        break;
    case 0x52:
        buffer_append_text(to, "8200'EvitaXL'07.00:06.00");
        break;
    case 0x53: /* code, interval in microseconds, least, most, highest value in hexadecimal */
        buffer_append_text(to, "00   16000  -20  100960"
                               "01   16000 -180  180960"
                               "03   16000    0 2400960");
        break;
    default:
        break;
    }
}
