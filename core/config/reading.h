/*
 * Reading the site file by its table: what the files of this room share.
 */
#ifndef CONFIG_READING_H
#define CONFIG_READING_H

#include "base/yaml_tree.h"
#include "config/keys.h"
#include "config/site.h"

/* Links and sinks of one site, and settings of one of them: more than a house has of either. */
#define SITE_ITEMS_MAX 4096u
#define SITE_SETTINGS_MAX 256u

typedef struct reading {
    yaml_tree tree;
    site *to;
    const char *folder;
    const site_rules *rules;
} reading;

/* Reads a mapping into the struct at `to` by its rules: unknown, doubled and missing keys and wrong values are told,
 * defaults filled in. */
void reading_object(reading *self, yaml_node_t *node, const key_rule *rules, uint32_t count, void *to);
/* Takes the value `text` of a key that is no list or object into its member at `to`. NULL: it was taken; else what is
 * wrong with it. */
const char *reading_scalar(reading *self, const key_rule *rule, dragoman_bytes text, void *to);
/* Reads the keys of `node` that `known` does not have as settings by the rules of an adapter or sink. */
void reading_settings(reading *self, yaml_node_t *node, const key_rule *known, uint32_t known_count,
                      const dragoman_setting_rule *rules, uint32_t rule_count, const char *whose,
                      const dragoman_setting **ret_settings, uint32_t *ret_count);
/* The rules within a key of the top level, ret_count of them. */
const key_rule *reading_children(const char *key, uint32_t *ret_count);
/* Fills in what the link's profile says of its devices and the link at `node` does not say itself. */
void reading_link_defaults(reading *self, yaml_node_t *node, site_link *link);
/* Whether serial ports have this speed; else ret_why (static) says which they have. */
bool reading_has_speed(uint32_t baud, const char **ret_why);
/* Checks what the table cannot say of one link: its addresses and channels, and the adapter's own keys. */
void reading_check_link(reading *self, yaml_node_t *node, site_link *link);
/* The name in `names` (count of them, through `name_at`) that is most like `text`, or NULL when none is near. */
const char *reading_nearest(dragoman_bytes text, const char *(*name_at)(const void *names, uint32_t index),
                            const void *names, uint32_t count);

#endif
