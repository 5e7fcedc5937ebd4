/*
 * A reader for one JSON text (RFC 8259) without a tree: the caller asks for the next thing. Numbers are handed over as
 * they were written. Everything points into the text or into batch memory.
 */
#ifndef GATT_JSON_H
#define GATT_JSON_H

#include "limits.h"
#include <dragoman/adapter.h>
#include <string.h>

typedef struct gatt_json {
    const dragoman_host *host;
    void *context;
    const uint8_t *at;
    const uint8_t *end;
    bool is_bad; /* the text breaks a rule, or there was no memory; every later answer is then false */
} gatt_json;

/* A reader at the start of `text`, which must outlive it. */
gatt_json gatt_json_of(const dragoman_host *host, void *context, dragoman_bytes text);
/* Enters an object. False: what stands next is none. */
bool gatt_json_enter(gatt_json *self);
/* The name of the next member of the object that is entered; its value must be taken before the next call. `count` is
 * how many members came before and is counted up. False: the object has ended, or the text is bad. */
bool gatt_json_member(gatt_json *self, uint32_t *count, dragoman_bytes *ret_name);
/* Takes a text. False, and the text is bad, when something else stands there. */
bool gatt_json_text(gatt_json *self, dragoman_bytes *ret_text);
/* Takes a whole number of at most nine digits. False, and the text is bad, when something else stands there. */
bool gatt_json_integer(gatt_json *self, int32_t *ret_number);
/* Takes any value and forgets it. */
void gatt_json_skip(gatt_json *self);
/* Whether nothing but blanks is left, and nothing was bad. */
bool gatt_json_is_done(gatt_json *self);

/* Whether a slice is this text. */
static inline bool gatt_is(dragoman_bytes bytes, const char *text) {
    size_t size = strlen(text);
    return bytes.size == size && (size == 0 || memcmp(bytes.data, text, size) == 0);
}

#endif
