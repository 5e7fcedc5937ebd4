#include "request.h"
#include "frame.h"
#include <string.h>

/* Around the bed, its place and the request: SOH, length, STX, '>', ETX, checksum, EOT. */
#define FRAME_BYTES 15u

static const dragoman_bytes requests[BCC_REQUESTS] = {
    [BCC_REQUEST_ALIVE] = DRAGOMAN_TEXT_INIT("/1/1>ADMIN:ALIVE"),
    [BCC_REQUEST_ALL] = DRAGOMAN_TEXT_INIT("/1/1>MEM:GET"),
};

static const uint8_t acknowledgement[] = {BCC_ACK};

static bool is_of_alphabet(uint8_t character) {
    return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z') ||
           (character >= '0' && character <= '9') || character == '-' || character == '_';
}

bool bcc_bed_read(dragoman_bytes text, bcc_bed *ret_bed) {
    bcc_bed bed = {0};
    for (size_t n = 0; n < text.size && text.data[n] != '/'; n++) {
        if (bed.size == BCC_BED_MOST || !is_of_alphabet(text.data[n])) {
            return false;
        }
        bed.name[bed.size++] = text.data[n];
    }
    if (bed.size == 0) {
        return false;
    }
    *ret_bed = bed;
    return true;
}

static size_t put(uint8_t *to, size_t size, dragoman_bytes bytes) {
    memcpy(to + size, bytes.data, bytes.size);
    return size + bytes.size;
}

static size_t stuff(const uint8_t *frame, size_t size, uint8_t *to) {
    size_t at = 0;
    for (size_t n = 0; n < size; n++) {
        uint8_t byte = frame[n];
        bool is_d = byte == 'D' || byte == 'd';
        if (is_d || byte == 'E' || byte == 'e') {
            to[at++] = is_d ? (uint8_t)(byte + 1) : byte;
            to[at++] = byte == 'D' ? 'X' : byte == 'd' ? 'x' : byte;
        } else {
            to[at++] = byte;
        }
    }
    return at;
}

size_t bcc_request_write(bcc_request request, const bcc_bed *bed, bool is_stuffed, uint8_t to[BCC_REQUEST_MOST]) {
    uint8_t frame[BCC_REQUEST_MOST / 2];
    dragoman_bytes asked = requests[request];
    /* The '>' is part of the constant here. */
    uint32_t length = (uint32_t)(FRAME_BYTES - 1 + bed->size + asked.size);
    size_t size = 0;
    frame[size++] = BCC_SOH;
    size = bcc_put_digits(frame, size, length);
    frame[size++] = BCC_STX;
    size = put(frame, size, (dragoman_bytes){bed->name, bed->size});
    size = put(frame, size, asked);
    frame[size++] = BCC_ETX;
    size = bcc_put_digits(frame, size, bcc_checksum((dragoman_bytes){frame, size}));
    frame[size++] = BCC_EOT;
    if (is_stuffed) {
        return stuff(frame, size, to);
    }
    memcpy(to, frame, size);
    return size;
}

dragoman_bytes bcc_acknowledgement(void) {
    return (dragoman_bytes){acknowledgement, sizeof acknowledgement};
}
