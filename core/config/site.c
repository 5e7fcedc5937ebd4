#include "config/site.h"

#include "base/buffer.h"
#include "base/bytes.h"
#include "config/reading.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A site file of a large house with 4,096 links has some 500 kB. */
#define SITE_FILE_BYTES_MAX ((size_t)4 << 20)
#define SITE_MEMORY_MAX ((size_t)64 << 20)
#define SITE_MISTAKES_MAX 1000u

typedef struct collecting {
    site *to;
    site_mistake items[SITE_MISTAKES_MAX];
    uint32_t count;
} collecting;

static void collect(void *context, mistake_place place, const char *sentence) {
    collecting *at = context;
    if (at->count < SITE_MISTAKES_MAX) {
        at->items[at->count++] =
            (site_mistake){place.line, place.column, arena_copy(&at->to->memory, bytes_of(sentence))};
    }
}

static int by_place(const void *left, const void *right) {
    const site_mistake *a = left;
    const site_mistake *b = right;
    if (a->line != b->line) {
        return a->line < b->line ? -1 : 1;
    }
    return a->column < b->column ? -1 : a->column > b->column;
}

const key_rule *reading_children(const char *key, uint32_t *ret_count) {
    for (uint32_t i = 0; i < key_rule_count; i++) {
        if (strcmp(key_rules[i].key, key) == 0) {
            *ret_count = key_rules[i].child_count;
            return key_rules[i].children;
        }
    }
    return NULL;
}

static void check_publish(reading *self, yaml_node_t *node, site_publish *sink) {
    uint32_t count = 0;
    const key_rule *known = reading_children("publish", &count);
    if (self->rules == NULL || sink->to.size == 0) {
        return;
    }
    error_record refusal = {0};
    uint32_t rule_count = 0;
    const dragoman_setting_rule *rules = self->rules->sink(self->rules->context, sink->to, &rule_count, &refusal);
    if (rules == NULL && refusal.status != DRAGOMAN_OK) {
        yaml_tree_mistake(&self->tree, yaml_tree_value(&self->tree, node, "to"), "%s", refusal.text);
        return;
    }
    reading_settings(self, node, known, count, rules, rule_count, "this sink", &sink->settings, &sink->setting_count);
}

/* Names are what logs, positions and devices are known by. */
static void check_names(reading *self, yaml_node_t *list, const void *items, uint32_t count, size_t item_size) {
    for (uint32_t i = 0; i < count; i++) {
        const dragoman_bytes *name = (const void *)((const uint8_t *)items + i * item_size);
        for (uint32_t earlier = 0; earlier < i; earlier++) {
            const dragoman_bytes *other = (const void *)((const uint8_t *)items + earlier * item_size);
            if (name->size > 0 && bytes_equal(*name, *other)) {
                yaml_tree_mistake(&self->tree, yaml_tree_item(&self->tree, list, i),
                                  "the name \"%.*s\" is taken already", BYTES_FORMAT(*name));
                break;
            }
        }
    }
}

static void check_lists(reading *self, yaml_node_t *root) {
    site *to = self->to;
    yaml_node_t *links = yaml_tree_value(&self->tree, root, "links");
    for (uint32_t i = 0; links != NULL && i < to->link_count; i++) {
        reading_check_link(self, yaml_tree_item(&self->tree, links, i), (site_link *)(uintptr_t)&to->links[i]);
    }
    yaml_node_t *sinks = yaml_tree_value(&self->tree, root, "publish");
    for (uint32_t i = 0; sinks != NULL && i < to->publish_count; i++) {
        check_publish(self, yaml_tree_item(&self->tree, sinks, i), (site_publish *)(uintptr_t)&to->publish[i]);
    }
    if (links != NULL) {
        check_names(self, links, to->links, to->link_count, sizeof(site_link));
    }
    if (sinks != NULL) {
        check_names(self, sinks, to->publish, to->publish_count, sizeof(site_publish));
    }
}

/* "St. Example, ICU 2" becomes "urn:dragoman:st-example-icu-2". */
static dragoman_bytes base_of(site *to) {
    char base[128] = "urn:dragoman:";
    size_t size = strlen(base);
    bool was_dash = true;
    for (size_t i = 0; i < to->name.size && size < sizeof(base) - 2; i++) {
        uint8_t c = to->name.data[i];
        uint8_t lower = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
        bool is_good = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
        if (is_good || !was_dash) {
            base[size++] = is_good ? (char)lower : '-';
        }
        was_dash = !is_good;
    }
    while (size > 0 && base[size - 1] == '-') {
        size--;
    }
    return arena_copy(&to->memory, (dragoman_bytes){(const uint8_t *)base, size});
}

/* Defaults that depend on other keys. */
static void complete(reading *self) {
    site *to = self->to;
    if (to->identifier_base.size == 0 && to->name.size > 0) {
        to->identifier_base = base_of(to);
    }
    if (to->control_path.size == 0) {
        to->control_path = arena_format(&to->memory, "%.*s.sock", BYTES_FORMAT(to->store.path));
    }
    site_hold *holds[] = {&to->store.values, &to->store.alerts, &to->store.context, &to->store.waves};
    for (size_t i = 0; i < sizeof(holds) / sizeof(holds[0]); i++) {
        holds[i]->hold_us = holds[i]->hold_us == 0 ? to->store.hold_us : holds[i]->hold_us;
    }
}

dragoman_status site_read_text(dragoman_bytes text, const char *folder, const site_rules *rules, site *ret_site,
                               site_mistakes *ret_mistakes) {
    *ret_site = (site){0};
    *ret_mistakes = (site_mistakes){0};
    arena_init(&ret_site->memory, SITE_MEMORY_MAX);
    collecting *found = calloc(1, sizeof(*found));
    if (found == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    found->to = ret_site;
    mistake_list mistakes = {.report = collect, .context = found};
    reading self = {.to = ret_site, .folder = folder, .rules = rules};
    ret_site->folder = arena_format(&ret_site->memory, "%s", folder);
    if (yaml_tree_init(&self.tree, "site file", text, &mistakes)) {
        yaml_node_t *root = yaml_tree_root(&self.tree);
        reading_object(&self, root, key_rules, key_rule_count, ret_site);
        if (root->type == YAML_MAPPING_NODE) {
            check_lists(&self, root);
        }
        complete(&self);
    }
    yaml_tree_fini(&self.tree);
    qsort(found->items, found->count, sizeof(found->items[0]), by_place);
    site_mistake *kept = arena_allocate(&ret_site->memory, found->count * sizeof(*kept) + 1);
    if (kept != NULL) {
        memcpy(kept, found->items, found->count * sizeof(*kept));
        *ret_mistakes = (site_mistakes){kept, found->count};
    }
    dragoman_status status = mistakes.count > 0 ? DRAGOMAN_INVALID : DRAGOMAN_OK;
    free(found);
    return status;
}

static dragoman_status read_all(FILE *from, const char *path, buffer *to, error_record *error) {
    while (feof(from) == 0 && ferror(from) == 0 && to->size <= SITE_FILE_BYTES_MAX) {
        uint8_t *room = buffer_reserve(to, 65536);
        if (room == NULL) {
            return error_set(error, DRAGOMAN_NO_MEMORY, "%s: no memory to read it", path);
        }
        to->size += fread(room, 1, 65536, from);
    }
    if (to->size > SITE_FILE_BYTES_MAX) {
        return error_set(error, DRAGOMAN_LIMIT, "%s: longer than %zu MiB: it is no site file", path,
                         SITE_FILE_BYTES_MAX >> 20);
    }
    return ferror(from) != 0 ? error_set(error, DRAGOMAN_IO, "%s: cannot be read", path) : DRAGOMAN_OK;
}

/* The folder that a path lies in, absolute. */
static void folder_of(const char *path, char *to, size_t room) {
    char resolved[4096];
    if (strcmp(path, "-") == 0 || realpath(path, resolved) == NULL) {
        if (getcwd(to, room) == NULL) {
            snprintf(to, room, ".");
        }
        return;
    }
    char *slash = strrchr(resolved, '/');
    *slash = '\0';
    snprintf(to, room, "%s", resolved[0] == '\0' ? "/" : resolved);
}

dragoman_status site_read(const char *path, const site_rules *rules, site *ret_site, site_mistakes *ret_mistakes,
                          error_record *error) {
    bool is_stdin = strcmp(path, "-") == 0;
    *ret_site = (site){0};
    *ret_mistakes = (site_mistakes){0};
    FILE *from = is_stdin ? stdin : fopen(path, "re");
    if (from == NULL) {
        return error_set(error, DRAGOMAN_NOT_FOUND, "%s: cannot be opened: %s", path, strerror(errno));
    }
    buffer text;
    buffer_init(&text);
    char folder[4096];
    folder_of(path, folder, sizeof(folder));
    dragoman_status status = read_all(from, path, &text, error);
    if (status == DRAGOMAN_OK) {
        status = site_read_text(buffer_bytes(&text), folder, rules, ret_site, ret_mistakes);
        if (status != DRAGOMAN_OK) {
            error_set(error, status, "%s has %u mistake%s: `dragoman check %s` tells %s", path, ret_mistakes->count,
                      ret_mistakes->count == 1 ? "" : "s", path, ret_mistakes->count == 1 ? "it" : "them");
        }
    }
    buffer_fini(&text);
    if (!is_stdin) {
        fclose(from);
    }
    return status;
}

void site_fini(site *self) {
    arena_fini(&self->memory);
    *self = (site){0};
}
