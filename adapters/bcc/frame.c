#include "frame.h"

size_t bcc_unstuff(dragoman_bytes line, uint8_t *to) {
    size_t size = 0;
    for (size_t n = 0; n < line.size; n++) {
        uint8_t byte = line.data[n];
        uint8_t next = n + 1 < line.size ? line.data[n + 1] : 0;
        bool is_capital = byte == 'E';
        if (is_capital || byte == 'e') {
            bool is_d = next == (is_capital ? 'X' : 'x');
            n += is_d || next == byte ? 1 : 0;
            byte = is_d ? (uint8_t)(byte - 1) : byte;
        }
        to[size++] = byte;
    }
    return size;
}

uint32_t bcc_checksum(dragoman_bytes bytes) {
    uint32_t sum = 0;
    for (size_t n = 0; n < bytes.size; n++) {
        sum += bytes.data[n];
    }
    return sum & 0xffu;
}

size_t bcc_put_digits(uint8_t *to, size_t size, uint32_t number) {
    for (uint32_t unit = 10000; unit > 0; unit /= 10) {
        to[size++] = (uint8_t)('0' + number / unit % 10);
    }
    return size;
}

static bool read_digits(const uint8_t *at, uint32_t *ret_number) {
    *ret_number = 0;
    for (uint32_t n = 0; n < BCC_DIGITS; n++) {
        if (at[n] < '0' || at[n] > '9') {
            return false;
        }
        *ret_number = *ret_number * 10 + (uint32_t)(at[n] - '0');
    }
    return true;
}

bool bcc_frame_read(dragoman_bytes bytes, bcc_frame *ret_frame) {
    uint32_t length = 0;
    uint32_t sum = 0;
    if (bytes.size < BCC_FRAME_LEAST || bytes.data[0] != BCC_SOH || bytes.data[BCC_DIGITS + 1] != BCC_STX ||
        bytes.data[bytes.size - 1] != BCC_EOT) {
        return false;
    }
    size_t end = bytes.size - BCC_DIGITS - 2; /* of the text: ETX or ETB */
    if (!read_digits(bytes.data + 1, &length) || !read_digits(bytes.data + end + 1, &sum) || length != bytes.size ||
        (bytes.data[end] != BCC_ETX && bytes.data[end] != BCC_ETB) ||
        bcc_checksum((dragoman_bytes){bytes.data, end + 1}) != sum) {
        return false;
    }
    size_t start = BCC_DIGITS + 2;
    size_t at = start;
    while (at < end && bytes.data[at] != BCC_BED_END) {
        at++;
    }
    ret_frame->bed = (dragoman_bytes){bytes.data + start, at - start};
    ret_frame->information = (dragoman_bytes){bytes.data + at + 1, at < end ? end - at - 1 : 0};
    return at < end;
}
