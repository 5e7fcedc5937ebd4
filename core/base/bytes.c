#include "base/bytes.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t bytes_hash(dragoman_bytes bytes, uint64_t seed) {
    return bytes.data == NULL ? XXH64("", 0, seed) : XXH64(bytes.data, bytes.size, seed);
}

uint64_t bytes_hash_number(uint64_t number, uint64_t seed) {
    return XXH64(&number, sizeof number, seed);
}

/* How many bytes the character of more than one byte at `at` has; 0 when it is none (RFC 3629: shortest form, no
 * surrogates, at most U+10FFFF). */
static size_t utf8_character(const uint8_t *at, size_t left) {
    uint8_t lead = at[0];
    size_t size = lead >= 0xC2 && lead <= 0xDF   ? 2
                  : lead >= 0xE0 && lead <= 0xEF ? 3
                  : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                 : 0;
    if (size == 0 || size > left) {
        return 0;
    }
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xC0u) != 0x80u) {
            return 0;
        }
    }
    bool is_overlong = (lead == 0xE0 && at[1] < 0xA0) || (lead == 0xF0 && at[1] < 0x90);
    bool is_beyond = (lead == 0xED && at[1] > 0x9F) || (lead == 0xF4 && at[1] > 0x8F);
    return is_overlong || is_beyond ? 0 : size;
}

#define LOW_BITS 0x0101010101010101u
#define HIGH_BITS 0x8080808080808080u

/* Whether a word may hold a byte that is not ASCII or is zero: a byte less one borrows into its high bit only from 0.
 */
static bool is_special(uint64_t word) {
    return ((word | (word - LOW_BITS)) & HIGH_BITS) != 0;
}

/* Whether all bytes are ASCII and not zero, with few loads. */
static bool is_plain(const uint8_t *at, size_t size) {
    uint64_t word = 0;
    if (size < 4) {
        /* The first, middle and last of at most three bytes are all of them. */
        word = LOW_BITS << 24 | (uint64_t)at[0] << 16 | (uint64_t)at[size / 2] << 8 | at[size - 1];
        return !is_special(word);
    }
    if (size < 8) {
        uint32_t first;
        uint32_t last;
        memcpy(&first, at, 4);
        memcpy(&last, at + size - 4, 4);
        return !is_special((uint64_t)first << 32 | last);
    }
    for (size_t i = 0; i + 8 < size; i += 8) {
        memcpy(&word, at + i, 8);
        if (is_special(word)) {
            return false;
        }
    }
    memcpy(&word, at + size - 8, 8);
    return !is_special(word);
}

bool bytes_is_utf8(dragoman_bytes bytes) {
    const uint8_t *at = bytes.data;
    size_t left = bytes.size;
    if (left == 0 || is_plain(at, left)) {
        return true;
    }
    while (left > 0) {
        uint64_t word = 0;
        if (left >= 8) {
            memcpy(&word, at, 8);
            if (!is_special(word)) {
                at += 8;
                left -= 8;
                continue;
            }
        }
        size_t size = at[0] == 0 ? 0 : at[0] < 0x80 ? 1 : utf8_character(at, left);
        if (size == 0) {
            return false;
        }
        at += size;
        left -= size;
    }
    return true;
}
