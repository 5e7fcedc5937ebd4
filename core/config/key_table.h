/*
 * The keys of the site file as a Markdown table, for the documentation.
 */
#ifndef CONFIG_KEY_TABLE_H
#define CONFIG_KEY_TABLE_H

#include "base/buffer.h"

/* Appends the table: a row a key, in the order of the key table; a key within another is written `store.path`, one
 * within a list `links[].name`. Text, UTF-8. */
void key_table_write(buffer *to);

#endif
