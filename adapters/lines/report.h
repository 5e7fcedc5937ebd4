/*
 * A record while it becomes a report.
 */
#ifndef LINES_REPORT_H
#define LINES_REPORT_H

#include "session.h"

/* What one field becomes. */
typedef struct lines_row {
    const lines_field *field;
    dragoman_bytes text; /* as it stands in the record */
    dragoman_value value;
    dragoman_code coding;  /* of its name */
    dragoman_code meaning; /* of a coded value */
    dragoman_range limits;
    dragoman_bytes low, high; /* the limits as they stand */
    uint32_t status;
    bool is_said; /* it is an observation */
} lines_row;

typedef struct lines_building {
    lines_session *session;
    const lines_record *record;
    const dragoman_now *now;
    lines_row *rows; /* of the record's fields */
    lines_moment moment;
    uint32_t odd_values;
    uint64_t replaced; /* characters */
} lines_building;

/* Reads the text of a row into its value, and notes what its words, bits and marks mean. False: no memory. */
bool lines_value_read(lines_building *to, lines_row *row);
/* Puts the limits of a record to their fields. False: no memory. */
bool lines_limits_put(lines_building *to);
/* Makes the alerts of what began, still stands after a break, or ended. False: no memory. */
bool lines_alerts_make(lines_building *to, dragoman_list *ret_alerts);

#endif
