#include "mder.h"
#include <string.h>

phd_reader phd_read(dragoman_bytes bytes) {
    return (phd_reader){bytes.data, bytes.size, false};
}

dragoman_bytes phd_take(phd_reader *reader, size_t size) {
    if (size > reader->left) {
        reader->failed = true;
        reader->left = 0;
    }
    if (size == 0 || reader->failed) {
        return (dragoman_bytes){NULL, 0};
    }
    dragoman_bytes taken = {reader->at, size};
    reader->at += size;
    reader->left -= size;
    return taken;
}

static uint64_t number(phd_reader *reader, size_t size) {
    dragoman_bytes bytes = phd_take(reader, size);
    uint64_t value = 0;
    for (size_t n = 0; n < bytes.size; n++) {
        value = value << 8 | bytes.data[n];
    }
    return value;
}

uint8_t phd_u8(phd_reader *reader) {
    return (uint8_t)number(reader, 1);
}

uint16_t phd_u16(phd_reader *reader) {
    return (uint16_t)number(reader, 2);
}

uint32_t phd_u32(phd_reader *reader) {
    return (uint32_t)number(reader, 4);
}

uint64_t phd_u64(phd_reader *reader) {
    return number(reader, 8);
}

dragoman_bytes phd_octets(phd_reader *reader) {
    return phd_take(reader, phd_u16(reader));
}

phd_reader phd_list(phd_reader *reader, uint16_t *ret_count) {
    *ret_count = phd_u16(reader);
    phd_reader inner = phd_read(phd_octets(reader));
    inner.failed = reader->failed;
    return inner;
}

bool phd_is_done(const phd_reader *reader) {
    return !reader->failed && reader->left == 0;
}

dragoman_bytes phd_rest(const phd_reader *reader) {
    return (dragoman_bytes){reader->at, reader->left};
}

void phd_put_bytes(phd_writer *writer, dragoman_bytes bytes) {
    if (bytes.size > 0 && bytes.size <= writer->room - writer->size) {
        memcpy(writer->data + writer->size, bytes.data, bytes.size);
        writer->size += bytes.size;
    }
}

void phd_put_u8(phd_writer *writer, uint8_t value) {
    phd_put_bytes(writer, (dragoman_bytes){&value, 1});
}

void phd_put_u16(phd_writer *writer, uint32_t value) {
    const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    phd_put_bytes(writer, (dragoman_bytes){bytes, sizeof bytes});
}

void phd_put_u32(phd_writer *writer, uint32_t value) {
    phd_put_u16(writer, value >> 16);
    phd_put_u16(writer, value & 0xffffu);
}

size_t phd_open_length(phd_writer *writer) {
    phd_put_u16(writer, 0);
    return writer->size;
}

void phd_close_length(phd_writer *writer, size_t place) {
    size_t size = writer->size - place;
    writer->data[place - 2] = (uint8_t)(size >> 8);
    writer->data[place - 1] = (uint8_t)size;
}
