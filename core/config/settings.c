#include "base/bytes.h"
#include "config/reading.h"
#include "config/scalar.h"
#include <stdio.h>

static const char *setting_name(const void *rules, uint32_t index) {
    return ((const dragoman_setting_rule *)rules)[index].key;
}

static bool is_known(const key_rule *known, uint32_t count, dragoman_bytes key) {
    for (uint32_t i = 0; i < count; i++) {
        if (bytes_is(key, known[i].key)) {
            return true;
        }
    }
    return false;
}

static const dragoman_setting_rule *find_rule(const dragoman_setting_rule *rules, uint32_t count, dragoman_bytes key) {
    for (uint32_t i = 0; i < count; i++) {
        if (bytes_is(key, rules[i].key)) {
            return &rules[i];
        }
    }
    return NULL;
}

static bool in_range(const dragoman_setting_rule *rule, int64_t number) {
    bool has_range = rule->minimum != 0 || rule->maximum != 0;
    return !has_range || (number >= rule->minimum && number <= rule->maximum);
}

/* "it must be from 1KiB to 1GiB": the range in the form of the setting. */
static const char *range_of(const dragoman_setting_rule *rule) {
    static _Thread_local char text[96];
    int64_t ends[] = {rule->minimum, rule->maximum};
    int size = snprintf(text, sizeof(text), "it must be from ");
    for (int i = 0; i < 2 && size > 0 && (size_t)size < sizeof(text); i++) {
        const char *unit = rule->type == DRAGOMAN_SETTING_SIZE       ? "B"
                           : rule->type == DRAGOMAN_SETTING_DURATION ? "ms"
                                                                     : "";
        int64_t number = ends[i];
        static const char *const larger[] = {"KiB", "MiB", "GiB"};
        for (int step = 0; rule->type == DRAGOMAN_SETTING_SIZE && step < 3 && number > 0 && number % 1024 == 0;
             step++) {
            number /= 1024;
            unit = larger[step];
        }
        size += snprintf(text + size, sizeof(text) - (size_t)size, "%s%lld%s", i == 0 ? "" : " to ", (long long)number,
                         unit);
    }
    return text;
}

/* Checks a value and turns it into the form that adapters get; NULL when it is good, else what is wrong. */
static const char *convert(reading *self, const dragoman_setting_rule *rule, dragoman_bytes text,
                           dragoman_bytes *ret_value) {
    int64_t number = 0;
    uint64_t size = 0;
    bool is_true = false;
    switch (rule->type) {
    case DRAGOMAN_SETTING_BOOLEAN:
        *ret_value = text;
        return scalar_boolean(text, &is_true) ? NULL : "true or false is expected";
    case DRAGOMAN_SETTING_CHOICE:
        *ret_value = text;
        return scalar_choice(text, rule->choices) >= 0 ? NULL : rule->choices;
    case DRAGOMAN_SETTING_INTEGER:
        *ret_value = text;
        if (!scalar_integer(text, &number)) {
            return "a whole number is expected";
        }
        return in_range(rule, number) ? NULL : range_of(rule);
    case DRAGOMAN_SETTING_DURATION:
        if (!scalar_duration(text, &number)) {
            return "a time is expected, like 500ms, 30s, 5m, 72h or 7d";
        }
        number /= 1000;
        break;
    case DRAGOMAN_SETTING_SIZE:
        if (!scalar_size(text, &size)) {
            return "a size is expected, like 512KiB or 64MiB";
        }
        number = (int64_t)size;
        break;
    default:
        *ret_value = text;
        return NULL;
    }
    *ret_value = arena_format(&self->to->memory, "%lld", (long long)number);
    return in_range(rule, number) ? NULL : range_of(rule);
}

typedef struct taking {
    dragoman_setting items[SITE_SETTINGS_MAX];
    uint32_t count;
} taking;

static void take(reading *self, yaml_node_t *node, const dragoman_setting_rule *rule, taking *to) {
    dragoman_bytes text;
    dragoman_bytes value = {NULL, 0};
    if (!yaml_tree_scalar(&self->tree, node, &text)) {
        return;
    }
    const char *why = convert(self, rule, text, &value);
    if (why != NULL) {
        bool is_secret = rule->type == DRAGOMAN_SETTING_SECRET;
        yaml_tree_mistake(&self->tree, node, "%s: \"%.*s\": %s%s", rule->key, is_secret ? 0 : (int)text.size,
                          (const char *)text.data,
                          rule->type == DRAGOMAN_SETTING_CHOICE ? "one of these is expected: " : "", why);
        return;
    }
    if (to->count == SITE_SETTINGS_MAX) {
        yaml_tree_mistake(&self->tree, node, "more than %u settings", SITE_SETTINGS_MAX);
        return;
    }
    /* The rule may lie in a module that is unloaded before the site is used. */
    dragoman_bytes key = arena_copy(&self->to->memory, bytes_of(rule->key));
    to->items[to->count++] = (dragoman_setting){key, arena_copy(&self->to->memory, value)};
}

static void take_all(reading *self, yaml_node_t *value, const dragoman_setting_rule *rule, taking *to) {
    if (value->type != YAML_SEQUENCE_NODE || !rule->is_list) {
        take(self, value, rule, to);
        return;
    }
    size_t count = 0;
    yaml_tree_sequence(&self->tree, value, &count);
    for (size_t i = 0; i < count; i++) {
        take(self, yaml_tree_item(&self->tree, value, i), rule, to);
    }
}

void reading_settings(reading *self, yaml_node_t *node, const key_rule *known, uint32_t known_count,
                      const dragoman_setting_rule *rules, uint32_t rule_count, const char *whose,
                      const dragoman_setting **ret_settings, uint32_t *ret_count) {
    taking taken = {.count = 0};
    size_t pairs = 0;
    if (node->type != YAML_MAPPING_NODE || !yaml_tree_pairs(&self->tree, node, &pairs)) {
        return;
    }
    for (size_t i = 0; i < pairs; i++) {
        dragoman_bytes key;
        yaml_node_t *value = yaml_tree_pair(&self->tree, node, i, &key);
        if (is_known(known, known_count, key)) {
            continue;
        }
        const dragoman_setting_rule *rule = find_rule(rules, rule_count, key);
        if (rule != NULL) {
            take_all(self, value, rule, &taken);
            continue;
        }
        yaml_node_t *key_node = yaml_tree_key_node(&self->tree, node, i);
        const char *near = reading_nearest(key, setting_name, rules, rule_count);
        yaml_tree_mistake(&self->tree, key_node, "neither dragoman nor %s knows the key \"%.*s\"%s%s%s", whose,
                          BYTES_FORMAT(key), near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
                          near == NULL ? "" : "\"?");
    }
    dragoman_setting *kept = arena_allocate(&self->to->memory, taken.count * sizeof(*kept) + 1);
    if (kept != NULL) {
        memcpy(kept, taken.items, taken.count * sizeof(*kept));
        *ret_settings = kept;
        *ret_count = taken.count;
    }
}
