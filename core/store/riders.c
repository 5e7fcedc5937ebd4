#include "store/riders.h"

#include "base/bytes.h"
#include <stdlib.h>
#include <string.h>

void store_riders_init(store_riders *self) {
    *self = (store_riders){.first = NULL};
    self->last = &self->first;
    pthread_mutex_init(&self->lock, NULL);
}

void store_riders_free(store_rider *list) {
    while (list != NULL) {
        store_rider *next = list->next;
        free(list);
        list = next;
    }
}

void store_riders_fini(store_riders *self) {
    store_riders_free(self->first);
    pthread_mutex_destroy(&self->lock);
}

static dragoman_bytes copy_part(uint8_t **to, dragoman_bytes part) {
    dragoman_bytes copy = {*to, part.size};
    if (part.size > 0) {
        memcpy(*to, part.data, part.size);
    }
    *to += part.size;
    return copy;
}

static store_rider *copy_rider(const store_rider *rider) {
    size_t size = sizeof *rider + rider->sink.size + rider->stage.size + rider->reason.size + rider->payload.size;
    store_rider *copy = malloc(size);
    if (copy == NULL) {
        return NULL;
    }
    uint8_t *to = (uint8_t *)(copy + 1);
    *copy = *rider;
    copy->next = NULL;
    copy->size = size;
    copy->sink = copy_part(&to, rider->sink);
    copy->stage = copy_part(&to, rider->stage);
    copy->reason = copy_part(&to, rider->reason);
    copy->payload = copy_part(&to, rider->payload);
    return copy;
}

static void unlink_at(store_riders *self, store_rider **at) {
    store_rider *rider = *at;
    *at = rider->next;
    if (*at == NULL) {
        self->last = at;
    }
    self->count--;
    self->bytes -= rider->size;
    free(rider);
}

static void append(store_riders *self, store_rider *rider) {
    *self->last = rider;
    self->last = &rider->next;
    self->count++;
    self->bytes += rider->size;
}

/* A position makes the one that waits before it pointless. */
static void drop_older_position(store_riders *self, dragoman_bytes sink) {
    for (store_rider **at = &self->first; *at != NULL; at = &(*at)->next) {
        if ((*at)->kind == STORE_RIDER_POSITION && bytes_equal((*at)->sink, sink)) {
            unlink_at(self, at);
            return;
        }
    }
}

dragoman_status store_riders_put(store_riders *self, const store_rider *rider) {
    store_rider *copy = copy_rider(rider);
    if (copy == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    dragoman_status status = DRAGOMAN_OK;
    pthread_mutex_lock(&self->lock);
    if (copy->kind == STORE_RIDER_POSITION) {
        drop_older_position(self, copy->sink);
    }
    if (self->count >= STORE_RIDERS || (self->count > 0 && self->bytes + copy->size > STORE_RIDERS_BYTES)) {
        status = DRAGOMAN_FULL;
        free(copy);
    } else {
        append(self, copy);
    }
    pthread_mutex_unlock(&self->lock);
    return status;
}

store_rider *store_riders_take(store_riders *self) {
    pthread_mutex_lock(&self->lock);
    store_rider *list = self->first;
    self->first = NULL;
    self->last = &self->first;
    self->count = 0;
    self->bytes = 0;
    pthread_mutex_unlock(&self->lock);
    return list;
}

void store_riders_put_back(store_riders *self, store_rider *list) {
    if (list == NULL) {
        return;
    }
    pthread_mutex_lock(&self->lock);
    store_rider *later = self->first;
    self->first = NULL;
    self->last = &self->first;
    self->count = 0;
    self->bytes = 0;
    for (store_rider *rider = list, *next = NULL; rider != NULL; rider = next) {
        next = rider->next;
        rider->next = NULL;
        append(self, rider);
    }
    for (store_rider *rider = later, *next = NULL; rider != NULL; rider = next) {
        next = rider->next;
        rider->next = NULL;
        if (rider->kind == STORE_RIDER_POSITION) {
            drop_older_position(self, rider->sink);
        }
        append(self, rider);
    }
    pthread_mutex_unlock(&self->lock);
}

int store_riders_write_dead(store_database *database, int64_t now_us, dragoman_bytes link, const store_rider *dead,
                            store_rider_figures *figures) {
    figures->dead++;
    figures->dead_bytes += dead->payload.size;
    sqlite3_stmt *statement = store_database_statement(database, STORE_SQL_DEAD);
    sqlite3_bind_int64(statement, 1, now_us);
    store_database_bind_text(statement, 2, link);
    store_database_bind_text(statement, 3, dead->sink);
    sqlite3_bind_int64(statement, 4, (int64_t)dead->number);
    store_database_bind_text(statement, 5, dead->stage);
    store_database_bind_text(statement, 6, dead->reason);
    store_database_bind_blob(statement, 7, dead->payload);
    return store_database_run(statement);
}

/* Runs a deletion of at most one dead letter and takes it out of the figures. */
static int remove_dead(sqlite3_stmt *statement, store_rider_figures *figures) {
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        figures->dead--;
        figures->dead_bytes -= (uint64_t)sqlite3_column_int64(statement, 0);
        code = sqlite3_step(statement);
    }
    int reset = sqlite3_reset(statement);
    return code == SQLITE_DONE ? SQLITE_OK : reset;
}

int store_riders_trim_dead(store_database *database, store_rider_figures *figures) {
    enum { TRIM_MOST = 64 };
    int code = SQLITE_OK;
    for (int i = 0; code == SQLITE_OK && i < TRIM_MOST &&
                    (figures->dead > STORE_DEAD_LETTERS || figures->dead_bytes > STORE_DEAD_BYTES);
         i++) {
        code = remove_dead(store_database_statement(database, STORE_SQL_DEAD_TRIM), figures);
    }
    return code;
}

static int write_position(const store_rider *rider, store_database *database) {
    sqlite3_stmt *statement = store_database_statement(database, STORE_SQL_POSITION);
    store_database_bind_text(statement, 1, rider->sink);
    sqlite3_bind_int64(statement, 2, (int64_t)rider->number);
    store_database_bind_blob(statement, 3, rider->payload);
    store_database_bind_blob(statement, 4, rider->reason);
    return store_database_run(statement);
}

static int write_parked(const store_rider *rider, store_database *database, int64_t now_us,
                        store_rider_figures *figures) {
    bool is_parked = rider->kind == STORE_RIDER_PARK;
    sqlite3_stmt *statement = store_database_statement(database, is_parked ? STORE_SQL_PARK : STORE_SQL_UNPARK);
    store_database_bind_text(statement, 1, rider->sink);
    sqlite3_bind_int64(statement, 2, (int64_t)rider->number);
    if (is_parked) {
        sqlite3_bind_int64(statement, 3, now_us);
        store_database_bind_text(statement, 4, rider->reason);
    }
    int code = store_database_run(statement);
    uint64_t changed = code == SQLITE_OK ? (uint64_t)sqlite3_changes(database->handle) : 0;
    figures->parked = is_parked ? figures->parked + changed : figures->parked - changed;
    if (!is_parked && (figures->unparked == 0 || rider->number < figures->unparked)) {
        figures->unparked = rider->number;
    }
    return code;
}

static int write_numbered(const store_rider *rider, store_database *database, store_statement which) {
    sqlite3_stmt *statement = store_database_statement(database, which);
    sqlite3_bind_int64(statement, 1, (int64_t)rider->number);
    return store_database_run(statement);
}

static int write_forget(const store_rider *rider, store_database *database, store_rider_figures *figures) {
    sqlite3_stmt *position = store_database_statement(database, STORE_SQL_POSITION_FORGET);
    store_database_bind_text(position, 1, rider->sink);
    int code = store_database_run(position);
    if (code == SQLITE_OK) {
        sqlite3_stmt *parked = store_database_statement(database, STORE_SQL_PARKED_FORGET);
        store_database_bind_text(parked, 1, rider->sink);
        code = store_database_run(parked);
    }
    figures->parked -= code == SQLITE_OK ? (uint64_t)sqlite3_changes(database->handle) : 0;
    figures->unparked = 1;
    figures->positions_changed = true;
    return code;
}

int store_riders_write(const store_rider *rider, store_database *database, int64_t now_us,
                       store_rider_figures *figures) {
    switch (rider->kind) {
    case STORE_RIDER_POSITION:
        figures->positions_changed = true;
        return write_position(rider, database);
    case STORE_RIDER_FORGET:
        return write_forget(rider, database, figures);
    case STORE_RIDER_PARK:
    case STORE_RIDER_UNPARK:
        return write_parked(rider, database, now_us, figures);
    case STORE_RIDER_DEAD_RETRY:
        return write_numbered(rider, database, STORE_SQL_DEAD_RETRY);
    case STORE_RIDER_DEAD_REMOVE:
        sqlite3_bind_int64(store_database_statement(database, STORE_SQL_DEAD_REMOVE), 1, (int64_t)rider->number);
        return remove_dead(store_database_statement(database, STORE_SQL_DEAD_REMOVE), figures);
    case STORE_RIDER_DEAD:
        break;
    }
    return store_riders_write_dead(database, now_us, (dragoman_bytes){NULL, 0}, rider, figures);
}
