/* The committer: one thread that writes, syncs and checkpoints, as fast as messages come and the disk lets it. */
#include "store/inside.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static const char dropping[] =
    "the store is at its size limit and drops its oldest values before their hold is over: raise store.max_size";

int64_t store_commit_now(const store *self) {
    if (self->options.wall_us != NULL) {
        return self->options.wall_us(self->options.clock_context);
    }
    return self->batch_time_us > self->room.newest_us ? self->batch_time_us : self->room.newest_us;
}

static int64_t monotonic(const store *self) {
    return self->options.monotonic_us == NULL ? 0 : self->options.monotonic_us(self->options.clock_context);
}

static int load_window(store *self) {
    int64_t newest = 0;
    sqlite3_stmt *bounds = store_database_statement(&self->database, STORE_SQL_MESSAGE_BOUNDS);
    int code = sqlite3_step(bounds);
    if (code == SQLITE_ROW) {
        self->window_trimmed = (uint64_t)sqlite3_column_int64(bounds, 0);
        newest = sqlite3_column_int64(bounds, 1);
    }
    sqlite3_reset(bounds);
    if (code != SQLITE_ROW) {
        return code;
    }
    int64_t first = newest > STORE_DUPLICATE_WINDOW ? newest - STORE_DUPLICATE_WINDOW + 1 : 1;
    store_window_clear(&self->window, (uint64_t)first);
    sqlite3_stmt *statement = store_database_statement(&self->database, STORE_SQL_MESSAGES_AFTER);
    sqlite3_bind_int64(statement, 1, first);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        uint64_t number = (uint64_t)sqlite3_column_int64(statement, 0);
        if (number != self->window.next) {
            store_window_clear(&self->window, number);
        }
        if (store_window_add(&self->window, (uint64_t)sqlite3_column_int64(statement, 1),
                             (uint64_t)sqlite3_column_int64(statement, 2)) != DRAGOMAN_OK) {
            code = SQLITE_NOMEM;
            break;
        }
    }
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int load_passed(store *self) {
    int64_t passed = 0;
    int code = store_database_number(&self->database, STORE_SQL_PASSED, &passed);
    self->room.passed = (uint64_t)passed;
    return code;
}

static int load_figures(store *self) {
    int64_t parked = 0;
    int64_t dead = 0;
    int64_t dead_bytes = 0;
    int code = store_database_number(&self->database, STORE_SQL_PARKED_COUNT, &parked);
    if (code == SQLITE_OK) {
        code = store_database_number(&self->database, STORE_SQL_DEAD_COUNT, &dead);
    }
    if (code == SQLITE_OK) {
        code = store_database_number(&self->database, STORE_SQL_DEAD_BYTES, &dead_bytes);
    }
    self->figures =
        (store_rider_figures){.parked = (uint64_t)parked, .dead = (uint64_t)dead, .dead_bytes = (uint64_t)dead_bytes};
    self->room.parked = (uint64_t)parked;
    return code == SQLITE_OK ? load_passed(self) : code;
}

static int load(store *self, bool is_fresh) {
    int code = store_room_load(&self->room, &self->database);
    if (code == SQLITE_OK) {
        code = store_registry_load(&self->registry, &self->database);
    }
    if (code == SQLITE_OK) {
        code = store_episodic_load(&self->episodic, &self->database);
    }
    if (code == SQLITE_OK) {
        code = load_figures(self);
    }
    if (code == SQLITE_OK && is_fresh) {
        code = load_window(self);
    }
    if (code == SQLITE_OK && is_fresh) {
        code = store_states_load(&self->states, &self->database);
    }
    return code;
}

dragoman_status store_commit_ready(store *self, bool may_make, error_record *error) {
    bool is_fresh = self->database.handle == NULL || self->must_reopen;
    if (is_fresh) {
        store_database_close(&self->database);
        self->is_loaded = false;
        const char *vfs = self->vfs[0] == '\0' ? NULL : self->vfs;
        dragoman_status status = store_database_open(&self->database, self->path, vfs, may_make, error);
        if (status != DRAGOMAN_OK) {
            return status;
        }
        self->must_reopen = false;
    }
    if (self->is_loaded) {
        return DRAGOMAN_OK;
    }
    int code = load(self, is_fresh);
    if (code != SQLITE_OK) {
        self->must_reopen = true;
        return store_database_trouble(self->database.handle, code, self->path, error);
    }
    self->is_loaded = true;
    return DRAGOMAN_OK;
}

static int write_riders(store *self, const store_rider *riders) {
    int code = SQLITE_OK;
    int64_t now_us = store_commit_now(self);
    for (const store_rider *rider = riders; code == SQLITE_OK && rider != NULL; rider = rider->next) {
        code = store_riders_write(rider, &self->database, now_us, &self->figures);
    }
    if (code == SQLITE_OK) {
        code = store_riders_trim_dead(&self->database, &self->figures);
    }
    if (code == SQLITE_OK && self->figures.positions_changed) {
        code = load_passed(self);
        self->figures.positions_changed = false;
    }
    self->room.parked = self->figures.parked;
    store_room_revisit(&self->room, self->figures.unparked);
    self->figures.unparked = 0;
    return code;
}

/* Takes rows out of the table `message` that fell out of the window; some at a time, and not with every commit. */
static int trim_messages(store *self) {
    enum { TRIM_LEAST = 1024, TRIM_MOST = 8192 };
    uint64_t keep = self->window.next > STORE_DUPLICATE_WINDOW ? self->window.next - STORE_DUPLICATE_WINDOW : 0;
    if (keep < self->window_trimmed + TRIM_LEAST) {
        return SQLITE_OK;
    }
    uint64_t until = keep - self->window_trimmed > TRIM_MOST ? self->window_trimmed + TRIM_MOST : keep;
    sqlite3_stmt *statement = store_database_statement(&self->database, STORE_SQL_MESSAGES_TRIM);
    sqlite3_bind_int64(statement, 1, (int64_t)until);
    int code = store_database_run(statement);
    self->window_trimmed = code == SQLITE_OK ? until : self->window_trimmed;
    return code;
}

static int write_all(store *self, const store_rider *riders) {
    /* A commit that writes nothing would go well on a disk that is still full. */
    self->room.tallies[STORE_VALUES].is_changed |= self->must_probe;
    int code = store_room_sweep(&self->room, &self->database, store_commit_now(self), self->row_count);
    if (code == SQLITE_OK) {
        code = store_batch_write(self);
    }
    if (code == SQLITE_OK) {
        code = store_registry_write(&self->registry, &self->database);
    }
    if (code == SQLITE_OK) {
        code = store_episodic_write(&self->episodic, &self->database);
    }
    if (code == SQLITE_OK) {
        code = write_riders(self, riders);
    }
    if (code == SQLITE_OK) {
        code = trim_messages(self);
    }
    if (code == SQLITE_OK) {
        code = store_room_write(&self->room, &self->database);
    }
    return code == SQLITE_OK ? store_database_do(&self->database, STORE_SQL_COMMIT) : code;
}

/* After a failed sync the log begins anew in new places. The file system may have lost those where the failed commit
 * was to go: written there again, commits would be settled and gone with the next power cut. */
static int renew_log(store *self) {
    int code = SQLITE_OK;
    if (self->is_log_doubtful) {
        code = store_database_checkpoint(&self->database, SQLITE_CHECKPOINT_TRUNCATE);
        self->is_log_doubtful = code != SQLITE_OK;
    }
    return code;
}

/* The transaction. What is in memory afterwards is what is in the database, or is loaded anew before it is used. */
static dragoman_status transact(store *self, const store_rider *riders, error_record *error) {
    dragoman_status status = store_commit_ready(self, false, error);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    if (store_database_has_moved(&self->database)) {
        self->must_reopen = true;
        return error_set(error, DRAGOMAN_IO, "the store %s was moved or deleted: put it back, or restart with another",
                         self->path);
    }
    int code = renew_log(self);
    if (code == SQLITE_OK) {
        code = store_database_do(&self->database, STORE_SQL_BEGIN);
    }
    if (code == SQLITE_OK) {
        code = store_room_measure(&self->room, &self->database);
    }
    if (code == SQLITE_OK) {
        status = store_batch_prepare(self, error);
        code = status == DRAGOMAN_OK ? write_all(self, riders) : SQLITE_OK;
    }
    if (code != SQLITE_OK) {
        status = store_database_trouble(self->database.handle, code, self->path, error);
        self->is_log_doubtful = self->is_log_doubtful || store_database_is_sync_failure(&self->database, code);
        /* A failed sync leaves it open what is on disk, so everything is read anew. */
        self->must_reopen = status != DRAGOMAN_FULL && (code & 0xff) != SQLITE_BUSY;
    }
    if (status != DRAGOMAN_OK) {
        if (sqlite3_get_autocommit(self->database.handle) == 0) {
            store_database_do(&self->database, STORE_SQL_ROLLBACK);
        }
        store_window_undo(&self->window, self->window_added);
        self->is_loaded = false;
    }
    return status;
}

static void checkpoint(store *self) {
    error_record *error = &self->log_trouble;
    if (self->database.handle == NULL || self->database.wal_pages < STORE_CHECKPOINT_PAGES) {
        return;
    }
    int pages = self->database.wal_pages;
    bool is_long = pages >= STORE_RESTART_PAGES && pages >= self->restart_pages;
    self->restart_pages = is_long                       ? pages + STORE_CHECKPOINT_PAGES
                          : pages < STORE_RESTART_PAGES ? 0
                                                        : self->restart_pages;
    sqlite3_busy_timeout(self->database.handle, STORE_RESTART_WAIT_MS);
    int mode = is_long ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
    int code = store_database_checkpoint(&self->database, mode);
    sqlite3_busy_timeout(self->database.handle, STORE_WRITE_WAIT_MS);
    *error = (error_record){.status = DRAGOMAN_OK};
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) {
        dragoman_status status = store_database_trouble(self->database.handle, code, self->path, error);
        self->must_reopen = status != DRAGOMAN_FULL;
    }
}

static void tell_figures(const store *self, store_health *health) {
    const store_room *room = &self->room;
    health->rows = 0;
    health->dropped = 0;
    for (uint32_t i = 0; i < STORE_CLASSES; i++) {
        health->class_rows[i] = room->tallies[i].rows;
        health->class_bytes[i] = room->tallies[i].bytes;
        health->class_dropped[i] = room->tallies[i].dropped;
        health->rows += room->tallies[i].rows;
        health->dropped += room->tallies[i].dropped;
    }
    health->bytes = room->used_bytes;
    health->free_bytes = room->free_bytes;
    health->next_number = room->next_number;
    health->oldest_us = room->oldest_us;
    health->newest_us = room->newest_us;
    health->parked = self->figures.parked;
    health->dead = self->figures.dead;
    health->devices = self->registry.device_count;
}

void store_commit_tell(store *self, const error_record *trouble, int64_t commit_us) {
    pthread_mutex_lock(&self->health_lock);
    store_health *health = &self->health;
    health->status = trouble->status;
    const char *reason = trouble->text;
    if (trouble->status == DRAGOMAN_OK) {
        reason = self->room.over == 0 ? "" : dropping;
    }
    snprintf(health->reason, sizeof health->reason, "%s", reason);
    /* After a failed commit memory is ahead of the database: what was told before holds until it is loaded anew. */
    if (self->is_loaded) {
        tell_figures(self, health);
    }
    health->log_bytes = (uint64_t)self->database.wal_pages * STORE_PAGE_BYTES;
    health->last_commit_us = commit_us;
    health->committed_messages += self->counts.messages;
    health->committed_observations += self->counts.observations;
    health->duplicates += self->counts.duplicates;
    health->refused += self->counts.refused;
    health->same_id_other_bytes += self->counts.same_id_other_bytes;
    pthread_mutex_unlock(&self->health_lock);
}

static void settle_all(store *self) {
    uint32_t count = self->verdict_count;
    for (uint32_t i = 0; i < count; i++) {
        const store_verdict *verdict = &self->verdicts[i];
        verdict->message->settle(verdict->message, verdict->settlement, verdict->status, verdict->reason);
    }
    pthread_mutex_lock(&self->lock);
    self->waiting -= count;
    pthread_mutex_unlock(&self->lock);
}

static void succeed(store *self) {
    pthread_mutex_lock(&self->listen_lock);
    if (self->row_count > 0 && self->committed != NULL) {
        self->committed(self->committed_context, self->rows, self->row_count);
    }
    pthread_mutex_unlock(&self->listen_lock);
    store_window_trim(&self->window);
    for (uint32_t i = 0; i < self->verdict_count; i++) {
        const store_verdict *verdict = &self->verdicts[i];
        if (verdict->settlement == DRAGOMAN_DURABLE && verdict->message->state_count > 0 &&
            store_states_apply(&self->states, verdict->message) != DRAGOMAN_OK) {
            self->must_reopen = true;
        }
    }
}

/* No message of the batch is kept, whatever was thought of it before. */
static void fail(store *self, const error_record *trouble) {
    self->counts = (store_counts){.refused = self->verdict_count};
    self->row_count = 0;
    for (uint32_t i = 0; i < self->verdict_count; i++) {
        self->verdicts[i].settlement = DRAGOMAN_NOT_KEPT;
        self->verdicts[i].status = trouble->status;
        self->verdicts[i].reason = trouble->text;
    }
}

/* A refusal for want of room is a trouble too, though the commit went well. */
static void note_refusals(store *self, error_record *trouble) {
    for (uint32_t i = 0; i < self->verdict_count && trouble->status == DRAGOMAN_OK; i++) {
        const store_verdict *verdict = &self->verdicts[i];
        if (verdict->settlement == DRAGOMAN_NOT_KEPT && verdict->status == DRAGOMAN_FULL) {
            error_set(trouble, DRAGOMAN_FULL, "%s", verdict->reason);
        }
    }
}

/* Tells when the log got stuck, or came free again; a commit that went well has told the rest. */
static void tell_log_trouble(store *self, dragoman_status before) {
    if (self->log_trouble.status == DRAGOMAN_OK && before == DRAGOMAN_OK) {
        return;
    }
    pthread_mutex_lock(&self->health_lock);
    self->health.status = self->log_trouble.status;
    snprintf(self->health.reason, sizeof self->health.reason, "%s", self->log_trouble.text);
    pthread_mutex_unlock(&self->health_lock);
}

static bool has_taken_values(const store *self) {
    for (uint32_t i = 0; i < self->row_count; i++) {
        if (self->rows[i].store_class == STORE_VALUES || self->rows[i].store_class == STORE_WAVES) {
            return true;
        }
    }
    return false;
}

/* At the size limit all stays unwell although other commits go well: an alarm's, a sink's position. */
static void keep_limit_trouble(store *self) {
    note_refusals(self, &self->trouble);
    if (self->trouble.status != DRAGOMAN_OK) {
        self->limit_trouble = self->trouble;
    } else if (has_taken_values(self) || self->room.has_made_room) {
        self->limit_trouble.status = DRAGOMAN_OK;
    } else if (self->limit_trouble.status != DRAGOMAN_OK) {
        self->trouble = self->limit_trouble;
    }
}

static void commit(store *self, store_message *list) {
    self->trouble = (error_record){.status = DRAGOMAN_OK};
    store_rider *riders = store_riders_take(&self->riders);
    int64_t begun_us = monotonic(self);
    store_batch_begin(self, list);
    bool is_kept = transact(self, riders, &self->trouble) == DRAGOMAN_OK;
    if (is_kept) {
        store_riders_free(riders);
        succeed(self);
        keep_limit_trouble(self);
    } else {
        store_riders_put_back(&self->riders, riders);
        fail(self, &self->trouble);
    }
    self->must_probe = !is_kept;
    bool is_well = self->trouble.status == DRAGOMAN_OK;
    /* Commits go well while the log grows, but all is not well before it could be written back. */
    store_commit_tell(self, is_well ? &self->log_trouble : &self->trouble, monotonic(self) - begun_us);
    settle_all(self);
    if (self->bytes.capacity > STORE_KEEP_BYTES) {
        buffer_fini(&self->bytes);
        buffer_init(&self->bytes);
    }
    if (is_kept) {
        dragoman_status before = self->log_trouble.status;
        checkpoint(self);
        if (is_well) {
            tell_log_trouble(self, before);
        }
    }
}

static size_t size_of(const store_message *message) {
    size_t size = 0;
    for (uint32_t i = 0; i < message->report_count; i++) {
        size += message->reports[i].bytes.size;
    }
    for (uint32_t i = 0; i < message->state_count; i++) {
        size += message->states[i].value.size;
    }
    for (uint32_t i = 0; i < message->dead_count; i++) {
        size += message->dead[i].payload.size;
    }
    return size;
}

/* Waits for something to do and takes what fits into one commit. Returns false when the store closes and nothing waits.
 */
static bool take(store *self, store_message **ret_list) {
    pthread_mutex_lock(&self->lock);
    bool is_over = false;
    int64_t probe_us = monotonic(self) + STORE_PROBE_US;
    while (self->first == NULL && !self->must_flush && !self->is_closing && !is_over) {
        if (self->must_probe && self->options.monotonic_us != NULL) {
            struct timespec until = {.tv_sec = probe_us / 1000000, .tv_nsec = probe_us % 1000000 * 1000};
            is_over = pthread_cond_timedwait(&self->wake, &self->lock, &until) == ETIMEDOUT;
        } else {
            pthread_cond_wait(&self->wake, &self->lock);
        }
    }
    bool is_last = self->first == NULL && self->is_closing;
    self->must_flush = false;
    store_message *list = self->first;
    store_message **end = &self->first;
    size_t bytes = 0;
    for (uint32_t count = 0; *end != NULL && count < STORE_BATCH_MESSAGES; count++) {
        bytes += size_of(*end);
        if (count > 0 && bytes > STORE_BATCH_BYTES) {
            break;
        }
        end = &(*end)->next;
        self->queued--;
    }
    if (list != NULL) {
        store_message *rest = *end;
        *end = NULL;
        self->first = rest;
        self->last = rest == NULL ? &self->first : self->last;
    }
    pthread_mutex_unlock(&self->lock);
    *ret_list = list;
    return !is_last;
}

void *store_commit_run(void *context) {
    store *self = context;
    store_message *list = NULL;
    bool is_open = true;
    while (is_open) {
        is_open = take(self, &list);
        /* The last round takes what still rides along. */
        commit(self, list);
    }
    return NULL;
}
