/*
 * Rows of the term files (mappings/terms/README.md) between the text and the tables: read, checked against each other,
 * and turned into terms_tables.
 *
 * The same code makes the compiled-in tables (generate/) and a book with a site's own files. It leans on libc alone,
 * since it also runs while the program is being built. Single-threaded. All texts point into the buffers that were
 * read, or into other tables.
 */
#ifndef TERMS_ROWS_ROWS_H
#define TERMS_ROWS_ROWS_H

#include "base/mistakes.h"
#include "terms/tables.h"

/* The largest term file: LOINC's IEEE table has less than 1 MiB. */
#define TERMS_FILE_BYTES_MAX ((size_t)16 << 20)

/* A growing array of rows of one size. */
typedef struct terms_list {
    void *items;
    uint32_t count;
    uint32_t capacity;
} terms_list;

typedef struct row_mdc {
    terms_mdc mdc;
    bool is_implied; /* from LOINC's table, which is not about terms: gives way to any other row */
    mistake_place place;
} row_mdc;

typedef enum row_use {
    ROW_USE_FIRST, /* the code that stands for the term */
    ROW_USE_ALSO,  /* goes out beside it */
    ROW_USE_OTHER, /* seen, does not go out */
} row_use;

typedef struct row_pair {
    uint32_t code;
    uint8_t use;   /* row_use */
    bool is_added; /* from LOINC's table: stands beside other rows of its code */
    const char *refid;
    terms_loinc loinc;
    mistake_place place;
} row_pair;

typedef struct row_unit {
    terms_unit unit;
    mistake_place place;
} row_unit;

typedef struct row_alias {
    terms_alias alias;
    const char *table_refid;
    mistake_place place;
} row_alias;

typedef struct row_group {
    uint32_t code;
    uint32_t group_code;
    const char *refid;
    const char *group_refid;
    mistake_place place;
} row_group;

typedef struct row_episodic {
    uint32_t code;
    const char *refid;
    mistake_place place;
} row_episodic;

typedef struct row_text {
    const char *text;
    const char *refid;
    const char *ucum;
    mistake_place place;
} row_text;

/* Which units the registry lists for a term: only checked, never compiled in. */
typedef struct row_term_units {
    uint32_t code;
    const char *refid;
    const char *mdc_units;
    const char *ucum_units;
    mistake_place place;
} row_term_units;

typedef struct terms_rows {
    terms_list mdcs;       /* row_mdc */
    terms_list pairs;      /* row_pair */
    terms_list units;      /* row_unit */
    terms_list aliases;    /* row_alias */
    terms_list groups;     /* row_group */
    terms_list episodics;  /* row_episodic */
    terms_list texts;      /* row_text */
    terms_list term_units; /* row_term_units */
    bool is_site; /* rows read from now on are a site's own: standing TERMS_SITE, later rows replace earlier ones */
    bool failed;  /* memory ran out */
} terms_rows;

/* Prepares empty rows. */
void terms_rows_init(terms_rows *self);
/* Frees the rows, not the texts. */
void terms_rows_fini(terms_rows *self);
/* Copies the rows of tables, to add to them. */
void terms_rows_from(terms_rows *self, const terms_tables *tables);
/* A new zeroed row of `size` bytes behind the list; NULL (and failed is set) when memory or TERMS_ROWS_MAX is reached.
 */
void *terms_rows_add(terms_rows *self, terms_list *list, size_t size);

/* Reads one file. `text` has `size` bytes and room for a NUL; it is changed and must outlive the rows. The first line
 * says which table it is. `file` is its name for mistakes and must outlive the rows too. */
void terms_rows_read(terms_rows *self, const char *file, char *text, size_t size, mistake_list *mistakes);

/* Sorts the rows by code and drops those that a site's row replaces. Rows that claim the same place stay, for the check
 * to find. */
void terms_rows_settle(terms_rows *self);

/* Checks settled rows against each other and against the numbering rules. */
void terms_rows_check(terms_rows *self, mistake_list *mistakes);

/* The settled row of that code, or NULL. */
const row_mdc *terms_rows_mdc(const terms_rows *self, uint32_t code);

/* Builds tables from rows that were checked without a mistake. The tables are one block of memory for free(); NULL
 * without memory. */
terms_tables *terms_rows_index(const terms_rows *self);

/* Row `index` of a list. */
#define TERMS_ROW(type, list, index) ((type *)(list).items + (index))

#endif
