/*
 * The keys of a device section as tables: one row a key. They check what is written and fill the structs of layout.h.
 */
#ifndef LINES_KEYS_H
#define LINES_KEYS_H

#include "layout.h"

/* Who is told of mistakes; `count` of them so far. */
typedef struct lines_teller {
    dragoman_mistake_teller tell; /* or NULL */
    void *context;
    uint32_t count;
} lines_teller;

/* Counts and tells a mistake. */
void lines_mistake(lines_teller *teller, dragoman_bytes key, const char *sentence);

typedef enum lines_key_kind {
    LINES_KEY_TEXT,     /* dragoman_bytes, 1 to LINES_TEXT_MAX bytes, none of them a control character */
    LINES_KEY_BYTES,    /* the same with any bytes */
    LINES_KEY_MARK,     /* lines_mark */
    LINES_KEY_COUNT,    /* uint32_t, least to most */
    LINES_KEY_BIT,      /* int64_t, least to most */
    LINES_KEY_DECIMAL,  /* dragoman_decimal; `flag` says that it is there */
    LINES_KEY_DURATION, /* int64_t milliseconds, least to most */
    LINES_KEY_WORD,     /* uint8_t: the number of the word in `words`, by `numbers` where there are any */
    LINES_KEY_STATUS,   /* uint32_t: the bit of the word */
    LINES_KEY_BOOLEAN,  /* bool */
    LINES_KEY_TO,       /* uint32_t: a column, or "last" */
    LINES_KEY_NOTE,     /* for readers of the file */
} lines_key_kind;

typedef struct lines_key {
    const char *key;
    lines_key_kind kind;
    uint32_t offset;
    uint32_t flag; /* offset of a bool; 0: none */
    int64_t least, most;
    const char *const *words;
    const uint8_t *numbers; /* what the words stand for; NULL: their places */
    const char *sentence;   /* what is expected; NULL: said by the kind */
} lines_key;

typedef struct lines_keys {
    const lines_key *items;
    uint32_t count;
    const char *known; /* what is told when a key is none of them */
} lines_keys;

extern const lines_keys lines_head_keys;
extern const lines_keys lines_poll_keys;
extern const lines_keys lines_record_keys;
extern const lines_keys lines_field_keys;
extern const lines_keys lines_meaning_keys;

/* Takes the value of `key` into the struct `to`; `whole` names it in the section. */
void lines_keys_take(const lines_keys *keys, dragoman_bytes key, dragoman_bytes value, dragoman_bytes whole, void *to,
                     lines_teller *teller);
/* "CR LF", "0xFF", or any other text for itself. False: it is empty or too long. */
bool lines_mark_read(dragoman_bytes text, lines_mark *ret_mark);

#endif
