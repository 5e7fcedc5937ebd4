/*
 * The JSON schema of the site file, made from the table that checks it, so that editors complete and check what people
 * write.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "base/buffer.h"

/* Appends schemas/site.schema.json (JSON Schema 2020-12). */
void schema_write(buffer *to);

#endif
