#include "kit/asena_line.h"
#include <string.h>

/* CRC-16/CCITT-FALSE, a nibble at a time. */
static unsigned checksum(const char *text) {
    static const unsigned table[16] = {0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7,
                                       0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef};
    unsigned rest = 0xffff;
    for (const char *at = text; *at != 0; at++) {
        unsigned byte = (uint8_t)*at;
        rest = (rest << 4 ^ table[(rest >> 12 ^ byte >> 4) & 15u]) & 0xffffu;
        rest = (rest << 4 ^ table[(rest >> 12 ^ byte) & 15u]) & 0xffffu;
    }
    return rest;
}

void asena_frame(buffer *to, const char *text) {
    buffer_append_format(to, "!%s|%04X\r", text, checksum(text));
}

void asena_feed(fake_session *session, const char *text) {
    buffer frame;
    buffer_init(&frame);
    asena_frame(&frame, text);
    fake_session_feed(session, buffer_bytes(&frame), false);
    buffer_fini(&frame);
}

bool asena_is_harmless(dragoman_bytes sent) {
    static const char *const queries[] = {"!INST_SERIALNO|457D\r", "!COMMS_PROTOCOL|E8DA\r", "!INF|4961\r",
                                          "!INF_VTBI|8456\r",      "!ALARM|50B2\r",          "!SYRINGE_STATUS|4102\r"};
    while (sent.size > 0) {
        size_t size = 0;
        for (size_t n = 0; n < sizeof queries / sizeof *queries && size == 0; n++) {
            size_t length = strlen(queries[n]);
            size = length <= sent.size && memcmp(sent.data, queries[n], length) == 0 ? length : 0;
        }
        if (size == 0) {
            return false;
        }
        sent.data += size;
        sent.size -= size;
    }
    return true;
}
