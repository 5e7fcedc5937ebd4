/*
 * Questions to a JSON text by path: "entry.0.resource.status". Numbers are answered as they were written. For tests.
 */
#ifndef KIT_JSON_TREE_H
#define KIT_JSON_TREE_H

#include <dragoman/base.h>
#include <yajl/yajl_tree.h>

/* Parses one JSON value; NULL when it is none. Free it with yajl_tree_free. */
yajl_val kit_json_parse(dragoman_bytes text);
/* The value at `path` below `value`, or NULL. The steps are member names and element numbers, joined by dots. */
yajl_val kit_json_at(yajl_val value, const char *path);
/* The string, number (as written) or "true"/"false" at `path`; "" when there is none; "{}" or "[]" for containers. */
const char *kit_json_text(yajl_val value, const char *path);
/* How many elements or members stand at `path`; 0 when there is none. */
size_t kit_json_count(yajl_val value, const char *path);
/* Whether no object in `value` has a member twice, and none is empty, nor any array or string. */
bool kit_json_is_tidy(yajl_val value);

#endif
