/*
 * The book of terms that a command works with: the installed mappings, and beside them a site's own folder.
 */
#ifndef APP_MAPPINGS_H
#define APP_MAPPINGS_H

#include "app/places.h"
#include "terms/terms.h"

/* Files of a site's own folder: a profile for each model of a large house's devices, and its tables. */
#define APP_MAPPING_FILES_MAX 1024u

/* Makes the book of the installed mappings and of the folder `own` (NULL or empty: none), whose terms/ holds more code
 * tables and whose other folders hold profiles; one of the name of an installed profile replaces it. `tell` is told
 * every mistake and may be NULL. INVALID: the first mistake stands in `error`, and there is no book; NO_MEMORY. */
dragoman_status app_mappings_read(const app_places *places, const char *own, terms_mistake_teller tell, void *context,
                                  terms_book **ret_book, error_record *error);

#endif
