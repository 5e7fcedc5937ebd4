/*
 * Messages that an IntelliVue monitor sends, written from the Data Export Interface Programming Guide apart from any
 * adapter: connect indication, association control, MDS create event, poll results and errors.
 *
 * Everything is appended to a buffer. Lists are written front to back: a length is left open, what belongs to it is
 * appended, and the length is filled in.
 */
#ifndef SIMULATE_PLAY_MESSAGE_H
#define SIMULATE_PLAY_MESSAGE_H

#include "base/buffer.h"

/* A big-endian integer of 16 bits. */
void play_put16(buffer *to, uint32_t value);
/* One of 32 bits. */
void play_put32(buffer *to, uint32_t value);
/* Leaves room for a 16-bit length and returns its place. */
size_t play_open(buffer *to);
/* Fills it in with what was appended since. */
void play_close(buffer *to, size_t place);

/* A FLOAT: mantissa and exponent. */
void play_put_float(buffer *to, int32_t mantissa, int8_t exponent);
/* A String in UTF-16 with a final zero, of ASCII text. */
void play_put_string(buffer *to, const char *text);
/* An AbsoluteTime: a UTC time in microseconds as it shows on the monitor. */
void play_put_time(buffer *to, int64_t civil_us);

/* What a monitor says of itself. */
typedef struct play_identity {
    uint8_t system_id[6];
    const char *model;
    const char *serial;
    const char *bed;
    uint8_t ip[4];
    uint16_t port;
} play_identity;

/* Device discovery. */
void play_connect_indication(buffer *to, const play_identity *identity);
/* An association response; `extensions` is what is granted of the poll profile's. */
void play_association_response(buffer *to, uint32_t extensions);
/* A refuse. */
void play_refuse(buffer *to);
/* A release response. */
void play_release_response(buffer *to);
/* An abort. */
void play_abort(buffer *to);

/* The MDS create event, with the two times that belong together. */
void play_create_event(buffer *to, const play_identity *identity, uint16_t invoke_id, uint32_t ticks, int64_t civil_us);

/* The head of a poll result. */
typedef struct play_result {
    uint16_t invoke_id;
    uint16_t number;
    bool is_extended;
    uint16_t sequence_no;
    uint32_t ticks;
    uint16_t object_class;
    uint16_t group;
    uint8_t linked_state; /* 0: the last or only part */
    uint8_t linked_count;
    size_t places[6]; /* lengths that are open; play_result_end closes them */
    size_t object_count_place;
    uint16_t object_count;
} play_result;

/* Begins a result with one naming context; objects follow, then play_result_end. */
void play_result_begin(buffer *to, play_result *result);
/* Begins an object of it with `attributes` attributes, each as id, play_open, value, play_close. Returns the place that
 * play_close takes when all are there. */
size_t play_object(buffer *to, play_result *result, uint16_t handle, uint16_t attributes);
/* Ends it. */
void play_result_end(buffer *to, play_result *result);
/* Ends a result that has no objects at all, not even a context. */
void play_result_empty(buffer *to, play_result *result);
/* An attribute's head; play_close takes what it returns. */
size_t play_attribute(buffer *to, uint16_t id);
/* A remote operation error. */
void play_error(buffer *to, uint16_t invoke_id, uint16_t error_value);

#endif
