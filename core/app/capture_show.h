/*
 * A capture as text that people read: the form of tests/captures/README.md, with comments for what that form does not
 * say.
 */
#ifndef APP_CAPTURE_SHOW_H
#define APP_CAPTURE_SHOW_H

#include "capture/capture.h"
#include <stdio.h>

/* Writes the header's lines. */
void capture_show_header(const capture_header *header, FILE *to);
/* Writes a record as a line. `only_sizes` leaves the bytes out; `session` is the session of the line before, from 1. */
void capture_show_record(const capture_header *header, const capture_record *record, bool only_sizes, uint32_t *session,
                         FILE *to);

#endif
