/*
 * Where the program's own files are: beside it, as installed (bin/, lib/dragoman/, share/dragoman/). DRAGOMAN_PREFIX in
 * the environment names another place.
 */
#ifndef APP_PLACES_H
#define APP_PLACES_H

#include "base/error.h"

#define APP_PATH_BYTES 512

typedef struct app_places {
    char adapters[APP_PATH_BYTES]; /* lib/dragoman/adapters */
    char child[APP_PATH_BYTES];    /* lib/dragoman/adapter-host */
    char sinks[APP_PATH_BYTES];    /* lib/dragoman/sinks */
    char mappings[APP_PATH_BYTES]; /* share/dragoman/mappings */
    char skeleton[APP_PATH_BYTES]; /* share/dragoman/skeleton */
} app_places;

/* Finds them. LIMIT: the path is too long. IO: the program cannot tell where it is. */
dragoman_status app_places_find(app_places *ret_places, error_record *error);

#endif
