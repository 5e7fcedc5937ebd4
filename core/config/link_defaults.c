/* What a profile's `link` section says of links: keys of the site file's own table, for devices that all want the same.
 */
#include "base/bytes.h"
#include "config/reading.h"
#include <stdio.h>

static const key_rule *find(const key_rule *rules, uint32_t count, dragoman_bytes key) {
    for (uint32_t i = 0; i < count; i++) {
        if (bytes_is(key, rules[i].key)) {
            return &rules[i];
        }
    }
    return NULL;
}

/* The rule of a way such as "pace" or "serial.baud", and the one it is in (or NULL). NULL: a profile cannot say that.
 */
static const key_rule *rule_of(dragoman_bytes way, const key_rule **ret_parent) {
    uint32_t count = 0;
    const key_rule *rules = reading_children("links", &count);
    const uint8_t *dot = way.size == 0 ? NULL : memchr(way.data, '.', way.size);
    size_t first = dot == NULL ? way.size : (size_t)(dot - way.data);
    const key_rule *rule = find(rules, count, (dragoman_bytes){way.data, first});
    *ret_parent = NULL;
    if (rule == NULL || !rule->is_devices || (dot != NULL) != (rule->type == KEY_OBJECT)) {
        return NULL;
    }
    if (dot == NULL) {
        return rule;
    }
    *ret_parent = rule;
    return find(rule->children, rule->child_count, (dragoman_bytes){dot + 1, way.size - first - 1});
}

/* "serial.baud, serial.bits ... stale_after, pace" */
static void list_ways(char *to, size_t room) {
    uint32_t count = 0;
    const key_rule *rules = reading_children("links", &count);
    size_t used = 0;
    to[0] = '\0';
    for (uint32_t i = 0; i < count; i++) {
        uint32_t within = rules[i].type == KEY_OBJECT ? rules[i].child_count : 1;
        for (uint32_t j = 0; rules[i].is_devices && j < within && used < room; j++) {
            bool is_whole = rules[i].type != KEY_OBJECT;
            int size = snprintf(to + used, room - used, "%s%s%s%s", used == 0 ? "" : ", ", rules[i].key,
                                is_whole ? "" : ".", is_whole ? "" : rules[i].children[j].key);
            used += size < 0 ? 0 : (size_t)size;
        }
    }
}

/* NULL: the value was taken into `link`; else what is wrong with it. */
static const char *take(const key_rule *rule, const key_rule *parent, dragoman_bytes value, site_link *link) {
    reading none = {0}; /* these keys hold no texts, which would need a place to be kept in */
    uint8_t *at = (uint8_t *)link + (parent == NULL ? 0 : parent->offset) + rule->offset;
    const char *why = reading_scalar(&none, rule, value, at);
    if (why == NULL && at == (uint8_t *)&link->serial.baud) {
        return reading_has_speed(link->serial.baud, &why) ? NULL : why;
    }
    return why;
}

bool site_link_default_check(dragoman_bytes way, dragoman_bytes value, error_record *refusal) {
    const key_rule *parent = NULL;
    const key_rule *rule = rule_of(way, &parent);
    site_link tried = {0};
    if (rule == NULL) {
        char ways[200];
        list_ways(ways, sizeof(ways));
        error_set(refusal, DRAGOMAN_INVALID, "\"%.*s\" is nothing that a profile says of its links; there are %s",
                  BYTES_FORMAT(way), ways);
        return false;
    }
    const char *why = take(rule, parent, value, &tried);
    if (why != NULL) {
        error_set(refusal, DRAGOMAN_INVALID, "\"%.*s\": %s", BYTES_FORMAT(value), why);
    }
    return why == NULL;
}

static bool says_itself(reading *self, yaml_node_t *node, const key_rule *rule, const key_rule *parent) {
    yaml_node_t *in = parent == NULL ? node : yaml_tree_value(&self->tree, node, parent->key);
    return in != NULL && in->type == YAML_MAPPING_NODE && yaml_tree_value(&self->tree, in, rule->key) != NULL;
}

void reading_link_defaults(reading *self, yaml_node_t *node, site_link *link) {
    if (self->rules->defaults == NULL || link->profile.size == 0) {
        return;
    }
    dragoman_list said = self->rules->defaults(self->rules->context, link->profile);
    dragoman_setting *taken = arena_allocate(&self->to->memory, (said.count + 1) * sizeof(*taken));
    link->defaults = taken;
    for (uint32_t i = 0; taken != NULL && i < said.count; i++) {
        const dragoman_setting *setting = dragoman_list_at(&said, i);
        const key_rule *parent = NULL;
        const key_rule *rule = rule_of(setting->key, &parent);
        if (rule != NULL && !says_itself(self, node, rule, parent) &&
            take(rule, parent, setting->value, link) == NULL) {
            taken[link->default_count++] = (dragoman_setting){arena_copy(&self->to->memory, setting->key),
                                                              arena_copy(&self->to->memory, setting->value)};
        }
    }
}
