/*
 * A whole file or standard input in memory.
 */
#ifndef APP_INPUT_H
#define APP_INPUT_H

#include "base/error.h"

typedef struct input_bytes {
    dragoman_bytes bytes;
    bool is_mapped;
} input_bytes;

/* Reads or maps the file `path`; "-" is standard input. NOT_FOUND, IO with the reason. */
dragoman_status input_read(const char *path, input_bytes *ret_input, error_record *error);
/* Gives it back. */
void input_free(input_bytes *input);

#endif
