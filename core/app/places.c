#include "app/places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Room for what is appended to the prefix. */
#define PREFIX_BYTES (APP_PATH_BYTES - 32)

static dragoman_status find_prefix(char to[PREFIX_BYTES], error_record *error) {
    const char *named = getenv("DRAGOMAN_PREFIX");
    if (named != NULL && named[0] != '\0') {
        int size = snprintf(to, PREFIX_BYTES, "%s", named);
        return size < PREFIX_BYTES ? DRAGOMAN_OK
                                   : error_set(error, DRAGOMAN_LIMIT, "DRAGOMAN_PREFIX is too long a path");
    }
    ssize_t size = readlink("/proc/self/exe", to, PREFIX_BYTES - 1);
    if (size <= 0 || size >= PREFIX_BYTES - 1) {
        return error_set(error, DRAGOMAN_IO, "the program cannot tell where it lies: set DRAGOMAN_PREFIX");
    }
    to[size] = '\0';
    /* Up from bin/dragoman to what holds bin/. */
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(to, '/');
        if (slash == NULL) {
            return error_set(error, DRAGOMAN_IO, "the program lies in no bin/ folder: set DRAGOMAN_PREFIX");
        }
        *slash = '\0';
    }
    return DRAGOMAN_OK;
}

dragoman_status app_places_find(app_places *ret_places, error_record *error) {
    char prefix[PREFIX_BYTES];
    dragoman_status status = find_prefix(prefix, error);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    snprintf(ret_places->adapters, APP_PATH_BYTES, "%s/lib/dragoman/adapters", prefix);
    snprintf(ret_places->child, APP_PATH_BYTES, "%s/lib/dragoman/adapter-host", prefix);
    snprintf(ret_places->sinks, APP_PATH_BYTES, "%s/lib/dragoman/sinks", prefix);
    snprintf(ret_places->mappings, APP_PATH_BYTES, "%s/share/dragoman/mappings", prefix);
    snprintf(ret_places->skeleton, APP_PATH_BYTES, "%s/share/dragoman/skeleton", prefix);
    return DRAGOMAN_OK;
}
