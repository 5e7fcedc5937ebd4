#include "config/reading.h"

#include "base/bytes.h"
#include "config/scalar.h"
#include <stdio.h>

static const char *rule_name(const void *rules, uint32_t index) {
    return ((const key_rule *)rules)[index].key;
}

static const key_rule *find_rule(const key_rule *rules, uint32_t count, dragoman_bytes key) {
    for (uint32_t i = 0; i < count; i++) {
        if (bytes_is(key, rules[i].key)) {
            return &rules[i];
        }
    }
    return NULL;
}

/* Texts get a NUL behind them, so that they can be handed to the system. */
static dragoman_bytes keep(reading *self, dragoman_bytes text) {
    char *copy = arena_allocate(&self->to->memory, text.size + 1);
    if (copy == NULL) {
        return (dragoman_bytes){NULL, 0};
    }
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return (dragoman_bytes){(const uint8_t *)copy, text.size};
}

static dragoman_bytes keep_path(reading *self, dragoman_bytes text) {
    if (text.size == 0 || text.data[0] == '/') {
        return keep(self, text);
    }
    char joined[4096];
    int size = snprintf(joined, sizeof(joined), "%s/%.*s", self->folder, BYTES_FORMAT(text));
    return keep(self, (dragoman_bytes){(const uint8_t *)joined, size < 0 ? 0 : (size_t)size});
}

static bool is_name(dragoman_bytes text) {
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        bool is_good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.';
        if (!is_good) {
            return false;
        }
    }
    return text.size > 0 && text.size <= 64;
}

/* NULL: the text was taken; else what is wrong with it. */
static const char *take_text(reading *self, const key_rule *rule, dragoman_bytes text, void *to) {
    dragoman_bytes *member = to;
    if (text.size == 0 && rule->is_required) {
        return "it is empty";
    }
    if (rule->type == KEY_NAME && !is_name(text)) {
        return "a name is up to 64 letters, digits, '-', '_' and '.'";
    }
    if (rule->type == KEY_ZONE) {
        error_record error = {0};
        time_zone *zone = NULL;
        if (time_zone_create(text, &zone, &error) != DRAGOMAN_OK) {
            return "there is no such time zone: write one like Europe/Berlin, UTC or +01:00";
        }
        time_zone_destroy(zone);
    }
    *member = rule->type == KEY_PATH ? keep_path(self, text) : keep(self, text);
    return NULL;
}

static const char *take_number(const key_rule *rule, dragoman_bytes text, void *to) {
    int64_t number = 0;
    if (!scalar_integer(text, &number)) {
        return "a whole number is expected";
    }
    if (number < rule->minimum || number > rule->maximum) {
        static _Thread_local char why[80];
        snprintf(why, sizeof(why), "it must be from %lld to %lld", (long long)rule->minimum, (long long)rule->maximum);
        return why;
    }
    *(uint32_t *)to = (uint32_t)number;
    return NULL;
}

static const char *take_choice(const key_rule *rule, dragoman_bytes text, void *to) {
    int index = scalar_choice(text, rule->choices);
    if (index < 0) {
        static _Thread_local char why[200];
        snprintf(why, sizeof(why), "one of these is expected: %s", rule->choices);
        return why;
    }
    *(int *)to = index;
    return NULL;
}

const char *reading_scalar(reading *self, const key_rule *rule, dragoman_bytes text, void *to) {
    switch (rule->type) {
    case KEY_BOOLEAN:
        return scalar_boolean(text, to) ? NULL : "true or false is expected";
    case KEY_COUNT:
        return take_number(rule, text, to);
    case KEY_DURATION:
        return scalar_duration(text, to) ? NULL : "a time is expected, like 500ms, 30s, 5m, 72h or 7d";
    case KEY_SIZE:
        return scalar_size(text, to) ? NULL : "a size is expected, like 512MiB or 20GiB";
    case KEY_CHOICE:
        return take_choice(rule, text, to);
    default:
        return take_text(self, rule, text, to);
    }
}

static void fill_defaults(reading *self, const key_rule *rules, uint32_t count, void *to) {
    for (uint32_t i = 0; i < count; i++) {
        void *member = (uint8_t *)to + rules[i].offset;
        if (rules[i].type == KEY_OBJECT) {
            fill_defaults(self, rules[i].children, rules[i].child_count, member);
        } else if (rules[i].default_value != NULL) {
            (void)reading_scalar(self, &rules[i], bytes_of(rules[i].default_value), member);
        }
    }
}

/* Room for the items of a list, which becomes the member; NULL: there are too many. */
static uint8_t *make_items(reading *self, yaml_node_t *node, const key_rule *rule, size_t count, size_t item_size,
                           void *to) {
    if (count > SITE_ITEMS_MAX) {
        yaml_tree_mistake(&self->tree, node, "%s has %zu entries: %u are the limit", rule->key, count, SITE_ITEMS_MAX);
        return NULL;
    }
    uint8_t *items = arena_allocate_zeroed(&self->to->memory, count * item_size + 1);
    if (items == NULL) {
        yaml_tree_mistake(&self->tree, node, "no memory for %s", rule->key);
        return NULL;
    }
    *(const void **)(void *)((uint8_t *)to + rule->offset) = items;
    *(uint32_t *)(void *)((uint8_t *)to + rule->count_offset) = (uint32_t)count;
    return items;
}

static void read_item(reading *self, yaml_node_t *item, const key_rule *rule, uint8_t *to) {
    *(uint32_t *)(void *)(to + rule->line_offset) = (uint32_t)item->start_mark.line + 1;
    reading_object(self, item, rule->children, rule->child_count, to);
}

static void read_list(reading *self, yaml_node_t *node, const key_rule *rule, void *to) {
    size_t count = 0;
    if (!yaml_tree_sequence(&self->tree, node, &count)) {
        return;
    }
    uint8_t *items = make_items(self, node, rule, count, rule->item_size, to);
    for (size_t i = 0; items != NULL && i < count; i++) {
        read_item(self, yaml_tree_item(&self->tree, node, i), rule, items + i * rule->item_size);
    }
}

static void read_map(reading *self, yaml_node_t *node, const key_rule *rule, void *to) {
    size_t count = 0;
    if (!yaml_tree_pairs(&self->tree, node, &count)) {
        return;
    }
    uint8_t *items = make_items(self, node, rule, count, rule->item_size, to);
    for (size_t i = 0; items != NULL && i < count; i++) {
        dragoman_bytes name;
        yaml_node_t *value = yaml_tree_pair(&self->tree, node, i, &name);
        uint8_t *item = items + i * rule->item_size;
        *(dragoman_bytes *)(void *)item = keep(self, name);
        read_item(self, value, rule, item);
    }
}

static void read_texts(reading *self, yaml_node_t *node, const key_rule *rule, void *to) {
    bool is_one = node->type != YAML_SEQUENCE_NODE;
    size_t count = 1;
    if (!is_one && !yaml_tree_sequence(&self->tree, node, &count)) {
        return;
    }
    dragoman_bytes *items = (void *)make_items(self, node, rule, count, sizeof(dragoman_bytes), to);
    for (size_t i = 0; items != NULL && i < count; i++) {
        dragoman_bytes text;
        if (yaml_tree_scalar(&self->tree, is_one ? node : yaml_tree_item(&self->tree, node, i), &text)) {
            items[i] = keep(self, text);
        }
    }
}

static void read_member(reading *self, yaml_node_t *value, const key_rule *rule, void *to) {
    if (rule->type == KEY_LIST) {
        read_list(self, value, rule, to);
        return;
    }
    if (rule->type == KEY_MAP) {
        read_map(self, value, rule, to);
        return;
    }
    if (rule->type == KEY_TEXTS) {
        read_texts(self, value, rule, to);
        return;
    }
    void *member = (uint8_t *)to + rule->offset;
    if (rule->type == KEY_OBJECT) {
        reading_object(self, value, rule->children, rule->child_count, member);
        return;
    }
    dragoman_bytes text;
    if (yaml_tree_scalar(&self->tree, value, &text)) {
        const char *why = reading_scalar(self, rule, text, member);
        if (why != NULL) {
            yaml_tree_mistake(&self->tree, value, "%s: \"%.*s\": %s", rule->key, BYTES_FORMAT(text), why);
        }
    }
}

static bool takes_more(const key_rule *rules) {
    for (uint32_t i = 0; i < key_rule_count; i++) {
        if (key_rules[i].children == rules) {
            return key_rules[i].takes_more;
        }
    }
    return false;
}

static void tell_unknown(reading *self, yaml_node_t *key_node, dragoman_bytes key, const key_rule *rules,
                         uint32_t count) {
    const char *near = reading_nearest(key, rule_name, rules, count);
    if (near != NULL) {
        yaml_tree_mistake(&self->tree, key_node, "there is no key \"%.*s\" here; did you mean \"%s\"?",
                          BYTES_FORMAT(key), near);
        return;
    }
    char listed[400] = "";
    for (uint32_t i = 0; i < count; i++) {
        size_t used = strlen(listed);
        snprintf(listed + used, sizeof(listed) - used, "%s%s", i == 0 ? "" : ", ", rules[i].key);
    }
    yaml_tree_mistake(&self->tree, key_node, "there is no key \"%.*s\" here; there are %s", BYTES_FORMAT(key), listed);
}

void reading_object(reading *self, yaml_node_t *node, const key_rule *rules, uint32_t count, void *to) {
    size_t pairs = 0;
    uint64_t seen = 0; /* no object of ours has 64 keys */
    fill_defaults(self, rules, count, to);
    if (!yaml_tree_pairs(&self->tree, node, &pairs)) {
        return;
    }
    for (size_t i = 0; i < pairs; i++) {
        dragoman_bytes key;
        yaml_node_t *value = yaml_tree_pair(&self->tree, node, i, &key);
        yaml_node_t *key_node = yaml_tree_key_node(&self->tree, node, i);
        const key_rule *rule = find_rule(rules, count, key);
        if (rule == NULL) {
            if (!takes_more(rules)) {
                tell_unknown(self, key_node, key, rules, count);
            }
            continue;
        }
        uint64_t bit = UINT64_C(1) << (rule - rules);
        if ((seen & bit) != 0) {
            yaml_tree_mistake(&self->tree, key_node, "the key \"%s\" stands twice", rule->key);
            continue;
        }
        seen |= bit;
        read_member(self, value, rule, to);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (rules[i].is_required && (seen >> i & 1) == 0) {
            const char *example = rules[i].example == NULL ? "..." : rules[i].example;
            yaml_tree_mistake(&self->tree, node, "the key \"%s\" is missing: add %s: %s (%s)", rules[i].key,
                              rules[i].key, example, rules[i].summary);
        }
    }
}

/* Letters to be changed, added or taken away: words of up to 31 letters. */
static unsigned distance(dragoman_bytes a, const char *b) {
    unsigned row[32];
    size_t length = strlen(b);
    if (a.size > 31 || length > 31) {
        return UINT32_MAX;
    }
    for (unsigned j = 0; j <= length; j++) {
        row[j] = j;
    }
    for (unsigned i = 1; i <= a.size; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= length; j++) {
            unsigned cost = diagonal + (a.data[i - 1] != (uint8_t)b[j - 1] ? 1u : 0u);
            diagonal = row[j];
            unsigned least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = least < cost ? least : cost;
        }
    }
    return row[length];
}

const char *reading_nearest(dragoman_bytes text, const char *(*name_at)(const void *names, uint32_t index),
                            const void *names, uint32_t count) {
    const char *best = NULL;
    unsigned least = 3;
    for (uint32_t i = 0; i < count; i++) {
        unsigned far = distance(text, name_at(names, i));
        if (far < least && far < text.size) {
            least = far;
            best = name_at(names, i);
        }
    }
    return best;
}
