/*
 * What stands in the responses: "Responding to Data Request Commands", "Realtime Configuration Response". Every kind is
 * walked by the same two calls: it is checked whole before anything of it is used.
 */
#ifndef MEDIBUS_RECORD_H
#define MEDIBUS_RECORD_H

#include "code.h"
#include "limits.h"

/* One record: `code` as two digits of the response, and what stands behind it. */
typedef struct medibus_record {
    uint8_t code;
    uint8_t priority;      /* alarms: 1 the lowest to 31 the highest; 0: not sent */
    dragoman_bytes digits; /* the code as it stands */
    dragoman_bytes text;   /* the value, phrase or text; of fixed width but for texts */
} medibus_record;

/* The device's own words about itself: NNNN'name'DD.DD:MM.MM. */
typedef struct medibus_identity {
    uint8_t number[4];
    uint8_t number_size; /* 4, or 0: the device has none */
    uint8_t name[MEDIBUS_NAME_MOST];
    uint8_t name_size;
    uint8_t software[5];
    uint8_t software_size;
    uint8_t protocol[5];
    uint8_t protocol_size;
} medibus_identity;

/* A curve as the realtime configuration describes it. */
typedef struct medibus_curve_facts {
    uint8_t code;
    uint32_t interval_us;
    uint32_t steps; /* the highest value that is sent, which stands for `high` */
    dragoman_decimal low;
    dragoman_decimal high;
    dragoman_decimal step;
} medibus_curve_facts;

/* The first record in `data` of a response to `code`; it is cut off. NEED_MORE: none is left. INVALID: it is cut short
 * or its code is no code. UNSUPPORTED: responses to `code` have no records. */
dragoman_status medibus_record_next(uint8_t code, dragoman_bytes *data, medibus_record *ret_record);
/* Whether the data of a response to `code` are whole records; how many is written to ret_count. */
bool medibus_records_check(uint8_t code, dragoman_bytes data, uint32_t *ret_count);
/* Reads the response to an identification; empty data name nothing. False: it is none. */
bool medibus_identity_read(dragoman_bytes data, medibus_identity *ret_identity);
/* Reads the text of a record of the realtime configuration. False: it makes no sense. */
bool medibus_curve_facts_read(const medibus_record *record, medibus_curve_facts *ret_facts);

#endif
