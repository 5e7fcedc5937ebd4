#include "model/reader.h"
#include "base/limits.h"

#include <string.h>

#define WIRE_VARINT 0
#define WIRE_FIXED_64 1
#define WIRE_BYTES 2
#define WIRE_GROUP 3
#define WIRE_GROUP_END 4
#define WIRE_FIXED_32 5

void reader_fail(reader *self, dragoman_status status, const uint8_t *at, const char *what) {
    if (self->status == DRAGOMAN_OK) {
        self->status = error_set(self->error, status, "the encoded report is damaged at byte %zu: %s",
                                 at == NULL ? 0 : (size_t)(at - self->origin), what);
    }
}

void *reader_allocate(reader *self, size_t size) {
    void *memory = arena_allocate_zeroed(self->memory, size);
    if (memory == NULL && self->status == DRAGOMAN_OK) {
        self->status =
            error_set(self->error, DRAGOMAN_NO_MEMORY,
                      "decoding the report needs more than the %zu bytes that it may take", self->memory->limit);
    }
    return memory;
}

static bool read_varint(reader *self, cursor *from, uint64_t *ret_value) {
    const uint8_t *at = from->at;
    if (from->end - at >= 2 && at[1] < 0x80) {
        bool is_short = at[0] < 0x80;
        *ret_value = is_short ? at[0] : (uint64_t)at[1] << 7 | (at[0] & 0x7Fu);
        from->at = at + (is_short ? 1 : 2);
        return true;
    }
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at < from->end; shift += 7) {
        uint8_t byte = *at++;
        value |= (uint64_t)(byte & 0x7Fu) << shift;
        if (byte < 0x80) {
            if (shift == 63 && byte > 1) {
                break;
            }
            from->at = at;
            *ret_value = value;
            return true;
        }
    }
    reader_fail(self, DRAGOMAN_CORRUPT, from->at,
                at == from->end ? "it ends within a number" : "a number has more than 64 bits");
    return false;
}

static bool skip_bytes(reader *self, cursor *from, uint64_t size, dragoman_bytes *ret_bytes) {
    if (size > (uint64_t)(from->end - from->at)) {
        reader_fail(self, DRAGOMAN_CORRUPT, from->at, "a field ends behind its message");
        return false;
    }
    *ret_bytes = (dragoman_bytes){from->at, (size_t)size};
    from->at += size;
    return true;
}

/* Reads what stands behind a tag, but for groups. */
static bool read_content(reader *self, cursor *from, field *ret_field) {
    switch (ret_field->tag & 7u) {
    case WIRE_VARINT:
        return read_varint(self, from, &ret_field->value);
    case WIRE_FIXED_64:
        return skip_bytes(self, from, 8, &ret_field->bytes);
    case WIRE_FIXED_32:
        return skip_bytes(self, from, 4, &ret_field->bytes);
    case WIRE_BYTES:
        return read_varint(self, from, &ret_field->value) &&
               skip_bytes(self, from, ret_field->value, &ret_field->bytes);
    default:
        reader_fail(self, DRAGOMAN_CORRUPT, from->at, "there is no such kind of field");
        return false;
    }
}

static bool read_tag(reader *self, cursor *from, uint32_t *ret_tag) {
    uint64_t tag = 0;
    const uint8_t *at = from->at;
    if (!read_varint(self, from, &tag)) {
        return false;
    }
    if (tag > UINT32_MAX || tag < 8) {
        reader_fail(self, DRAGOMAN_CORRUPT, at, "there is no such field number");
        return false;
    }
    *ret_tag = (uint32_t)tag;
    return true;
}

/* Skips a group up to its end, which names the same number. */
static bool skip_group(reader *self, cursor *from, uint32_t tag) {
    uint32_t open[READER_GROUP_DEPTH];
    unsigned depth = 0;
    open[depth++] = tag >> 3;
    while (depth > 0) {
        field inner = {0};
        if (!read_tag(self, from, &inner.tag)) {
            return false;
        }
        unsigned wire = inner.tag & 7u;
        if (wire == WIRE_GROUP && depth < READER_GROUP_DEPTH) {
            open[depth++] = inner.tag >> 3;
        } else if (wire == WIRE_GROUP_END && open[depth - 1] == inner.tag >> 3) {
            depth--;
        } else if (wire == WIRE_GROUP || wire == WIRE_GROUP_END) {
            reader_fail(self, DRAGOMAN_CORRUPT, from->at, "groups are not closed or stand too deep in each other");
            return false;
        } else if (!read_content(self, from, &inner)) {
            return false;
        }
    }
    return true;
}

bool reader_next_slow(reader *self, cursor *from, field *ret_field) {
    if (from->at == from->end || self->status != DRAGOMAN_OK) {
        return false;
    }
    /* Most tags and many values are one byte. */
    ret_field->bytes.data = from->at;
    ret_field->bytes.size = 0;
    if (from->at[0] < 0x80 && from->at[0] >= 8) {
        ret_field->tag = *from->at++;
    } else if (!read_tag(self, from, &ret_field->tag)) {
        return false;
    }
    unsigned wire = ret_field->tag & 7u;
    if (wire == WIRE_VARINT && from->at < from->end && from->at[0] < 0x80) {
        ret_field->value = *from->at++;
        return true;
    }
    if (wire == WIRE_GROUP) {
        return skip_group(self, from, ret_field->tag);
    }
    return read_content(self, from, ret_field);
}

bool reader_packed(reader *self, cursor *from, uint64_t *ret_value) {
    return from->at != from->end && self->status == DRAGOMAN_OK && read_varint(self, from, ret_value);
}

void *reader_append(reader *self, dragoman_list *list, uint32_t *room, size_t item_size) {
    if (list->count == *room) {
        uint32_t larger = *room == 0 ? 1 : *room * 2;
        if (*room >= LIMIT_PARTS) {
            reader_fail(self, DRAGOMAN_CORRUPT, NULL, "a list has more items than any report may have");
            return NULL;
        }
        uint8_t *items = reader_allocate(self, larger * item_size);
        if (items == NULL) {
            return NULL;
        }
        if (list->count > 0) {
            memcpy(items, list->items, list->count * item_size);
        }
        list->items = items;
        list->item_size = (uint32_t)item_size;
        *room = larger;
    }
    /* The list's items are ours: they were allocated above. */
    return (uint8_t *)(uintptr_t)list->items + (size_t)list->count++ * item_size;
}
