#include "wire.h"
#include <string.h>

dragoman_bytes intellivue_read_bytes(intellivue_reader *reader, size_t size) {
    if (reader->has_failed || size > reader->left) {
        reader->has_failed = true;
        reader->left = 0;
        return (dragoman_bytes){NULL, 0};
    }
    dragoman_bytes bytes = {reader->at, size};
    if (size > 0) {
        reader->at += size;
        reader->left -= size;
    }
    return bytes;
}

static uint32_t read_number(intellivue_reader *reader, size_t size) {
    dragoman_bytes bytes = intellivue_read_bytes(reader, size);
    uint32_t value = 0;
    for (size_t n = 0; n < bytes.size; n++) {
        value = value << 8 | bytes.data[n];
    }
    return value;
}

uint8_t intellivue_read_u8(intellivue_reader *reader) {
    return (uint8_t)read_number(reader, 1);
}

uint16_t intellivue_read_u16(intellivue_reader *reader) {
    return (uint16_t)read_number(reader, 2);
}

uint32_t intellivue_read_u32(intellivue_reader *reader) {
    return read_number(reader, 4);
}

intellivue_reader intellivue_read_part(intellivue_reader *reader, size_t size) {
    intellivue_reader part = intellivue_reader_of(intellivue_read_bytes(reader, size));
    part.has_failed = reader->has_failed;
    return part;
}

dragoman_bytes intellivue_read_sized(intellivue_reader *reader) {
    return intellivue_read_bytes(reader, intellivue_read_u16(reader));
}

intellivue_reader intellivue_read_list(intellivue_reader *reader, uint16_t *ret_count) {
    *ret_count = intellivue_read_u16(reader);
    intellivue_reader part = intellivue_read_part(reader, intellivue_read_u16(reader));
    *ret_count = part.has_failed ? 0 : *ret_count;
    return part;
}

void intellivue_write_bytes(intellivue_writer *writer, const uint8_t *data, size_t size) {
    if (writer->has_failed || size > writer->capacity - writer->size) {
        writer->has_failed = true;
        return;
    }
    memcpy(writer->data + writer->size, data, size);
    writer->size += size;
}

void intellivue_write_u8(intellivue_writer *writer, uint8_t value) {
    intellivue_write_bytes(writer, &value, 1);
}

void intellivue_write_u16(intellivue_writer *writer, uint16_t value) {
    const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};
    intellivue_write_bytes(writer, bytes, sizeof bytes);
}

void intellivue_write_u32(intellivue_writer *writer, uint32_t value) {
    intellivue_write_u16(writer, (uint16_t)(value >> 16));
    intellivue_write_u16(writer, (uint16_t)value);
}

size_t intellivue_write_later(intellivue_writer *writer) {
    size_t place = writer->size;
    intellivue_write_u16(writer, 0);
    return place;
}

void intellivue_write_length(intellivue_writer *writer, size_t place) {
    size_t length = writer->has_failed ? 0 : writer->size - place - 2;
    if (length <= UINT16_MAX && !writer->has_failed) {
        writer->data[place] = (uint8_t)(length >> 8);
        writer->data[place + 1] = (uint8_t)length;
    }
}
