/*
 * Adapters that are asked what they are, or tried, without being let into the program: each in a process of its own
 * that ends with the question.
 */
#ifndef APP_ISOLATION_H
#define APP_ISOLATION_H

#include "app/places.h"
#include "isolate/isolate.h"

typedef struct app_isolation {
    isolate_options options;
    host_loader loader;
} app_isolation;

/* Fills both; `places` and `ret` must outlive the adapters. Each call waits for its answer. */
void app_isolation_init(app_isolation *ret, const app_places *places);

#endif
