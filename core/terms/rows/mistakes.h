/*
 * Mistakes in the files that people write: each with its place and what would mend it. Reading goes on after one, so
 * that all of a file's mistakes are told at once. Single-threaded.
 */
#ifndef TERMS_ROWS_MISTAKES_H
#define TERMS_ROWS_MISTAKES_H

#include <stddef.h>
#include <stdint.h>

#define MISTAKE_TEXT_BYTES 400 /* a sentence and a quoted field; longer ones are cut */

/* A place in a file; line and column count from 1, 0 is unknown; file NULL: a row that was compiled in. */
typedef struct terms_place {
    const char *file;
    uint32_t line;
    uint32_t column;
} terms_place;

typedef struct terms_mistakes {
    void (*report)(void *context, terms_place place, const char *sentence);
    void *context;
    uint32_t count;
} terms_mistakes;

/* Counts and reports a mistake. */
void terms_mistake(terms_mistakes *self, terms_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
