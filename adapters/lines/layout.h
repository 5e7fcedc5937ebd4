/*
 * A layout: what the device section of a profile says of a device's records, and what it may be asked.
 *
 * It is read over the flattened section by tables of keys; every mistake is told with the key that it stands at. A
 * layout that an instance keeps is one block of memory and constant.
 */
#ifndef LINES_LAYOUT_H
#define LINES_LAYOUT_H

#include "limits.h"
#include <dragoman/adapter.h>

/* Bytes that mark something, or are sent. */
typedef struct lines_mark {
    uint8_t size;
    uint8_t bytes[LINES_MARK_BYTES_MAX];
} lines_mark;

/* How records lie in the stream: `start`, then `skip` bytes that nobody looks at, then text up to an end, then
 * `trailer` bytes. */
typedef struct lines_frame {
    lines_mark start; /* empty: a record begins where the one before ended */
    lines_mark ends[LINES_ENDS_MAX];
    lines_mark lines; /* parts the text of a frame into several records; empty: it is one */
    uint32_t end_count;
    uint32_t length; /* of the text, without start; 0: up to an end */
    uint32_t longest;
    uint32_t skip;
    uint32_t trailer;
} lines_frame;

typedef enum lines_checksum_kind {
    LINES_CHECKSUM_NONE = 0,
    LINES_CHECKSUM_XOR = 1,
    LINES_CHECKSUM_SUM = 2,        /* modulo 256 */
    LINES_CHECKSUM_NEGATIVE = 3,   /* two's complement of the sum */
    LINES_CHECKSUM_CRC_MODBUS = 4, /* polynomial 8005 reflected, from FFFF */
    LINES_CHECKSUM_CRC_ARC = 5,    /* the same from 0 */
    LINES_CHECKSUM_CRC_CCITT = 6,  /* polynomial 1021, from FFFF */
    LINES_CHECKSUM_CRC_XMODEM = 7, /* the same from 0 */
} lines_checksum_kind;

/* A checksum: the last bytes before the end, or, where a trailer follows the end, the first bytes of that. It covers
 * the record from its first byte (the start mark) to the checksum, without the bytes left out on both sides; those at
 * its end belong to no text. */
typedef struct lines_checksum {
    uint8_t kind; /* lines_checksum_kind */
    bool is_binary;
    bool is_little; /* low byte first */
    uint32_t skip_first, skip_last;
} lines_checksum;

/* A command that asks for a record. Nothing else is ever sent. */
typedef struct lines_poll {
    lines_mark send;
    lines_mark end;
    int64_t every_ms;
    int64_t timeout_ms;
} lines_poll;

/* What one word, bit or mark of a field means. */
typedef struct lines_meaning {
    dragoman_bytes is;   /* the whole word */
    dragoman_bytes mark; /* behind a value */
    dragoman_bytes name; /* the code that its alert carries; empty: the word itself */
    dragoman_bytes text;
    dragoman_bytes of; /* the field that it speaks of; empty: all of the record */
    int64_t bit;       /* -1: none */
    uint32_t status;   /* DRAGOMAN_STATUS_... */
    uint8_t alert;     /* dragoman_alert_kind; UNSTATED: it is no alert */
    uint8_t priority;  /* dragoman_alert_priority */
    uint8_t absent;    /* the value is no value for this reason; 0: it is one */
} lines_meaning;

typedef enum lines_type {
    LINES_NUMBER = 0,
    LINES_TEXT = 1,
    LINES_WORD = 2,   /* a coded value */
    LINES_ALARMS = 3, /* words that mean alerts and states */
    LINES_BITS = 4,   /* hexadecimal; bits that mean alerts and states */
    LINES_TIME = 5,
    LINES_SERIAL = 6,
    LINES_MODEL = 7,
    LINES_VERSION = 8,
    LINES_LOW_LIMIT = 9,
    LINES_HIGH_LIMIT = 10,
} lines_type;

/* A column number that stands for the last one. */
#define LINES_LAST UINT32_MAX

typedef struct lines_field {
    dragoman_bytes name; /* the code that its observation carries */
    dragoman_bytes text;
    dragoman_bytes unit;
    dragoman_bytes key;    /* found by its key */
    dragoman_bytes column; /* or by its column, as written: a number from 1, or a name of the header */
    dragoman_bytes prefix; /* taken off before it is read */
    dragoman_bytes suffix;
    dragoman_bytes format; /* of times */
    dragoman_bytes of;     /* of limits: the field whose limit it is */
    dragoman_decimal scale, least, most;
    uint32_t number; /* the column, when it is a number */
    uint32_t to;     /* and the last column that belongs to it; 0: only that one */
    uint32_t at;     /* or found by its place: from 1 */
    uint32_t width;
    uint32_t first_meaning, meaning_count;
    uint8_t type;     /* lines_type */
    uint8_t obtained; /* dragoman_obtained; UNSTATED: continuous */
    uint8_t dashes;   /* absent reason of dashes, as the layout's; 0: as there */
    uint8_t blank;
    bool has_least, has_most, has_scale;
} lines_field;

/* One kind of record. */
typedef struct lines_record {
    dragoman_bytes name;
    dragoman_bytes when; /* a pattern; empty: any */
    dragoman_bytes separators;
    dragoman_bytes divider; /* between a key and its value: one character */
    uint32_t counted;       /* this column says how many columns follow; 0: none does */
    uint32_t counted_from;  /* from this one on */
    uint32_t first_field, field_count;
    bool is_ignored;
    bool is_header; /* names the columns of the others */
} lines_record;

/* An absent reason that means that the value is not mentioned at all. */
#define LINES_UNMENTIONED UINT8_MAX

typedef struct lines_layout {
    dragoman_bytes manufacturer, model; /* or empty */
    dragoman_bytes system;              /* coding system of the names */
    lines_frame frame;
    lines_checksum checksum;
    uint8_t about;  /* 0: a patient; 1: a place or the device itself */
    uint8_t dashes; /* dragoman_absent of a value of dashes, or LINES_UNMENTIONED */
    uint8_t blank;
    bool has_comma; /* numbers have a decimal comma */
    const lines_poll *polls;
    const lines_record *records;
    const lines_field *fields;
    const lines_meaning *meanings;
    uint32_t poll_count, record_count, field_count, meaning_count;
} lines_layout;

/* Tells every mistake of a section. */
void lines_layout_check(const dragoman_list *profile, dragoman_mistake_teller tell, void *context);
/* Makes a layout from a section; `ret_block` holds it and is to be released. INVALID: it has mistakes. */
dragoman_status lines_layout_read(const dragoman_list *profile, const dragoman_host *host, void *context,
                                  lines_layout *ret_layout, void **ret_block);

#endif
