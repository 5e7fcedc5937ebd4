/*
 * Looks into a JSON answer: by yajl's tree, since no measured value is in it. Pure; borrowed from the tree.
 */
#ifndef SINKS_HTTP_JSON_H
#define SINKS_HTTP_JSON_H

#include <dragoman/base.h>
#include <yajl/yajl_tree.h>

/* Parses an answer; NULL when it is no JSON. The caller frees it with yajl_tree_free. */
yajl_val json_parse(dragoman_bytes text);
/* A member; NULL when there is none or `of` is no object. */
yajl_val json_member(yajl_val of, const char *name);
/* A member's text; "" when there is none. */
const char *json_text(yajl_val of, const char *name);
/* The number of elements; 0 for what is no array. */
size_t json_count(yajl_val of);
/* Element `index` of an array. */
yajl_val json_at(yajl_val of, size_t index);
/* Whether a member is true. */
bool json_is_true(yajl_val of, const char *name);

#endif
