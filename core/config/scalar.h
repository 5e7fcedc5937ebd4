/*
 * The single values of the site file: durations, sizes, counts. Pure functions.
 */
#ifndef CONFIG_SCALAR_H
#define CONFIG_SCALAR_H

#include <dragoman/base.h>

/* "500ms", "30s", "5m", "72h", "7d": microseconds. False: no such duration, or more than 100 years. */
bool scalar_duration(dragoman_bytes text, int64_t *ret_us);
/* "0B", "512KiB", "64MiB", "20GiB", "1TiB", also KB, MB, GB, TB of a thousand: bytes. False: no such size, or more than
 * 2^60. */
bool scalar_size(dragoman_bytes text, uint64_t *ret_bytes);
/* A whole number without sign, or with '-'. */
bool scalar_integer(dragoman_bytes text, int64_t *ret_number);
/* true or false, as YAML 1.2 writes them. */
bool scalar_boolean(dragoman_bytes text, bool *ret_value);
/* The place of `text` among the words of `choices`, which blanks separate; -1: it is none of them. */
int scalar_choice(dragoman_bytes text, const char *choices);

#endif
