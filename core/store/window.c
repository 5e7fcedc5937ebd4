#include "store/window.h"

#include "base/bytes.h"
#include <stdlib.h>

static const store_window_entry *entry_at(const store_window *self, uint32_t slot) {
    return &self->entries[slot];
}

static uint64_t message_hash(const void *owner, uint32_t slot) {
    const store_window_entry *entry = entry_at(owner, slot);
    return store_index_mix(entry->identity, entry->digest);
}

static uint64_t identity_hash(const void *owner, uint32_t slot) {
    return entry_at(owner, slot)->identity;
}

dragoman_status store_window_init(store_window *self) {
    *self = (store_window){.oldest = 1, .next = 1};
    self->entries = calloc(STORE_WINDOW_CAPACITY, sizeof *self->entries);
    store_index_init(&self->messages, message_hash, self);
    store_index_init(&self->identities, identity_hash, self);
    return self->entries == NULL ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
}

void store_window_fini(store_window *self) {
    free(self->entries);
    self->entries = NULL;
    store_index_fini(&self->messages);
    store_index_fini(&self->identities);
}

void store_window_clear(store_window *self, uint64_t next) {
    store_index_clear(&self->messages);
    store_index_clear(&self->identities);
    self->oldest = next;
    self->next = next;
}

uint64_t store_window_identity(dragoman_bytes sender, dragoman_bytes id) {
    return bytes_hash(id, bytes_hash(sender, sender.size));
}

static uint32_t find_message(const store_window *self, uint64_t identity, uint64_t digest) {
    uint32_t cursor = 0;
    uint32_t slot = STORE_INDEX_NONE;
    do {
        slot = store_index_find(&self->messages, store_index_mix(identity, digest), &cursor);
    } while (slot != STORE_INDEX_NONE &&
             (self->entries[slot].identity != identity || self->entries[slot].digest != digest));
    return slot;
}

store_window_answer store_window_ask(const store_window *self, uint64_t identity, uint64_t digest) {
    if (find_message(self, identity, digest) != STORE_INDEX_NONE) {
        return STORE_WINDOW_DUPLICATE;
    }
    uint32_t cursor = 0;
    bool is_known = store_index_find(&self->identities, identity, &cursor) != STORE_INDEX_NONE;
    return is_known ? STORE_WINDOW_OTHER_BYTES : STORE_WINDOW_NEW;
}

dragoman_status store_window_add(store_window *self, uint64_t identity, uint64_t digest) {
    if (store_index_reserve(&self->messages, 1) != DRAGOMAN_OK ||
        store_index_reserve(&self->identities, 1) != DRAGOMAN_OK) {
        return DRAGOMAN_NO_MEMORY;
    }
    uint32_t cursor = 0;
    uint32_t earlier = store_index_find(&self->identities, identity, &cursor);
    if (earlier != STORE_INDEX_NONE) {
        store_index_remove(&self->identities, earlier);
    }
    uint32_t slot = (uint32_t)(self->next % STORE_WINDOW_CAPACITY);
    self->entries[slot] = (store_window_entry){identity, digest};
    store_index_add(&self->messages, slot);
    store_index_add(&self->identities, slot);
    self->next++;
    return DRAGOMAN_OK;
}

void store_window_trim(store_window *self) {
    while (self->next - self->oldest > STORE_DUPLICATE_WINDOW) {
        uint32_t slot = (uint32_t)(self->oldest % STORE_WINDOW_CAPACITY);
        store_index_remove(&self->messages, slot);
        store_index_remove(&self->identities, slot);
        self->oldest++;
    }
}

void store_window_undo(store_window *self, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        uint32_t slot = (uint32_t)(--self->next % STORE_WINDOW_CAPACITY);
        store_index_remove(&self->messages, slot);
        store_index_remove(&self->identities, slot);
    }
}
