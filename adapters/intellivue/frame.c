#include "frame.h"
#include <string.h>

#define BOF 0xC0
#define EOF_FLAG 0xC1
#define ESCAPE 0x7D
#define ESCAPED_BY 0x20

/* Header: protocol "Data Export", message type 1, length of the user data. */
#define PROTOCOL_ID 0x11
#define MESSAGE_TYPE 0x01
#define HEADER_BYTES 4u
#define CHECK_BYTES 2u

static uint16_t check_of(const uint8_t *data, size_t size) {
    uint16_t check = 0xFFFF;
    for (size_t n = 0; n < size; n++) {
        check = (uint16_t)(check ^ data[n]);
        for (int bit = 0; bit < 8; bit++) {
            check = (uint16_t)((check >> 1) ^ ((check & 1) != 0 ? 0x8408 : 0));
        }
    }
    return (uint16_t)~check;
}

void intellivue_frame_check(dragoman_bytes bytes, uint8_t ret_check[2]) {
    uint16_t check = check_of(bytes.data, bytes.size);
    ret_check[0] = (uint8_t)check;
    ret_check[1] = (uint8_t)(check >> 8);
}

/* Takes escapes out of what stood between the flags. 0 when it is longer than any message or ends in an escape
 * ("Frame Abort"). */
static size_t unescape(dragoman_bytes inner, uint8_t *to, size_t capacity) {
    size_t size = 0;
    for (size_t n = 0; n < inner.size; n++) {
        uint8_t byte = inner.data[n];
        if (byte == ESCAPE) {
            if (++n == inner.size) {
                return 0;
            }
            byte = inner.data[n] ^ ESCAPED_BY;
        }
        if (size == capacity) {
            return 0;
        }
        to[size++] = byte;
    }
    return size;
}

static bool is_message(const uint8_t *raw, size_t size) {
    if (size < HEADER_BYTES + CHECK_BYTES || raw[0] != PROTOCOL_ID || raw[1] != MESSAGE_TYPE) {
        return false;
    }
    size_t length = (size_t)raw[2] << 8 | raw[3];
    uint8_t check[CHECK_BYTES];
    intellivue_frame_check((dragoman_bytes){raw, size - CHECK_BYTES}, check);
    return length == size - HEADER_BYTES - CHECK_BYTES && memcmp(check, raw + size - CHECK_BYTES, CHECK_BYTES) == 0;
}

/* A frame from its BOF to the byte before `end`, where the flag is that ended it. */
static void take(dragoman_bytes unread, size_t end, intellivue_frame *frame) {
    uint8_t raw[INTELLIVUE_MESSAGE_BYTES + HEADER_BYTES + CHECK_BYTES];
    size_t size = unescape((dragoman_bytes){unread.data + 1, end - 1}, raw, sizeof raw);
    bool is_ended = unread.data[end] == EOF_FLAG;
    frame->consumed = is_ended ? end + 1 : end;
    frame->kind = INTELLIVUE_FRAME_BROKEN;
    if (is_ended && is_message(raw, size)) {
        frame->kind = INTELLIVUE_FRAME_MESSAGE;
        frame->size = size - HEADER_BYTES - CHECK_BYTES;
        memcpy(frame->content, raw + HEADER_BYTES, frame->size);
    }
}

void intellivue_frame_next(dragoman_bytes unread, bool is_end, intellivue_frame *ret_frame) {
    ret_frame->kind = INTELLIVUE_FRAME_MORE;
    ret_frame->consumed = 0;
    ret_frame->size = 0;
    size_t noise = 0;
    while (noise < unread.size && unread.data[noise] != BOF) {
        noise++;
    }
    if (noise > 0) {
        ret_frame->kind = INTELLIVUE_FRAME_NOISE;
        ret_frame->consumed = noise;
        return;
    }
    size_t end = 1;
    while (end < unread.size && unread.data[end] != BOF && unread.data[end] != EOF_FLAG) {
        end++;
    }
    if (end < unread.size) {
        take(unread, end, ret_frame);
    } else if (unread.size > 0 && (is_end || unread.size > INTELLIVUE_FRAME_BYTES)) {
        ret_frame->kind = INTELLIVUE_FRAME_BROKEN;
        ret_frame->consumed = unread.size;
    }
}

static void write_escaped(intellivue_writer *writer, const uint8_t *data, size_t size) {
    for (size_t n = 0; n < size; n++) {
        if (data[n] == BOF || data[n] == EOF_FLAG || data[n] == ESCAPE) {
            intellivue_write_u8(writer, ESCAPE);
            intellivue_write_u8(writer, data[n] ^ ESCAPED_BY);
        } else {
            intellivue_write_u8(writer, data[n]);
        }
    }
}

void intellivue_frame_write(intellivue_writer *writer, dragoman_bytes message) {
    uint8_t raw[HEADER_BYTES + INTELLIVUE_REQUEST_BYTES];
    intellivue_writer plain = {.data = raw, .capacity = sizeof raw};
    uint8_t check[CHECK_BYTES];
    intellivue_write_u8(&plain, PROTOCOL_ID);
    intellivue_write_u8(&plain, MESSAGE_TYPE);
    intellivue_write_u16(&plain, (uint16_t)message.size);
    intellivue_write_bytes(&plain, message.data, message.size);
    intellivue_frame_check((dragoman_bytes){raw, plain.size}, check);
    writer->has_failed |= plain.has_failed;
    intellivue_write_u8(writer, BOF);
    write_escaped(writer, raw, plain.size);
    write_escaped(writer, check, sizeof check);
    intellivue_write_u8(writer, EOF_FLAG);
}
