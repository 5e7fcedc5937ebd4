/*
 * Reading a site file with everything that its keys depend on: adapters, sinks and profiles, as installed.
 */
#ifndef APP_SITE_CHECKING_H
#define APP_SITE_CHECKING_H

#include "app/places.h"
#include "base/buffer.h"
#include "config/site.h"
#include <stdio.h>

/* Reads the site file `path` ("-": standard input) and prints every mistake on `to` (NULL: nowhere) as
 * "file:line:column: what". INVALID when there was one, else what kept the file from being read (told on standard
 * error). The site, in whose memory the mistakes lie, must be freed with site_fini in any case. */
dragoman_status site_check(const char *path, const app_places *places, FILE *to, site *ret_site,
                           site_mistakes *ret_mistakes);

/* Asks the dragoman that runs the site in `path` and appends its answer. As control_ask; INVALID when the site file has
 * mistakes (not printed: `dragoman check` does). */
dragoman_status site_ask(const char *path, const char *request, buffer *to, error_record *error);

#endif
