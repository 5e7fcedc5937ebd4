/*
 * A report as a table that a nurse can read.
 */
#ifndef APP_TEXT_TABLE_H
#define APP_TEXT_TABLE_H

#include "base/buffer.h"
#include "terms/terms.h"

/* Appends the report: a line that says who, where and when, then a line for each observation, alert and context event.
 * Text, UTF-8. */
void text_table_write(const model_record *record, const terms_meanings *meanings, buffer *to);

/* Appends one observation's value as a person writes it, with its unit if that is wanted: "98 %", "120..60 mmHg",
 * "-- (not available)", and the parts of a compound as "120/80 mm[Hg]". `parts` are the meanings of its components, or
 * NULL. */
void text_table_value(const dragoman_observation *observation, const terms_meaning *meaning, const terms_meaning *parts,
                      bool has_unit, buffer *to);

#endif
