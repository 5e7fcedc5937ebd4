#include "checksum.h"
#include "words.h"

static uint8_t xor_of(dragoman_bytes bytes) {
    uint8_t sum = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        sum ^= bytes.data[i];
    }
    return sum;
}

static uint8_t sum_of(dragoman_bytes bytes) {
    uint8_t sum = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        sum = (uint8_t)(sum + bytes.data[i]);
    }
    return sum;
}

/* Polynomial 8005, low bit first. */
static uint16_t crc_reflected(dragoman_bytes bytes, uint16_t crc) {
    for (size_t i = 0; i < bytes.size; i++) {
        crc ^= bytes.data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (uint16_t)((crc & 1) != 0 ? crc >> 1 ^ 0xa001 : crc >> 1);
        }
    }
    return crc;
}

/* Polynomial 1021, high bit first. */
static uint16_t crc_forward(dragoman_bytes bytes, uint16_t crc) {
    for (size_t i = 0; i < bytes.size; i++) {
        crc = (uint16_t)(crc ^ bytes.data[i] << 8);
        for (int bit = 0; bit < 8; bit++) {
            crc = (uint16_t)((crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1);
        }
    }
    return crc;
}

uint16_t lines_checksum_compute(uint8_t kind, dragoman_bytes bytes) {
    switch (kind) {
    case LINES_CHECKSUM_XOR:
        return xor_of(bytes);
    case LINES_CHECKSUM_SUM:
        return sum_of(bytes);
    case LINES_CHECKSUM_NEGATIVE:
        return (uint8_t)-sum_of(bytes);
    case LINES_CHECKSUM_CRC_MODBUS:
        return crc_reflected(bytes, 0xffff);
    case LINES_CHECKSUM_CRC_ARC:
        return crc_reflected(bytes, 0);
    case LINES_CHECKSUM_CRC_CCITT:
        return crc_forward(bytes, 0xffff);
    case LINES_CHECKSUM_CRC_XMODEM:
        return crc_forward(bytes, 0);
    default:
        return 0;
    }
}

size_t lines_checksum_size(const lines_checksum *is) {
    if (is->kind == LINES_CHECKSUM_NONE) {
        return 0;
    }
    size_t bytes = is->kind >= LINES_CHECKSUM_CRC_MODBUS ? 2 : 1;
    return is->is_binary ? bytes : bytes * 2;
}

bool lines_checksum_fits(const lines_checksum *is, dragoman_bytes covered, dragoman_bytes written) {
    uint16_t wanted = lines_checksum_compute(is->kind, covered);
    uint64_t number = 0;
    if (is->is_binary) {
        for (size_t i = 0; i < written.size; i++) {
            number = number << 8 | written.data[i];
        }
    } else if (!lines_hexadecimal(written, &number)) {
        return false;
    }
    if (is->is_little && is->kind >= LINES_CHECKSUM_CRC_MODBUS) {
        number = (number & 0xff) << 8 | number >> 8;
    }
    return number == wanted;
}
