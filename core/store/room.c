#include "store/room.h"

#include <string.h>

enum {
    SWEEP_STEP = 128,     /* rows looked at with one statement */
    DROP_ROWS_MAX = 4096, /* rows that one commit drops at the limit */
};

static const uint32_t droppable = 1u << STORE_VALUES | 1u << STORE_WAVES;

void store_room_init(store_room *self, const store_options *options) {
    *self = (store_room){.options = options, .next_number = 1, .passed = UINT64_MAX};
    for (uint32_t i = 0; i < STORE_CLASSES; i++) {
        uint32_t sweep = 0;
        /* Classes that are held equally long are retired in one walk. */
        while (sweep < i && options->hold_us[sweep] != options->hold_us[i]) {
            sweep++;
        }
        self->retire[sweep].classes |= 1u << i;
    }
    for (uint32_t i = 0; i < STORE_CLASSES; i++) {
        if (self->retire[i].classes != 0 && options->hold_us[i] > 0) {
            self->retire[self->retire_count++] = self->retire[i];
        }
    }
}

int store_room_load(store_room *self, store_database *database) {
    sqlite3_stmt *statement = store_database_statement(database, STORE_SQL_TALLIES);
    int code = SQLITE_OK;
    self->next_number = 1;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t which = sqlite3_column_int64(statement, 0);
        if (which < 0 || which >= STORE_CLASSES) {
            code = SQLITE_CORRUPT;
            break;
        }
        self->tallies[which] = (store_tally){.rows = (uint64_t)sqlite3_column_int64(statement, 1),
                                             .bytes = (uint64_t)sqlite3_column_int64(statement, 2),
                                             .dropped = (uint64_t)sqlite3_column_int64(statement, 3)};
        uint64_t next = (uint64_t)sqlite3_column_int64(statement, 4);
        self->next_number = next > self->next_number ? next : self->next_number;
    }
    sqlite3_reset(statement);
    for (uint32_t i = 0; i < self->retire_count; i++) {
        self->retire[i].cursor = 0;
    }
    self->drop = (store_sweep){.classes = 0};
    code = code == SQLITE_DONE ? store_database_number(database, STORE_SQL_OLDEST, &self->oldest_us) : code;
    if (code == SQLITE_OK) {
        code = store_database_number(database, STORE_SQL_NEWEST, &self->newest_us);
    }
    return code == SQLITE_OK ? store_room_measure(self, database) : code;
}

int store_room_measure(store_room *self, store_database *database) {
    int64_t pages = 0;
    int64_t free_pages = 0;
    int code = store_database_number(database, STORE_SQL_PAGES, &pages);
    if (code == SQLITE_OK) {
        code = store_database_number(database, STORE_SQL_FREE_PAGES, &free_pages);
    }
    self->used_bytes = (uint64_t)(pages - free_pages) * STORE_PAGE_BYTES;
    self->free_bytes = (uint64_t)free_pages * STORE_PAGE_BYTES;
    self->over = 0;
    return code;
}

uint64_t store_room_cost(uint64_t bytes) {
    if (bytes > UINT64_MAX - STORE_ROW_BYTES - STORE_PAGE_BYTES) {
        return UINT64_MAX;
    }
    uint64_t row = bytes + STORE_ROW_BYTES;
    return row > STORE_PAGE_BYTES / 2 ? (row + STORE_PAGE_BYTES - 1) / STORE_PAGE_BYTES * STORE_PAGE_BYTES : row;
}

static uint32_t class_of(const store_report *report) {
    return report->ticket.store_class < STORE_CLASSES ? report->ticket.store_class : STORE_VALUES;
}

static dragoman_status admit_total(store_room *self, uint32_t classes, uint64_t added, const char **ret_reason) {
    uint64_t total = self->options->max_bytes_total;
    bool is_reserved_for = (classes & droppable) == 0;
    uint64_t limit = is_reserved_for ? total : total - total / STORE_RESERVE_SHARE;
    if (total == 0 || classes == 0 || self->used_bytes + added <= limit) {
        return DRAGOMAN_OK;
    }
    bool has_droppable = self->tallies[STORE_VALUES].rows + self->tallies[STORE_WAVES].rows > 0;
    if (!self->options->refuse_when_full && has_droppable) {
        self->over |= droppable;
        return DRAGOMAN_OK;
    }
    *ret_reason =
        "the store is at its size limit: raise store.max_size, shorten the hold, or mend the sink that is behind";
    return DRAGOMAN_FULL;
}

dragoman_status store_room_admit(store_room *self, const store_message *message, const char **ret_reason) {
    uint64_t added[STORE_CLASSES] = {0};
    uint64_t total = 0;
    uint32_t classes = 0;
    for (uint32_t i = 0; i < message->report_count; i++) {
        uint32_t which = class_of(&message->reports[i]);
        added[which] += message->reports[i].bytes.size;
        total += store_room_cost(message->reports[i].bytes.size);
        classes |= 1u << which;
    }
    for (uint32_t i = 0; i < STORE_CLASSES; i++) {
        uint64_t limit = self->options->max_bytes[i];
        if (limit == 0 || added[i] == 0 || self->tallies[i].bytes + added[i] <= limit) {
            continue;
        }
        if (self->options->refuse_when_full || self->tallies[i].rows == 0) {
            *ret_reason = "the store is at the size limit of this class of data: raise it, or shorten its hold";
            return DRAGOMAN_FULL;
        }
        self->over |= 1u << i;
    }
    dragoman_status status = admit_total(self, classes, total, ret_reason);
    if (status == DRAGOMAN_OK) {
        self->used_bytes += total;
    }
    return status;
}

uint64_t store_room_number(store_room *self, const store_report *report, size_t bytes, int64_t received_at_us) {
    store_tally *tally = &self->tallies[class_of(report)];
    tally->rows++;
    tally->bytes += bytes;
    tally->is_changed = true;
    if (self->oldest_us == 0) {
        self->oldest_us = received_at_us;
    }
    self->newest_us = received_at_us;
    return self->next_number++;
}

typedef struct seen_row {
    uint64_t number;
    uint32_t which;
    int64_t received_at_us;
    uint64_t bytes;
} seen_row;

static int look(store_database *database, uint64_t after, uint32_t limit, seen_row rows[SWEEP_STEP],
                uint32_t *ret_count) {
    sqlite3_stmt *statement = store_database_statement(database, STORE_SQL_SWEEP);
    sqlite3_bind_int64(statement, 1, (int64_t)after);
    sqlite3_bind_int64(statement, 2, limit < SWEEP_STEP ? limit : SWEEP_STEP);
    uint32_t count = 0;
    int code = SQLITE_OK;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        rows[count++] = (seen_row){(uint64_t)sqlite3_column_int64(statement, 0),
                                   (uint32_t)sqlite3_column_int64(statement, 1) % STORE_CLASSES,
                                   sqlite3_column_int64(statement, 2), (uint64_t)sqlite3_column_int64(statement, 3)};
    }
    sqlite3_reset(statement);
    *ret_count = count;
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int is_parked(const store_room *self, store_database *database, uint64_t number, bool *ret_is_parked) {
    *ret_is_parked = false;
    if (self->parked == 0) {
        return SQLITE_OK;
    }
    sqlite3_stmt *statement = store_database_statement(database, STORE_SQL_IS_PARKED);
    sqlite3_bind_int64(statement, 1, (int64_t)number);
    int code = sqlite3_step(statement);
    *ret_is_parked = code == SQLITE_ROW;
    int reset = sqlite3_reset(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : reset;
}

static int delete_run(store_database *database, uint64_t first, uint64_t last) {
    sqlite3_stmt *statement = store_database_statement(database, STORE_SQL_DELETE);
    sqlite3_bind_int64(statement, 1, (int64_t)first);
    sqlite3_bind_int64(statement, 2, (int64_t)last);
    return store_database_run(statement);
}

/* Takes a row out of the books. is_early: before its time. */
static void strike(store_room *self, const seen_row *row, bool is_early) {
    store_tally *tally = &self->tallies[row->which];
    tally->rows -= tally->rows > 0 ? 1 : 0;
    tally->bytes -= tally->bytes >= row->bytes ? row->bytes : tally->bytes;
    tally->dropped += is_early ? 1 : 0;
    tally->is_changed = true;
}

typedef enum fate { FATE_SKIP, FATE_DELETE, FATE_STOP } fate;

/* What becomes of a row when old ones are retired. */
static int judge_retired(const store_room *self, store_database *database, const store_sweep *sweep,
                         const seen_row *row, int64_t now_us, fate *ret_fate) {
    bool parked = false;
    int code = SQLITE_OK;
    /* A row from the future: our clock was wrong then, and the row must not keep those behind it. */
    bool is_from_future = row->received_at_us - now_us > STORE_QUERY_SLACK_US;
    if ((sweep->classes & 1u << row->which) == 0 || is_from_future) {
        *ret_fate = FATE_SKIP;
    } else if (now_us - row->received_at_us <= self->options->hold_us[row->which] || row->number > self->passed) {
        *ret_fate = FATE_STOP;
    } else {
        code = is_parked(self, database, row->number, &parked);
        *ret_fate = parked ? FATE_SKIP : FATE_DELETE;
    }
    return code;
}

static int retire(store_room *self, store_database *database, store_sweep *sweep, int64_t now_us, uint64_t quota) {
    seen_row rows[SWEEP_STEP];
    int code = SQLITE_OK;
    fate next = FATE_SKIP;
    while (code == SQLITE_OK && quota > 0 && next != FATE_STOP) {
        uint32_t count = 0;
        uint64_t first = 0;
        uint64_t last = 0;
        code = look(database, sweep->cursor, quota > SWEEP_STEP ? SWEEP_STEP : (uint32_t)quota, rows, &count);
        for (uint32_t i = 0; code == SQLITE_OK && i < count; i++) {
            code = judge_retired(self, database, sweep, &rows[i], now_us, &next);
            if (next == FATE_DELETE) {
                strike(self, &rows[i], false);
                first = first == 0 ? rows[i].number : first;
                last = rows[i].number;
            } else if (code == SQLITE_OK && first != 0) {
                code = delete_run(database, first, last);
                first = 0;
            }
            if (next == FATE_STOP) {
                break;
            }
            sweep->cursor = rows[i].number;
        }
        if (code == SQLITE_OK && first != 0) {
            code = delete_run(database, first, last);
        }
        quota -= count;
        if (count < SWEEP_STEP) {
            break;
        }
    }
    return code;
}

/* Drops the oldest rows of the classes that are over, until `bytes` went or the quota is used up. */
static int drop(store_room *self, store_database *database, uint64_t bytes, uint64_t quota) {
    /* What lies behind the cursor holds no rows of the classes it was walked for. */
    if ((self->over & ~self->drop.classes) != 0) {
        self->drop = (store_sweep){.classes = self->over};
    }
    seen_row rows[SWEEP_STEP];
    int code = SQLITE_OK;
    uint64_t gone = 0;
    while (code == SQLITE_OK && gone < bytes && quota > 0) {
        uint32_t count = 0;
        code = look(database, self->drop.cursor, SWEEP_STEP, rows, &count);
        for (uint32_t i = 0; code == SQLITE_OK && i < count && gone < bytes; i++) {
            self->drop.cursor = rows[i].number;
            if ((self->over & 1u << rows[i].which) != 0) {
                strike(self, &rows[i], true);
                gone += store_room_cost(rows[i].bytes);
                code = delete_run(database, rows[i].number, rows[i].number);
            }
        }
        quota -= count < quota ? count : quota;
        if (count < SWEEP_STEP) {
            break;
        }
    }
    return code;
}

static uint64_t excess(const store_room *self) {
    uint64_t bytes = 0;
    uint64_t total = self->options->max_bytes_total;
    uint64_t limit = total - total / STORE_RESERVE_SHARE;
    if (total > 0 && self->used_bytes > limit) {
        bytes = self->used_bytes - limit;
    }
    for (uint32_t i = 0; i < STORE_CLASSES; i++) {
        uint64_t own = self->options->max_bytes[i];
        if (own > 0 && self->tallies[i].bytes > own && self->tallies[i].bytes - own > bytes) {
            bytes = self->tallies[i].bytes - own;
        }
    }
    return bytes;
}

int store_room_sweep(store_room *self, store_database *database, int64_t now_us, uint64_t added) {
    int code = SQLITE_OK;
    uint64_t rows = 0;
    for (uint32_t i = 0; i < STORE_CLASSES; i++) {
        rows += self->tallies[i].rows;
    }
    for (uint32_t i = 0; code == SQLITE_OK && i < self->retire_count; i++) {
        code = retire(self, database, &self->retire[i], now_us, STORE_SWEEP_ROWS + 2 * added);
    }
    if (code == SQLITE_OK && self->over != 0) {
        code = drop(self, database, excess(self), DROP_ROWS_MAX + 2 * added);
    }
    uint64_t left = 0;
    for (uint32_t i = 0; i < STORE_CLASSES; i++) {
        left += self->tallies[i].rows;
    }
    self->has_made_room = left != rows;
    if (code == SQLITE_OK && left != rows) {
        code = store_database_number(database, STORE_SQL_OLDEST, &self->oldest_us);
    }
    return code;
}

int store_room_write(store_room *self, store_database *database) {
    int code = SQLITE_OK;
    sqlite3_stmt *statement = store_database_statement(database, STORE_SQL_TALLY);
    for (uint32_t i = 0; code == SQLITE_OK && i < STORE_CLASSES; i++) {
        store_tally *tally = &self->tallies[i];
        if (!tally->is_changed) {
            continue;
        }
        sqlite3_bind_int64(statement, 1, i);
        sqlite3_bind_int64(statement, 2, (int64_t)tally->rows);
        sqlite3_bind_int64(statement, 3, (int64_t)tally->bytes);
        sqlite3_bind_int64(statement, 4, (int64_t)tally->dropped);
        sqlite3_bind_int64(statement, 5, (int64_t)self->next_number);
        code = store_database_run(statement);
        tally->is_changed = false;
    }
    return code;
}

void store_room_revisit(store_room *self, uint64_t number) {
    for (uint32_t i = 0; i < self->retire_count; i++) {
        if (number > 0 && self->retire[i].cursor >= number) {
            self->retire[i].cursor = number - 1;
        }
    }
}
