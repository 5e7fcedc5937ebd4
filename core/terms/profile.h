/*
 * Device profiles: what a vendor's codes, units and habits mean, as mappings/<adapter>/<vendor-model>.yaml says it.
 *
 * A profile is read once and constant then; it owns all its texts. Looking something up in it allocates nothing.
 */
#ifndef TERMS_PROFILE_H
#define TERMS_PROFILE_H

#include "base/arena.h"
#include "base/mistakes.h"
#include "base/yaml_tree.h"
#include "terms/tables.h"
#include <dragoman/adapter.h>

/* The largest profile file: the longest vendor list has some 1,200 codes of 100 bytes. */
#define TERMS_PROFILE_BYTES_MAX ((size_t)2 << 20)
/* Memory of one profile: its texts and rows are at most some ten times its file. */
#define TERMS_PROFILE_MEMORY ((size_t)32 << 20)

/* How vendor codes become MDC where they follow a rule instead of a list. */
typedef enum profile_rule {
    PROFILE_NO_RULE = 0,
    PROFILE_MDIL_HEX = 1, /* "0002-4bb8": partition and term in hexadecimal */
} profile_rule;

/* Numbers that mean "no value". */
typedef struct profile_absent {
    const dragoman_decimal *values;
    uint32_t count;
} profile_absent;

/* A coding that a vendor sends. */
typedef struct profile_code {
    dragoman_bytes code; /* empty: known by its text */
    dragoman_bytes text;
    dragoman_bytes system;  /* empty: any of the profile's code systems */
    uint32_t mdc;           /* 0: private, no MDC term is sure */
    const terms_mdc *term;  /* or NULL */
    const terms_unit *unit; /* of values that come without one; or NULL */
    profile_absent absent;
} profile_code;

/* A unit that a vendor sends. */
typedef struct profile_unit {
    dragoman_bytes text;
    const terms_unit *unit;
} profile_unit;

/* One way to recognise a sender: empty parts do not matter. */
typedef struct profile_sender {
    dragoman_bytes application; /* pattern with * and ? */
    dragoman_bytes facility;    /* pattern */
    dragoman_bytes code_system; /* of any coding in the report */
} profile_sender;

typedef struct profile_setting {
    dragoman_bytes name;
    dragoman_bytes value;
} profile_setting;

/* A value of a section that is a tree, and its place in the file. */
typedef struct profile_entry {
    dragoman_setting setting; /* first: a list of entries is walked as one of settings */
    uint32_t line;
    uint32_t column;
} profile_entry;

/* A section of the profile that is somebody else's: a tree, flattened to values in the order of the file. */
typedef struct profile_section {
    profile_entry *items;
    uint32_t count;
    mistake_place place; /* line 0: there is no such section */
} profile_section;

/* A list in the profile's memory. */
typedef struct profile_list {
    void *items;
    uint32_t count;
} profile_list;

typedef struct terms_profile {
    arena memory;
    mistake_place place; /* of its name */
    dragoman_bytes name;
    dragoman_bytes adapter;
    dragoman_bytes document;
    dragoman_bytes edition;
    dragoman_bytes zone;    /* tz name, or empty: the site's */
    int8_t habit;           /* time_habit, or -1: not stated */
    uint8_t rule;           /* profile_rule */
    bool overrides_mdc;     /* has rows for codings whose system is MDC */
    profile_list senders;   /* profile_sender */
    profile_list systems;   /* dragoman_bytes; empty: any but the standard ones */
    profile_list settings;  /* profile_setting */
    profile_section device; /* the adapter's */
    profile_section link;   /* the site file's */
    profile_list codes;     /* profile_code */
    profile_list units;     /* profile_unit */
    profile_absent absent;
    terms_slots by_code;              /* codes by code, or by text where they have none */
    terms_slots by_unit;              /* units by text */
    dragoman_bytes codes_of;          /* another profile, or empty */
    const struct terms_profile *base; /* that profile, once all are read: its codes and units stand behind one's own */
} terms_profile;

/* Reads a profile; texts and rows are its own, terms and units point into `tables`. NULL after a mistake or without
 * memory; all mistakes are told. `file` is its name for mistakes, and must outlive the profile. */
terms_profile *profile_read(const char *file, dragoman_bytes text, const terms_tables *tables, mistake_list *mistakes);
/* Frees a profile; NULL is allowed. */
void profile_destroy(terms_profile *profile);

/* The row for a coding, or NULL. */
const profile_code *profile_find_code(const terms_profile *profile, const dragoman_code *coding);
/* The row for a unit's text, or NULL. */
const profile_unit *profile_find_unit(const terms_profile *profile, dragoman_bytes text);
/* Codings at most that are looked at for a telling code system: enough for the first rows of any report. */
#define PROFILE_CODINGS_LOOKED_AT 32u

/* The code systems of a report's first codings, one after the other; the same ones in a row once. */
typedef struct profile_systems {
    dragoman_bytes found[PROFILE_CODINGS_LOOKED_AT];
    uint32_t count;
} profile_systems;

/* Looks for them once for all profiles. Borrowed from the report. */
void profile_systems_find(const dragoman_report *report, profile_systems *ret_systems);
/* Whether the profile speaks for this sender; `systems` are those of the same report. */
bool profile_is_of(const terms_profile *profile, const dragoman_report *report, const profile_systems *systems);

/* Reads the section `node`, called `name` in mistakes, into the profile's memory: each value with the way to it.
 * Mistakes are told. */
void profile_read_section(terms_profile *profile, yaml_tree *tree, yaml_node_t *node, const char *name,
                          profile_section *ret_section);
/* The place of a section's value `key`, or of the first one in it; else the section's, or the profile's. */
mistake_place profile_section_place(const terms_profile *profile, const profile_section *section, dragoman_bytes key);

/* Fills the slots; false without memory. */
bool profile_index(terms_profile *profile);

#endif
