/*
 * A message as it lies in the unread bytes: its delimiters, its segments one after the other, their fields as slices.
 * Nothing is copied; each segment is split into fields once, in one pass, and the parts of a field when they are asked
 * for.
 *
 * A slice that these functions return is still escaped; hl7v2_text (escape.h) makes text of it.
 */
#ifndef HL7V2_MESSAGE_H
#define HL7V2_MESSAGE_H

#include "limits.h"
#include "memory.h"
#include <string.h>

/* The delimiters that MSH-1 and MSH-2 declare. */
typedef struct hl7v2_delimiters {
    uint8_t field;
    uint8_t component;
    uint8_t repetition;
    uint8_t escape; /* 0: none declared */
    uint8_t subcomponent;
    uint8_t truncation; /* 2.7: 0 when none is declared */
} hl7v2_delimiters;

typedef struct hl7v2_message {
    dragoman_bytes text; /* from "MSH" on */
    hl7v2_delimiters delimiters;
    bool returns_first;  /* the first line ends with \r: a lone \n before anything but a segment is text */
    const char *charset; /* iconv's name of the set that the sender used; NULL: UTF-8 */
    bool may_escape;     /* the escape sign stands somewhere behind MSH-2, or is_raw */
    bool is_raw;         /* `text` is in that set still, because \C..\ or \M..\ change the set inside of it */
    size_t replaced;     /* bytes that no character set explained */
    const dragoman_host *host;
    void *context;
    hl7v2_memory *memory;
} hl7v2_message;

/* One segment, split into fields. */
typedef struct hl7v2_segment {
    dragoman_bytes raw;                /* without its line end */
    uint32_t name;                     /* HL7V2_NAME('O', 'B', 'X'), or 0 when it begins with no segment name */
    uint32_t position;                 /* in the message, from 1 */
    uint32_t count;                    /* fields that are indexed, the name among them */
    uint32_t starts[HL7V2_FIELDS + 2]; /* field n is [starts[n], starts[n + 1] - 1) */
} hl7v2_segment;

#define HL7V2_NAME(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))
#define HL7V2_MSH HL7V2_NAME('M', 'S', 'H')

/* Walks over the segments of a message. */
typedef struct hl7v2_reader {
    const hl7v2_message *message;
    size_t at;
    uint32_t position;
} hl7v2_reader;

/* Reads the delimiters of a text that begins with "MSH". INVALID when it does not, or when they are no printable ASCII
 * signs; they are the usual ones then. A short MSH-2 is completed with the usual ones. */
dragoman_status hl7v2_delimiters_read(dragoman_bytes text, hl7v2_delimiters *ret_delimiters);

/* Bytes before the first line end. */
size_t hl7v2_line_size(dragoman_bytes text);

/* Fills text, delimiters and returns_first. As hl7v2_delimiters_read. */
dragoman_status hl7v2_message_init(hl7v2_message *message, dragoman_bytes text);

/* The next segment; false at the end. Empty lines are passed over. */
bool hl7v2_reader_next(hl7v2_reader *reader, hl7v2_segment *ret_segment);

/* The bytes from `begin` to before `end`. */
static inline dragoman_bytes hl7v2_slice(const uint8_t *begin, const uint8_t *end) {
    return (dragoman_bytes){begin, (size_t)(end - begin)};
}

/* Field `number` as it is written, empty when the segment ends before it. In MSH use hl7v2_header_field. */
static inline dragoman_bytes hl7v2_field(const hl7v2_segment *segment, uint32_t number) {
    if (number >= segment->count) {
        return (dragoman_bytes){NULL, 0};
    }
    uint32_t start = segment->starts[number];
    return (dragoman_bytes){segment->raw.data + start, segment->starts[number + 1] - 1 - start};
}

/* The same for MSH, whose first field is the separator itself; `number` is at least 2. */
static inline dragoman_bytes hl7v2_header_field(const hl7v2_segment *segment, uint32_t number) {
    return hl7v2_field(segment, number - 1);
}

/* Cuts the first part off `rest` at `separator`. False when `rest` was used up (data == NULL). An empty slice is one
 * empty part. */
static inline bool hl7v2_cut(dragoman_bytes *rest, uint8_t separator, dragoman_bytes *ret_part) {
    if (rest->data == NULL) {
        return false;
    }
    const uint8_t *at = rest->data;
    const uint8_t *end = at + rest->size;
    while (at < end && *at != separator) {
        at++;
    }
    *ret_part = hl7v2_slice(rest->data, at);
    *rest = at < end ? hl7v2_slice(at + 1, end) : (dragoman_bytes){NULL, 0};
    return true;
}

/* The components of the first repetition of a field. */
typedef struct hl7v2_components {
    dragoman_bytes part[HL7V2_COMPONENTS]; /* those that are missing are empty */
    uint32_t count;                        /* as written, also beyond HL7V2_COMPONENTS */
    dragoman_bytes whole;                  /* the repetition */
    dragoman_bytes rest;                   /* the other repetitions; data == NULL when there are none */
} hl7v2_components;

/* Splits the first repetition of `field`. */
void hl7v2_split(const hl7v2_message *message, dragoman_bytes field, hl7v2_components *ret_components);

/* Component `number` (from 1) of the first repetition of a field, as written. */
dragoman_bytes hl7v2_component(const hl7v2_message *message, dragoman_bytes field, uint32_t number);

/* Sub-component `number` (from 1) of a component. */
dragoman_bytes hl7v2_subcomponent(const hl7v2_message *message, dragoman_bytes component, uint32_t number);

/* Without blanks and tabs at both ends. */
static inline dragoman_bytes hl7v2_trim(dragoman_bytes text) {
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t')) {
        text.size--;
    }
    return text;
}

/* Whether both are the same bytes. */
static inline bool hl7v2_same(dragoman_bytes a, dragoman_bytes b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Whether `text` is exactly `word`. */
static inline bool hl7v2_is(dragoman_bytes text, const char *word) {
    return text.size == strlen(word) && (text.size == 0 || memcmp(text.data, word, text.size) == 0);
}

/* HL7's null: the value was deleted, or is known to be none. */
static inline bool hl7v2_is_null(dragoman_bytes text) {
    return text.size == 2 && text.data[0] == '"' && text.data[1] == '"';
}

#endif
