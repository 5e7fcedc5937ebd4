#include "packet.h"

#define START 0x01u

static uint8_t sum_of(const uint8_t *bytes, size_t count) {
    unsigned sum = 0;
    for (size_t n = 0; n < count; n++) {
        sum += bytes[n];
    }
    return (uint8_t)sum;
}

/* Whether the frame is good as far as it is there: `size` is 1 to 5. */
static bool is_frame(const uint8_t *frame, size_t size, uint8_t format, bool is_first) {
    size_t status_at = format == 2 ? 1 : 0;
    if (format == 2 && frame[0] != START) {
        return false;
    }
    if (size > status_at) {
        uint8_t status = frame[status_at];
        if ((status & NONIN_STATUS) == 0 || ((status & NONIN_SYNC) != 0) != is_first) {
            return false;
        }
    }
    return size < NONIN_FRAME_BYTES || sum_of(frame, NONIN_FRAME_BYTES - 1) == frame[NONIN_FRAME_BYTES - 1];
}

static dragoman_status check(dragoman_bytes bytes, uint8_t format) {
    size_t size = bytes.size < NONIN_PACKET_BYTES ? bytes.size : NONIN_PACKET_BYTES;
    for (size_t at = 0; at < size; at += NONIN_FRAME_BYTES) {
        size_t left = size - at < NONIN_FRAME_BYTES ? size - at : NONIN_FRAME_BYTES;
        if (!is_frame(bytes.data + at, left, format, at == 0)) {
            return DRAGOMAN_INVALID;
        }
    }
    return size < NONIN_PACKET_BYTES ? DRAGOMAN_NEED_MORE : DRAGOMAN_OK;
}

static void take_frame(nonin_packet *packet, size_t number, const uint8_t *frame) {
    uint8_t status = packet->format == 2 ? frame[1] : frame[0];
    uint8_t perfusion = status & (NONIN_GREEN | NONIN_RED);
    packet->status |= status;
    packet->perfusion = perfusion != 0 ? perfusion : packet->perfusion;
    packet->data[number] = frame[3];
    packet->pleth[number] = packet->format == 2 ? frame[2] : (int32_t)frame[1] << 8 | frame[2];
}

dragoman_status nonin_packet_read(dragoman_bytes bytes, nonin_packet *ret_packet) {
    dragoman_status as_2 = check(bytes, 2);
    dragoman_status as_7 = as_2 == DRAGOMAN_OK ? DRAGOMAN_INVALID : check(bytes, 7);
    if (as_2 != DRAGOMAN_OK && as_7 != DRAGOMAN_OK) {
        return as_2 == DRAGOMAN_NEED_MORE ? as_2 : as_7;
    }
    *ret_packet = (nonin_packet){.format = as_2 == DRAGOMAN_OK ? 2 : 7};
    for (size_t n = 0; n < NONIN_FRAMES; n++) {
        take_frame(ret_packet, n, bytes.data + n * NONIN_FRAME_BYTES);
    }
    return DRAGOMAN_OK;
}
