#include "sinks/http/json.h"

#include <stdlib.h>
#include <string.h>

yajl_val json_parse(dragoman_bytes text) {
    char *copy = malloc(text.size + 1);
    if (copy == NULL || text.size == 0) {
        free(copy);
        return NULL;
    }
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    yajl_val tree = yajl_tree_parse(copy, NULL, 0);
    free(copy);
    return tree;
}

yajl_val json_member(yajl_val of, const char *name) {
    const char *path[] = {name, NULL};
    return of == NULL || !YAJL_IS_OBJECT(of) ? NULL : yajl_tree_get(of, path, yajl_t_any);
}

const char *json_text(yajl_val of, const char *name) {
    yajl_val found = json_member(of, name);
    const char *text = YAJL_GET_STRING(found);
    return text == NULL ? "" : text;
}

size_t json_count(yajl_val of) {
    return YAJL_IS_ARRAY(of) ? of->u.array.len : 0;
}

yajl_val json_at(yajl_val of, size_t index) {
    return of->u.array.values[index];
}

bool json_is_true(yajl_val of, const char *name) {
    yajl_val found = json_member(of, name);
    return YAJL_IS_TRUE(found);
}
