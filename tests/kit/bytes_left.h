/*
 * A fuzzer's input, taken piece by piece: what is not there is zero or empty.
 */
#ifndef KIT_BYTES_LEFT_H
#define KIT_BYTES_LEFT_H

#include <dragoman/base.h>

typedef struct bytes_left {
    const uint8_t *at;
    size_t size;
} bytes_left;

/* The next byte; 0 at the end. */
static inline uint8_t take(bytes_left *from) {
    if (from->size == 0) {
        return 0;
    }
    from->size--;
    return *from->at++;
}

/* The next bytes, `most` or as many as there are; borrowed. */
static inline dragoman_bytes take_bytes(bytes_left *from, size_t most) {
    size_t size = most < from->size ? most : from->size;
    dragoman_bytes taken = {from->at, size};
    from->at += size;
    from->size -= size;
    return taken;
}

#endif
