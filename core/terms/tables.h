/*
 * The look-up tables in the form that is compiled in, and that a book with files of its own builds in memory.
 *
 * Rows are sorted by code. Beside each list stand slots: an open-addressed hash table of row numbers plus one, 0 for
 * empty, with linear probing and at most half of the slots used, so that a look-up touches one or two cache lines.
 * Everything is constant.
 */
#ifndef TERMS_TABLES_H
#define TERMS_TABLES_H

#include "terms/terms.h"

/* Rows of one table: slots hold 16-bit row numbers. The whole nomenclature has some 30,000 terms, LOINC's IEEE table
 * 5,000 rows. */
#define TERMS_ROWS_MAX 65000u

/* What stands beside terms_mdc row i. */
typedef struct terms_link {
    uint32_t group;       /* code of the compound, or 0 */
    uint16_t loinc_first; /* pairings: loincs[loinc_first] and the loinc_count - 1 behind it */
    uint16_t loinc_count;
} terms_link;

typedef enum terms_alias_kind {
    TERMS_ALIAS_SYNONYM = 0,   /* another name of a listed number */
    TERMS_ALIAS_NUMBER = 1,    /* another number of a listed name */
    TERMS_ALIAS_COLLISION = 2, /* some senders mean another thing by a listed number: resolves to nothing */
} terms_alias_kind;

typedef struct terms_alias {
    uint32_t code;       /* as senders write it */
    uint32_t table_code; /* the listed row that is meant */
    uint32_t kind;       /* terms_alias_kind */
    const char *refid;
} terms_alias;

/* A unit in a vendor's spelling that can mean one thing only. */
typedef struct terms_unit_text {
    const char *text;
    uint32_t unit; /* row of units */
} terms_unit_text;

/* A hash table over a list. */
typedef struct terms_slots {
    const uint16_t *rows; /* mask + 1 of them */
    uint32_t mask;
} terms_slots;

typedef struct terms_tables {
    const terms_mdc *mdcs;
    const terms_link *links; /* parallel to mdcs */
    const terms_loinc *loincs;
    const terms_unit *units;
    const terms_alias *aliases;
    const terms_unit_text *texts;
    uint32_t mdc_count;
    uint32_t loinc_count;
    uint32_t unit_count;
    uint32_t alias_count;
    uint32_t text_count;
    terms_slots mdc_by_code;
    terms_slots mdc_by_refid;
    terms_slots unit_by_code;
    terms_slots unit_by_refid;
    terms_slots unit_by_ucum;
    terms_slots alias_by_refid; /* synonyms */
    terms_slots alias_by_code;  /* numbers */
    terms_slots text_by_text;
} terms_tables;

/* The tables of mappings/terms as they were when the program was built. */
extern const terms_tables terms_compiled;

/* Of how many files. */
#define TERMS_COMPILED_FILES 8u
/* terms_hash_long of each file that is compiled in: one that is met unchanged at run time says nothing new. */
extern const uint64_t terms_compiled_files[TERMS_COMPILED_FILES];

/* The tables of a book; NULL gives the compiled-in ones. */
const terms_tables *terms_tables_of(const terms_book *book);

/* Look-ups in one set of tables; NULL when there is none. */
const terms_mdc *terms_tables_mdc(const terms_tables *tables, uint32_t code);
/* A term by its listed reference id; synonyms are another table. */
const terms_mdc *terms_tables_refid(const terms_tables *tables, dragoman_bytes refid);
/* A unit by its 32-bit code. */
const terms_unit *terms_tables_unit(const terms_tables *tables, uint32_t code);
/* A unit by its listed reference id. */
const terms_unit *terms_tables_unit_refid(const terms_tables *tables, dragoman_bytes refid);
/* The unit with the least number of those with that UCUM code. */
const terms_unit *terms_tables_ucum(const terms_tables *tables, dragoman_bytes ucum);
/* A unit by a vendor's spelling of it ("mmHg"). */
const terms_unit *terms_tables_unit_text(const terms_tables *tables, dragoman_bytes text);
/* The listed code that another number stands for, or 0. */
uint32_t terms_tables_other_number(const terms_tables *tables, uint32_t code);
/* The synonym of that name, or NULL. */
const terms_alias *terms_tables_synonym(const terms_tables *tables, dragoman_bytes refid);
/* What stands beside a row of the same tables. */
static inline const terms_link *terms_tables_link(const terms_tables *tables, const terms_mdc *mdc) {
    return tables->links + (mdc - tables->mdcs);
}

#endif
