#include "path.h"

typedef struct step {
    dragoman_bytes name; /* of a member */
    uint32_t index;      /* of an element */
    bool is_index;
} step;

/* Cuts the next step off. False: what stands there is none. */
static bool cut(dragoman_bytes *rest, step *ret_step) {
    const uint8_t *at = rest->data;
    const uint8_t *end = rest->data + rest->size;
    *ret_step = (step){.is_index = false};
    const uint8_t *begin = at + 1;
    if (*at == '.') {
        at = begin;
        while (at < end && *at != '.' && *at != '[') {
            bool is_plain = *at > ' ' && strchr("*?@()'\",:]", *at) == NULL;
            if (!is_plain) {
                return false;
            }
            at++;
        }
        ret_step->name = (dragoman_bytes){begin, (size_t)(at - begin)};
    } else if (*at == '[' && begin < end && (*begin == '\'' || *begin == '"')) {
        at = ++begin;
        while (at < end && *at != begin[-1]) {
            at++;
        }
        if (end - at < 2 || at[1] != ']') {
            return false;
        }
        ret_step->name = (dragoman_bytes){begin, (size_t)(at - begin)};
        at += 2;
    } else if (*at == '[') {
        at = begin;
        while (at < end && *at >= '0' && *at <= '9' && ret_step->index < JSON_NODES) {
            ret_step->index = ret_step->index * 10 + (uint32_t)(*at++ - '0');
        }
        ret_step->is_index = true;
        if (at == begin || at == end || *at != ']') {
            return false;
        }
        at++;
    }
    *rest = (dragoman_bytes){at, (size_t)(end - at)};
    return ret_step->is_index || ret_step->name.size > 0;
}

static bool begins(dragoman_bytes *path) {
    if (path->size == 0 || path->data[0] != '$') {
        return false;
    }
    *path = (dragoman_bytes){path->data + 1, path->size - 1};
    return true;
}

bool json_path_is_good(dragoman_bytes path) {
    step one;
    bool is_good = begins(&path);
    while (is_good && path.size > 0) {
        is_good = cut(&path, &one);
    }
    return is_good;
}

/* The last member of that name counts, as with most readers. */
static const json_node *enter(const json_tree *tree, const json_node *from, const step *by) {
    uint32_t begin = (uint32_t)(from - tree->nodes) + 1;
    const json_node *found = NULL;
    uint32_t number = 0;
    bool is_of_kind = from->kind == (by->is_index ? JSON_LIST : JSON_OBJECT);
    for (uint32_t at = begin; is_of_kind && at < from->end; at = tree->nodes[at].end) {
        const json_node *node = &tree->nodes[at];
        bool is_it = by->is_index ? number++ == by->index : json_same(node->name, by->name);
        found = is_it ? node : found;
    }
    return found;
}

const json_node *json_path_find(const json_tree *tree, const json_node *from, dragoman_bytes path) {
    step one;
    if (!begins(&path)) {
        return NULL;
    }
    while (path.size > 0 && from != NULL) {
        from = cut(&path, &one) ? enter(tree, from, &one) : NULL;
    }
    return from;
}
