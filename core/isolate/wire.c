#include "isolate/wire.h"

#include <string.h>

typedef struct head {
    uint32_t size; /* of the body */
    uint32_t kind;
    uint32_t instance;
    uint32_t reserved;
} head;

size_t wire_begin(buffer *to, wire_kind kind, uint32_t instance) {
    head begun = {.kind = kind, .instance = instance};
    size_t at = to->size;
    buffer_append(to, &begun, sizeof(begun));
    return at;
}

void wire_end(buffer *to, size_t began) {
    if (!to->failed) {
        uint32_t size = (uint32_t)(to->size - began - sizeof(head));
        memcpy(to->data + began + offsetof(head, size), &size, sizeof(size));
    }
}

void wire_put_number(buffer *to, uint64_t number) {
    buffer_append(to, &number, sizeof(number));
}

void wire_put_bytes(buffer *to, dragoman_bytes bytes) {
    wire_put_number(to, bytes.size);
    buffer_append_bytes(to, bytes);
}

void wire_put_now(buffer *to, const dragoman_now *now) {
    wire_put_number(to, (uint64_t)now->monotonic_us);
    wire_put_number(to, (uint64_t)now->wall_us);
    wire_put_number(to, now->wall_quality);
}

dragoman_status wire_next(dragoman_bytes bytes, wire_frame *ret_frame) {
    head first;
    if (bytes.size < sizeof(first)) {
        return DRAGOMAN_NEED_MORE;
    }
    memcpy(&first, bytes.data, sizeof(first));
    if (first.size > WIRE_FRAME_BYTES_MAX) {
        return DRAGOMAN_CORRUPT;
    }
    if (bytes.size - sizeof(first) < first.size) {
        return DRAGOMAN_NEED_MORE;
    }
    *ret_frame = (wire_frame){.kind = first.kind,
                              .instance = first.instance,
                              .body = {bytes.data + sizeof(first), first.size},
                              .size = sizeof(first) + first.size};
    return DRAGOMAN_OK;
}

static const uint8_t *take(wire_reader *from, size_t size) {
    if (from->has_failed || from->rest.size < size) {
        from->has_failed = true;
        return NULL;
    }
    const uint8_t *taken = from->rest.data;
    from->rest.data += size;
    from->rest.size -= size;
    return taken;
}

uint64_t wire_get_number(wire_reader *from) {
    uint64_t number = 0;
    const uint8_t *at = take(from, sizeof(number));
    if (at != NULL) {
        memcpy(&number, at, sizeof(number));
    }
    return number;
}

dragoman_bytes wire_get_bytes(wire_reader *from) {
    uint64_t size = wire_get_number(from);
    const uint8_t *at = take(from, size);
    return at == NULL || size == 0 ? (dragoman_bytes){NULL, 0} : (dragoman_bytes){at, size};
}

dragoman_now wire_get_now(wire_reader *from) {
    dragoman_now now = {0};
    now.monotonic_us = (int64_t)wire_get_number(from);
    now.wall_us = (int64_t)wire_get_number(from);
    now.wall_quality = (__typeof__(now.wall_quality))wire_get_number(from);
    return now;
}
