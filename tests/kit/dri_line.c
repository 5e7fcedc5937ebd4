#include "kit/dri_line.h"
#include <string.h>

#define HEADER 40u

void dri_record_bytes(buffer *to, uint8_t main_type, const dri_part *parts, size_t count) {
    uint8_t header[HEADER] = {0};
    size_t size = HEADER;
    header[3] = 9;
    header[14] = main_type;
    for (size_t n = 0; n < 8; n++) {
        header[16 + n * 3 + 2] = 0xff;
        if (n < count) {
            header[16 + n * 3] = (uint8_t)(size - HEADER);
            header[16 + n * 3 + 1] = (uint8_t)((size - HEADER) >> 8);
            header[16 + n * 3 + 2] = parts[n].kind;
            size += parts[n].bytes.size;
        }
    }
    header[0] = (uint8_t)size;
    header[1] = (uint8_t)(size >> 8);
    buffer_append(to, header, sizeof header);
    for (size_t n = 0; n < count; n++) {
        buffer_append_bytes(to, parts[n].bytes);
    }
}

static void put_escaped(buffer *to, uint8_t byte) {
    if (byte == 0x7e || byte == 0x7d) {
        buffer_append_byte(to, 0x7d);
        buffer_append_byte(to, byte == 0x7e ? 0x5e : 0x5d);
    } else {
        buffer_append_byte(to, byte);
    }
}

void dri_frame(buffer *to, dragoman_bytes record) {
    unsigned sum = 0;
    buffer_append_byte(to, 0x7e);
    for (size_t n = 0; n < record.size; n++) {
        sum += record.data[n];
        put_escaped(to, record.data[n]);
    }
    put_escaped(to, (uint8_t)sum);
    buffer_append_byte(to, 0x7e);
}

void dri_feed(fake_session *session, uint8_t main_type, const dri_part *parts, size_t count) {
    buffer record;
    buffer frame;
    buffer_init(&record);
    buffer_init(&frame);
    dri_record_bytes(&record, main_type, parts, count);
    dri_frame(&frame, buffer_bytes(&record));
    fake_session_feed(session, buffer_bytes(&frame), false);
    buffer_fini(&frame);
    buffer_fini(&record);
}

void dri_put_short(uint8_t *at, int value) {
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)((unsigned)value >> 8);
}

void dri_physiological(buffer *to, uint32_t time, const uint8_t data[DRI_KIT_CLASS], uint8_t in_class) {
    const uint8_t tail[] = {0, 0, 0x91, in_class};
    for (int shift = 0; shift < 32; shift += 8) {
        buffer_append_byte(to, (uint8_t)(time >> shift));
    }
    buffer_append(to, data, DRI_KIT_CLASS);
    buffer_append(to, tail, sizeof tail);
}

void dri_put_alarm(uint8_t message[DRI_KIT_ALARMS], unsigned place, const char *text, uint16_t color) {
    uint8_t *at = message + 10 + (size_t)place * 98;
    size_t size = strlen(text);
    memset(at, 0, 98);
    memcpy(at, text, size < 80 ? size : 80);
    dri_put_short(at + 82, color);
}

/* One frame without its flags, unescaped. Returns the bytes it took; 0: it is none. */
static size_t open_frame(dragoman_bytes sent, uint8_t record[256], size_t *ret_size) {
    size_t at = 1;
    *ret_size = 0;
    if (sent.size < 2 || sent.data[0] != 0x7e) {
        return 0;
    }
    for (; at < sent.size && sent.data[at] != 0x7e; at++) {
        uint8_t byte = sent.data[at];
        if (byte == 0x7d && at + 1 < sent.size) {
            byte = sent.data[++at] | 0x20;
        }
        if (*ret_size == 256) {
            return 0;
        }
        record[(*ret_size)++] = byte;
    }
    return at < sent.size ? at + 1 : 0;
}

static bool is_request(const uint8_t *record, size_t size) {
    unsigned sum = 0;
    for (size_t n = 0; n + 1 < size; n++) {
        sum += record[n];
    }
    if (size < HEADER + 2 || (uint8_t)sum != record[size - 1] || record[0] != size - 1 || record[18] != 0 ||
        record[21] != 0xff) {
        return false;
    }
    switch (record[14]) {
    case 0: /* values: kind, interval, classes */
        return size == 50 && record[40] >= 1 && record[40] <= 4;
    case 1: /* waves: start */
        return size == 73 && record[40] == 0;
    case 4: /* alarms: the status, or every change */
        return size == 53 && (record[40] == 0 || record[40] == 2);
    default:
        return false;
    }
}

static bool walk(dragoman_bytes sent, size_t *ret_frames) {
    *ret_frames = 0;
    while (sent.size > 0) {
        uint8_t record[256];
        size_t size = 0;
        size_t taken = open_frame(sent, record, &size);
        if (taken == 0 || !is_request(record, size)) {
            return false;
        }
        sent.data += taken;
        sent.size -= taken;
        (*ret_frames)++;
    }
    return true;
}

bool dri_is_harmless(dragoman_bytes sent) {
    size_t frames = 0;
    return walk(sent, &frames);
}

size_t dri_frames(dragoman_bytes sent) {
    size_t frames = 0;
    (void)walk(sent, &frames);
    return frames;
}
