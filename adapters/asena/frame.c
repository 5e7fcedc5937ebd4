#include "frame.h"

#define CHECK_DIGITS 4u

void asena_scanner_reset(asena_scanner *scanner) {
    scanner->is_in_line = false;
    scanner->is_spoilt = false;
    scanner->size = 0;
}

static uint16_t checksum(dragoman_bytes text) {
    uint32_t rest = 0xffff;
    for (size_t n = 0; n < text.size; n++) {
        rest ^= (uint32_t)text.data[n] << 8;
        for (int bit = 0; bit < 8; bit++) {
            rest = (rest & 0x8000u) != 0 ? rest << 1 ^ 0x1021u : rest << 1;
        }
    }
    return (uint16_t)rest;
}

/* Four capital digits. */
static bool is_checksum(const uint8_t *digits, uint16_t sum) {
    static const char hex[] = "0123456789ABCDEF";
    for (uint32_t n = 0; n < CHECK_DIGITS; n++) {
        if (digits[n] != (uint8_t)hex[sum >> (12 - 4 * n) & 15u]) {
            return false;
        }
    }
    return true;
}

/* False: more fields than any answer has. */
static bool split(dragoman_bytes text, asena_answer *ret_answer) {
    size_t start = 0;
    ret_answer->count = 0;
    for (size_t n = 0; n <= text.size; n++) {
        if (n < text.size && text.data[n] != ASENA_FIELD) {
            continue;
        }
        if (ret_answer->count == ASENA_FIELDS) {
            return false;
        }
        ret_answer->fields[ret_answer->count++] = (dragoman_bytes){text.data + start, n - start};
        start = n + 1;
    }
    return true;
}

static asena_scanned end_line(asena_scanner *scanner, asena_answer *ret_answer) {
    size_t size = scanner->size;
    bool is_spoilt = scanner->is_spoilt;
    asena_scanner_reset(scanner);
    if (is_spoilt || size < CHECK_DIGITS + 1 || scanner->line[size - CHECK_DIGITS - 1] != ASENA_CHECK) {
        return ASENA_SCANNED_BROKEN;
    }
    dragoman_bytes text = {scanner->line, size - CHECK_DIGITS - 1};
    bool is_whole = is_checksum(scanner->line + size - CHECK_DIGITS, checksum(text)) && split(text, ret_answer);
    return is_whole ? ASENA_SCANNED_ANSWER : ASENA_SCANNED_BROKEN;
}

static asena_scanned begin_line(asena_scanner *scanner) {
    asena_scanned outcome = scanner->is_in_line ? ASENA_SCANNED_BROKEN : ASENA_SCANNED_NOTHING;
    asena_scanner_reset(scanner);
    scanner->is_in_line = true;
    return outcome;
}

asena_scanned asena_scan(asena_scanner *scanner, uint8_t byte, asena_answer *ret_answer) {
    if (byte == ASENA_START) {
        return begin_line(scanner);
    }
    if (!scanner->is_in_line) {
        return byte == ASENA_END || byte == '\n' ? ASENA_SCANNED_NOTHING : ASENA_SCANNED_NOISE;
    }
    if (byte == ASENA_END) {
        return end_line(scanner, ret_answer);
    }
    if (byte == ASENA_BREAK) {
        asena_scanner_reset(scanner);
        return ASENA_SCANNED_BROKEN;
    }
    scanner->is_spoilt |= byte < ' ' || byte > '~' || scanner->size == sizeof scanner->line;
    if (!scanner->is_spoilt) {
        scanner->line[scanner->size++] = byte;
    }
    return ASENA_SCANNED_NOTHING;
}

dragoman_bytes asena_field(const asena_answer *answer, uint32_t index) {
    dragoman_bytes field = index < answer->count ? answer->fields[index] : (dragoman_bytes){NULL, 0};
    while (field.size > 0 && field.data[0] == ' ') {
        field.data++;
        field.size--;
    }
    while (field.size > 0 && field.data[field.size - 1] == ' ') {
        field.size--;
    }
    return field;
}
