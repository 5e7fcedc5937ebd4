#include "config/schema.h"

#include "base/bytes.h"
#include "base/json_out.h"
#include "config/keys.h"

static void write_object(json_out *out, const char *key, const key_rule *rules, uint32_t count, bool takes_more);

static const char *const patterns[] = {
    [KEY_NAME] = "^[A-Za-z0-9._-]{1,64}$",
    [KEY_DURATION] = "^[0-9]+ ?(us|ms|s|m|min|h|d)$",
    [KEY_SIZE] = "^[0-9]+ ?(B|KiB|MiB|GiB|TiB|KB|MB|GB|TB)$",
    [KEY_TEXTS] = NULL,
};

static void write_choices(json_out *out, const char *choices) {
    json_out_array(out, "enum");
    for (const char *at = choices; *at != '\0';) {
        size_t size = strcspn(at, " ");
        json_out_text(out, NULL, (dragoman_bytes){(const uint8_t *)at, size});
        at += size + (at[size] == ' ' ? 1 : 0);
    }
    json_out_array_end(out);
}

static void write_scalar(json_out *out, const key_rule *rule) {
    switch (rule->type) {
    case KEY_BOOLEAN:
        json_out_text(out, "type", DRAGOMAN_TEXT("boolean"));
        break;
    case KEY_COUNT:
        json_out_text(out, "type", DRAGOMAN_TEXT("integer"));
        json_out_number(out, "minimum", rule->minimum);
        json_out_number(out, "maximum", rule->maximum);
        break;
    case KEY_CHOICE:
        write_choices(out, rule->choices);
        break;
    default:
        json_out_text(out, "type", DRAGOMAN_TEXT("string"));
        if (patterns[rule->type] != NULL) {
            json_out_text(out, "pattern", bytes_of(patterns[rule->type]));
        }
        break;
    }
    if (rule->default_value == NULL) {
        return;
    }
    if (rule->type == KEY_BOOLEAN) {
        json_out_boolean(out, "default", bytes_is(bytes_of(rule->default_value), "true"));
    } else {
        json_out_text(out, "default", bytes_of(rule->default_value));
    }
}

static void write_rule(json_out *out, const key_rule *rule) {
    if (rule->type == KEY_OBJECT) {
        write_object(out, rule->key, rule->children, rule->child_count, false);
        return;
    }
    json_out_object(out, rule->key);
    json_out_text(out, "description", bytes_of(rule->summary));
    if (rule->type == KEY_LIST) {
        json_out_text(out, "type", DRAGOMAN_TEXT("array"));
        write_object(out, "items", rule->children, rule->child_count, rule->takes_more);
    } else if (rule->type == KEY_MAP) {
        json_out_text(out, "type", DRAGOMAN_TEXT("object"));
        write_object(out, "additionalProperties", rule->children, rule->child_count, false);
    } else if (rule->type == KEY_TEXTS) {
        json_out_array(out, "type");
        json_out_text(out, NULL, DRAGOMAN_TEXT("string"));
        json_out_text(out, NULL, DRAGOMAN_TEXT("array"));
        json_out_array_end(out);
        json_out_object(out, "items");
        json_out_text(out, "type", DRAGOMAN_TEXT("string"));
        json_out_object_end(out);
    } else {
        write_scalar(out, rule);
    }
    if (rule->example != NULL) {
        json_out_array(out, "examples");
        json_out_text(out, NULL, bytes_of(rule->example));
        json_out_array_end(out);
    }
    json_out_object_end(out);
}

static void write_members(json_out *out, const key_rule *rules, uint32_t count, bool takes_more) {
    json_out_text(out, "type", DRAGOMAN_TEXT("object"));
    /* The keys of adapters and sinks are known to `dragoman check` only. */
    json_out_boolean(out, "additionalProperties", takes_more);
    json_out_array(out, "required");
    for (uint32_t i = 0; i < count; i++) {
        if (rules[i].is_required) {
            json_out_text(out, NULL, bytes_of(rules[i].key));
        }
    }
    json_out_array_end(out);
    json_out_object(out, "properties");
    for (uint32_t i = 0; i < count; i++) {
        write_rule(out, &rules[i]);
    }
    json_out_object_end(out);
}

static void write_object(json_out *out, const char *key, const key_rule *rules, uint32_t count, bool takes_more) {
    json_out_object(out, key);
    write_members(out, rules, count, takes_more);
    json_out_object_end(out);
}

void schema_write(buffer *to) {
    json_out out;
    if (!json_out_init(&out, to, true)) {
        return;
    }
    json_out_object(&out, NULL);
    json_out_text(&out, "$schema", DRAGOMAN_TEXT("https://json-schema.org/draft/2020-12/schema"));
    json_out_text(&out, "title", DRAGOMAN_TEXT("dragoman site file"));
    write_members(&out, key_rules, key_rule_count, false);
    json_out_object_end(&out);
    json_out_fini(&out);
}
