/* One batch of messages on its way into a transaction: what becomes of each, and the rows of those that are kept. */
#include "store/inside.h"

#include "store/stamping.h"
#include <stdlib.h>

static const char too_large[] = "a report of the message is larger than the store takes";
static const char too_much_state[] = "the adapter's state is larger than the store takes";
static const char too_many_devices[] = "the house knows too many devices, or a device's name is too long: an adapter's "
                                       "device key may hold something that changes";

void store_batch_begin(store *self, store_message *list) {
    self->verdict_count = 0;
    self->row_count = 0;
    self->window_added = 0;
    self->counts = (store_counts){0};
    self->batch_time_us = 0;
    buffer_reset(&self->bytes);
    for (store_message *message = list; message != NULL; message = message->next) {
        self->verdicts[self->verdict_count++] = (store_verdict){.message = message, .settlement = DRAGOMAN_DURABLE};
    }
}

static bool grow_rows(store *self) {
    if (self->row_count < self->row_room) {
        return true;
    }
    uint32_t room = self->row_room == 0 ? 64 : self->row_room * 2;
    store_row *rows = realloc(self->rows, room * sizeof *rows);
    if (rows == NULL) {
        return false;
    }
    self->rows = rows;
    store_row_extra *extras = realloc(self->extras, room * sizeof *extras);
    if (extras == NULL) {
        return false;
    }
    self->extras = extras;
    self->row_room = room;
    return true;
}

static dragoman_status add_row(store *self, const store_message *message, const store_report *report) {
    store_stamping with = {&self->registry, &self->episodic, &self->repeated};
    size_t offset = self->bytes.size;
    uint64_t lane = 0;
    dragoman_status status =
        grow_rows(self) ? store_stamp_report(&with, message, report, &self->bytes, &lane) : DRAGOMAN_NO_MEMORY;
    if (status != DRAGOMAN_OK) {
        return status;
    }
    size_t size = self->bytes.size - offset;
    store_row *row = &self->rows[self->row_count];
    *row = (store_row){.number = store_room_number(&self->room, report, size, message->received_at_us),
                       .store_class = report->ticket.store_class < STORE_CLASSES ? report->ticket.store_class : 0,
                       .device = lane,
                       .received_at_us = message->received_at_us,
                       .bytes = {NULL, size}};
    self->extras[self->row_count++] = (store_row_extra){offset, message->link, report->observation_count};
    self->counts.observations += report->observation_count;
    return DRAGOMAN_OK;
}

static void refuse(store *self, store_verdict *verdict, dragoman_status status, const char *reason) {
    verdict->settlement = DRAGOMAN_NOT_KEPT;
    verdict->status = status;
    verdict->reason = reason;
    self->counts.refused++;
}

/* Whether every report has a device that the registry takes: asked before anything of the message is counted. */
static dragoman_status resolve_devices(store *self, const store_message *message) {
    dragoman_status status = DRAGOMAN_OK;
    for (uint32_t i = 0; status == DRAGOMAN_OK && i < message->report_count; i++) {
        uint32_t ignored = 0;
        if (message->reports[i].ticket.device_key.size > 0) {
            status = store_registry_meet(&self->registry, message->link, &message->reports[i].ticket, &ignored);
        }
    }
    return status;
}

/* Whether a message may come in at all. A refusal is its verdict; NO_MEMORY fails the batch. */
static dragoman_status admit(store *self, store_verdict *verdict, bool *ret_is_in) {
    const store_message *message = verdict->message;
    const char *reason = NULL;
    *ret_is_in = false;
    for (uint32_t i = 0; i < message->report_count; i++) {
        if (message->reports[i].bytes.size > STORE_REPORT_BYTES) {
            refuse(self, verdict, DRAGOMAN_LIMIT, too_large);
            return DRAGOMAN_OK;
        }
    }
    if (message->state_count > 0 && store_states_check(&self->states, message) != DRAGOMAN_OK) {
        refuse(self, verdict, DRAGOMAN_LIMIT, too_much_state);
        return DRAGOMAN_OK;
    }
    dragoman_status status = resolve_devices(self, message);
    if (status == DRAGOMAN_LIMIT) {
        refuse(self, verdict, DRAGOMAN_LIMIT, too_many_devices);
        return DRAGOMAN_OK;
    }
    if (status == DRAGOMAN_OK && store_room_admit(&self->room, message, &reason) != DRAGOMAN_OK) {
        refuse(self, verdict, DRAGOMAN_FULL, reason);
        return DRAGOMAN_OK;
    }
    *ret_is_in = status == DRAGOMAN_OK;
    return status;
}

static dragoman_status prepare_message(store *self, store_verdict *verdict) {
    const store_message *message = verdict->message;
    uint64_t identity = 0;
    store_window_answer answer = STORE_WINDOW_NEW;
    if (message->id.size > 0) {
        identity = store_window_identity(message->sender, message->id);
        answer = store_window_ask(&self->window, identity, message->digest);
    }
    if (answer == STORE_WINDOW_DUPLICATE) {
        verdict->settlement = DRAGOMAN_DUPLICATE;
        self->counts.duplicates++;
        return DRAGOMAN_OK;
    }
    bool is_in = false;
    dragoman_status status = admit(self, verdict, &is_in);
    if (status != DRAGOMAN_OK || !is_in) {
        return status;
    }
    for (uint32_t i = 0; status == DRAGOMAN_OK && i < message->report_count; i++) {
        status = add_row(self, message, &message->reports[i]);
    }
    if (status == DRAGOMAN_OK && message->id.size > 0) {
        verdict->window_number = self->window.next;
        status = store_window_add(&self->window, identity, message->digest);
        self->window_added += status == DRAGOMAN_OK ? 1 : 0;
    }
    self->counts.same_id_other_bytes += answer == STORE_WINDOW_OTHER_BYTES ? 1 : 0;
    self->counts.messages++;
    if (message->received_at_us > self->batch_time_us) {
        self->batch_time_us = message->received_at_us;
    }
    return status;
}

dragoman_status store_batch_prepare(store *self, error_record *error) {
    dragoman_status status = DRAGOMAN_OK;
    for (uint32_t i = 0; status == DRAGOMAN_OK && i < self->verdict_count; i++) {
        status = prepare_message(self, &self->verdicts[i]);
    }
    if (status != DRAGOMAN_OK) {
        return error_set(error, status, "the store has no memory for these messages (%s)", error_status_name(status));
    }
    for (uint32_t i = 0; i < self->row_count; i++) {
        self->rows[i].bytes.data = self->bytes.data + self->extras[i].offset;
    }
    return DRAGOMAN_OK;
}

static int write_rows(store *self) {
    int code = SQLITE_OK;
    sqlite3_stmt *statement = store_database_statement(&self->database, STORE_SQL_REPORT);
    for (uint32_t i = 0; code == SQLITE_OK && i < self->row_count; i++) {
        const store_row *row = &self->rows[i];
        sqlite3_bind_int64(statement, 1, (int64_t)row->number);
        sqlite3_bind_int(statement, 2, row->store_class);
        sqlite3_bind_int64(statement, 3, (int64_t)row->device);
        sqlite3_bind_int64(statement, 4, row->received_at_us);
        sqlite3_bind_int64(statement, 5, self->extras[i].observations);
        store_database_bind_text(statement, 6, self->extras[i].link);
        store_database_bind_blob(statement, 7, row->bytes);
        code = store_database_run(statement);
    }
    return code;
}

static int write_message(store *self, const store_verdict *verdict) {
    const store_message *message = verdict->message;
    int code = SQLITE_OK;
    if (verdict->window_number != 0) {
        sqlite3_stmt *statement = store_database_statement(&self->database, STORE_SQL_MESSAGE);
        sqlite3_bind_int64(statement, 1, (int64_t)verdict->window_number);
        sqlite3_bind_int64(statement, 2, (int64_t)store_window_identity(message->sender, message->id));
        sqlite3_bind_int64(statement, 3, (int64_t)message->digest);
        code = store_database_run(statement);
    }
    if (code == SQLITE_OK && message->state_count > 0) {
        code = store_states_write(message, &self->database);
    }
    for (uint32_t i = 0; code == SQLITE_OK && i < message->dead_count; i++) {
        store_rider dead = {
            .stage = message->dead[i].stage, .reason = message->dead[i].reason, .payload = message->dead[i].payload};
        code = store_riders_write_dead(&self->database, store_commit_now(self), message->link, &dead, &self->figures);
    }
    return code;
}

int store_batch_write(store *self) {
    int code = write_rows(self);
    for (uint32_t i = 0; code == SQLITE_OK && i < self->verdict_count; i++) {
        if (self->verdicts[i].settlement == DRAGOMAN_DURABLE) {
            code = write_message(self, &self->verdicts[i]);
        }
    }
    return code;
}
