/* The sections of a profile that are trees of somebody else's keys, `device` and `link`: flattened to settings that are
 * named by the way to them. */
#include "base/bytes.h"
#include "terms/profile.h"

#include <string.h>

/* A register map is three deep; deeper ones are no tables. It also ends a tree that contains itself by an anchor. */
#define SECTION_DEPTH_MAX 8
/* Values of one section: the longest register maps have some 1,000 registers of 10 values. It also ends a tree that
 * anchors would multiply. */
#define SECTION_VALUES_MAX 20000u
/* Keys of one mapping; lists are as long as all values. */
#define SECTION_KEYS_MAX 1024u
/* The way to a value: eight names of 30 letters. */
#define SECTION_KEY_BYTES 256

typedef struct flattening {
    terms_profile *profile;
    yaml_tree *tree;
    const char *name;
    profile_entry *entries;
    uint32_t count;
    bool is_over; /* a limit was reached and told */
    char key[SECTION_KEY_BYTES];
} flattening;

static void flatten(flattening *self, yaml_node_t *node, size_t key_size, int depth);

static void give_up(flattening *self, const yaml_node_t *node, const char *why) {
    if (!self->is_over) {
        yaml_tree_mistake(self->tree, node, "the %s section %s", self->name, why);
    }
    self->is_over = true;
}

static void take_value(flattening *self, const yaml_node_t *node, size_t key_size) {
    if (self->count == SECTION_VALUES_MAX) {
        give_up(self, node, "has more than 20000 values");
        return;
    }
    arena *memory = &self->profile->memory;
    dragoman_bytes said = {node->data.scalar.value, node->data.scalar.length};
    dragoman_bytes value = arena_copy(memory, said);
    dragoman_bytes key = arena_copy(memory, (dragoman_bytes){(const uint8_t *)self->key, key_size});
    if (key.data == NULL || (value.data == NULL && value.size > 0)) {
        give_up(self, node, "finds no memory");
        return;
    }
    self->entries[self->count++] = (profile_entry){.setting = {key, value},
                                                   .line = (uint32_t)node->start_mark.line + 1,
                                                   .column = (uint32_t)node->start_mark.column + 1};
}

/* Goes on with `node`, named `name` in what stands at the first `key_size` bytes of the key. */
static void enter(flattening *self, yaml_node_t *node, size_t key_size, dragoman_bytes name, int depth) {
    size_t dot = key_size == 0 ? 0 : 1;
    if (key_size + dot + name.size > sizeof(self->key)) {
        give_up(self, node, "has names that are longer than 256 letters on the way to this value");
        return;
    }
    memcpy(self->key + key_size, ".", dot);
    memcpy(self->key + key_size + dot, name.data, name.size);
    flatten(self, node, key_size + dot + name.size, depth + 1);
}

/* Whether the key of pair `index` is a name that no pair before has. */
static bool is_good_key(flattening *self, yaml_node_t *node, size_t index, dragoman_bytes key) {
    yaml_node_t *at = yaml_tree_key_node(self->tree, node, index);
    if (key.size == 0 || memchr(key.data, '.', key.size) != NULL) {
        yaml_tree_mistake(self->tree, at, "a key here is a word without a dot");
        return false;
    }
    for (size_t i = 0; i < index; i++) {
        const yaml_node_t *other = yaml_tree_key_node(self->tree, node, i);
        if (other->type == YAML_SCALAR_NODE &&
            bytes_equal(key, (dragoman_bytes){other->data.scalar.value, other->data.scalar.length})) {
            yaml_tree_mistake(self->tree, at, "the key \"%.*s\" stands twice", BYTES_FORMAT(key));
            return false;
        }
    }
    return true;
}

static void flatten_mapping(flattening *self, yaml_node_t *node, size_t key_size, int depth) {
    size_t pairs = 0;
    yaml_tree_pairs(self->tree, node, &pairs);
    if (pairs > SECTION_KEYS_MAX) {
        give_up(self, node, "has a mapping of more than 1024 keys here");
        return;
    }
    for (size_t i = 0; i < pairs && !self->is_over; i++) {
        dragoman_bytes key;
        yaml_node_t *value = yaml_tree_pair(self->tree, node, i, &key);
        if (is_good_key(self, node, i, key)) {
            enter(self, value, key_size, key, depth);
        }
    }
}

static void flatten(flattening *self, yaml_node_t *node, size_t key_size, int depth) {
    if (depth > SECTION_DEPTH_MAX) {
        give_up(self, node, "is more than 8 deep");
        return;
    }
    if (node->type == YAML_SCALAR_NODE) {
        take_value(self, node, key_size);
    } else if (node->type == YAML_MAPPING_NODE) {
        flatten_mapping(self, node, key_size, depth);
    } else if (node->type == YAML_SEQUENCE_NODE) {
        size_t count = 0;
        yaml_tree_sequence(self->tree, node, &count);
        for (size_t i = 0; i < count && !self->is_over; i++) {
            dragoman_bytes name = arena_format(&self->profile->memory, "%zu", i);
            enter(self, yaml_tree_item(self->tree, node, i), key_size, name, depth);
        }
    }
}

/* The values found, in memory of their own number. */
static void keep(flattening *self, const yaml_node_t *node, profile_section *to) {
    profile_entry *kept = arena_allocate(&self->profile->memory, (self->count + 1) * sizeof(*kept));
    if (kept == NULL) {
        give_up(self, node, "finds no memory");
        return;
    }
    memcpy(kept, self->entries, self->count * sizeof(*kept));
    to->items = kept;
    to->count = self->count;
}

void profile_read_section(terms_profile *profile, yaml_tree *tree, yaml_node_t *node, const char *name,
                          profile_section *ret_section) {
    size_t pairs = 0;
    flattening self = {.profile = profile, .tree = tree, .name = name};
    if (!yaml_tree_pairs(tree, node, &pairs)) {
        return;
    }
    ret_section->place = (mistake_place){profile->place.file, (uint32_t)node->start_mark.line + 1,
                                         (uint32_t)node->start_mark.column + 1};
    arena scratch;
    arena_init(&scratch, SECTION_VALUES_MAX * sizeof(profile_entry) + 4096);
    self.entries = arena_allocate(&scratch, SECTION_VALUES_MAX * sizeof(profile_entry));
    if (self.entries == NULL) {
        give_up(&self, node, "finds no memory");
    } else {
        flatten_mapping(&self, node, 0, 0);
        keep(&self, node, ret_section);
    }
    arena_fini(&scratch);
}

static bool is_in(dragoman_bytes key, dragoman_bytes of) {
    return bytes_equal(key, of) ||
           (key.size > of.size && memcmp(key.data, of.data, of.size) == 0 && key.data[of.size] == '.');
}

mistake_place profile_section_place(const terms_profile *profile, const profile_section *section, dragoman_bytes key) {
    for (uint32_t i = 0; key.size > 0 && i < section->count; i++) {
        const profile_entry *entry = section->items + i;
        if (is_in(entry->setting.key, key)) {
            return (mistake_place){profile->place.file, entry->line, entry->column};
        }
    }
    return section->place.line > 0 ? section->place : profile->place;
}
