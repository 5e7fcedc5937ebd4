/*
 * The table of the site file's keys. One row a key: it checks the file, gives the defaults, fills the struct, makes the
 * JSON schema and the help.
 */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include <dragoman/base.h>

/* What a key holds, and what its member is in C. */
typedef enum key_type {
    KEY_TEXT,     /* dragoman_bytes */
    KEY_NAME,     /* dragoman_bytes: letters, digits, '-' and '_' */
    KEY_PATH,     /* dragoman_bytes, made absolute, followed by a NUL */
    KEY_ZONE,     /* dragoman_bytes: a tz database name */
    KEY_ADDRESS,  /* dragoman_bytes: see link/address.h or the sink */
    KEY_BOOLEAN,  /* bool */
    KEY_COUNT,    /* uint32_t, minimum and maximum */
    KEY_DURATION, /* int64_t microseconds: "72h", "30s", "500ms" */
    KEY_SIZE,     /* uint64_t bytes: "20GiB", "512MiB" */
    KEY_CHOICE,   /* int: index of one of choices */
    KEY_OBJECT,   /* a struct in place: children */
    KEY_LIST,     /* a list of objects: pointer at offset, uint32_t count at count_offset; children, item_size */
    KEY_MAP,      /* names with objects: as KEY_LIST; an item's first member is its name, a dragoman_bytes */
    KEY_TEXTS,    /* one text or a list of them: const dragoman_bytes * at offset, uint32_t count at count_offset */
} key_type;

typedef struct key_rule {
    const char *key;
    key_type type;
    bool is_required;
    const char *summary;       /* one sentence, for the schema and the documentation */
    const char *default_value; /* in the file's form; NULL: zero */
    const char *choices;       /* KEY_CHOICE: words separated by blanks, in the order of the enum */
    int64_t minimum, maximum;  /* KEY_COUNT */
    const char *example;
    size_t offset;
    size_t count_offset; /* KEY_LIST, KEY_MAP, KEY_TEXTS */
    size_t item_size;    /* KEY_LIST, KEY_MAP */
    size_t line_offset;  /* KEY_LIST, KEY_MAP: where an item keeps its line */
    const struct key_rule *children;
    uint32_t child_count;
    bool takes_more; /* KEY_LIST: unknown keys of an item are settings of its adapter or sink */
    bool is_devices; /* of links: a profile may say it for its devices */
} key_rule;

/* The top level of the file; its struct is a `site`. */
extern const key_rule key_rules[];
extern const uint32_t key_rule_count;

#endif
