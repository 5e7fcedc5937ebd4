/*
 * Mistakes in the files that people write: each with its place and what would mend it. Reading goes on after one, so
 * that all of a file's mistakes are told at once. Single-threaded.
 */
#ifndef BASE_MISTAKES_H
#define BASE_MISTAKES_H

#include <stddef.h>
#include <stdint.h>

#define MISTAKE_TEXT_BYTES 400 /* a sentence and a quoted field; longer ones are cut */

/* A place in a file; line and column count from 1, 0 is unknown; file NULL: a row that was compiled in. */
typedef struct mistake_place {
    const char *file;
    uint32_t line;
    uint32_t column;
} mistake_place;

typedef struct mistake_list {
    void (*report)(void *context, mistake_place place, const char *sentence);
    void *context;
    uint32_t count;
} mistake_list;

/* Counts and reports a mistake. */
void mistake_tell(mistake_list *self, mistake_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
