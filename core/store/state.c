#include "store/state.h"

#include "base/bytes.h"
#include <stdlib.h>

static dragoman_bytes link_of(const store_state_entry *entry) {
    return (dragoman_bytes){entry->bytes, entry->link_size};
}

static dragoman_bytes key_of(const store_state_entry *entry) {
    return (dragoman_bytes){entry->bytes + entry->link_size, entry->key_size};
}

static dragoman_bytes value_of(const store_state_entry *entry) {
    return (dragoman_bytes){entry->bytes + entry->link_size + entry->key_size, entry->value_size};
}

static uint64_t name_hash(dragoman_bytes link, dragoman_bytes key) {
    return bytes_hash(key, bytes_hash(link, link.size));
}

static uint64_t entry_hash(const void *owner, uint32_t slot) {
    const store_states *self = owner;
    return name_hash(link_of(&self->entries[slot]), key_of(&self->entries[slot]));
}

void store_states_init(store_states *self) {
    *self = (store_states){.count = 0};
    pthread_mutex_init(&self->lock, NULL);
    store_index_init(&self->index, entry_hash, self);
}

static void clear(store_states *self) {
    for (uint32_t i = 0; i < self->count; i++) {
        free(self->entries[i].bytes);
    }
    self->count = 0;
    self->total = 0;
    store_index_clear(&self->index);
}

void store_states_fini(store_states *self) {
    clear(self);
    free(self->entries);
    store_index_fini(&self->index);
    pthread_mutex_destroy(&self->lock);
}

static uint32_t find(const store_states *self, dragoman_bytes link, dragoman_bytes key) {
    uint32_t cursor = 0;
    uint32_t slot = STORE_INDEX_NONE;
    do {
        slot = store_index_find(&self->index, name_hash(link, key), &cursor);
    } while (slot != STORE_INDEX_NONE &&
             !(bytes_equal(link_of(&self->entries[slot]), link) && bytes_equal(key_of(&self->entries[slot]), key)));
    return slot;
}

static void forget(store_states *self, uint32_t slot) {
    uint32_t last = self->count - 1;
    const store_state_entry *entry = &self->entries[slot];
    self->total -= entry->link_size + entry->key_size + entry->value_size;
    store_index_remove(&self->index, slot);
    free(entry->bytes);
    if (slot != last) {
        store_index_remove(&self->index, last);
        self->entries[slot] = self->entries[last];
        store_index_add(&self->index, slot);
    }
    self->count--;
}

static dragoman_status put(store_states *self, dragoman_bytes link, dragoman_bytes key, dragoman_bytes value) {
    uint32_t slot = find(self, link, key);
    if (slot != STORE_INDEX_NONE) {
        forget(self, slot);
    }
    if (value.size == 0) {
        return DRAGOMAN_OK;
    }
    if (self->count == self->room) {
        uint32_t room = self->room == 0 ? 64 : self->room * 2;
        store_state_entry *larger = realloc(self->entries, room * sizeof *larger);
        if (larger == NULL) {
            return DRAGOMAN_NO_MEMORY;
        }
        self->entries = larger;
        self->room = room;
    }
    size_t size = link.size + key.size + value.size;
    store_state_entry entry = {malloc(size), link.size, key.size, value.size};
    if (entry.bytes == NULL || store_index_reserve(&self->index, 1) != DRAGOMAN_OK) {
        free(entry.bytes);
        return DRAGOMAN_NO_MEMORY;
    }
    uint8_t *to = entry.bytes;
    const dragoman_bytes parts[] = {link, key, value};
    for (size_t i = 0; i < 3; i++) {
        if (parts[i].size > 0) {
            memcpy(to, parts[i].data, parts[i].size);
        }
        to += parts[i].size;
    }
    self->entries[self->count] = entry;
    store_index_add(&self->index, self->count++);
    self->total += size;
    return DRAGOMAN_OK;
}

int store_states_load(store_states *self, store_database *database) {
    pthread_mutex_lock(&self->lock);
    clear(self);
    sqlite3_stmt *statement = store_database_statement(database, STORE_SQL_STATES);
    int code = SQLITE_OK;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (put(self, store_database_column(statement, 0), store_database_column(statement, 1),
                store_database_column(statement, 2)) != DRAGOMAN_OK) {
            code = SQLITE_NOMEM;
            break;
        }
    }
    pthread_mutex_unlock(&self->lock);
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

dragoman_status store_states_check(store_states *self, const store_message *message) {
    size_t more = 0;
    for (uint32_t i = 0; i < message->state_count; i++) {
        const store_state *state = &message->states[i];
        if (state->key.size > STORE_STATE_KEY_BYTES || state->value.size > STORE_STATE_VALUE_BYTES) {
            return DRAGOMAN_LIMIT;
        }
        more += message->link.size + state->key.size + state->value.size;
    }
    pthread_mutex_lock(&self->lock);
    bool fits =
        self->total + more <= STORE_STATE_TOTAL_BYTES && self->count + message->state_count <= STORE_STATE_ENTRIES;
    pthread_mutex_unlock(&self->lock);
    return fits ? DRAGOMAN_OK : DRAGOMAN_LIMIT;
}

int store_states_write(const store_message *message, store_database *database) {
    int code = SQLITE_OK;
    for (uint32_t i = 0; code == SQLITE_OK && i < message->state_count; i++) {
        const store_state *state = &message->states[i];
        bool is_removed = state->value.size == 0;
        sqlite3_stmt *statement =
            store_database_statement(database, is_removed ? STORE_SQL_STATE_REMOVE : STORE_SQL_STATE);
        store_database_bind_text(statement, 1, message->link);
        store_database_bind_blob(statement, 2, state->key);
        if (!is_removed) {
            store_database_bind_blob(statement, 3, state->value);
        }
        code = store_database_run(statement);
    }
    return code;
}

dragoman_status store_states_apply(store_states *self, const store_message *message) {
    dragoman_status status = DRAGOMAN_OK;
    pthread_mutex_lock(&self->lock);
    for (uint32_t i = 0; status == DRAGOMAN_OK && i < message->state_count; i++) {
        status = put(self, message->link, message->states[i].key, message->states[i].value);
    }
    pthread_mutex_unlock(&self->lock);
    return status;
}

dragoman_status store_states_find(store_states *self, dragoman_bytes link, dragoman_bytes key, arena *memory,
                                  dragoman_bytes *ret_value) {
    dragoman_status status = DRAGOMAN_NOT_FOUND;
    pthread_mutex_lock(&self->lock);
    uint32_t slot = find(self, link, key);
    if (slot != STORE_INDEX_NONE) {
        dragoman_bytes copy = arena_copy(memory, value_of(&self->entries[slot]));
        status = copy.data == NULL ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
        if (status == DRAGOMAN_OK) {
            *ret_value = copy;
        }
    }
    pthread_mutex_unlock(&self->lock);
    return status;
}

void store_states_visit(store_states *self, dragoman_bytes start,
                        void (*visit)(void *context, dragoman_bytes link, dragoman_bytes value), void *context) {
    pthread_mutex_lock(&self->lock);
    for (uint32_t i = 0; i < self->count; i++) {
        dragoman_bytes key = key_of(&self->entries[i]);
        if (key.size >= start.size && memcmp(key.data, start.data, start.size) == 0) {
            visit(context, link_of(&self->entries[i]), value_of(&self->entries[i]));
        }
    }
    pthread_mutex_unlock(&self->lock);
}
