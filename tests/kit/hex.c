#include "kit/hex.h"

static int digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void hex_read(const char *text, buffer *to) {
    for (; text[0] != 0 && text[1] != 0; text++) {
        if (digit(text[0]) >= 0 && digit(text[1]) >= 0) {
            buffer_append_byte(to, (uint8_t)(digit(text[0]) * 16 + digit(text[1])));
            text++;
        }
    }
}

void hex_write(dragoman_bytes bytes, buffer *to) {
    for (size_t n = 0; n < bytes.size; n++) {
        buffer_append_byte(to, (uint8_t)"0123456789ABCDEF"[bytes.data[n] >> 4]);
        buffer_append_byte(to, (uint8_t)"0123456789ABCDEF"[bytes.data[n] & 15]);
    }
}
