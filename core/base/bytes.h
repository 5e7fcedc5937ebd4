/*
 * Small questions about slices. Pure functions; nothing is owned.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <dragoman/base.h>
#include <string.h>

/* A slice of a C string; NULL gives an empty slice. Borrowed. */
static inline dragoman_bytes bytes_of(const char *text) {
    return (dragoman_bytes){(const uint8_t *)text, text == NULL ? 0 : strlen(text)};
}

/* Whether both hold the same bytes. */
static inline bool bytes_equal(dragoman_bytes a, dragoman_bytes b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Whether `bytes` are exactly the C string `text`. */
static inline bool bytes_is(dragoman_bytes bytes, const char *text) {
    return bytes_equal(bytes, bytes_of(text));
}

/* Whether `bytes` begin with the C string `text`. */
static inline bool bytes_starts_with(dragoman_bytes bytes, const char *text) {
    size_t size = strlen(text);
    return bytes.size >= size && memcmp(bytes.data, text, size) == 0;
}

/* A 64-bit hash for tables in memory and for digests that are kept (its values never change: XXH64 of the bytes with
 * `seed`). */
uint64_t bytes_hash(dragoman_bytes bytes, uint64_t seed);
/* The same of the eight bytes of a number as they lie in memory. */
uint64_t bytes_hash_number(uint64_t number, uint64_t seed);

/* Whether `bytes` are valid UTF-8 without NUL. */
bool bytes_is_utf8(dragoman_bytes bytes);

/* The arguments of a "%.*s". */
#define BYTES_FORMAT(bytes)                                                                                            \
    (int)((bytes).size > 4096 ? 4096 : (bytes).size),                                                                  \
        (const char *)((bytes).data == NULL ? (const uint8_t *)"" : (bytes).data)

#endif
