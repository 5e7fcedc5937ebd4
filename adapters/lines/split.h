/*
 * A record in its columns, and where a field stands in it. Pure functions.
 */
#ifndef LINES_SPLIT_H
#define LINES_SPLIT_H

#include "layout.h"

typedef struct lines_columns {
    dragoman_bytes record;
    dragoman_bytes items[LINES_COLUMNS_MAX]; /* in the record, not trimmed */
    uint32_t count;
    bool has_more; /* than fit */
} lines_columns;

/* Splits a record at its separators. Where all of them are blanks, several count as one and none stands at the ends. */
void lines_split(dragoman_bytes record, dragoman_bytes separators, lines_columns *ret_columns);
/* Whether it is one record: with as many columns as it says itself (lines_record.counted), and no key twice, as when a
 * lost end joins two. */
bool lines_is_whole(const lines_layout *layout, const lines_record *is, const lines_columns *columns);
/* The text of a field, trimmed. `header` are the columns that name the others. False: the record has no such field. */
bool lines_locate(const lines_record *record, const lines_field *field, const lines_columns *columns,
                  const lines_columns *header, dragoman_bytes *ret_text);

#endif
