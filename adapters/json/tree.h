/*
 * A JSON text (RFC 8259) as a flat list of nodes in the order of the text. Numbers stay as they were written. Texts and
 * nodes lie in batch memory.
 */
#ifndef JSON_TREE_H
#define JSON_TREE_H

#include "limits.h"
#include <dragoman/adapter.h>
#include <string.h>

typedef enum json_kind {
    JSON_NULL = 0,
    JSON_FALSE = 1,
    JSON_TRUE = 2,
    JSON_NUMBER = 3,
    JSON_TEXT = 4,
    JSON_LIST = 5,
    JSON_OBJECT = 6,
} json_kind;

typedef struct json_node {
    dragoman_bytes name; /* of a member of an object; else empty */
    dragoman_bytes text; /* of a text or number */
    uint32_t end;        /* the first node behind this one and all that it holds */
    uint8_t kind;        /* json_kind */
} json_node;

typedef struct json_tree {
    json_node *nodes; /* the first is the whole */
    uint32_t count;
} json_tree;

/* Reads a text. NULL, or a sentence: it is no JSON, or larger than a limit, or there was no memory. */
const char *json_tree_read(const dragoman_host *host, void *context, dragoman_bytes text, json_tree *ret_tree);
/* Whether the text is a number by RFC 8259 clause 6. */
bool json_is_number(dragoman_bytes text);

/* Whether a slice is this text. */
static inline bool json_is(dragoman_bytes bytes, const char *text) {
    size_t size = strlen(text);
    return bytes.size == size && (size == 0 || memcmp(bytes.data, text, size) == 0);
}

/* Whether two slices say the same. */
static inline bool json_same(dragoman_bytes a, dragoman_bytes b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

#endif
