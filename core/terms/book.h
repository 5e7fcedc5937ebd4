/*
 * Inside of a book: the tables it looks into, its profiles, and the texts that both point to.
 */
#ifndef TERMS_BOOK_H
#define TERMS_BOOK_H

#include "terms/profile.h"
#include "terms/tables.h"

/* Profiles of one book: some dozens of vendors with a few models each. */
#define TERMS_PROFILES_MAX 512u
/* Files of one book: a few per site beside one per profile. */
#define TERMS_FILES_MAX 1024u

struct terms_book {
    const terms_tables *tables; /* own or the compiled-in ones */
    terms_tables *own;          /* or NULL */
    terms_profile *profiles[TERMS_PROFILES_MAX];
    uint32_t profile_count;
    char *texts[TERMS_FILES_MAX]; /* whole files that table rows point into */
    char *names[TERMS_FILES_MAX]; /* their paths */
    uint32_t file_count;
};

/* The profile of that name, or NULL. */
const terms_profile *terms_book_profile(const terms_book *book, dragoman_bytes name);
/* The first profile that speaks for the report's sender, or NULL; an empty adapter allows the profiles of all. */
const terms_profile *terms_book_recognise(const terms_book *book, dragoman_bytes adapter,
                                          const dragoman_report *report);

#endif
