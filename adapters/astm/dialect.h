/*
 * What a link's settings and a device profile say about how an analyser writes.
 */
#ifndef ASTM_DIALECT_H
#define ASTM_DIALECT_H

#include "translate.h"

/* Names of the settings that a link or a profile may give, ended by NULL. */
extern const char *const astm_dialect_keys[];

/* Sets what `key` says; an empty value and a key that is none say nothing. `value` is borrowed. */
void astm_dialect_set(astm_dialect *dialect, const char *key, dragoman_bytes value);

/* The link's word, and where it says nothing that of the profile that speaks for `sender`. */
astm_dialect astm_dialect_of(const dragoman_host *host, void *context, const astm_dialect *link,
                             const dragoman_code *sender);

/* The character sets that a link or profile may name, as the host knows them. */
#define ASTM_CHARSETS 12
extern const char *const astm_charsets[ASTM_CHARSETS];
#define ASTM_CHARSET_CHOICES                                                                                           \
    "auto UTF-8 ISO-8859-1 ISO-8859-2 ISO-8859-5 ISO-8859-7 ISO-8859-9 ISO-8859-15 WINDOWS-1250 WINDOWS-1251 "         \
    "WINDOWS-1252 SHIFT_JIS GB18030 EUC-KR"

#endif
