#include "config/key_table.h"

#include "config/keys.h"
#include <stdio.h>
#include <string.h>

#define PREFIX_BYTES 128

static const char *const kinds[] = {
    [KEY_TEXT] = "text",       [KEY_NAME] = "name",           [KEY_PATH] = "path",   [KEY_ZONE] = "time zone",
    [KEY_ADDRESS] = "address", [KEY_BOOLEAN] = "true, false", [KEY_COUNT] = "count", [KEY_DURATION] = "time",
    [KEY_SIZE] = "size",       [KEY_TEXTS] = "texts",
};

/* "`fhir`, `fhir-ndjson`" of "fhir fhir-ndjson". */
static void append_choices(const char *choices, buffer *to) {
    for (const char *at = choices; *at != '\0';) {
        size_t size = strcspn(at, " ");
        buffer_append_format(to, "%s`%.*s`", at == choices ? "" : ", ", (int)size, at);
        at += size + (at[size] == ' ' ? 1 : 0);
    }
}

static void append_row(const char *prefix, const key_rule *rule, buffer *to) {
    buffer_append_format(to, "| `%s%s` | ", prefix, rule->key);
    if (rule->type == KEY_CHOICE) {
        append_choices(rule->choices, to);
    } else {
        buffer_append_text(to, kinds[rule->type]);
    }
    if (rule->is_required) {
        buffer_append_text(to, " | *needed*");
    } else if (rule->default_value != NULL) {
        buffer_append_format(to, " | `%s`", rule->default_value);
    } else {
        buffer_append_text(to, " |");
    }
    buffer_append_format(to, " | %s |\n", rule->summary);
}

/* Objects that were written out already: the next of the same kind is said to be as the first. */
typedef struct known {
    const key_rule *children[16];
    char names[16][PREFIX_BYTES];
    size_t count;
} known;

static const char *find(const known *self, const key_rule *children) {
    for (size_t i = 0; i < self->count; i++) {
        if (self->children[i] == children) {
            return self->names[i];
        }
    }
    return NULL;
}

static void append_rules(const char *prefix, const key_rule *rules, uint32_t count, known *seen, buffer *to) {
    for (uint32_t i = 0; i < count; i++) {
        if (rules[i].child_count == 0) {
            append_row(prefix, &rules[i], to);
            continue;
        }
        char name[PREFIX_BYTES - 1];
        char inner[PREFIX_BYTES];
        snprintf(name, sizeof(name), "%s%s%s", prefix, rules[i].key,
                 rules[i].type == KEY_LIST  ? "[]"
                 : rules[i].type == KEY_MAP ? ".NAME"
                                            : "");
        const char *first = find(seen, rules[i].children);
        if (first != NULL) {
            buffer_append_format(to, "| `%s` | as `%s` | | %s |\n", name, first, rules[i].summary);
            continue;
        }
        if (seen->count < sizeof(seen->names) / sizeof(seen->names[0])) {
            snprintf(seen->names[seen->count], PREFIX_BYTES, "%s", name);
            seen->children[seen->count++] = rules[i].children;
        }
        snprintf(inner, sizeof(inner), "%s.", name);
        append_rules(inner, rules[i].children, rules[i].child_count, seen, to);
    }
}

void key_table_write(buffer *to) {
    known seen = {.count = 0};
    buffer_append_text(to, "| key | holds | default | |\n|---|---|---|---|\n");
    append_rules("", key_rules, key_rule_count, &seen, to);
}
