#include "text.h"
#include <string.h>

#define REPLACEMENT 0xFFFDu

/* Appends a character when all of it fits. */
static bool put(uint32_t character, char *to, size_t capacity, size_t *size) {
    uint8_t bytes[4];
    size_t count = 0;
    if (character < 0x80) {
        bytes[count++] = (uint8_t)character;
    } else if (character < 0x800) {
        bytes[count++] = (uint8_t)(0xC0 | character >> 6);
    } else if (character < 0x10000) {
        bytes[count++] = (uint8_t)(0xE0 | character >> 12);
        bytes[count++] = (uint8_t)(0x80 | (character >> 6 & 0x3F));
    } else {
        bytes[count++] = (uint8_t)(0xF0 | character >> 18);
        bytes[count++] = (uint8_t)(0x80 | (character >> 12 & 0x3F));
        bytes[count++] = (uint8_t)(0x80 | (character >> 6 & 0x3F));
    }
    if (character >= 0x80) {
        bytes[count++] = (uint8_t)(0x80 | (character & 0x3F));
    }
    if (count > capacity - *size) {
        return false;
    }
    memcpy(to + *size, bytes, count);
    *size += count;
    return true;
}

static size_t without_blanks(const char *text, size_t size) {
    while (size > 0 && text[size - 1] == ' ') {
        size--;
    }
    return size;
}

size_t intellivue_text_from_utf16(dragoman_bytes value, char *to, size_t capacity) {
    intellivue_reader reader = intellivue_reader_of(value);
    size_t size = 0;
    while (reader.left >= 2) {
        uint32_t character = intellivue_read_u16(&reader);
        if (character == 0) {
            break;
        }
        if (character >= 0xD800 && character < 0xDC00) {
            intellivue_reader next = reader;
            uint32_t low = intellivue_read_u16(&next);
            bool is_pair = !next.has_failed && low >= 0xDC00 && low < 0xE000;
            character = is_pair ? 0x10000 + ((character - 0xD800) << 10) + (low - 0xDC00) : REPLACEMENT;
            reader = is_pair ? next : reader;
        } else if (character >= 0xDC00 && character < 0xE000) {
            character = REPLACEMENT;
        }
        if (!put(character, to, capacity, &size)) {
            break;
        }
    }
    return without_blanks(to, size);
}

size_t intellivue_text_from_ascii(dragoman_bytes value, char *to, size_t capacity) {
    size_t size = 0;
    for (size_t n = 0; n < value.size && value.data[n] != 0; n++) {
        bool is_printable = value.data[n] >= 0x20 && value.data[n] < 0x7F;
        if (!put(is_printable ? value.data[n] : REPLACEMENT, to, capacity, &size)) {
            break;
        }
    }
    return without_blanks(to, size);
}

size_t intellivue_write_decimal(uint64_t number, char *to) {
    char digits[INTELLIVUE_DECIMAL_BYTES];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    for (size_t n = 0; n < count; n++) {
        to[n] = digits[count - 1 - n];
    }
    return count;
}

size_t intellivue_write_hex(uint32_t number, size_t width, char *to) {
    for (size_t n = width; n > 0; n--) {
        to[n - 1] = "0123456789abcdef"[number & 15];
        number >>= 4;
    }
    return width;
}
