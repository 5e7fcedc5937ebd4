/*
 * Hashes of the compiled-in tables. The generator and the program must agree on them whatever machine each runs on, so
 * they depend neither on byte order nor on alignment. Pure functions; no protection against chosen collisions, since
 * every table they serve is at most half full and bounded.
 */
#ifndef TERMS_HASH_H
#define TERMS_HASH_H

#include <dragoman/base.h>

/* Eight bytes as a little-endian number. Compilers make one load of it. */
static inline uint64_t terms_hash_word(const uint8_t *at) {
    return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24 |
           (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56;
}

/* Spreads one word over a running hash. */
static inline uint64_t terms_hash_mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 29);
}

/* The 64-bit hash of a text of any length. */
static inline uint64_t terms_hash_long(dragoman_bytes text) {
    uint64_t hash = text.size;
    const uint8_t *at = text.data;
    size_t left = text.size;
    for (; left > 8; left -= 8, at += 8) {
        hash = terms_hash_mix(hash, terms_hash_word(at));
    }
    uint64_t last = 0;
    for (size_t i = 0; i < left; i++) {
        last |= (uint64_t)at[i] << (8 * i);
    }
    return terms_hash_mix(hash, last);
}

/* The hash of a text, for slots. */
static inline uint32_t terms_hash_text(dragoman_bytes text) {
    uint64_t hash = terms_hash_long(text);
    return (uint32_t)(hash ^ (hash >> 32));
}

/* The hash of a 32-bit code. */
static inline uint32_t terms_hash_code(uint32_t code) {
    uint64_t hash = terms_hash_mix(0, code);
    return (uint32_t)(hash >> 32);
}

#endif
