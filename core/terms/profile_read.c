#include "base/bytes.h"
#include "base/decimal.h"
#include "base/time.h"
#include "base/yaml_tree.h"
#include "terms/profile.h"

#include <stdlib.h>
#include <string.h>

/* Codes, units or senders of one profile: slots hold 16-bit row numbers. */
#define PROFILE_ROWS_MAX 32000u

typedef struct profile_reader {
    yaml_tree *tree;
    terms_profile *profile;
    const terms_tables *tables;
} profile_reader;

/* Memory for one row per element of a sequence; NULL and a mistake when the node is none, or too long. */
static void *rows_for(profile_reader *self, yaml_node_t *node, size_t size, profile_list *ret_list) {
    size_t count = 0;
    if (!yaml_tree_sequence(self->tree, node, &count)) {
        return NULL;
    }
    if (count > PROFILE_ROWS_MAX) {
        yaml_tree_mistake(self->tree, node, "more than %u entries", PROFILE_ROWS_MAX);
        return NULL;
    }
    void *items = arena_allocate_zeroed(&self->profile->memory, count * size);
    if (items == NULL) {
        yaml_tree_mistake(self->tree, node, "no memory for %zu entries", count);
        return NULL;
    }
    *ret_list = (profile_list){items, (uint32_t)count};
    return items;
}

static void read_text(void *context, yaml_node_t *node, void *target) {
    profile_reader *self = context;
    dragoman_bytes text;
    if (yaml_tree_scalar(self->tree, node, &text)) {
        dragoman_bytes *to = target;
        *to = arena_copy(&self->profile->memory, text);
    }
}

static void skip_text(void *context, yaml_node_t *node, void *target) {
    dragoman_bytes text;
    (void)target;
    yaml_tree_scalar(((profile_reader *)context)->tree, node, &text);
}

static void read_texts(void *context, yaml_node_t *node, void *target) {
    profile_reader *self = context;
    dragoman_bytes *items = rows_for(self, node, sizeof(dragoman_bytes), target);
    for (uint32_t i = 0; items != NULL && i < ((profile_list *)target)->count; i++) {
        read_text(self, yaml_tree_item(self->tree, node, i), items + i);
    }
}

static void read_decimals(void *context, yaml_node_t *node, void *target) {
    profile_reader *self = context;
    profile_list list = {0};
    dragoman_decimal *items = rows_for(self, node, sizeof(dragoman_decimal), &list);
    for (uint32_t i = 0; items != NULL && i < list.count; i++) {
        yaml_node_t *item = yaml_tree_item(self->tree, node, i);
        dragoman_bytes text;
        if (yaml_tree_scalar(self->tree, item, &text) && decimal_parse(text, items + i) != DRAGOMAN_OK) {
            yaml_tree_mistake(self->tree, item, "\"%.*s\" is no number", BYTES_FORMAT(text));
        }
    }
    *(profile_absent *)target = (profile_absent){items, items == NULL ? 0 : list.count};
}

static bool read_number(dragoman_bytes text, uint32_t *ret_number) {
    uint64_t number = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || number > UINT32_MAX) {
            return false;
        }
        number = number * 10 + (uint64_t)(text.data[i] - '0');
    }
    *ret_number = (uint32_t)number;
    return text.size > 0 && number <= UINT32_MAX;
}

static void read_mdc(void *context, yaml_node_t *node, void *target) {
    profile_reader *self = context;
    profile_code *row = target;
    dragoman_bytes text;
    if (!yaml_tree_scalar(self->tree, node, &text)) {
        return;
    }
    uint32_t code = 0;
    row->term =
        read_number(text, &code) ? terms_tables_mdc(self->tables, code) : terms_tables_refid(self->tables, text);
    if (row->term == NULL) {
        yaml_tree_mistake(
            self->tree, node,
            "no MDC term \"%.*s\": write its number or reference id, and a new one into a term file first",
            BYTES_FORMAT(text));
        return;
    }
    row->mdc = row->term->code;
}

static void read_unit(void *context, yaml_node_t *node, void *target) {
    profile_reader *self = context;
    dragoman_bytes text;
    if (!yaml_tree_scalar(self->tree, node, &text)) {
        return;
    }
    uint32_t code = 0;
    const terms_unit *unit = read_number(text, &code) && code > 1 ? terms_tables_unit(self->tables, code) : NULL;
    unit = unit != NULL ? unit : terms_tables_unit_refid(self->tables, text);
    unit = unit != NULL ? unit : terms_tables_ucum(self->tables, text);
    if (unit == NULL) {
        yaml_tree_mistake(self->tree, node, "no unit \"%.*s\": write a UCUM code such as mm[Hg], or MDC_DIM_...",
                          BYTES_FORMAT(text));
        return;
    }
    *(const terms_unit **)target = unit;
}

static void read_confidence(void *context, yaml_node_t *node, void *target) {
    static const char *const words[] = {"S", "C"};
    (void)target;
    yaml_tree_choice(((profile_reader *)context)->tree, node, words, 2);
}

static void read_code(profile_reader *self, yaml_node_t *node, profile_code *row) {
    profile_absent *absent = &row->absent;
    const yaml_tree_key keys[] = {
        {"code", read_text, &row->code, false},          {"text", read_text, &row->text, false},
        {"system", read_text, &row->system, false},      {"mdc", read_mdc, row, false},
        {"unit", read_unit, &row->unit, false},          {"name", skip_text, NULL, false},
        {"confidence", read_confidence, NULL, false},    {"note", skip_text, NULL, false},
        {"absent_values", read_decimals, absent, false},
    };
    if (yaml_tree_mapping(self->tree, node, keys, sizeof(keys) / sizeof(keys[0]), self) && row->code.size == 0 &&
        row->text.size == 0) {
        yaml_tree_mistake(self->tree, node, "a code needs \"code\", or \"text\" where the vendor sends none");
    }
    self->profile->overrides_mdc = self->profile->overrides_mdc || bytes_is(row->system, "MDC");
}

/* Two rows for the same coding: only one could ever be found. */
static void check_double(profile_reader *self, yaml_node_t *node, const profile_code *row) {
    dragoman_code coding = {row->code, row->code.size > 0 ? (dragoman_bytes){0} : row->text, row->system};
    if (row->system.size == 0 && self->profile->systems.count > 0) {
        coding.system = *(const dragoman_bytes *)self->profile->systems.items;
    }
    const profile_code *found = profile_find_code(self->profile, &coding);
    if (found != NULL && found != row && bytes_equal(found->system, row->system)) {
        yaml_tree_mistake(self->tree, node, "the code \"%.*s\" stands twice",
                          BYTES_FORMAT(row->code.size > 0 ? row->code : row->text));
    }
}

static void read_codes(void *context, yaml_node_t *node, void *target) {
    profile_reader *self = context;
    profile_code *rows = rows_for(self, node, sizeof(profile_code), target);
    for (uint32_t i = 0; rows != NULL && i < ((profile_list *)target)->count; i++) {
        read_code(self, yaml_tree_item(self->tree, node, i), rows + i);
    }
}

static void read_units(void *context, yaml_node_t *node, void *target) {
    profile_reader *self = context;
    profile_unit *rows = rows_for(self, node, sizeof(profile_unit), target);
    for (uint32_t i = 0; rows != NULL && i < ((profile_list *)target)->count; i++) {
        yaml_node_t *item = yaml_tree_item(self->tree, node, i);
        const yaml_tree_key keys[] = {
            {"text", read_text, &rows[i].text, true},
            {"unit", read_unit, &rows[i].unit, true},
            {"note", skip_text, NULL, false},
        };
        yaml_tree_mapping(self->tree, item, keys, 3, self);
    }
}

static void read_senders(void *context, yaml_node_t *node, void *target) {
    profile_reader *self = context;
    profile_sender *rows = rows_for(self, node, sizeof(profile_sender), target);
    for (uint32_t i = 0; rows != NULL && i < ((profile_list *)target)->count; i++) {
        yaml_node_t *item = yaml_tree_item(self->tree, node, i);
        const yaml_tree_key keys[] = {
            {"application", read_text, &rows[i].application, false},
            {"facility", read_text, &rows[i].facility, false},
            {"code_system", read_text, &rows[i].code_system, false},
        };
        if (yaml_tree_mapping(self->tree, item, keys, 3, self) &&
            rows[i].application.size + rows[i].facility.size + rows[i].code_system.size == 0) {
            yaml_tree_mistake(self->tree, item, "an empty entry would recognise every sender");
        }
    }
}

static void read_habit(void *context, yaml_node_t *node, void *target) {
    static const char *const words[] = {"follows", "never", "utc"};
    static const int8_t habits[] = {TIME_FOLLOWS, TIME_NEVER, TIME_UTC};
    int choice = yaml_tree_choice(((profile_reader *)context)->tree, node, words, 3);
    if (choice >= 0) {
        *(int8_t *)target = habits[choice];
    }
}

static void read_zone(void *context, yaml_node_t *node, void *target) {
    profile_reader *self = context;
    dragoman_bytes *zone = target;
    read_text(self, node, zone);
    if (bytes_is(*zone, "site")) {
        *zone = (dragoman_bytes){0};
        return;
    }
    time_zone *loaded = NULL;
    error_record error;
    if (zone->size > 0 && time_zone_create(*zone, &loaded, &error) != DRAGOMAN_OK) {
        yaml_tree_mistake(self->tree, node, "%s", error.text);
    }
    time_zone_destroy(loaded);
}

static void read_clock(void *context, yaml_node_t *node, void *target) {
    profile_reader *self = context;
    terms_profile *profile = target;
    const yaml_tree_key keys[] = {
        {"zone", read_zone, &profile->zone, false},
        {"habit", read_habit, &profile->habit, false},
    };
    yaml_tree_mapping(self->tree, node, keys, 2, self);
}

static void read_source(void *context, yaml_node_t *node, void *target) {
    profile_reader *self = context;
    terms_profile *profile = target;
    const yaml_tree_key keys[] = {
        {"document", read_text, &profile->document, true},
        {"edition", read_text, &profile->edition, false},
    };
    yaml_tree_mapping(self->tree, node, keys, 2, self);
}

static void read_settings(void *context, yaml_node_t *node, void *target) {
    profile_reader *self = context;
    profile_list *list = target;
    size_t count = 0;
    if (!yaml_tree_pairs(self->tree, node, &count)) {
        return;
    }
    profile_setting *items = arena_allocate_zeroed(&self->profile->memory, count * sizeof(profile_setting));
    for (size_t i = 0; items != NULL && i < count; i++) {
        yaml_node_t *value = yaml_tree_pair(self->tree, node, i, &items[i].name);
        items[i].name = arena_copy(&self->profile->memory, items[i].name);
        read_text(self, value, &items[i].value);
    }
    *list = (profile_list){items, items == NULL ? 0 : (uint32_t)count};
}

static void read_device(void *context, yaml_node_t *node, void *target) {
    profile_reader *self = context;
    profile_read_section(self->profile, self->tree, node, "device", target);
}

static void read_link(void *context, yaml_node_t *node, void *target) {
    profile_reader *self = context;
    profile_read_section(self->profile, self->tree, node, "link", target);
}

static void read_rule(void *context, yaml_node_t *node, void *target) {
    static const char *const words[] = {"mdil-hex"};
    if (yaml_tree_choice(((profile_reader *)context)->tree, node, words, 1) == 0) {
        *(uint8_t *)target = PROFILE_MDIL_HEX;
    }
}

static void check_doubles(profile_reader *self, yaml_node_t *root) {
    yaml_node_t *codes = yaml_tree_value(self->tree, root, "codes");
    for (uint32_t i = 0; codes != NULL && i < self->profile->codes.count; i++) {
        check_double(self, yaml_tree_item(self->tree, codes, i), (const profile_code *)self->profile->codes.items + i);
    }
}

static void read_root(profile_reader *self, yaml_node_t *root) {
    terms_profile *profile = self->profile;
    const yaml_tree_key keys[] = {
        {"profile", read_text, &profile->name, true},
        {"for", read_text, &profile->adapter, true},
        {"source", read_source, profile, true},
        {"recognise", read_senders, &profile->senders, false},
        {"clock", read_clock, profile, false},
        {"settings", read_settings, &profile->settings, false},
        {"device", read_device, &profile->device, false},
        {"link", read_link, &profile->link, false},
        {"absent_values", read_decimals, &profile->absent, false},
        {"code_systems", read_texts, &profile->systems, false},
        {"codes_of", read_text, &profile->codes_of, false},
        {"rule", read_rule, &profile->rule, false},
        {"codes", read_codes, &profile->codes, false},
        {"units", read_units, &profile->units, false},
    };
    if (!yaml_tree_mapping(self->tree, root, keys, sizeof(keys) / sizeof(keys[0]), self)) {
        return;
    }
    if (!profile_index(profile)) {
        yaml_tree_mistake(self->tree, root, "no memory");
        return;
    }
    check_doubles(self, root);
}

terms_profile *profile_read(const char *file, dragoman_bytes text, const terms_tables *tables, mistake_list *mistakes) {
    terms_profile *profile = calloc(1, sizeof(*profile));
    if (profile == NULL) {
        mistake_tell(mistakes, (mistake_place){file, 1, 1}, "no memory");
        return NULL;
    }
    arena_init(&profile->memory, TERMS_PROFILE_MEMORY);
    profile->habit = -1;
    profile->place = (mistake_place){file, 1, 1};
    uint32_t before = mistakes->count;
    yaml_tree tree;
    if (yaml_tree_init(&tree, file, text, mistakes)) {
        profile_reader reader = {&tree, profile, tables};
        read_root(&reader, yaml_tree_root(&tree));
    }
    yaml_tree_fini(&tree);
    if (mistakes->count != before) {
        profile_destroy(profile);
        return NULL;
    }
    return profile;
}
