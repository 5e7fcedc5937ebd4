#include "base/yaml_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LISTED_BYTES 256 /* known words in a mistake; longer lists are cut */

static mistake_place place_of(const yaml_tree *self, yaml_mark_t mark) {
    return (mistake_place){self->file, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

bool yaml_tree_init(yaml_tree *self, const char *file, dragoman_bytes text, mistake_list *mistakes) {
    *self = (yaml_tree){.file = file, .mistakes = mistakes};
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        mistake_tell(mistakes, (mistake_place){file, 1, 1}, "no memory");
        return false;
    }
    yaml_parser_set_input_string(&parser, text.data, text.size);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    self->loaded = yaml_parser_load(&parser, &self->document) != 0;
    if (!self->loaded) {
        mistake_tell(mistakes, place_of(self, parser.problem_mark), "no YAML: %s",
                     parser.problem == NULL ? "no memory" : parser.problem);
    } else if (yaml_document_get_root_node(&self->document) == NULL) {
        mistake_tell(mistakes, (mistake_place){file, 1, 1}, "the file is empty");
    }
    yaml_parser_delete(&parser);
    return self->loaded && yaml_document_get_root_node(&self->document) != NULL;
}

void yaml_tree_fini(yaml_tree *self) {
    if (self->loaded) {
        yaml_document_delete(&self->document);
        self->loaded = false;
    }
}

yaml_node_t *yaml_tree_root(yaml_tree *self) {
    return yaml_document_get_root_node(&self->document);
}

void yaml_tree_mistake(yaml_tree *self, const yaml_node_t *node, const char *format, ...) {
    char sentence[MISTAKE_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    mistake_tell(self->mistakes, place_of(self, node->start_mark), "%s", sentence);
}

static bool has_type(yaml_tree *self, const yaml_node_t *node, yaml_node_type_t type, const char *name) {
    if (node->type == type) {
        return true;
    }
    yaml_tree_mistake(self, node, "a %s is expected here", name);
    return false;
}

bool yaml_tree_pairs(yaml_tree *self, yaml_node_t *node, size_t *ret_count) {
    if (!has_type(self, node, YAML_MAPPING_NODE, "mapping (key: value)")) {
        return false;
    }
    *ret_count = (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    return true;
}

yaml_node_t *yaml_tree_pair(yaml_tree *self, yaml_node_t *node, size_t index, dragoman_bytes *ret_key) {
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start + index;
    yaml_node_t *key = yaml_document_get_node(&self->document, pair->key);
    *ret_key = (dragoman_bytes){0};
    yaml_tree_scalar(self, key, ret_key);
    return yaml_document_get_node(&self->document, pair->value);
}

yaml_node_t *yaml_tree_key_node(yaml_tree *self, yaml_node_t *node, size_t index) {
    return yaml_document_get_node(&self->document, node->data.mapping.pairs.start[index].key);
}

bool yaml_tree_sequence(yaml_tree *self, yaml_node_t *node, size_t *ret_count) {
    if (!has_type(self, node, YAML_SEQUENCE_NODE, "list")) {
        return false;
    }
    *ret_count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    return true;
}

yaml_node_t *yaml_tree_item(yaml_tree *self, yaml_node_t *node, size_t index) {
    return yaml_document_get_node(&self->document, node->data.sequence.items.start[index]);
}

bool yaml_tree_scalar(yaml_tree *self, yaml_node_t *node, dragoman_bytes *ret_text) {
    if (!has_type(self, node, YAML_SCALAR_NODE, "single value")) {
        return false;
    }
    *ret_text = (dragoman_bytes){node->data.scalar.value, node->data.scalar.length};
    return true;
}

static bool is_text(dragoman_bytes text, const char *wanted) {
    return strlen(wanted) == text.size && (text.size == 0 || memcmp(wanted, text.data, text.size) == 0);
}

int yaml_tree_choice(yaml_tree *self, yaml_node_t *node, const char *const *words, size_t count) {
    dragoman_bytes text;
    if (!yaml_tree_scalar(self, node, &text)) {
        return -1;
    }
    char listed[LISTED_BYTES] = "";
    for (size_t i = 0; i < count; i++) {
        if (is_text(text, words[i])) {
            return (int)i;
        }
        size_t used = strlen(listed);
        snprintf(listed + used, sizeof(listed) - used, "%s%s", i == 0 ? "" : ", ", words[i]);
    }
    yaml_tree_mistake(self, node, "one of these is expected: %s", listed);
    return -1;
}

yaml_node_t *yaml_tree_value(yaml_tree *self, yaml_node_t *node, const char *name) {
    size_t count = 0;
    if (node->type != YAML_MAPPING_NODE || !yaml_tree_pairs(self, node, &count)) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        const yaml_node_pair_t *pair = node->data.mapping.pairs.start + i;
        const yaml_node_t *key = yaml_document_get_node(&self->document, pair->key);
        if (key->type == YAML_SCALAR_NODE &&
            is_text((dragoman_bytes){key->data.scalar.value, key->data.scalar.length}, name)) {
            return yaml_document_get_node(&self->document, pair->value);
        }
    }
    return NULL;
}

static void tell_unknown_key(yaml_tree *self, const yaml_node_t *key, dragoman_bytes name, const yaml_tree_key *keys,
                             size_t count) {
    char listed[LISTED_BYTES] = "";
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(listed);
        snprintf(listed + used, sizeof(listed) - used, "%s%s", i == 0 ? "" : ", ", keys[i].name);
    }
    yaml_tree_mistake(self, key, "the key \"%.*s\" is not known here; known are %s",
                      (int)(name.size > 80 ? 80 : name.size), (const char *)name.data, listed);
}

bool yaml_tree_mapping(yaml_tree *self, yaml_node_t *node, const yaml_tree_key *keys, size_t count, void *context) {
    size_t pairs = 0;
    if (!yaml_tree_pairs(self, node, &pairs)) {
        return false;
    }
    uint64_t seen = 0; /* no mapping of ours has 64 keys */
    for (size_t i = 0; i < pairs; i++) {
        const yaml_node_t *key = yaml_document_get_node(&self->document, node->data.mapping.pairs.start[i].key);
        dragoman_bytes name;
        yaml_node_t *value = yaml_tree_pair(self, node, i, &name);
        size_t known = 0;
        while (known < count && !is_text(name, keys[known].name)) {
            known++;
        }
        if (known == count) {
            tell_unknown_key(self, key, name, keys, count);
        } else if ((seen >> known & 1) != 0) {
            yaml_tree_mistake(self, key, "the key \"%s\" stands twice", keys[known].name);
        } else {
            seen |= UINT64_C(1) << known;
            keys[known].read(context, value, keys[known].target);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (keys[i].is_required && (seen >> i & 1) == 0) {
            yaml_tree_mistake(self, node, "the key \"%s\" is missing", keys[i].name);
        }
    }
    return true;
}
