/*
 * Keys of the writer's cache: everything that a rendered text was made from, one after the other, each with its size,
 * so that no two different things give the same key. Nothing is kept between calls.
 */
#ifndef FHIR_KEY_H
#define FHIR_KEY_H

#include "base/buffer.h"
#include <dragoman/report.h>

/* Appends a text with its size. */
static inline void fhir_key_bytes(buffer *key, dragoman_bytes bytes) {
    uint32_t size = (uint32_t)bytes.size;
    uint8_t *to = buffer_reserve(key, sizeof size + bytes.size);
    if (to != NULL) {
        memcpy(to, &size, sizeof size);
        if (bytes.size > 0) {
            memcpy(to + sizeof size, bytes.data, bytes.size);
        }
        key->size += sizeof size + bytes.size;
    }
}

/* Appends a number. */
static inline void fhir_key_number(buffer *key, uint64_t number) {
    buffer_append(key, &number, sizeof number);
}

/* Appends a code. */
void fhir_key_code(buffer *key, const dragoman_code *code);
/* Appends a concept with all its codings. */
void fhir_key_concept(buffer *key, const dragoman_concept *concept);
/* Appends a decimal: value and precision. */
void fhir_key_decimal(buffer *key, dragoman_decimal decimal);
/* Appends an identifier. */
void fhir_key_identifier(buffer *key, const dragoman_identifier *identifier);
/* Appends a list of dragoman_identifier. */
void fhir_key_identifiers(buffer *key, const dragoman_list *identifiers);

#endif
