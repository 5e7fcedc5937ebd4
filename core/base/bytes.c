#include "base/bytes.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t bytes_hash(dragoman_bytes bytes, uint64_t seed) {
    return XXH64(bytes.size == 0 ? (const void *)"" : bytes.data, bytes.size, seed);
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

bool bytes_is_utf8(dragoman_bytes bytes) {
    const uint8_t *at = bytes.data;
    size_t left = bytes.size;
    while (left > 0) {
        /* Eight ASCII bytes at a time: no high bit, and none is zero (a byte minus one borrows into its high bit only
         * from 0). */
        while (left >= 8) {
            uint64_t word;
            memcpy(&word, at, 8);
            if (((word | (word - 0x0101010101010101u)) & 0x8080808080808080u) != 0) {
                break;
            }
            at += 8;
            left -= 8;
        }
        size_t window = left < 8 ? left : 8;
        while (window > 0 && left > 0) {
            size_t size = 1;
            if (at[0] == 0) {
                return false;
            }
            if (at[0] >= 0x80) {
                size = utf8_character(at, left);
                if (size == 0) {
                    return false;
                }
            }
            at += size;
            left -= size;
            window -= size < window ? size : window;
        }
    }
    return true;
}
