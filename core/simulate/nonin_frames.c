#include "simulate/nonin_frames.h"

#include "simulate/oximeter_line.h"

/* Frames of a packet, and those of a pulse that show its perfusion: 160 ms. */
#define PACKET 25u
#define PULSE 12u
#define FREQUENCY 75u
#define REVISION 48u
#define NOTHING 0x7fu

/* Slow data by the frame's number, as the definition's table lists them. */
enum { RATE_HIGH = 1, RATE_LOW, SATURATION, OTHER, FIRMWARE, TIMER_HIGH, TIMER_LOW };

static const uint8_t slots[PACKET] = {RATE_HIGH, RATE_LOW,   SATURATION, FIRMWARE,   OTHER, TIMER_HIGH, TIMER_LOW,
                                      OTHER,     SATURATION, SATURATION, SATURATION, OTHER, OTHER,      RATE_HIGH,
                                      RATE_LOW,  SATURATION, SATURATION, OTHER,      OTHER, RATE_HIGH,  RATE_LOW,
                                      RATE_HIGH, RATE_LOW,   OTHER,      OTHER};

static uint8_t slow_data(const oximeter_moment *now, uint8_t slot, uint32_t timer, bool has_timer) {
    uint32_t rate = now->is_out ? 0x1ff : now->rate;
    switch (slot) {
    case RATE_HIGH:
        return (uint8_t)(rate >> 7);
    case RATE_LOW:
        return (uint8_t)(rate & 0x7f);
    case SATURATION:
        return now->is_out ? NOTHING : (uint8_t)now->saturation;
    case FIRMWARE:
        return REVISION;
    case TIMER_HIGH:
        return has_timer ? (uint8_t)(timer >> 7 & 0x7f) : 0;
    case TIMER_LOW:
        return has_timer ? (uint8_t)(timer & 0x7f) : 0;
    default:
        return 0;
    }
}

static uint8_t status(const oximeter_moment *now, uint64_t number) {
    uint8_t bits = 0x80;
    bits |= number % PACKET == 0 ? 0x01 : 0;
    if (now->is_out) {
        return (uint8_t)(bits | 0x08); /* sensor alarm */
    }
    return now->since_beat < PULSE ? (uint8_t)(bits | 0x02) : bits;
}

static void end_frame(uint8_t *to) {
    to[4] = (uint8_t)(to[0] + to[1] + to[2] + to[3]);
}

static size_t write_2(const oximeter_moment *now, uint64_t number, int64_t clock_shift_us, uint8_t *to) {
    (void)clock_shift_us; /* this format has no clock */
    to[0] = 0x01;
    to[1] = status(now, number);
    to[2] = (uint8_t)(now->wave >> 8);
    to[3] = slow_data(now, slots[number % PACKET], 0, false);
    end_frame(to);
    return 5;
}

/* The timer counts thirds of a second. */
static size_t write_7(const oximeter_moment *now, uint64_t number, int64_t clock_shift_us, uint8_t *to) {
    uint32_t timer = (uint32_t)((int64_t)(number / PACKET) + clock_shift_us * 3 / 1000000) & 0x3fff;
    to[0] = status(now, number);
    to[1] = (uint8_t)(now->wave >> 8);
    to[2] = (uint8_t)now->wave;
    to[3] = slow_data(now, slots[number % PACKET], timer, true);
    end_frame(to);
    return 5;
}

static void *create_2(uint64_t seed, int64_t clock_shift_us) {
    static const oximeter_form form = {.frequency = FREQUENCY, .write = write_2};
    return oximeter_device_create(&form, seed, clock_shift_us);
}

static void *create_7(uint64_t seed, int64_t clock_shift_us) {
    static const oximeter_form form = {.frequency = FREQUENCY, .write = write_7};
    return oximeter_device_create(&form, seed, clock_shift_us);
}

const line_protocol nonin_format_2 = {.create = create_2,
                                      .destroy = oximeter_device_destroy,
                                      .opened = oximeter_device_opened,
                                      .received = oximeter_device_ignore,
                                      .tick = oximeter_device_tick};
const line_protocol nonin_format_7 = {.create = create_7,
                                      .destroy = oximeter_device_destroy,
                                      .opened = oximeter_device_opened,
                                      .received = oximeter_device_ignore,
                                      .tick = oximeter_device_tick};
