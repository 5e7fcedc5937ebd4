/*
 * A YAML file as libyaml's tree, read by tables of keys, every mistake with line and column.
 *
 * Anchors may be used; a node is read as often as the reader's own structure asks for it, so neither cycles nor
 * expansion can be reached. Single-threaded. Texts handed out live as long as the tree.
 */
#ifndef BASE_YAML_TREE_H
#define BASE_YAML_TREE_H

#include "base/mistakes.h"

#include <dragoman/base.h>
#include <yaml.h>

typedef struct yaml_tree {
    yaml_document_t document;
    bool loaded;
    const char *file;
    mistake_list *mistakes;
} yaml_tree;

/* A key of a mapping and what reads its value into `target`. */
typedef struct yaml_tree_key {
    const char *name;
    void (*read)(void *context, yaml_node_t *value, void *target);
    void *target;
    bool is_required;
} yaml_tree_key;

/* Parses `text`, one document. False, and the mistake told, when it is no YAML or empty. yaml_tree_fini is due in
 * either case. */
bool yaml_tree_init(yaml_tree *self, const char *file, dragoman_bytes text, mistake_list *mistakes);
/* Frees the tree. */
void yaml_tree_fini(yaml_tree *self);
/* The document's top node. */
yaml_node_t *yaml_tree_root(yaml_tree *self);
/* Tells a mistake at a node's place. */
void yaml_tree_mistake(yaml_tree *self, const yaml_node_t *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Reads a mapping: each value by its key's reader with `context`. Unknown, doubled and missing keys are mistakes. False
 * when the node is no mapping. */
bool yaml_tree_mapping(yaml_tree *self, yaml_node_t *node, const yaml_tree_key *keys, size_t count, void *context);
/* The value of a key, or NULL. */
yaml_node_t *yaml_tree_value(yaml_tree *self, yaml_node_t *node, const char *name);
/* A mapping's number of pairs; false and a mistake when the node is none. */
bool yaml_tree_pairs(yaml_tree *self, yaml_node_t *node, size_t *ret_count);
/* Key text and value of pair `index`; a key that is no scalar reads as empty text, with a mistake. */
yaml_node_t *yaml_tree_pair(yaml_tree *self, yaml_node_t *node, size_t index, dragoman_bytes *ret_key);
/* The key of pair `index`, for mistakes at its place. */
yaml_node_t *yaml_tree_key_node(yaml_tree *self, yaml_node_t *node, size_t index);
/* A sequence's number of elements; false and a mistake when the node is none. */
bool yaml_tree_sequence(yaml_tree *self, yaml_node_t *node, size_t *ret_count);
/* Element `index` of a sequence. */
yaml_node_t *yaml_tree_item(yaml_tree *self, yaml_node_t *node, size_t index);
/* A scalar's text; false and a mistake when the node is none. */
bool yaml_tree_scalar(yaml_tree *self, yaml_node_t *node, dragoman_bytes *ret_text);
/* The position of a scalar among `words`; -1 and a mistake that lists them when it is none of them. */
int yaml_tree_choice(yaml_tree *self, yaml_node_t *node, const char *const *words, size_t count);

#endif
