#include "simulate/contec_frames.h"

#include "simulate/oximeter_line.h"
#include <string.h>

#define FREQUENCY 60u
/* A packet of V7.0: type, bits 7, data. */
#define REALTIME 0x01u
#define DEVICE_ID 0x04u
#define FEEDBACK 0x0bu
#define COMMAND 0x7du
#define COMMAND_BYTES 9u
#define START_REALTIME 0xa1u
#define STOP_REALTIME 0xa2u
#define ASK_DEVICE_ID 0xaau
#define STAY 0xafu
#define NOT_KNOWN 0x05u

static size_t write_first(const oximeter_moment *now, uint64_t number, int64_t clock_shift_us, uint8_t *to) {
    (void)number, (void)clock_shift_us; /* it has no clock */
    uint32_t rate = now->is_out ? 0 : now->rate;
    to[0] = (uint8_t)(0x80u | (now->is_out ? 0x10u : 0x06u) | (now->since_beat == 0 ? 0x40u : 0));
    to[1] = (uint8_t)(now->wave >> 9);
    to[2] = (uint8_t)((rate & 0x80u) >> 1 | (now->wave >> 12));
    to[3] = (uint8_t)(rate & 0x7fu);
    to[4] = now->is_out ? 0 : (uint8_t)now->saturation;
    return 5;
}

/* Bit 7 of each data byte goes into the second one, where it is set itself. */
static size_t write_packet(uint8_t type, const uint8_t *data, size_t size, uint8_t *to) {
    to[0] = type;
    to[1] = 0x80;
    for (size_t n = 0; n < size; n++) {
        to[1] = (uint8_t)(to[1] | (data[n] >> 7) << n);
        to[2 + n] = data[n] | 0x80u;
    }
    return 2 + size;
}

static size_t write_v7(const oximeter_moment *now, uint64_t number, int64_t clock_shift_us, uint8_t *to) {
    (void)number, (void)clock_shift_us;
    uint32_t perfusion = 100 + now->rate;
    uint8_t data[7] = {now->is_out ? 0 : 6,      (uint8_t)(now->wave >> 9), (uint8_t)(0x10u | now->wave >> 12),
                       (uint8_t)now->rate,       (uint8_t)now->saturation,  (uint8_t)perfusion,
                       (uint8_t)(perfusion >> 8)};
    if (now->is_out) {
        static const uint8_t nothing[5] = {0x00, 0xff, 0x7f, 0xff, 0xff};
        data[1] = 64;
        memcpy(data + 2, nothing, sizeof(nothing));
    }
    return write_packet(REALTIME, data, sizeof(data), to);
}

static void answer(line_player *line, uint8_t type, const uint8_t *data, size_t data_size) {
    uint8_t packet[OXIMETER_FRAME_BYTES];
    size_t size = write_packet(type, data, data_size, packet);
    line_player_send(line, (dragoman_bytes){packet, size});
}

static void obey(oximeter_device *self, line_player *line, uint8_t command) {
    static const uint8_t id[7] = {'5', '0', 'D', '7', '0', '1', ' '};
    const uint8_t refusal[2] = {command, NOT_KNOWN};
    line_figures *figures = line_player_figures(line);
    figures->asked++;
    switch (command) {
    case START_REALTIME:
    case STOP_REALTIME:
        oximeter_device_go(self, command == START_REALTIME);
        break;
    case ASK_DEVICE_ID:
        answer(line, DEVICE_ID, id, sizeof(id));
        break;
    case STAY:
        break;
    default:
        figures->others++;
        answer(line, FEEDBACK, refusal, sizeof(refusal));
        break;
    }
}

static void hear(oximeter_device *self, line_player *line, uint8_t byte) {
    self->command_size = byte == COMMAND ? 0 : self->command_size;
    if (self->command_size == 0 && byte != COMMAND) {
        return;
    }
    self->command[self->command_size++] = byte;
    if (self->command_size == COMMAND_BYTES) {
        bool is_high = (self->command[1] & 1u) != 0;
        self->command_size = 0;
        obey(self, line, (uint8_t)((self->command[2] & 0x7fu) | (is_high ? 0x80u : 0)));
    }
}

static void received(void *device, line_player *line, dragoman_bytes bytes) {
    for (size_t n = 0; n < bytes.size; n++) {
        hear(device, line, bytes.data[n]);
    }
}

static void *create_first(uint64_t seed, int64_t clock_shift_us) {
    static const oximeter_form form = {.frequency = FREQUENCY, .write = write_first};
    return oximeter_device_create(&form, seed, clock_shift_us);
}

static void *create_v7(uint64_t seed, int64_t clock_shift_us) {
    static const oximeter_form form = {.frequency = FREQUENCY, .waits = true, .write = write_v7};
    return oximeter_device_create(&form, seed, clock_shift_us);
}

const line_protocol contec_first = {.create = create_first,
                                    .destroy = oximeter_device_destroy,
                                    .opened = oximeter_device_opened,
                                    .received = oximeter_device_ignore,
                                    .tick = oximeter_device_tick};
const line_protocol contec_v7 = {.create = create_v7,
                                 .destroy = oximeter_device_destroy,
                                 .opened = oximeter_device_opened,
                                 .received = received,
                                 .tick = oximeter_device_tick};
