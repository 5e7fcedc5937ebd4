/*
 * APDUs of IEEE 11073-20601 as an agent writes and reads them (Annex A, MDER).
 */
#ifndef SIMULATE_AGENT_APDU_H
#define SIMULATE_AGENT_APDU_H

#include "base/buffer.h"
#include <dragoman/base.h>

/* Appends numbers, most significant byte first. */
void apdu_u16(buffer *to, uint32_t value);
/* Likewise. */
void apdu_u32(buffer *to, uint32_t value);
/* Reserves a length; gives its place to apdu_close. */
size_t apdu_open(buffer *to);
/* Fills a length in with the bytes since. */
void apdu_close(buffer *to, size_t place);
/* Appends an attribute of a list: id, length, value. */
void apdu_attribute(buffer *to, uint16_t id, const void *value, size_t size);
/* Appends an attribute of one 16-bit number. */
void apdu_attribute_u16(buffer *to, uint16_t id, uint16_t value);
/* Begins a SEQUENCE OF of so many elements; apdu_close ends it. */
size_t apdu_list(buffer *to, uint16_t count);

/* The lengths of a PrstApdu that are not known yet. */
typedef struct apdu_data {
    size_t lengths[3];
} apdu_data;

/* Begins a PrstApdu with a DataApdu of this choice; apdu_data_end ends it. */
apdu_data apdu_data_begin(buffer *to, uint16_t invoke_id, uint16_t choice);
/* Fills its lengths in. */
void apdu_data_end(buffer *to, const apdu_data *data);

/* AbsoluteTime of a moment on the agent's clock, which shows UTC. */
void apdu_time(int64_t wall_us, uint8_t *ret_bytes);

/* An APDU that was received. */
typedef struct apdu_heard {
    uint16_t choice;     /* E200 ... E700 */
    uint16_t reason;     /* aare: result; rlrq, rlre, abrt: reason */
    uint16_t invoke_id;  /* prst */
    uint16_t operation;  /* prst: 0103, 0201 ... */
    dragoman_bytes body; /* prst: behind the operation's length */
    size_t size;         /* of the whole APDU */
} apdu_heard;

/* Reads the first APDU of some bytes. False: it is not whole yet. */
bool apdu_hear(dragoman_bytes bytes, apdu_heard *ret_heard);
/* The 16-bit number at a place of a body; 0 behind its end. */
uint16_t apdu_at(dragoman_bytes body, size_t place);

#endif
