#include "session.h"
#include <string.h>

/* "c001C0501000028854000": kind, system-id, number in hexadecimal. */
#define KEY_BYTES (1 + PHD_SYSTEM_NAME_BYTES + 8)
/* All keys in use stand in one list, oldest first, so that what devices make us keep has an end. */
#define LIST_KEY DRAGOMAN_TEXT("keys")

static dragoman_bytes key_of(const phd_session *s, phd_memory_kind kind, uint32_t number, uint8_t *room) {
    static const char digits[] = "0123456789ABCDEF";
    room[0] = (uint8_t)kind;
    memcpy(room + 1, s->facts.name, PHD_SYSTEM_NAME_BYTES);
    for (size_t n = 0; n < 8; n++) {
        room[1 + PHD_SYSTEM_NAME_BYTES + n] = (uint8_t)digits[number >> (28 - 4 * n) & 15];
    }
    return (dragoman_bytes){room, KEY_BYTES};
}

static dragoman_bytes get(phd_session *s, dragoman_bytes key) {
    dragoman_bytes value = {NULL, 0};
    bool is_there = s->host->state_get(s->context, key, &value) == DRAGOMAN_OK;
    return is_there ? value : (dragoman_bytes){NULL, 0};
}

dragoman_bytes phd_memory_get(phd_session *s, phd_memory_kind kind, uint32_t number) {
    uint8_t room[KEY_BYTES];
    return get(s, key_of(s, kind, number, room));
}

/* Puts a key at the end of the list and takes it out of the middle; the first goes when there is no room. */
static dragoman_status list_key(phd_session *s, dragoman_bytes key) {
    dragoman_bytes list = get(s, LIST_KEY);
    uint8_t *fresh = (uint8_t *)s->host->batch(s->context, list.size + KEY_BYTES);
    if (fresh == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    size_t size = 0;
    for (size_t at = 0; at + KEY_BYTES <= list.size; at += KEY_BYTES) {
        if (memcmp(list.data + at, key.data, KEY_BYTES) != 0) {
            memcpy(fresh + size, list.data + at, KEY_BYTES);
            size += KEY_BYTES;
        }
    }
    memcpy(fresh + size, key.data, KEY_BYTES);
    size += KEY_BYTES;
    dragoman_status status = DRAGOMAN_OK;
    if (size > (size_t)PHD_MEMORIES * KEY_BYTES) {
        status = s->host->state_put(s->context, (dragoman_bytes){fresh, KEY_BYTES}, (dragoman_bytes){NULL, 0});
        fresh += KEY_BYTES;
        size -= KEY_BYTES;
    }
    return status == DRAGOMAN_OK ? s->host->state_put(s->context, LIST_KEY, (dragoman_bytes){fresh, size}) : status;
}

dragoman_status phd_memory_put(phd_session *s, phd_memory_kind kind, uint32_t number, dragoman_bytes value) {
    uint8_t room[KEY_BYTES];
    dragoman_bytes key = key_of(s, kind, number, room);
    dragoman_status status = value.size > 0 ? list_key(s, key) : DRAGOMAN_OK;
    return status == DRAGOMAN_OK ? s->host->state_put(s->context, key, value) : status;
}
