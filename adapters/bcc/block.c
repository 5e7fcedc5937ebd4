#include "block.h"
#include "frame.h"
#include <string.h>

#define DIGITS_MOST 18u

/* Up to the separator, which is cut off too; all when there is none. */
static bool cut(dragoman_bytes *text, uint8_t separator, dragoman_bytes *ret_part) {
    size_t size = 0;
    while (size < text->size && text->data[size] != separator) {
        size++;
    }
    bool is_ended = size < text->size;
    *ret_part = (dragoman_bytes){text->data, size};
    text->data += size + (is_ended ? 1 : 0);
    text->size -= size + (is_ended ? 1 : 0);
    return is_ended;
}

/* Names have no control characters, and none beyond ASCII. */
static bool is_name(dragoman_bytes text) {
    for (size_t n = 0; n < text.size; n++) {
        if (text.data[n] <= ' ' || text.data[n] > '~') {
            return false;
        }
    }
    return text.size > 0;
}

bcc_block_outcome bcc_block_next(dragoman_bytes *information, bcc_block *ret_block) {
    dragoman_bytes text;
    dragoman_bytes time;
    if (information->size == 0) {
        return BCC_BLOCK_NONE;
    }
    (void)cut(information, BCC_RS, &text);
    if (!cut(&text, ',', &time) || !cut(&text, ',', &ret_block->address)) {
        return BCC_BLOCK_BAD;
    }
    (void)cut(&text, ',', &ret_block->parameter);
    ret_block->value = text;
    bool is_whole =
        is_name(ret_block->address) && ret_block->address.size <= BCC_NAME_MOST && is_name(ret_block->parameter);
    return is_whole ? BCC_BLOCK_READ : BCC_BLOCK_BAD;
}

bool bcc_is_same(dragoman_bytes one, dragoman_bytes other) {
    return one.size == other.size && (one.size == 0 || memcmp(one.data, other.data, one.size) == 0);
}

bool bcc_number_read(dragoman_bytes text, dragoman_decimal *ret_number) {
    bool is_negative = text.size > 0 && text.data[0] == '-';
    size_t start = is_negative ? 1 : 0;
    bool has_point = false;
    uint32_t digits = 0;
    dragoman_decimal number = {0};
    if (text.size > start + 1 && text.data[start] == '0' && text.data[start + 1] != '.') {
        return false;
    }
    for (size_t n = start; n < text.size; n++) {
        uint8_t character = text.data[n];
        if (character == '.' && !has_point && digits > 0) {
            has_point = true;
            continue;
        }
        if (character < '0' || character > '9' || ++digits > DIGITS_MOST) {
            return false;
        }
        number.mantissa = number.mantissa * 10 + (character - '0');
        number.exponent = (int16_t)(number.exponent - (has_point ? 1 : 0));
    }
    number.mantissa = is_negative ? -number.mantissa : number.mantissa;
    *ret_number = number;
    return digits > 0 && text.data[text.size - 1] != '.';
}
