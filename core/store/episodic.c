#include "store/episodic.h"

#include <stdlib.h>

static uint64_t episode_hash(const void *owner, uint32_t slot) {
    const store_episodic *self = owner;
    return store_index_mix(self->entries[slot].device, self->entries[slot].metric);
}

dragoman_status store_episodic_init(store_episodic *self) {
    *self = (store_episodic){.count = 0};
    self->entries = calloc(STORE_EPISODIC_METRICS, sizeof *self->entries);
    store_index_init(&self->index, episode_hash, self);
    return self->entries == NULL ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
}

void store_episodic_fini(store_episodic *self) {
    free(self->entries);
    free(self->changed);
    store_index_fini(&self->index);
}

int store_episodic_load(store_episodic *self, store_database *database) {
    store_index_clear(&self->index);
    self->count = self->next = self->changed_count = 0;
    sqlite3_stmt *statement = store_database_statement(database, STORE_SQL_EPISODICS);
    int code = SQLITE_OK;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t slot = sqlite3_column_int64(statement, 0);
        /* Slots are taken in order, so the table has them without a gap. */
        if (slot != self->count || slot >= STORE_EPISODIC_METRICS) {
            code = SQLITE_CORRUPT;
            break;
        }
        if (store_index_reserve(&self->index, 1) != DRAGOMAN_OK) {
            code = SQLITE_NOMEM;
            break;
        }
        self->entries[slot] =
            (store_episode){(uint64_t)sqlite3_column_int64(statement, 1), (uint64_t)sqlite3_column_int64(statement, 2),
                            (uint64_t)sqlite3_column_int64(statement, 3)};
        store_index_add(&self->index, self->count++);
    }
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static dragoman_status mark_changed(store_episodic *self, uint32_t slot) {
    if (self->changed_count == self->changed_room) {
        uint32_t room = self->changed_room == 0 ? 64 : self->changed_room * 2;
        uint32_t *larger = realloc(self->changed, room * sizeof *larger);
        if (larger == NULL) {
            return DRAGOMAN_NO_MEMORY;
        }
        self->changed = larger;
        self->changed_room = room;
    }
    self->changed[self->changed_count++] = slot;
    return DRAGOMAN_OK;
}

static uint32_t take_slot(store_episodic *self) {
    if (self->count < STORE_EPISODIC_METRICS) {
        return self->count++;
    }
    uint32_t slot = self->next;
    self->next = (self->next + 1) % STORE_EPISODIC_METRICS;
    store_index_remove(&self->index, slot);
    return slot;
}

dragoman_status store_episodic_ask(store_episodic *self, uint64_t device, uint64_t metric, uint64_t value,
                                   bool *ret_is_repeated) {
    uint64_t hash = store_index_mix(device, metric);
    uint32_t cursor = 0;
    uint32_t slot = store_index_find(&self->index, hash, &cursor);
    while (slot != STORE_INDEX_NONE && (self->entries[slot].device != device || self->entries[slot].metric != metric)) {
        slot = store_index_find(&self->index, hash, &cursor);
    }
    bool is_known = slot != STORE_INDEX_NONE;
    *ret_is_repeated = is_known && self->entries[slot].value == value;
    if (*ret_is_repeated) {
        return DRAGOMAN_OK;
    }
    if (!is_known) {
        if (store_index_reserve(&self->index, 1) != DRAGOMAN_OK) {
            return DRAGOMAN_NO_MEMORY;
        }
        slot = take_slot(self);
    }
    self->entries[slot] = (store_episode){device, metric, value};
    if (!is_known) {
        store_index_add(&self->index, slot);
    }
    return mark_changed(self, slot);
}

int store_episodic_write(store_episodic *self, store_database *database) {
    int code = SQLITE_OK;
    sqlite3_stmt *statement = store_database_statement(database, STORE_SQL_EPISODIC);
    for (uint32_t i = 0; code == SQLITE_OK && i < self->changed_count; i++) {
        const store_episode *entry = &self->entries[self->changed[i]];
        sqlite3_bind_int64(statement, 1, self->changed[i]);
        sqlite3_bind_int64(statement, 2, (int64_t)entry->device);
        sqlite3_bind_int64(statement, 3, (int64_t)entry->metric);
        sqlite3_bind_int64(statement, 4, (int64_t)entry->value);
        code = store_database_run(statement);
    }
    self->changed_count = 0;
    return code;
}
