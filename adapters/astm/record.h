/*
 * Records of ASTM E1394 (LIS02): the delimiters that a header declares, fields, repetitions, components and escapes.
 *
 * Everything points into the message or into batch memory: it lives until the call into the adapter returns.
 */
#ifndef ASTM_RECORD_H
#define ASTM_RECORD_H

#include "limits.h"
#include "scan.h"
#include <dragoman/adapter.h>

typedef struct astm_delimiters {
    uint8_t field;
    uint8_t repetition;
    uint8_t component;
    uint8_t escape;
} astm_delimiters;

/* The delimiters in the first five bytes of a header record (E1394 5.4). False: `record` is no header, or its
 * delimiters are letters, digits, controls or not all different. */
bool astm_delimiters_read(dragoman_bytes record, astm_delimiters *ret_delimiters);

/* Cuts the next record that is not empty off `text`: up to its line end, or to the end of the text. False: no more. */
bool astm_record_cut(dragoman_bytes *text, dragoman_bytes *ret_record);

typedef struct astm_record {
    dragoman_bytes raw;
    uint8_t type; /* its letter as a capital; 0: it has none */
    uint32_t count;
    dragoman_bytes fields[ASTM_FIELDS]; /* fields[0] is the type's */
} astm_record;

/* Splits a record. Fields beyond ASTM_FIELDS are not looked at. */
void astm_record_split(const astm_delimiters *delimiters, dragoman_bytes raw, astm_record *ret_record);
/* Field `number` as the standard counts: 1 is the record's type. Empty when it is not there. */
dragoman_bytes astm_field(const astm_record *record, uint32_t number);
/* Component `number` (from 1) of a field or repetition, as sent. */
dragoman_bytes astm_component(const astm_delimiters *delimiters, dragoman_bytes field, uint32_t number);

/* How texts become UTF-8. */
typedef struct astm_words {
    const dragoman_host *host;
    void *context;
    astm_delimiters delimiters;
    const char *charset; /* name for the host; NULL: UTF-8 where it is valid, else ISO 8859-1 */
    uint64_t replaced;   /* bytes that no character set explains */
    bool failed;         /* there was no memory for a text */
} astm_words;

/* What was sent, without blanks at its ends, escapes undone (E1394 5.4.6), as UTF-8. Separators of components and
 * repetitions in it stay as they are. */
dragoman_bytes astm_word(astm_words *words, dragoman_bytes sent);

#endif
