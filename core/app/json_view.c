#include "app/json_view.h"

#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_tree.h>

bool json_view_init(json_view *self, dragoman_bytes text) {
    char *copy = malloc(text.size + 1);
    *self = (json_view){NULL};
    if (copy == NULL) {
        return false;
    }
    if (text.size > 0) {
        memcpy(copy, text.data, text.size);
    }
    copy[text.size] = '\0';
    self->node = yajl_tree_parse(copy, NULL, 0);
    free(copy);
    return self->node != NULL;
}

void json_view_fini(json_view *self) {
    yajl_tree_free(self->node);
    self->node = NULL;
}

json_view json_view_get(const json_view *self, const char *key) {
    const char *path[] = {key, NULL};
    return (json_view){self->node == NULL ? NULL : yajl_tree_get(self->node, path, yajl_t_any)};
}

size_t json_view_count(const json_view *self) {
    yajl_val node = self->node;
    return YAJL_IS_ARRAY(node) ? node->u.array.len : 0;
}

json_view json_view_at(const json_view *self, size_t index) {
    yajl_val node = self->node;
    return (json_view){node->u.array.values[index]};
}

const char *json_view_text(const json_view *self, const char *key) {
    yajl_val node = json_view_get(self, key).node;
    if (YAJL_IS_STRING(node)) {
        return YAJL_GET_STRING(node);
    }
    if (YAJL_IS_NUMBER(node)) {
        return YAJL_GET_NUMBER(node);
    }
    return YAJL_IS_TRUE(node) ? "true" : YAJL_IS_FALSE(node) ? "false" : "";
}
