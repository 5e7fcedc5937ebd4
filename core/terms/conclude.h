/*
 * Inside of a conclusion: what one coding and one unit mean under one profile. Pure functions; nothing is allocated.
 */
#ifndef TERMS_CONCLUDE_H
#define TERMS_CONCLUDE_H

#include "terms/book.h"

/* Under what a report is read. */
typedef struct conclude_context {
    const terms_tables *tables;
    const terms_profile *profile; /* or NULL */
} conclude_context;

/* Whether a coding is one of IEEE 11073-10101: by its system, or, where no system was sent, by the form of its name. */
bool conclude_is_mdc(const dragoman_code *coding);

/* The number of a code: decimal digits up to 4294967295. 0: it is none. */
uint32_t conclude_number(dragoman_bytes text);

/* The number behind Philips' "0002-4bb8" (partition and term in hexadecimal), 0 when it is none or private. */
uint32_t conclude_mdil(const conclude_context *context, const dragoman_code *coding);

/* Whether text is a reference id of the nomenclature by its form. */
bool conclude_is_refid(dragoman_bytes text);

/* The term of a concept whose first coding is a listed number of the nomenclature: what conclude_concept would say
 * without a profile, but for names that contradict. NULL otherwise. */
const terms_mdc *conclude_listed(const terms_tables *tables, const dragoman_concept *concept);

/* Concludes a concept: mdc, mapping, term, pairings, group, mismatch. Returns the profile's row that was used, or NULL.
 * Every member of `ret_meaning` is set. */
const profile_code *conclude_concept(const conclude_context *context, const dragoman_concept *concept,
                                     terms_meaning *ret_meaning);

/* Concludes a unit into the unit members of `meaning`; `row` is what conclude_concept returned. */
void conclude_unit(const conclude_context *context, const dragoman_code *unit, const profile_code *row,
                   terms_meaning *meaning);

#endif
