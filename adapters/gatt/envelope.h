/*
 * The envelope in which a gateway wraps one value of one characteristic: schemas/gatt-envelope.schema.json.
 */
#ifndef GATT_ENVELOPE_H
#define GATT_ENVELOPE_H

#include "json.h"

typedef enum gatt_address_kind {
    GATT_ADDRESS_PUBLIC = 0,
    GATT_ADDRESS_STATIC = 1,  /* random, the same for life or until the battery is changed */
    GATT_ADDRESS_PRIVATE = 2, /* random, another one every some minutes */
} gatt_address_kind;

typedef struct gatt_envelope {
    dragoman_bytes id; /* of this message; empty: it has none */
    dragoman_bytes gateway;
    dragoman_bytes address; /* AA:BB:CC:DD:EE:FF, in capitals */
    gatt_address_kind address_kind;
    dragoman_bytes name;
    dragoman_bytes manufacturer;
    dragoman_bytes model;
    dragoman_bytes serial;
    dragoman_bytes hardware;
    dragoman_bytes firmware;
    dragoman_bytes software;
    dragoman_bytes system_id; /* sixteen hexadecimal digits, or empty */
    bool has_service;
    uint16_t service;                   /* of the short form */
    bool is_short;                      /* the characteristic is one of the Bluetooth SIG's */
    uint16_t characteristic;            /* then its short form */
    dragoman_bytes characteristic_text; /* as sent */
    uint8_t value[GATT_VALUE_BYTES];
    size_t value_size;
    dragoman_time received_at; /* NONE: the gateway does not say */
} gatt_envelope;

/* Reads an envelope. Texts live until the call into the adapter returns. NULL: it is good; else what is wrong with it,
 * free of what it holds. */
const char *gatt_envelope_read(const dragoman_host *host, void *context, dragoman_bytes text,
                               gatt_envelope *ret_envelope);

/* Microseconds from 1970 to a moment of the calendar; false when there is none. */
bool gatt_civil(int64_t year, int64_t month, int64_t day, int64_t hour, int64_t minute, int64_t second,
                int64_t *ret_civil_us);

#endif
