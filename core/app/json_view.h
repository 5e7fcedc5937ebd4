/*
 * A JSON answer of our own, looked at by people's commands. Over yajl's tree: for status only, where no measured value
 * is; texts are given as written.
 */
#ifndef APP_JSON_VIEW_H
#define APP_JSON_VIEW_H

#include <dragoman/base.h>

typedef struct json_view {
    void *node; /* yajl_val, or NULL for what is not there */
} json_view;

/* Reads a text. False: it is no JSON. */
bool json_view_init(json_view *self, dragoman_bytes text);
/* Frees what json_view_init read. */
void json_view_fini(json_view *self);
/* A member of an object; an empty view when there is none. */
json_view json_view_get(const json_view *self, const char *key);
/* Elements of an array; 0 for anything else. */
size_t json_view_count(const json_view *self);
/* Element `index`. */
json_view json_view_at(const json_view *self, size_t index);
/* A member as text: numbers as they were written, true and false, "" for none. Borrowed. */
const char *json_view_text(const json_view *self, const char *key);

#endif
