#include "holding.h"
#include <string.h>

#define HEAD_VERSION 1
#define HEAD_BYTES 8

static char *put_hex(char *to, uint64_t number, unsigned digits) {
    for (unsigned n = digits; n > 0; n--) {
        to[n - 1] = "0123456789abcdef"[number & 15u];
        number >>= 4;
    }
    return to + digits;
}

/* FNV-1a: tells peers of one link apart. */
static uint64_t name_hash(dragoman_bytes name) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t n = 0; n < name.size; n++) {
        hash = (hash ^ name.data[n]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

void astm_holding_init(astm_holding *self, const dragoman_host *host, void *context, dragoman_bytes peer) {
    *self = (astm_holding){.host = host, .context = context};
    char *at = self->key;
    *at++ = 'p';
    at = put_hex(at, name_hash(peer), 16);
    self->key_size = (size_t)(at - self->key);
}

void astm_holding_fini(astm_holding *self) {
    self->host->release(self->context, self->data);
    self->data = NULL;
    self->capacity = self->size = self->begin = self->searched = 0;
}

dragoman_bytes astm_holding_text(const astm_holding *self) {
    if (self->size == self->begin) {
        return (dragoman_bytes){NULL, 0};
    }
    return (dragoman_bytes){self->data + self->begin, self->size - self->begin};
}

static bool make_room(astm_holding *self, size_t more) {
    if (more <= self->capacity - self->size) {
        return true;
    }
    size_t capacity = self->capacity == 0 ? ASTM_BLOCK : self->capacity * 2;
    while (capacity - self->size < more) {
        capacity *= 2;
    }
    uint8_t *data = (uint8_t *)self->host->allocate(self->context, capacity);
    if (data == NULL) {
        return false;
    }
    if (self->size > 0) {
        memcpy(data, self->data, self->size);
    }
    self->host->release(self->context, self->data);
    self->data = data;
    self->capacity = capacity;
    return true;
}

bool astm_holding_add(astm_holding *self, dragoman_bytes bytes) {
    if (!make_room(self, bytes.size)) {
        return false;
    }
    if (bytes.size > 0) {
        memcpy(self->data + self->size, bytes.data, bytes.size);
        self->size += bytes.size;
    }
    return true;
}

void astm_holding_done(astm_holding *self, size_t size) {
    self->begin += size;
    self->kept = 0;
    self->searched = 0;
}

astm_mark astm_holding_mark(const astm_holding *self) {
    return (astm_mark){self->begin, self->size};
}

void astm_holding_return(astm_holding *self, astm_mark mark) {
    self->begin = mark.begin;
    self->size = mark.size;
    /* What the state has of it is not known any more. */
    self->kept = 0;
    self->searched = 0;
}

void astm_holding_settled(astm_holding *self) {
    size_t left = self->size - self->begin;
    if (left == 0) {
        /* An idle connection holds no buffer. */
        astm_holding_fini(self);
        return;
    }
    if (self->begin > 0) {
        memmove(self->data, self->data + self->begin, left);
        self->size = left;
        self->begin = 0;
    }
}

static dragoman_bytes block_key(const astm_holding *self, size_t number, char to[ASTM_KEY]) {
    memcpy(to, self->key, self->key_size);
    to[self->key_size] = '.';
    char *end = put_hex(to + self->key_size + 1, number, 4);
    return (dragoman_bytes){(const uint8_t *)to, (size_t)(end - to)};
}

static dragoman_status put_block(astm_holding *self, size_t number, dragoman_bytes text) {
    char key[ASTM_KEY];
    return self->host->state_put(self->context, block_key(self, number, key), text);
}

static dragoman_bytes head_key(const astm_holding *self) {
    return (dragoman_bytes){(const uint8_t *)self->key, self->key_size};
}

dragoman_status astm_holding_keep(astm_holding *self, bool is_receiving, uint8_t due) {
    dragoman_bytes text = astm_holding_text(self);
    size_t used = (text.size + ASTM_BLOCK - 1) / ASTM_BLOCK;
    dragoman_status status = DRAGOMAN_OK;
    for (size_t n = self->kept / ASTM_BLOCK; n < used && status == DRAGOMAN_OK; n++) {
        size_t from = n * ASTM_BLOCK;
        size_t size = text.size - from < ASTM_BLOCK ? text.size - from : ASTM_BLOCK;
        status = put_block(self, n, (dragoman_bytes){text.data + from, size});
    }
    for (size_t n = used; n < self->blocks && status == DRAGOMAN_OK; n++) {
        status = put_block(self, n, (dragoman_bytes){NULL, 0});
    }
    uint8_t head[HEAD_BYTES] = {HEAD_VERSION, is_receiving ? 1 : 0, due};
    for (size_t n = 0; n < 4; n++) {
        head[4 + n] = (uint8_t)(text.size >> (8 * n));
    }
    if (status == DRAGOMAN_OK) {
        status = self->host->state_put(self->context, head_key(self), (dragoman_bytes){head, sizeof head});
    }
    if (status == DRAGOMAN_OK) {
        self->kept = text.size;
        self->blocks = used;
    }
    return status;
}

static dragoman_status restore_block(astm_holding *self, size_t number, size_t size) {
    char key[ASTM_KEY];
    dragoman_bytes block = {NULL, 0};
    dragoman_status status = self->host->state_get(self->context, block_key(self, number, key), &block);
    if (status != DRAGOMAN_OK || block.size < size) {
        return DRAGOMAN_CORRUPT;
    }
    return astm_holding_add(self, (dragoman_bytes){block.data, size}) ? DRAGOMAN_OK : DRAGOMAN_NO_MEMORY;
}

dragoman_status astm_holding_restore(astm_holding *self, bool *ret_is_receiving, uint8_t *ret_due) {
    dragoman_bytes head = {NULL, 0};
    dragoman_status status = self->host->state_get(self->context, head_key(self), &head);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    if (head.size != HEAD_BYTES || head.data[0] != HEAD_VERSION || head.data[2] > 7) {
        return DRAGOMAN_CORRUPT;
    }
    size_t size = 0;
    for (size_t n = 0; n < 4; n++) {
        size |= (size_t)head.data[4 + n] << (8 * n);
    }
    *ret_is_receiving = head.data[1] != 0;
    *ret_due = head.data[2];
    for (size_t n = 0; status == DRAGOMAN_OK && n * ASTM_BLOCK < size; n++) {
        size_t left = size - n * ASTM_BLOCK;
        status = restore_block(self, n, left < ASTM_BLOCK ? left : ASTM_BLOCK);
    }
    if (status != DRAGOMAN_OK) {
        astm_holding_fini(self);
        return status;
    }
    self->kept = size;
    self->blocks = (size + ASTM_BLOCK - 1) / ASTM_BLOCK;
    return DRAGOMAN_OK;
}
