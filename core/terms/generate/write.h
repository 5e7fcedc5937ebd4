/*
 * Writes tables as C source that defines `terms_compiled`: nothing but constant data.
 */
#ifndef TERMS_GENERATE_WRITE_H
#define TERMS_GENERATE_WRITE_H

#include "terms/tables.h"

#include <stdio.h>

/* Writes `tables` to `out`. The caller asks ferror. */
void generate_write(const terms_tables *tables, FILE *out);

#endif
