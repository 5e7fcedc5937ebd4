#include "kit/medibus_line.h"
#include <stdio.h>
#include <string.h>

void line_frame(buffer *to, uint8_t first, uint8_t code, const char *data) {
    unsigned sum = first + code;
    char digits[3];
    buffer_append_byte(to, first);
    buffer_append_byte(to, code);
    for (const char *at = data; *at != 0; at++) {
        buffer_append_byte(to, (uint8_t)*at);
        sum += (uint8_t)*at;
    }
    (void)snprintf(digits, sizeof digits, "%02X", sum & 255u);
    buffer_append_text(to, digits);
    buffer_append_byte(to, '\r');
}

static void feed(fake_session *session, uint8_t first, uint8_t code, const char *data) {
    buffer frame;
    buffer_init(&frame);
    line_frame(&frame, first, code, data);
    fake_session_feed(session, buffer_bytes(&frame), false);
    buffer_fini(&frame);
}

void line_respond(fake_session *session, uint8_t code, const char *data) {
    feed(session, 0x01, code, data);
}

void line_command(fake_session *session, uint8_t code, const char *data) {
    feed(session, 0x1b, code, data);
}

/* The length of the frame or sync-command at the beginning; 0: it is neither. */
static size_t frame_size(dragoman_bytes sent) {
    static const uint8_t masks[] = {0xff, 0xff, 0xf0, 0xff, 0xf0, 0xff, 0xf0, 0xff, 0xff};
    static const uint8_t bytes[] = {0xd0, 0xc1, 0xc0, 0xc2, 0xc0, 0xc3, 0xc0, 0xc0, 0xc0};
    if (sent.data[0] == 0xd0) {
        for (size_t n = 0; n < sizeof bytes; n++) {
            if (n >= sent.size || (sent.data[n] & masks[n]) != bytes[n]) {
                return 0;
            }
        }
        return sizeof bytes;
    }
    const uint8_t *end = memchr(sent.data, '\r', sent.size);
    size_t size = end == NULL ? 0 : (size_t)(end - sent.data) + 1;
    unsigned sum = 0;
    char digits[3];
    for (size_t n = 0; size >= 5 && n < size - 3; n++) {
        sum += sent.data[n];
    }
    (void)snprintf(digits, sizeof digits, "%02X", sum & 255u);
    bool is_frame =
        size >= 5 && (sent.data[0] == 0x1b || sent.data[0] == 0x01) && memcmp(sent.data + size - 3, digits, 2) == 0;
    return is_frame ? size : 0;
}

size_t line_answer_all(fake_session *session, const line_answer *answers, size_t count) {
    size_t commands = 0;
    while (session->sent.size > 0) {
        buffer sent;
        buffer_init(&sent);
        buffer_append_bytes(&sent, buffer_bytes(&session->sent));
        buffer_reset(&session->sent);
        for (size_t at = 0, size = 1; at < sent.size && size > 0; at += size) {
            size = frame_size((dragoman_bytes){sent.data + at, sent.size - at});
            if (size == 0 || sent.data[at] != 0x1b) {
                continue;
            }
            const char *data = "";
            for (size_t n = 0; n < count; n++) {
                data = answers[n].code == sent.data[at + 1] ? answers[n].data : data;
            }
            commands++;
            if (data != NULL) {
                line_respond(session, sent.data[at + 1], data);
            }
        }
        buffer_fini(&sent);
    }
    return commands;
}

bool line_is_harmless(dragoman_bytes sent, const char *allowed) {
    while (sent.size > 0) {
        size_t size = frame_size(sent);
        if (size == 0 || (sent.data[0] == 0x1b && strchr(allowed, sent.data[1]) == NULL)) {
            return false;
        }
        sent.data += size;
        sent.size -= size;
    }
    return true;
}
