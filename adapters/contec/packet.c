#include "packet.h"

#define HIGH_BIT 0x80u
#define FIRST_BYTES 5u

/* Data bytes by type, as the tables of V7.0 have them; a type that is not here is none. */
static const struct {
    uint8_t type, data;
} lengths[] = {{0x01, 7}, {0x04, 7}, {0x05, 7}, {0x07, 6}, {0x08, 6}, {0x09, 4}, {0x0a, 2}, {0x0b, 2}, {0x0c, 0},
               {0x0d, 1}, {0x0e, 1}, {0x0f, 6}, {0x10, 1}, {0x11, 7}, {0x12, 6}, {0x15, 7}, {0x7d, 7}};

static dragoman_status read_first(dragoman_bytes bytes, contec_packet *ret_packet) {
    size_t size = bytes.size < FIRST_BYTES ? bytes.size : FIRST_BYTES;
    for (size_t n = 1; n < size; n++) {
        if ((bytes.data[n] & HIGH_BIT) != 0) {
            return DRAGOMAN_INVALID;
        }
    }
    if (size < FIRST_BYTES) {
        return DRAGOMAN_NEED_MORE;
    }
    *ret_packet = (contec_packet){.type = CONTEC_FIRST, .size = FIRST_BYTES};
    for (size_t n = 0; n < FIRST_BYTES; n++) {
        ret_packet->data[n] = bytes.data[n];
    }
    return DRAGOMAN_OK;
}

dragoman_status contec_packet_read(dragoman_bytes bytes, contec_packet *ret_packet) {
    if ((bytes.data[0] & HIGH_BIT) != 0) {
        return read_first(bytes, ret_packet);
    }
    size_t of_type = 0;
    while (of_type < sizeof lengths / sizeof *lengths && lengths[of_type].type != bytes.data[0]) {
        of_type++;
    }
    if (of_type == sizeof lengths / sizeof *lengths) {
        return DRAGOMAN_INVALID;
    }
    size_t whole = 2u + lengths[of_type].data;
    size_t size = bytes.size < whole ? bytes.size : whole;
    for (size_t n = 1; n < size; n++) {
        if ((bytes.data[n] & HIGH_BIT) == 0) {
            return DRAGOMAN_INVALID;
        }
    }
    if (size < whole) {
        return DRAGOMAN_NEED_MORE;
    }
    *ret_packet = (contec_packet){.type = bytes.data[0], .size = (uint8_t)whole};
    for (size_t n = 0; n + 2 < whole; n++) {
        bool is_high = (bytes.data[1] & 1u << n) != 0;
        ret_packet->data[n] = (uint8_t)((bytes.data[n + 2] & 0x7fu) | (is_high ? HIGH_BIT : 0));
    }
    return DRAGOMAN_OK;
}

static contec_moment first_moment(const uint8_t *data) {
    return (contec_moment){
        .signal = data[0] & 0x0fu,
        .is_out = (data[0] & 0x10u) != 0,
        .is_dropping = (data[0] & 0x20u) != 0,
        .wave = data[1],
        .bar = data[2] & 0x0fu,
        .is_broken = (data[2] & 0x10u) != 0,
        .is_searching = (data[2] & 0x20u) != 0,
        .rate = (uint8_t)((data[2] & 0x40u) << 1 | data[3]),
        .saturation = data[4],
    };
}

contec_moment contec_packet_moment(const contec_packet *packet) {
    const uint8_t *data = packet->data;
    if (packet->type == CONTEC_FIRST) {
        return first_moment(data);
    }
    return (contec_moment){
        .signal = data[0] & 0x0fu,
        .searches_too_long = (data[0] & 0x10u) != 0,
        .is_dropping = (data[0] & 0x20u) != 0,
        .is_broken = (data[0] & 0x80u) != 0,
        .wave = data[1] & 0x7fu,
        .is_searching = (data[1] & 0x80u) != 0,
        .bar = data[2] & 0x0fu,
        .has_perfusion = (data[2] & 0x10u) != 0,
        .rate = data[3],
        .saturation = data[4],
        .perfusion = (uint16_t)(data[5] | data[6] << 8),
    };
}
