/*
 * Looking for signs, sixteen bytes at a time. No state; nothing is read beyond the slices that are given.
 */
#ifndef HL7V2_SCAN_H
#define HL7V2_SCAN_H

#include <dragoman/adapter.h>
#include <string.h>

/* Bytes that are compared at once. */
#define HL7V2_STEP 16

typedef uint8_t hl7v2_lanes __attribute__((vector_size(HL7V2_STEP)));

/* The bytes at `at`, of which HL7V2_STEP must be there. */
static inline hl7v2_lanes hl7v2_lanes_at(const uint8_t *at) {
    hl7v2_lanes bytes;
    memcpy(&bytes, at, HL7V2_STEP);
    return bytes;
}

/* The last `left` bytes of a text, fewer than HL7V2_STEP, with zeros behind them. */
static inline hl7v2_lanes hl7v2_lanes_last(const uint8_t *at, size_t left) {
    uint8_t last[HL7V2_STEP] = {0};
    memcpy(last, at, left);
    return hl7v2_lanes_at(last);
}

/* HL7V2_STEP bytes at `at`, of which `left` count. What lies behind them is read where it is of the same text. */
static inline hl7v2_lanes hl7v2_lanes_within(dragoman_bytes text, const uint8_t *at, size_t left) {
    size_t offset = (size_t)((uintptr_t)at - (uintptr_t)text.data);
    if (left >= HL7V2_STEP || (text.size >= HL7V2_STEP && offset <= text.size - HL7V2_STEP)) {
        return hl7v2_lanes_at(at);
    }
    return hl7v2_lanes_last(at, left);
}

/* One bit for each lane, the first byte's the lowest. Each lane is 0 or 0xff. */
static inline uint32_t hl7v2_bits(hl7v2_lanes marks) {
#if defined(__SSE2__)
    typedef char signed_lanes __attribute__((vector_size(HL7V2_STEP)));
    return (uint32_t)__builtin_ia32_pmovmskb128((signed_lanes)marks);
#else
    uint8_t lane[HL7V2_STEP];
    memcpy(lane, &marks, HL7V2_STEP);
    uint32_t bits = 0;
    for (uint32_t n = 0; n < HL7V2_STEP; n++) {
        bits |= (uint32_t)(lane[n] & 1) << n;
    }
    return bits;
#endif
}

/* The lanes that hold `sign`. */
static inline hl7v2_lanes hl7v2_lanes_of(hl7v2_lanes bytes, uint8_t sign) {
    return (hl7v2_lanes)(bytes == sign);
}

/* Where the first of two signs stands in `bytes` from `from` on; bytes.size when neither does. Neither sign is NUL. */
static inline size_t hl7v2_find_either(dragoman_bytes bytes, size_t from, uint8_t one, uint8_t other) {
    for (size_t at = from; at < bytes.size; at += HL7V2_STEP) {
        size_t left = bytes.size - at;
        hl7v2_lanes lanes =
            left >= HL7V2_STEP ? hl7v2_lanes_at(bytes.data + at) : hl7v2_lanes_last(bytes.data + at, left);
        uint32_t bits = hl7v2_bits(hl7v2_lanes_of(lanes, one) | hl7v2_lanes_of(lanes, other));
        if (bits != 0) {
            return at + (size_t)__builtin_ctz(bits);
        }
    }
    return bytes.size;
}

#endif
