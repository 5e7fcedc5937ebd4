#include "capture/capture.h"
#include "capture/layout.h"

#include "base/bytes.h"
#include "base/time.h"

uint32_t layout_check(dragoman_bytes bytes) {
    /* Four bits at a time: a table of sixteen, and fast enough for what one link says. */
    static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                       0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    uint32_t check = UINT32_MAX;
    for (size_t i = 0; i < bytes.size; i++) {
        check ^= bytes.data[i];
        check = check >> 4 ^ table[check & 15];
        check = check >> 4 ^ table[check & 15];
    }
    return ~check;
}

static uint64_t number_at(const uint8_t *at, unsigned size) {
    uint64_t number = 0;
    for (unsigned i = 0; i < size; i++) {
        number |= (uint64_t)at[i] << (8 * i);
    }
    return number;
}

/* Takes a slice off the front of `rest`. False when it is longer than that. */
static bool take_slice(dragoman_bytes *rest, dragoman_bytes *ret_slice) {
    if (rest->size < 4) {
        return false;
    }
    size_t size = (size_t)number_at(rest->data, 4);
    if (size > rest->size - 4) {
        return false;
    }
    *ret_slice = (dragoman_bytes){size == 0 ? NULL : rest->data + 4, size};
    *rest = (dragoman_bytes){rest->data + 4 + size, rest->size - 4 - size};
    return true;
}

bool capture_is_one(dragoman_bytes start) {
    return start.size >= LAYOUT_FILE_HEAD_BYTES && memcmp(start.data, LAYOUT_MAGIC, LAYOUT_MAGIC_BYTES) == 0;
}

typedef enum frame_state { FRAME_GOOD, FRAME_TORN, FRAME_BROKEN } frame_state;

/* The body of the frame at `at`. */
static frame_state take_frame(dragoman_bytes bytes, size_t at, size_t limit, dragoman_bytes *ret_body) {
    if (bytes.size - at < LAYOUT_FRAME_BYTES) {
        return FRAME_TORN;
    }
    size_t size = (size_t)number_at(bytes.data + at, 4);
    size_t have = bytes.size - at - LAYOUT_FRAME_BYTES;
    if (size > limit) {
        return FRAME_BROKEN;
    }
    if (size > have) {
        return FRAME_TORN;
    }
    *ret_body = (dragoman_bytes){bytes.data + at + LAYOUT_FRAME_BYTES, size};
    if (layout_check(*ret_body) != number_at(bytes.data + at + 4, 4)) {
        /* At the very end only a part of it may have reached the disk. */
        return size == have ? FRAME_TORN : FRAME_BROKEN;
    }
    return FRAME_GOOD;
}

/* Whether a clock can have shown these: later sums of them stay numbers. */
static bool are_times(const dragoman_now *now) {
    return now->monotonic_us >= 0 && now->monotonic_us <= TIME_LARGEST_US && now->wall_us >= TIME_LEAST_US &&
           now->wall_us <= TIME_LARGEST_US;
}

static bool read_facts(dragoman_bytes rest, uint32_t count, capture_header *header) {
    for (uint32_t i = 0; i < count; i++) {
        dragoman_setting fact;
        if (!take_slice(&rest, &fact.key) || !take_slice(&rest, &fact.value)) {
            return false;
        }
        if (header->fact_count < CAPTURE_FACTS_MAX) {
            header->facts[header->fact_count++] = fact;
        }
    }
    return true;
}

dragoman_status capture_reader_init(capture_reader *self, dragoman_bytes bytes, capture_header *ret_header,
                                    error_record *error) {
    dragoman_bytes body;
    *self = (capture_reader){.bytes = bytes};
    if (!capture_is_one(bytes)) {
        return error_set(error, DRAGOMAN_INVALID, "this is no capture: it does not begin as one");
    }
    unsigned major = (unsigned)number_at(bytes.data + LAYOUT_MAGIC_BYTES, 2);
    if (major != LAYOUT_MAJOR) {
        return error_set(error, DRAGOMAN_UNSUPPORTED, "a capture of format %u; this dragoman reads format %u", major,
                         LAYOUT_MAJOR);
    }
    if (take_frame(bytes, LAYOUT_FILE_HEAD_BYTES, CAPTURE_HEADER_BYTES_MAX, &body) != FRAME_GOOD ||
        body.size < LAYOUT_HEADER_FIXED_BYTES) {
        return error_set(error, DRAGOMAN_CORRUPT, "the capture's header is damaged");
    }
    ret_header->flags = (uint32_t)number_at(body.data, 4);
    ret_header->fact_count = 0;
    ret_header->start = (dragoman_now){.monotonic_us = (int64_t)number_at(body.data + 8, 8),
                                       .wall_us = (int64_t)number_at(body.data + 16, 8),
                                       .wall_quality = body.data[24]};
    dragoman_bytes rest = {body.data + LAYOUT_HEADER_FIXED_BYTES, body.size - LAYOUT_HEADER_FIXED_BYTES};
    if (!are_times(&ret_header->start) || !read_facts(rest, (uint32_t)number_at(body.data + 4, 4), ret_header)) {
        return error_set(error, DRAGOMAN_CORRUPT, "the capture's header is damaged");
    }
    self->at = LAYOUT_FILE_HEAD_BYTES + LAYOUT_FRAME_BYTES + body.size;
    return DRAGOMAN_OK;
}

static bool read_record(dragoman_bytes body, capture_record *ret_record) {
    if (body.size < LAYOUT_RECORD_FIXED_BYTES) {
        return false;
    }
    const uint8_t *at = body.data;
    *ret_record = (capture_record){.kind = at[0],
                                   .flags = at[1],
                                   .channel = at[2],
                                   .session = (uint32_t)number_at(at + 4, 4),
                                   .now = {.monotonic_us = (int64_t)number_at(at + 8, 8),
                                           .wall_us = (int64_t)number_at(at + 16, 8),
                                           .wall_quality = at[3]},
                                   .number = number_at(at + 24, 8),
                                   .code = (uint32_t)number_at(at + 32, 4),
                                   .detail = (uint32_t)number_at(at + 36, 4)};
    if (!are_times(&ret_record->now)) {
        return false;
    }
    dragoman_bytes rest = {at + LAYOUT_RECORD_FIXED_BYTES, body.size - LAYOUT_RECORD_FIXED_BYTES};
    /* A later minor may append parts. */
    while (rest.size > 0 && ret_record->part_count < CAPTURE_PARTS_MAX) {
        if (!take_slice(&rest, &ret_record->parts[ret_record->part_count++])) {
            return false;
        }
    }
    return true;
}

dragoman_status capture_reader_next(capture_reader *self, capture_record *ret_record, error_record *error) {
    dragoman_bytes body;
    if (self->at == self->bytes.size || self->is_torn) {
        return DRAGOMAN_NOT_FOUND;
    }
    frame_state state = take_frame(self->bytes, self->at, CAPTURE_RECORD_BYTES_MAX, &body);
    if (state == FRAME_TORN) {
        self->is_torn = true;
        return DRAGOMAN_NOT_FOUND;
    }
    if (state == FRAME_BROKEN || !read_record(body, ret_record)) {
        return error_set(error, DRAGOMAN_CORRUPT, "the record at byte %zu is damaged", self->at);
    }
    self->at += LAYOUT_FRAME_BYTES + body.size;
    return DRAGOMAN_OK;
}

dragoman_bytes capture_fact(const capture_header *header, const char *key) {
    for (uint32_t i = 0; i < header->fact_count; i++) {
        if (bytes_is(header->facts[i].key, key)) {
            return header->facts[i].value;
        }
    }
    return (dragoman_bytes){NULL, 0};
}
