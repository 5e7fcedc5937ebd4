/*
 * Small things on slices.
 */
#ifndef ASTM_SCAN_H
#define ASTM_SCAN_H

#include <dragoman/base.h>
#include <string.h>

/* Whether a slice is this text. */
static inline bool astm_is(dragoman_bytes bytes, const char *text) {
    size_t size = strlen(text);
    return bytes.size == size && (size == 0 || memcmp(bytes.data, text, size) == 0);
}

/* Whether a byte ends a record: a carriage return, and in files a line feed. */
static inline bool astm_is_end(uint8_t byte) {
    return byte == '\r' || byte == '\n';
}

/* Whether a byte is a letter or digit. */
static inline bool astm_is_word(uint8_t byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

/* The slice without blanks at its ends. */
static inline dragoman_bytes astm_trim(dragoman_bytes bytes) {
    while (bytes.size > 0 && (bytes.data[0] == ' ' || bytes.data[0] == '\t')) {
        bytes = (dragoman_bytes){bytes.data + 1, bytes.size - 1};
    }
    while (bytes.size > 0 && (bytes.data[bytes.size - 1] == ' ' || bytes.data[bytes.size - 1] == '\t')) {
        bytes.size--;
    }
    return bytes;
}

/* Cuts the part before the next `sign` off the start of `rest`, with the sign. False when nothing is left: `rest` has
 * no address then. */
static inline bool astm_cut(dragoman_bytes *rest, uint8_t sign, dragoman_bytes *ret_part) {
    if (rest->data == NULL) {
        return false;
    }
    const uint8_t *end = rest->size == 0 ? NULL : (const uint8_t *)memchr(rest->data, sign, rest->size);
    if (end == NULL) {
        *ret_part = *rest;
        *rest = (dragoman_bytes){NULL, 0};
        return true;
    }
    size_t size = (size_t)(end - rest->data);
    *ret_part = (dragoman_bytes){rest->data, size};
    *rest = (dragoman_bytes){end + 1, rest->size - size - 1};
    return true;
}

#endif
