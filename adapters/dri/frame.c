#include "frame.h"

void dri_scanner_reset(dri_scanner *scanner) {
    scanner->is_in_frame = false;
    scanner->is_escaped = false;
    scanner->is_spoilt = false;
    scanner->size = 0;
}

uint8_t dri_checksum(dragoman_bytes record) {
    uint32_t sum = 0;
    for (size_t n = 0; n < record.size; n++) {
        sum += record.data[n];
    }
    return (uint8_t)sum;
}

static dri_scanned end_frame(dri_scanner *scanner, dragoman_bytes *ret_record) {
    size_t size = scanner->size;
    bool is_spoilt = scanner->is_spoilt || scanner->is_escaped;
    dri_scanner_reset(scanner);
    scanner->is_in_frame = true;
    if (size == 0 && !is_spoilt) {
        return DRI_SCANNED_NOTHING;
    }
    dragoman_bytes record = {scanner->bytes, size == 0 ? 0 : size - 1};
    if (is_spoilt || record.size == 0 || dri_checksum(record) != scanner->bytes[record.size]) {
        return DRI_SCANNED_BROKEN;
    }
    *ret_record = record;
    return DRI_SCANNED_RECORD;
}

static void take(dri_scanner *scanner, uint8_t byte) {
    if (scanner->is_escaped) {
        scanner->is_escaped = false;
        byte |= DRI_ESCAPED_BIT;
        scanner->is_spoilt |= byte != DRI_FLAG && byte != DRI_ESCAPE;
    } else if (byte == DRI_ESCAPE) {
        scanner->is_escaped = true;
        return;
    }
    if (scanner->size == sizeof scanner->bytes) {
        scanner->is_spoilt = true;
        return;
    }
    scanner->bytes[scanner->size++] = byte;
}

dri_scanned dri_scan(dri_scanner *scanner, uint8_t byte, dragoman_bytes *ret_record) {
    if (byte == DRI_FLAG) {
        return end_frame(scanner, ret_record);
    }
    if (!scanner->is_in_frame) {
        return DRI_SCANNED_NOISE;
    }
    take(scanner, byte);
    return DRI_SCANNED_NOTHING;
}
