#include "kit/bcc_line.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define FRAME_BYTES 4096

static void put_stuffed(buffer *to, const char *frame, size_t size) {
    for (size_t n = 0; n < size; n++) {
        switch (frame[n]) {
        case 'D':
            buffer_append_text(to, "EX");
            break;
        case 'E':
            buffer_append_text(to, "EE");
            break;
        case 'd':
            buffer_append_text(to, "ex");
            break;
        case 'e':
            buffer_append_text(to, "ee");
            break;
        default:
            buffer_append_byte(to, (uint8_t)frame[n]);
            break;
        }
    }
}

void bcc_line_frame(buffer *to, const char *bed, const char *information) {
    char frame[FRAME_BYTES];
    unsigned sum = 0;
    int size = snprintf(frame, sizeof frame, "\x01%05zu\x02%s>%s\x03", 15 + strlen(bed) + strlen(information), bed,
                        information);
    for (int n = 0; n < size; n++) {
        frame[n] = (char)(frame[n] == '|' ? '\x1e' : frame[n]);
        sum += (uint8_t)frame[n];
    }
    size += snprintf(frame + size, sizeof frame - (size_t)size, "%05u\x04", sum % 256);
    put_stuffed(to, frame, (size_t)size);
}

void bcc_line_feed(fake_session *session, const char *bed, const char *information) {
    buffer frame;
    buffer_init(&frame);
    bcc_line_frame(&frame, bed, information);
    fake_session_feed(session, buffer_bytes(&frame), false);
    buffer_fini(&frame);
}

/* The frame at the beginning without its stuffing. Returns the bytes it took; 0: it is none. */
static size_t open_frame(dragoman_bytes sent, char frame[256], size_t *ret_size) {
    size_t at = 0;
    *ret_size = 0;
    while (at < sent.size && *ret_size < 255) {
        char byte = (char)sent.data[at++];
        if ((byte == 'E' || byte == 'e') && at < sent.size) {
            char next = (char)sent.data[at++];
            if (next != byte && next != (byte == 'E' ? 'X' : 'x')) {
                return 0;
            }
            byte = next == byte ? byte : (char)(byte - 1);
        }
        frame[(*ret_size)++] = byte;
        if (byte == '\x04') {
            frame[*ret_size] = 0;
            return at;
        }
    }
    return 0;
}

static bool is_request(const char *frame, size_t size) {
    static const char *const requests[] = {"/1/1>ADMIN:ALIVE\x03", "/1/1>MEM:GET\x03"};
    unsigned length = 0;
    unsigned stated = 0;
    unsigned sum = 0;
    size_t bed = 7;
    if (size < 20 || sscanf(frame, "\x01%5u\x02", &length) != 1 || length != size ||
        sscanf(frame + size - 6, "%5u\x04", &stated) != 1) {
        return false;
    }
    for (size_t n = 0; n < size - 6; n++) {
        sum += (uint8_t)frame[n];
    }
    while (isalnum((unsigned char)frame[bed]) || frame[bed] == '-' || frame[bed] == '_') {
        bed++;
    }
    for (size_t n = 0; n < sizeof requests / sizeof *requests; n++) {
        size_t asked = strlen(requests[n]);
        if (bed > 7 && bed + asked + 6 == size && memcmp(frame + bed, requests[n], asked) == 0) {
            return sum % 256 == stated;
        }
    }
    return false;
}

bool bcc_line_is_harmless(dragoman_bytes sent) {
    while (sent.size > 0) {
        char frame[256];
        size_t size = 0;
        size_t taken = sent.data[0] == 0x06 ? 1 : open_frame(sent, frame, &size);
        if (taken == 0 || (size > 0 && !is_request(frame, size))) {
            return false;
        }
        sent.data += taken;
        sent.size -= taken;
    }
    return true;
}
