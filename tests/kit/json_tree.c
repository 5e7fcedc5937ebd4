#include "tests/kit/json_tree.h"

#include <stdlib.h>
#include <string.h>

yajl_val kit_json_parse(dragoman_bytes text) {
    char *copy = malloc(text.size + 1);
    if (copy == NULL) {
        return NULL;
    }
    if (text.size > 0) {
        memcpy(copy, text.data, text.size);
    }
    copy[text.size] = '\0';
    char error[256];
    yajl_val tree = yajl_tree_parse(copy, error, sizeof error);
    free(copy);
    return tree;
}

static yajl_val step(yajl_val value, const char *name, size_t size) {
    if (YAJL_IS_OBJECT(value)) {
        for (size_t i = 0; i < value->u.object.len; i++) {
            const char *key = value->u.object.keys[i];
            if (strlen(key) == size && memcmp(key, name, size) == 0) {
                return value->u.object.values[i];
            }
        }
    } else if (YAJL_IS_ARRAY(value)) {
        size_t index = (size_t)strtoul(name, NULL, 10);
        return index < value->u.array.len ? value->u.array.values[index] : NULL;
    }
    return NULL;
}

yajl_val kit_json_at(yajl_val value, const char *path) {
    while (value != NULL && *path != '\0') {
        size_t size = strcspn(path, ".");
        value = step(value, path, size);
        path += size;
        path += *path == '.';
    }
    return value;
}

const char *kit_json_text(yajl_val value, const char *path) {
    yajl_val found = kit_json_at(value, path);
    if (found == NULL) {
        return "";
    }
    if (YAJL_IS_STRING(found)) {
        return found->u.string;
    }
    if (YAJL_IS_NUMBER(found)) {
        return found->u.number.r;
    }
    if (YAJL_IS_OBJECT(found)) {
        return "{}";
    }
    return YAJL_IS_ARRAY(found) ? "[]" : YAJL_IS_TRUE(found) ? "true" : "false";
}

size_t kit_json_count(yajl_val value, const char *path) {
    yajl_val found = kit_json_at(value, path);
    if (found == NULL) {
        return 0;
    }
    return YAJL_IS_ARRAY(found) ? found->u.array.len : YAJL_IS_OBJECT(found) ? found->u.object.len : 0;
}

bool kit_json_is_tidy(yajl_val value) {
    if (YAJL_IS_STRING(value)) {
        return value->u.string[0] != '\0';
    }
    if (YAJL_IS_ARRAY(value)) {
        for (size_t i = 0; i < value->u.array.len; i++) {
            if (!kit_json_is_tidy(value->u.array.values[i])) {
                return false;
            }
        }
        return value->u.array.len > 0;
    }
    if (YAJL_IS_OBJECT(value)) {
        for (size_t i = 0; i < value->u.object.len; i++) {
            for (size_t k = 0; k < i; k++) {
                if (strcmp(value->u.object.keys[i], value->u.object.keys[k]) == 0) {
                    return false;
                }
            }
            if (!kit_json_is_tidy(value->u.object.values[i])) {
                return false;
            }
        }
        return value->u.object.len > 0;
    }
    return value != NULL && !YAJL_IS_NULL(value);
}
