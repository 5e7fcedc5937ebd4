/*
 * Device profiles as the host asks for them: which one speaks for a report, its clock, and the adapter settings that it
 * brings. One thread.
 */
#ifndef APP_DIALECTS_H
#define APP_DIALECTS_H

#include "host/environment.h"
#include "terms/terms.h"

/* Profiles with a clock of their own. */
#define DIALECTS_MAX 512

typedef struct dialect {
    terms_profile_facts facts;
    time_zone *zone; /* NULL: the link's or site's */
} dialect;

typedef struct dialects {
    const terms_book *book;
    dialect *items;
    uint32_t count;
} dialects;

/* Takes the book's profiles and loads their zones. INVALID names the profile whose zone there is not. */
dragoman_status dialects_init(dialects *self, const terms_book *book, error_record *error);
/* Frees the zones. */
void dialects_fini(dialects *self);
/* Fills the hooks that speak of profiles and terms. `self` must outlive them; dialects_init may come later. */
void dialects_hook(dialects *self, host_hooks *hooks);

#endif
