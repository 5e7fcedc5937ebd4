/*
 * Records: a header that says what they are about and where their subrecords begin (Record Specification, "Record
 * header"). Everything is little endian.
 */
#ifndef DRI_RECORD_H
#define DRI_RECORD_H

#include "limits.h"
#include <dragoman/base.h>

/* Main types. */
#define DRI_MAIN_PHYSIOLOGICAL 0u
#define DRI_MAIN_WAVES 1u
#define DRI_MAIN_ALARMS 4u
/* The kind of a subrecord that ends the list. */
#define DRI_LAST_SUBRECORD 0xffu

typedef struct dri_subrecord {
    uint8_t kind;
    dragoman_bytes data; /* up to where the next one begins, or the record ends */
} dri_subrecord;

typedef struct dri_record {
    uint8_t level; /* of the record interface, as the monitor speaks it */
    uint16_t main_type;
    uint32_t count;
    dri_subrecord subrecords[DRI_SUBRECORDS];
} dri_record;

/* Reads a record. False: its length is not what it says, or a subrecord lies outside of it. */
bool dri_record_read(dragoman_bytes bytes, dri_record *ret_record);

/* The two bytes at `at` as a number. */
static inline uint16_t dri_word(const uint8_t *at) {
    return (uint16_t)(at[0] | at[1] << 8);
}

/* The two bytes at `at` as a number with a sign. */
static inline int16_t dri_short(const uint8_t *at) {
    return (int16_t)dri_word(at);
}

/* The four bytes at `at` as a number. */
static inline uint32_t dri_long(const uint8_t *at) {
    return (uint32_t)dri_word(at) | (uint32_t)dri_word(at + 2) << 16;
}

#endif
