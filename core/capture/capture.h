/*
 * The capture file: everything that crossed a link, so that it can be played through an adapter again. docs/capture.md
 * describes the bytes.
 *
 * Encoding and decoding alone: no file is opened here, nothing is owned. What a reader gives is borrowed from the bytes
 * that it reads.
 */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include "base/buffer.h"
#include "base/error.h"
#include <dragoman/adapter.h>

/* Facts of one header: a link has some ten, and as many more as its adapter has settings. */
#define CAPTURE_FACTS_MAX 320u
/* A header's encoded facts: certificates and secrets are none of them. */
#define CAPTURE_HEADER_BYTES_MAX ((size_t)1 << 20)
/* One record: the largest message that a host lets an adapter wait for, with its head. */
#define CAPTURE_RECORD_BYTES_MAX ((size_t)66 << 20)
/* Slices of one record: an HTTP request has four. */
#define CAPTURE_PARTS_MAX 5u

/* capture_header.flags: deadlines and settlements are recorded where they came. Without it (a file that was made by
 * hand or from packets) deadlines follow from the times, and every message is settled as durable at once. */
#define CAPTURE_IS_COMPLETE 0x01u

/* What a record holds. 1 to 63 are the ABI's event kinds, 64 and above its action kinds + CAPTURE_ACTION. */
#define CAPTURE_ACTION 64u
typedef enum capture_kind {
    CAPTURE_OPENED = DRAGOMAN_EVENT_OPENED,
    CAPTURE_BYTES = DRAGOMAN_EVENT_BYTES,
    CAPTURE_DATAGRAM = DRAGOMAN_EVENT_DATAGRAM,
    CAPTURE_MESSAGE = DRAGOMAN_EVENT_MESSAGE,
    CAPTURE_HTTP_REQUEST = DRAGOMAN_EVENT_HTTP_REQUEST,
    CAPTURE_HTTP_RESPONSE = DRAGOMAN_EVENT_HTTP_RESPONSE,
    CAPTURE_CLOSED = DRAGOMAN_EVENT_CLOSED,
    CAPTURE_SETTLED = DRAGOMAN_EVENT_SETTLED,
    CAPTURE_REFUSED = DRAGOMAN_EVENT_REFUSED,
    CAPTURE_SEND = CAPTURE_ACTION + DRAGOMAN_ACTION_SEND,
    CAPTURE_SEND_DATAGRAM = CAPTURE_ACTION + DRAGOMAN_ACTION_DATAGRAM,
    CAPTURE_ASK_OPEN = CAPTURE_ACTION + DRAGOMAN_ACTION_OPEN,
    CAPTURE_ASK_CLOSE = CAPTURE_ACTION + DRAGOMAN_ACTION_CLOSE,
    CAPTURE_STARTED = 128, /* an instance was made */
    CAPTURE_EXPIRED = 129, /* it was told that its deadline has passed */
    CAPTURE_ENDED = 130,   /* it was ended */
    CAPTURE_STATE = 131,   /* it read state from before the capture */
} capture_kind;

/* capture_record.flags: it repeats what an earlier file of the same recording said, so that this one stands alone. */
#define CAPTURE_IS_CONTINUED 0x01u

/* One record. What number, code, detail and the parts mean depends on the kind: docs/capture.md has the table. */
typedef struct capture_record {
    uint8_t kind; /* capture_kind; a reader passes over kinds that it does not know */
    uint8_t flags;
    uint8_t channel;  /* index among the header's channels */
    uint32_t session; /* from 1: which instance of the adapter */
    dragoman_now now;
    uint64_t number;
    uint32_t code;
    uint32_t detail;
    uint32_t part_count;
    dragoman_bytes parts[CAPTURE_PARTS_MAX];
} capture_record;

typedef struct capture_header {
    uint32_t flags;
    dragoman_now start;
    uint32_t fact_count;
    dragoman_setting facts[CAPTURE_FACTS_MAX]; /* keys may repeat: channel, setting:KEY */
} capture_header;

/* Appends the file's beginning. */
void capture_write_header(const capture_header *header, buffer *to);
/* Appends one record with its frame. */
void capture_write_record(const capture_record *record, buffer *to);
/* A record of an event (not SETTLED's message or BYTES' consumption: what is fresh is the caller's), for session and
 * time to be filled in. The slices are the event's. */
capture_record capture_record_of_event(const dragoman_event *event);
/* The same of an action. */
capture_record capture_record_of_action(const dragoman_action *action);

/* The first value of a fact, or an empty slice. */
dragoman_bytes capture_fact(const capture_header *header, const char *key);
/* Adds a fact; more than CAPTURE_FACTS_MAX are passed over. Borrowed. */
void capture_add_fact(capture_header *header, const char *key, dragoman_bytes value);

/* Whether some input begins as a capture does. */
bool capture_is_one(dragoman_bytes start);

/* Reads records one after the other. */
typedef struct capture_reader {
    dragoman_bytes bytes;
    size_t at;
    bool is_torn; /* the last record is cut short: the recorder died; no error */
} capture_reader;

/* Reads the header. INVALID: no capture; UNSUPPORTED: of a later format; CORRUPT. */
dragoman_status capture_reader_init(capture_reader *self, dragoman_bytes bytes, capture_header *ret_header,
                                    error_record *error);
/* The next record, its slices borrowed from the bytes. NOT_FOUND: no more. CORRUPT with the place. */
dragoman_status capture_reader_next(capture_reader *self, capture_record *ret_record, error_record *error);

#endif
