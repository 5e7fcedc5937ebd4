/*
 * What each bed said last: read from a store as it grows, shown as a table. One thread.
 */
#ifndef APP_LIVE_TABLE_H
#define APP_LIVE_TABLE_H

#include "base/buffer.h"
#include "base/error.h"
#include "config/site.h"

/* Beds of one table: a large hospital's; each costs half a kB. */
#define LIVE_TABLE_BEDS_MAX 4096u

typedef struct live_table live_table;

/* Opens the store of a site for reading. What is in it already is read too, the newest part of it. */
dragoman_status live_table_create(const site *of, live_table **ret_table, error_record *error);
/* Frees it. NULL is allowed. */
void live_table_destroy(live_table *self);
/* Reads what was committed since the last call. */
dragoman_status live_table_read(live_table *self, error_record *error);
/* Appends the table; `wall_us` is now, for the ages. With colour, alarms stand out. */
void live_table_write(const live_table *self, int64_t wall_us, bool has_colour, buffer *to);

#endif
