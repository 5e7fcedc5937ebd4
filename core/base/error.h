/*
 * Why something failed, in a sentence that a person can act on: what, where, and the mend.
 *
 * An error_record belongs to the caller, usually on its stack. Functions that take one accept NULL when nobody wants
 * the sentence.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <dragoman/base.h>

#define ERROR_TEXT_BYTES 512 /* a sentence or two; longer ones are cut at a character's border */

typedef struct error_record {
    dragoman_status status;
    char text[ERROR_TEXT_BYTES];
} error_record;

/* Writes status and a formatted sentence into `error` (may be NULL) and returns status, so that callers can `return
 * error_set(...)`. */
dragoman_status error_set(error_record *error, dragoman_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A short English name of a status, for logs and JSON: "ok", "invalid", "disk-full" ... Static. */
const char *error_status_name(dragoman_status status);

#endif
