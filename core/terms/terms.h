/*
 * Terminology: MDC terms, units and their LOINC, UCUM and FHIR counterparts, device profiles, and what each observation
 * means by them.
 *
 * Two stages and no third: a device profile turns a vendor's code into MDC; the tables turn MDC into LOINC, UCUM,
 * category and vital-signs profile. The compiled-in tables (mappings/terms) are constant data; a terms_book adds the
 * site's own files and the profiles of mappings/<adapter>/. A book is immutable once made and shared by all threads.
 */
#ifndef TERMS_TERMS_H
#define TERMS_TERMS_H

#include "base/arena.h"
#include "base/error.h"
#include "model/model.h"
#include <dragoman/report.h>

/* How well a row is founded (mappings/terms/README.md): shown by `dragoman terms` and logged when first met. */
typedef enum terms_standing {
    TERMS_CONFIRMED = 0,     /* two or more independent sources, or the registry itself */
    TERMS_SINGLE_SOURCE = 1, /* shipped, logged when first met */
    TERMS_RULE = 2,          /* derived by the numbering rule: recognised, checked before it is sent as fact */
    TERMS_SITE = 3,          /* from the site's own file */
} terms_standing;

typedef struct terms_mdc {
    uint32_t code; /* partition x 65536 + term */
    uint8_t kind;  /* terms_kind */
    uint8_t standing;
    uint8_t episodic; /* 1: a single measurement by nature (cuff pressure), not a running value */
    uint8_t reserved;
    const char *refid;
    const char *name;
} terms_mdc;

typedef enum terms_kind {
    TERMS_NUMERIC,
    TERMS_WAVEFORM,
    TERMS_ENUMERATION,
    TERMS_EVENT,
    TERMS_DEVICE,
    TERMS_UNIT,
    TERMS_ATTRIBUTE,
    TERMS_SITE_OF_BODY,
    TERMS_SETTING,
} terms_kind;

/* One LOINC pairing of an MDC term. */
typedef struct terms_loinc {
    const char *code;
    const char *display;  /* a LOINC name of it */
    const char *ucum;     /* the unit that the pairing and its profile expect, or "" */
    const char *category; /* FHIR observation-category code */
    const char *profile;  /* R4 vital-signs profile id ("heartrate"), or "" */
    uint8_t standing;
    uint8_t is_preferred; /* 1: goes out as a coding (the first of a term stands for it, more stand beside it); 0: only
                             seen */
} terms_loinc;

typedef struct terms_unit {
    uint32_t code; /* MDC dimension, 32 bit; 0 for units without one */
    const char *refid;
    const char *ucum;
    const char *name;
} terms_unit;

typedef struct terms_book terms_book;

/* Makes a book. `mappings` is the folder that holds terms/ and <adapter>/ (the installed one, or a site's; NULL: none).
 * Files of its terms/ that differ from what is compiled in, or are not known there, are read as the site's own.
 * `site_files` are more CSV and YAML files of the site (may be NULL with 0); a profile in them replaces one of the
 * folder. INVALID: the first mistake stands in `error` with file, line and column, and there is no book; NO_MEMORY. */
dragoman_status terms_book_create(const char *mappings, const char *const *site_files, size_t site_file_count,
                                  terms_book **ret_book, error_record *error);
/* Frees a book; NULL is allowed. */
void terms_book_destroy(terms_book *book);

/* A mistake in a file: line and column count from 1, 0 is unknown. */
typedef void (*terms_mistake_teller)(void *context, const char *file, uint32_t line, uint32_t column,
                                     const char *sentence);
/* As terms_book_create, and tells every mistake, for `dragoman check`. `tell` may be NULL. */
dragoman_status terms_book_create_telling(const char *mappings, const char *const *site_files, size_t site_file_count,
                                          terms_mistake_teller tell, void *context, terms_book **ret_book,
                                          error_record *error);

/* Look-ups; NULL when there is none. Constant data of the book's lifetime. `book` may be NULL: compiled-in rows only.
 */
const terms_mdc *terms_find_mdc(const terms_book *book, uint32_t code);
/* A term by its reference id or a synonym of it. */
const terms_mdc *terms_find_refid(const terms_book *book, dragoman_bytes refid);
/* A unit by its 32-bit dimension code. */
const terms_unit *terms_find_unit(const terms_book *book, uint32_t code);
/* A unit by its reference id or a synonym of it. */
const terms_unit *terms_find_unit_refid(const terms_book *book, dragoman_bytes refid);
/* Whether `text` is a valid UCUM unit as far as the tables know it: its row (any MDC unit with that UCUM), or NULL. */
const terms_unit *terms_find_ucum(const terms_book *book, dragoman_bytes ucum);
/* All LOINC pairings of an MDC code, preferred first; count in ret_count. */
const terms_loinc *terms_find_loinc(const terms_book *book, uint32_t code, uint32_t *ret_count);
/* The group (compound) that an MDC code is a member of: 150020 for 150021, 150022, 150023; 0 when it is in none. */
uint32_t terms_group(const terms_book *book, uint32_t code);

/* How a code came to its meaning. */
typedef enum terms_mapping {
    TERMS_UNMAPPED = 0, /* travels on with the vendor's own code */
    TERMS_SPOKEN = 1,   /* the device speaks MDC itself */
    TERMS_PROFILE = 2,  /* through a profile row */
    TERMS_ALIAS = 3,    /* through an alias row */
} terms_mapping;

/* What one observation, component, alert source or node means. Kept beside the report, never in it. */
typedef struct terms_meaning {
    uint32_t mdc;          /* 0: none known */
    uint8_t mapping;       /* terms_mapping of the code */
    uint8_t unit_mapping;  /* terms_mapping of the unit; SPOKEN also for a unit sent as UCUM */
    uint8_t is_mismatch;   /* code and name disagree: the number counts, and both are kept */
    uint8_t absent;        /* dragoman_absent: the profile says that this value means "no value"; else PRESENT */
    const terms_mdc *term; /* or NULL for an MDC number that is not in the tables */
    const terms_loinc *loincs;
    uint32_t loinc_count;
    uint32_t group;           /* terms_group of mdc */
    const terms_unit *unit;   /* or NULL */
    dragoman_bytes ucum;      /* empty: no UCUM is known, keep the unit's own text */
    dragoman_bytes unit_text; /* what to show */
} terms_meaning;

/* The meanings of a whole report: arrays run parallel to the report's lists. */
typedef struct terms_meanings {
    const terms_meaning *observations;
    const terms_meaning *const *components; /* for each observation: an array, or NULL */
    const terms_meaning *alert_events;
    const terms_meaning *alert_sources;
    const terms_meaning *nodes;
} terms_meanings;

/* The profile that speaks for this report: the stamp's if it names one, else by sender pattern (MSH-3/MSH-4) and
 * adapter. Returns its name or an empty slice. Pure; constant data. */
dragoman_bytes terms_profile_of(const terms_book *book, dragoman_bytes adapter, const dragoman_report *report);

/* Concludes what every part of `record` means. In `memory`. The hot path: no allocation but the arrays. NO_MEMORY. */
dragoman_status terms_conclude(const terms_book *book, const model_record *record, arena *memory,
                               terms_meanings *ret_meanings);

/* Whether an observation is a single measurement by nature (a cuff pressure), by what the device says of it, else by
 * the nomenclature, else by the profile of that name (empty: the one that recognises the sender). */
bool terms_is_episodic(const terms_book *book, dragoman_bytes profile, const dragoman_report *report,
                       const dragoman_observation *observation);

typedef struct terms_census terms_census;

/* Different codes that a census keeps apart: a large house's vendors have some 1,500; what comes after is counted in
 * one row without a code, so that a sender that numbers at random costs nothing. */
#define TERMS_CENSUS_MAX 4096u
/* Kept of each text of a code; longer ones are cut. */
#define TERMS_CENSUS_TEXT_BYTES 128u

/* Counts of codes and units seen: mapped, unmapped, mismatched, each with profile, system, code, name, count and last
 * example (never patient data: numeric examples only). Bounded by TERMS_CENSUS_MAX different codes. Thread-safe. */
terms_census *terms_census_create(void);
/* Frees a census; NULL is allowed. */
void terms_census_destroy(terms_census *census);
/* Adds a report's meanings. */
void terms_census_add(terms_census *census, const model_record *record, const terms_meanings *meanings);

typedef struct terms_census_row {
    dragoman_bytes profile;
    dragoman_code code; /* as the device said it */
    bool is_unit;
    uint8_t mapping; /* terms_mapping */
    bool is_mismatch;
    uint32_t mdc;
    uint64_t count;
    dragoman_decimal example;
} terms_census_row;

/* Calls `visit` for each row, most frequent first, under the census's lock. */
void terms_census_visit(terms_census *census, void (*visit)(void *context, const terms_census_row *row), void *context);

/* What a profile says beside codes. Texts live as long as the book. */
typedef struct terms_profile_facts {
    dragoman_bytes name;
    dragoman_bytes adapter;
    dragoman_bytes document; /* where its codes come from */
    dragoman_bytes edition;
    dragoman_bytes zone; /* tz name of the device's clock; empty: the site's */
    int8_t habit;        /* time_habit, or -1: not stated */
    uint32_t code_count;
    uint32_t unit_count;
    uint32_t device_count; /* values of its device section */
    uint32_t link_count;   /* and of its link section */
    const char *file;
} terms_profile_facts;

/* The facts of a profile by its name; false when the book has none of that name. */
bool terms_find_profile(const terms_book *book, dragoman_bytes name, terms_profile_facts *ret_facts);
/* Calls `visit` for each profile of the book, in the order in which they are tried. */
void terms_visit_profiles(const terms_book *book, void (*visit)(void *context, const terms_profile_facts *facts),
                          void *context);
/* Calls `visit` for each adapter setting that the profile brings; a link's own settings go before them. */
void terms_visit_profile_settings(const terms_book *book, dragoman_bytes profile,
                                  void (*visit)(void *context, dragoman_bytes name, dragoman_bytes value),
                                  void *context);

/* A row of a profile: a code or unit that its device may send. */
typedef struct terms_profile_row {
    dragoman_code code; /* of units only the text */
    bool is_unit;
    uint32_t mdc; /* 0: private, no MDC term is sure */
} terms_profile_row;

/* Calls `visit` for each row of the profile, and of the one whose codes it shares. */
void terms_visit_profile_rows(const terms_book *book, dragoman_bytes profile,
                              void (*visit)(void *context, const terms_profile_row *row), void *context);

/* The sections of a profile whose keys are not this room's. */
typedef enum terms_section {
    TERMS_SECTION_DEVICE = 0, /* the adapter's: register maps, line formats */
    TERMS_SECTION_LINK = 1,   /* the site file's: what holds for links that name the profile and do not say otherwise */
} terms_section;

/* A section as a list that begins with a dragoman_setting each, whose key is the way to the value ("serial.baud");
 * empty when there is none. Borrowed from the book. */
dragoman_list terms_profile_section(const terms_book *book, dragoman_bytes profile, terms_section section);
/* The device section as dragoman_start.profile hands it over. */
dragoman_list terms_profile_device(const terms_book *book, dragoman_bytes profile);
/* Where a key of a section stands in the profile's file, or what it stands in. False when there is no such profile. */
bool terms_profile_place(const terms_book *book, dragoman_bytes profile, terms_section section, dragoman_bytes key,
                         const char **ret_file, uint32_t *ret_line, uint32_t *ret_column);

/* Most digits of a value that a conversion with an inexact factor takes: nine digits of factor and nine of value fit.
 */
#define TERMS_CONVERT_DIGITS_MAX 9u

/* A value in another unit, both UCUM. Exact where the factor is an exact decimal (g to kg, [in_i] to cm, cm[H2O] to
 * kPa). Where it is not (kPa to mm[Hg]) the result keeps as many significant digits as were sent, and at least
 * two: 16.0 kPa is 120 mm[Hg], 3 kPa is 23 mm[Hg]. The sender's own value stays what was said; a conversion goes beside
 * it. NOT_FOUND: no such conversion; LIMIT: it does not fit; UNSUPPORTED: a special value. Temperatures are not
 * converted: Cel and [degF] are both allowed where a unit is prescribed. */
dragoman_status terms_convert(dragoman_decimal value, dragoman_bytes from, dragoman_bytes to,
                              dragoman_decimal *ret_value);

#endif
