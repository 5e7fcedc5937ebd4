#include "digest.h"
#include <string.h>

#define PRIME_1 UINT64_C(0x9e3779b185ebca87)
#define PRIME_2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define PRIME_3 UINT64_C(0x165667b19e3779f9)
#define PRIME_4 UINT64_C(0x85ebca77c2b2ae63)
#define PRIME_5 UINT64_C(0x27d4eb2f165667c5)

static inline uint64_t rotate(uint64_t number, unsigned bits) {
    return number << bits | number >> (64 - bits);
}

/* Little endian, whatever the machine is. */
static inline uint64_t read_64(const uint8_t *at) {
    uint64_t number;
    memcpy(&number, at, sizeof number);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    number = __builtin_bswap64(number);
#endif
    return number;
}

static inline uint32_t read_32(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t round_of(uint64_t lane, uint64_t input) {
    return rotate(lane + input * PRIME_2, 31) * PRIME_1;
}

static inline uint64_t merge(uint64_t hash, uint64_t lane) {
    return (hash ^ round_of(0, lane)) * PRIME_1 + PRIME_4;
}

uint64_t hl7v2_digest(dragoman_bytes bytes, uint64_t seed) {
    const uint8_t *at = bytes.data;
    size_t left = bytes.size;
    uint64_t hash = seed + PRIME_5;
    if (left >= 32) {
        uint64_t lane[4] = {seed + PRIME_1 + PRIME_2, seed + PRIME_2, seed, seed - PRIME_1};
        for (; left >= 32; left -= 32, at += 32) {
            for (size_t n = 0; n < 4; n++) {
                lane[n] = round_of(lane[n], read_64(at + n * 8));
            }
        }
        hash = rotate(lane[0], 1) + rotate(lane[1], 7) + rotate(lane[2], 12) + rotate(lane[3], 18);
        for (size_t n = 0; n < 4; n++) {
            hash = merge(hash, lane[n]);
        }
    }
    hash += bytes.size;
    for (; left >= 8; left -= 8, at += 8) {
        hash = rotate(hash ^ round_of(0, read_64(at)), 27) * PRIME_1 + PRIME_4;
    }
    if (left >= 4) {
        hash = rotate(hash ^ (read_32(at) * PRIME_1), 23) * PRIME_2 + PRIME_3;
        left -= 4;
        at += 4;
    }
    for (; left > 0; left--, at++) {
        hash = rotate(hash ^ (*at * PRIME_5), 11) * PRIME_1;
    }
    hash = (hash ^ hash >> 33) * PRIME_2;
    hash = (hash ^ hash >> 29) * PRIME_3;
    return hash ^ hash >> 32;
}
