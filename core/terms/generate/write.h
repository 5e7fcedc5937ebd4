/*
 * Writes tables as C source that defines `terms_compiled`: nothing but constant data.
 */
#ifndef TERMS_GENERATE_WRITE_H
#define TERMS_GENERATE_WRITE_H

#include "terms/tables.h"

#include <stdio.h>

/* Writes `tables` and the hashes of the files they come from to `out`. The caller asks ferror. */
void generate_write(const terms_tables *tables, const uint64_t hashes[TERMS_COMPILED_FILES], FILE *out);

#endif
