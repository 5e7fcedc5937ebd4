/*
 * A register map: what the device section of a profile says that a device's tables hold.
 *
 * It is read in one pass over the flattened section; every mistake is told with the key that it stands at. A map that
 * an instance keeps is one block of memory and constant.
 */
#ifndef MODBUS_MAP_H
#define MODBUS_MAP_H

#include "limits.h"
#include <dragoman/adapter.h>

/* The four tables (Application Protocol V1.1b3, 4.3). Each is read by one function; none is written. */
typedef enum modbus_table {
    MODBUS_COIL = 0,
    MODBUS_DISCRETE = 1,
    MODBUS_INPUT = 2,
    MODBUS_HOLDING = 3,
} modbus_table;

typedef enum modbus_type {
    MODBUS_BIT = 0,
    MODBUS_BITS = 1,
    MODBUS_INT16 = 2,
    MODBUS_UINT16 = 3,
    MODBUS_INT32 = 4,
    MODBUS_UINT32 = 5,
    MODBUS_INT64 = 6,
    MODBUS_UINT64 = 7,
    MODBUS_FLOAT32 = 8,
    MODBUS_FLOAT64 = 9,
    MODBUS_BCD16 = 10,
    MODBUS_BCD32 = 11,
    MODBUS_STRING = 12,
} modbus_type;

/* What a number stands for. */
typedef struct modbus_meaning {
    int64_t number;
    dragoman_bytes text;
} modbus_meaning;

/* One value of a device. */
typedef struct modbus_register {
    dragoman_bytes name; /* the code that its observations carry */
    dragoman_bytes text; /* its name for people, or empty */
    dragoman_bytes unit; /* as it goes out, or empty */
    dragoman_decimal scale;
    dragoman_decimal offset;
    const dragoman_decimal *absents; /* raw numbers that mean "no value" */
    const modbus_meaning *meanings;
    int64_t every_ms; /* 0: the link's or map's */
    uint32_t absent_count;
    uint32_t meaning_count;
    uint16_t address;    /* as it is asked for: from 0 */
    uint16_t size;       /* registers, or bits of a table of bits */
    uint8_t table;       /* modbus_table */
    uint8_t type;        /* modbus_type */
    uint8_t absent;      /* dragoman_absent of the absents */
    uint8_t first_bit;   /* of the number that is meant */
    uint8_t bit_count;   /* 0: all of it */
    uint8_t device_unit; /* only units of this address have it; 0: all */
    bool is_byte_little; /* low byte of each register first */
    bool is_word_little; /* low register first */
} modbus_register;

typedef struct modbus_map {
    dragoman_bytes manufacturer, model; /* or empty */
    dragoman_bytes system;              /* coding system of the names */
    int64_t every_ms;
    uint32_t gap_max;       /* registers or bits read needlessly to save a request */
    uint32_t registers_max; /* of one request */
    uint32_t bits_max;
    bool has_identification; /* answers "read device identification" */
    bool is_byte_little, is_word_little;
    uint8_t base; /* of the addresses as written */
    const modbus_register *registers;
    uint32_t count;
} modbus_map;

/* Tells every mistake of a section. */
void modbus_map_check(const dragoman_list *profile, dragoman_mistake_teller tell, void *context);
/* Makes a map from a section; `ret_block` holds it and is to be released. INVALID: it has mistakes. */
dragoman_status modbus_map_read(const dragoman_list *profile, const dragoman_host *host, void *context,
                                modbus_map *ret_map, void **ret_block);

/* Whether a table is one of bits. */
static inline bool modbus_is_bits(uint8_t table) {
    return table == MODBUS_COIL || table == MODBUS_DISCRETE;
}

#endif
