/*
 * Ways into a JSON text: the regular part of JSON path, "$.a.b", "$['a']", "$.list[0]". No wildcards, filters or steps
 * of any depth.
 */
#ifndef JSON_PATH_H
#define JSON_PATH_H

#include "tree.h"

/* Whether the text is a way that json_path_find understands. */
bool json_path_is_good(dragoman_bytes path);
/* The node that a way leads to from `from`; NULL: there is none. */
const json_node *json_path_find(const json_tree *tree, const json_node *from, dragoman_bytes path);

#endif
