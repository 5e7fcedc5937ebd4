/*
 * Comma-separated files (RFC 4180): records of fields, quotes doubled inside quotes, lines ending in LF or CRLF.
 *
 * The text is read in place: fields become NUL-terminated where they stand and live as long as the caller's buffer.
 * Single-threaded.
 */
#ifndef TERMS_ROWS_CSV_H
#define TERMS_ROWS_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CSV_FIELDS_MAX 40 /* LOINC's IEEE table has some ten columns, ours at most ten */

typedef struct csv_reader {
    char *at;
    char *end;
    size_t line; /* of the next record, from 1 */
} csv_reader;

typedef struct csv_record {
    char *fields[CSV_FIELDS_MAX];
    size_t count;
    size_t line; /* where it starts */
} csv_record;

typedef enum csv_result {
    CSV_RECORD,
    CSV_END,
    CSV_OPEN_QUOTE,  /* a quoted field that never ends, or text behind its end */
    CSV_MANY_FIELDS, /* more than CSV_FIELDS_MAX */
} csv_result;

/* Begins to read `size` bytes at `text`; text[size] must be writable (it becomes a NUL). A byte order mark is skipped.
 */
void csv_init(csv_reader *self, char *text, size_t size);
/* Reads the next record; empty lines are skipped. After a mistake reading goes on at the next line. */
csv_result csv_next(csv_reader *self, csv_record *record);

#endif
