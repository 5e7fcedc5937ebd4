/*
 * How far a profile covers what devices said: the sheet that a hospital signs off.
 */
#ifndef APP_PROFILE_COVERAGE_H
#define APP_PROFILE_COVERAGE_H

#include <stdbool.h>

/* Reads captures, packets or messages by the profile of `file` and the adapter that it is for, and prints on standard
 * output what was seen and mapped, what was seen and is not mapped, and what the profile has and was not seen. Returns
 * an exit code. `name` and `adapter` are the profile's. */
int profile_coverage_print(const char *file, const char *name, const char *adapter, const char *const *captures,
                           int count, bool wants_json);

#endif
