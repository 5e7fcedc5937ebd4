/* Readers: a connection of their own that never writes. Each call reads a bounded step and lets go of its snapshot, so
 * that the log can begin anew however slow a consumer is. */
#include "store/inside.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_MAX = 4096,       /* rows that one call gives at the most */
    LOOKED_AT_MAX = 16384, /* rows that one step of a query looks at */
    LIST_MAX = 65536,      /* elements of the lists that are read for showing */
};

typedef enum reader_statement {
    READ_ROWS,
    READ_ROW,
    READ_BOUNDS,
    READ_TIME_AT,
    READ_FIND,
    READ_DEVICES,
    READ_POSITION,
    READ_POSITIONS,
    READ_PARKED,
    READ_TALLIES,
    READ_PAGES,
    READ_FREE_PAGES,
    READ_DEAD_COUNT,
    READ_DEAD_LIST,
    READ_DEAD,
    READ_COUNT,
} reader_statement;

#define ROW_COLUMNS "number, class, device, received_at, bytes"
#define DEAD_COLUMNS "number, at, link, sink, report, stage, reason, length(payload), retry"

static const char *const texts[READ_COUNT] = {
    [READ_ROWS] = ("SELECT " ROW_COLUMNS " FROM report WHERE number > ? ORDER BY number LIMIT ?"),
    [READ_ROW] = ("SELECT " ROW_COLUMNS " FROM report WHERE number = ?"),
    [READ_BOUNDS] = "SELECT (SELECT min(number) FROM report), (SELECT max(number) FROM report)",
    [READ_TIME_AT] = "SELECT received_at FROM report WHERE number >= ? ORDER BY number LIMIT 1",
    [READ_FIND] = "SELECT number, class, device, received_at FROM report WHERE number > ? ORDER BY number LIMIT ?",
    [READ_DEVICES] = "SELECT lane, key, epoch, stated_at FROM device WHERE lane > ? ORDER BY lane LIMIT ?",
    [READ_POSITION] = "SELECT low_water, done, note FROM position WHERE sink = ?",
    [READ_POSITIONS] = ("SELECT sink, low_water, length(done) / 8, (SELECT count(*) FROM parked WHERE parked.sink ="
                        " position.sink) FROM position ORDER BY sink LIMIT ?"),
    [READ_PARKED] = "SELECT report FROM parked WHERE sink = ? AND report > ? ORDER BY report LIMIT ?",
    [READ_TALLIES] = "SELECT class, rows, bytes, dropped, next_number FROM tally",
    [READ_PAGES] = "PRAGMA page_count",
    [READ_FREE_PAGES] = "PRAGMA freelist_count",
    [READ_DEAD_COUNT] = "SELECT count(*) FROM dead",
    [READ_DEAD_LIST] = ("SELECT " DEAD_COLUMNS " FROM dead WHERE number > ?1 AND (?2 IS NULL OR sink = ?2)"
                        " AND (?3 = 0 OR retry = 1) ORDER BY number LIMIT ?4"),
    [READ_DEAD] = ("SELECT " DEAD_COLUMNS ", payload FROM dead WHERE number = ?"),
};

struct store_reader {
    sqlite3 *handle;
    sqlite3_stmt *statements[READ_COUNT];
    char path[4096];
    store_row *rows;
    size_t row_room;
    buffer bytes;
};

void store_reader_close(store_reader *reader) {
    if (reader == NULL) {
        return;
    }
    for (size_t i = 0; i < READ_COUNT; i++) {
        sqlite3_finalize(reader->statements[i]);
    }
    sqlite3_close(reader->handle);
    buffer_fini(&reader->bytes);
    free(reader->rows);
    free(reader);
}

dragoman_status store_reader_open_path(const char *path, const char *vfs, store_reader **ret_reader,
                                       error_record *error) {
    store_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL || strlen(path) >= sizeof reader->path) {
        free(reader);
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory to read the store, or its path is too long");
    }
    memcpy(reader->path, path, strlen(path) + 1);
    buffer_init(&reader->bytes);
    dragoman_status status = store_database_open_reader(path, vfs, &reader->handle, error);
    for (size_t i = 0; status == DRAGOMAN_OK && i < READ_COUNT; i++) {
        int code =
            sqlite3_prepare_v3(reader->handle, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &reader->statements[i], NULL);
        status = code == SQLITE_OK ? DRAGOMAN_OK : store_database_trouble(reader->handle, code, path, error);
    }
    if (status != DRAGOMAN_OK) {
        store_reader_close(reader);
        return status;
    }
    *ret_reader = reader;
    return DRAGOMAN_OK;
}

dragoman_status store_reader_open(store *self, store_reader **ret_reader, error_record *error) {
    return store_reader_open_path(self->path, self->vfs[0] == '\0' ? NULL : self->vfs, ret_reader, error);
}

/* Ends a statement; `code` is what its last step gave. */
static dragoman_status finish(store_reader *reader, sqlite3_stmt *statement, int code, error_record *error) {
    dragoman_status status = DRAGOMAN_OK;
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        status = store_database_trouble(reader->handle, code, reader->path, error);
    }
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return status;
}

static dragoman_status no_memory(error_record *error) {
    return error_set(error, DRAGOMAN_NO_MEMORY, "no memory to read the store");
}

static bool reserve_rows(store_reader *reader, size_t count) {
    if (count <= reader->row_room) {
        return true;
    }
    store_row *rows = realloc(reader->rows, count * sizeof *rows);
    if (rows == NULL) {
        return false;
    }
    reader->rows = rows;
    reader->row_room = count;
    return true;
}

/* Takes a row with its bytes; they are found again by their size, since the buffer may move. */
static void take_row(store_reader *reader, sqlite3_stmt *statement, dragoman_bytes bytes, store_row *row) {
    *row = (store_row){.number = (uint64_t)sqlite3_column_int64(statement, 0),
                       .store_class = (uint8_t)sqlite3_column_int(statement, 1),
                       .device = (uint64_t)sqlite3_column_int64(statement, 2),
                       .received_at_us = sqlite3_column_int64(statement, 3),
                       .bytes = {NULL, bytes.size}};
    buffer_append_bytes(&reader->bytes, bytes);
}

static void place_bytes(store_reader *reader, size_t count) {
    const uint8_t *at = reader->bytes.data;
    for (size_t i = 0; i < count; i++) {
        reader->rows[i].bytes.data = at;
        at += reader->rows[i].bytes.size;
    }
}

dragoman_status store_reader_rows(store_reader *reader, uint64_t after, size_t limit, size_t max_bytes,
                                  const store_row **ret_rows, size_t *ret_count, error_record *error) {
    size_t most = limit > ROWS_MAX ? ROWS_MAX : limit;
    size_t count = 0;
    if (!reserve_rows(reader, most)) {
        return no_memory(error);
    }
    buffer_reset(&reader->bytes);
    sqlite3_stmt *statement = reader->statements[READ_ROWS];
    sqlite3_bind_int64(statement, 1, after > INT64_MAX ? INT64_MAX : (int64_t)after);
    sqlite3_bind_int64(statement, 2, (int64_t)most);
    int code = SQLITE_ROW;
    while (count < most && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        dragoman_bytes bytes = store_database_column(statement, 4);
        if (count > 0 && reader->bytes.size + bytes.size > max_bytes) {
            break;
        }
        take_row(reader, statement, bytes, &reader->rows[count++]);
    }
    dragoman_status status = finish(reader, statement, code, error);
    if (status == DRAGOMAN_OK && reader->bytes.failed) {
        status = no_memory(error);
    }
    if (status == DRAGOMAN_OK) {
        place_bytes(reader, count);
        *ret_rows = reader->rows;
        *ret_count = count;
    }
    return status;
}

static dragoman_status read_row(store_reader *reader, uint64_t number, store_row *ret_row, error_record *error) {
    sqlite3_stmt *statement = reader->statements[READ_ROW];
    sqlite3_bind_int64(statement, 1, number > INT64_MAX ? INT64_MAX : (int64_t)number);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        take_row(reader, statement, store_database_column(statement, 4), ret_row);
    }
    dragoman_status status = finish(reader, statement, code, error);
    if (status == DRAGOMAN_OK && code == SQLITE_DONE) {
        status = error_set(error, DRAGOMAN_NOT_FOUND, "there is no report %llu in the store (any more)",
                           (unsigned long long)number);
    }
    return status == DRAGOMAN_OK && reader->bytes.failed ? no_memory(error) : status;
}

dragoman_status store_reader_row(store_reader *reader, uint64_t number, store_row *ret_row, error_record *error) {
    store_row row = {0};
    buffer_reset(&reader->bytes);
    dragoman_status status = read_row(reader, number, &row, error);
    if (status == DRAGOMAN_OK) {
        row.bytes.data = reader->bytes.data;
        *ret_row = row;
    }
    return status;
}

/* The number of the first and last row; 0 when there is none. */
static dragoman_status read_bounds(store_reader *reader, uint64_t *ret_first, uint64_t *ret_last, error_record *error) {
    sqlite3_stmt *statement = reader->statements[READ_BOUNDS];
    int code = sqlite3_step(statement);
    *ret_first = (uint64_t)sqlite3_column_int64(statement, 0);
    *ret_last = (uint64_t)sqlite3_column_int64(statement, 1);
    return finish(reader, statement, code, error);
}

/* Halves the numbers until `ret_before` is a row before which nothing was received since from_us, but for our clock's
 * steps. */
static dragoman_status find_begin(store_reader *reader, int64_t from_us, uint64_t *ret_before, error_record *error) {
    uint64_t low = 0;
    uint64_t high = 0;
    dragoman_status status = read_bounds(reader, &low, &high, error);
    int64_t wanted_us = from_us < INT64_MIN + STORE_QUERY_SLACK_US ? INT64_MIN : from_us - STORE_QUERY_SLACK_US;
    while (status == DRAGOMAN_OK && low < high) {
        uint64_t middle = low + (high - low) / 2;
        sqlite3_stmt *statement = reader->statements[READ_TIME_AT];
        sqlite3_bind_int64(statement, 1, (int64_t)middle);
        int code = sqlite3_step(statement);
        bool is_before = code == SQLITE_ROW && sqlite3_column_int64(statement, 0) < wanted_us;
        status = finish(reader, statement, code, error);
        if (is_before) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *ret_before = low > 0 ? low - 1 : 0;
    return status;
}

static bool answers(const store_query *query, sqlite3_stmt *statement) {
    int64_t received_us = sqlite3_column_int64(statement, 3);
    uint64_t device = (uint64_t)sqlite3_column_int64(statement, 2);
    return received_us >= query->from_us && received_us < query->until_us &&
           (query->device == 0 || query->device == device);
}

/* Notes the numbers of rows that answer; their bytes are read afterwards. */
static dragoman_status look(store_reader *reader, const store_query *query, uint64_t after, size_t most,
                            size_t *ret_count, uint64_t *ret_looked, error_record *error) {
    sqlite3_stmt *statement = reader->statements[READ_FIND];
    sqlite3_bind_int64(statement, 1, (int64_t)after);
    sqlite3_bind_int64(statement, 2, LOOKED_AT_MAX);
    size_t count = 0;
    uint64_t looked = 0;
    int code = SQLITE_ROW;
    while (count < most && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        looked = (uint64_t)sqlite3_column_int64(statement, 0);
        int64_t end_us =
            query->until_us > INT64_MAX - STORE_QUERY_SLACK_US ? INT64_MAX : query->until_us + STORE_QUERY_SLACK_US;
        if (sqlite3_column_int64(statement, 3) >= end_us) {
            looked = 0;
            break;
        }
        if (answers(query, statement)) {
            reader->rows[count++].number = looked;
        }
    }
    dragoman_status status = finish(reader, statement, code, error);
    *ret_count = count;
    *ret_looked = looked;
    return status;
}

dragoman_status store_reader_find(store_reader *reader, const store_query *query, size_t limit, size_t max_bytes,
                                  const store_row **ret_rows, size_t *ret_count, uint64_t *ret_looked,
                                  error_record *error) {
    size_t most = limit > ROWS_MAX ? ROWS_MAX : limit;
    size_t found = 0;
    size_t count = 0;
    uint64_t looked = 0;
    uint64_t after = query->after;
    if (!reserve_rows(reader, most)) {
        return no_memory(error);
    }
    buffer_reset(&reader->bytes);
    dragoman_status status = after > 0 ? DRAGOMAN_OK : find_begin(reader, query->from_us, &after, error);
    if (status == DRAGOMAN_OK) {
        status = look(reader, query, after, most, &found, &looked, error);
    }
    for (size_t i = 0; status == DRAGOMAN_OK && i < found; i++) {
        uint64_t number = reader->rows[i].number;
        if (count > 0 && reader->bytes.size >= max_bytes) {
            looked = number - 1;
            break;
        }
        status = read_row(reader, number, &reader->rows[count], error);
        count += status == DRAGOMAN_OK ? 1 : 0;
        /* Retention may have taken it between the two steps. */
        status = status == DRAGOMAN_NOT_FOUND ? DRAGOMAN_OK : status;
    }
    if (status == DRAGOMAN_OK && looked == 0 && count == 0) {
        status = error_set(error, DRAGOMAN_NOT_FOUND, "no more reports answer the query");
    }
    if (status == DRAGOMAN_OK) {
        place_bytes(reader, count);
        *ret_rows = reader->rows;
        *ret_count = count;
        *ret_looked = looked == 0 ? reader->rows[count - 1].number : looked;
    }
    return status;
}

dragoman_status store_reader_devices(store_reader *reader, uint64_t after, size_t limit, arena *memory,
                                     const store_device_row **ret_devices, size_t *ret_count, error_record *error) {
    size_t most = limit > LIST_MAX ? LIST_MAX : limit;
    store_device_row *devices = arena_allocate_zeroed(memory, most * sizeof *devices);
    if (devices == NULL) {
        return no_memory(error);
    }
    sqlite3_stmt *statement = reader->statements[READ_DEVICES];
    sqlite3_bind_int64(statement, 1, (int64_t)after);
    sqlite3_bind_int64(statement, 2, (int64_t)most);
    size_t count = 0;
    bool is_complete = true;
    int code = SQLITE_ROW;
    while (is_complete && count < most && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        store_device_row *device = &devices[count++];
        device->lane = (uint64_t)sqlite3_column_int64(statement, 0);
        device->key = arena_copy(memory, store_database_column(statement, 1));
        device->clock_epoch = (uint32_t)sqlite3_column_int64(statement, 2);
        bool is_stated = sqlite3_column_type(statement, 3) != SQLITE_NULL;
        device->stated_at_us = is_stated ? sqlite3_column_int64(statement, 3) : INT64_MIN;
        is_complete = device->key.size == 0 || device->key.data != NULL;
    }
    dragoman_status status = finish(reader, statement, code, error);
    *ret_devices = devices;
    *ret_count = count;
    return status == DRAGOMAN_OK && !is_complete ? no_memory(error) : status;
}

dragoman_status store_position_get(store_reader *reader, const char *sink, arena *memory,
                                   store_position *ret_position) {
    store_position position = {0};
    sqlite3_stmt *statement = reader->statements[READ_POSITION];
    sqlite3_bind_text(statement, 1, sink, (int)strnlen(sink, STORE_SINK_NAME_BYTES), SQLITE_STATIC);
    int code = sqlite3_step(statement);
    bool is_complete = true;
    if (code == SQLITE_ROW) {
        dragoman_bytes bytes = store_database_column(statement, 1);
        position.low_water = (uint64_t)sqlite3_column_int64(statement, 0);
        position.done_count = (uint32_t)(bytes.size / sizeof(uint64_t));
        uint64_t *done = arena_allocate(memory, position.done_count * sizeof *done);
        is_complete = done != NULL;
        for (uint32_t i = 0; is_complete && i < position.done_count; i++) {
            memcpy(&done[i], bytes.data + i * sizeof *done, sizeof *done);
            done[i] = le64toh(done[i]);
        }
        position.done = done;
        dragoman_bytes note = store_database_column(statement, 2);
        position.note = arena_copy(memory, note);
        is_complete = is_complete && (note.size == 0 || position.note.data != NULL);
    }
    dragoman_status status = finish(reader, statement, code, NULL);
    if (status == DRAGOMAN_OK && !is_complete) {
        status = DRAGOMAN_NO_MEMORY;
    }
    if (status == DRAGOMAN_OK) {
        *ret_position = position;
    }
    return status;
}

dragoman_status store_reader_positions(store_reader *reader, arena *memory, const store_position_row **ret_positions,
                                       size_t *ret_count, error_record *error) {
    enum { SINKS_MAX = 1024 };
    store_position_row *positions = arena_allocate_zeroed(memory, SINKS_MAX * sizeof *positions);
    if (positions == NULL) {
        return no_memory(error);
    }
    sqlite3_stmt *statement = reader->statements[READ_POSITIONS];
    sqlite3_bind_int64(statement, 1, SINKS_MAX);
    size_t count = 0;
    bool is_complete = true;
    int code = SQLITE_ROW;
    while (is_complete && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        store_position_row *position = &positions[count++];
        position->sink = arena_copy(memory, store_database_column(statement, 0));
        position->low_water = (uint64_t)sqlite3_column_int64(statement, 1);
        position->done_count = (uint32_t)sqlite3_column_int64(statement, 2);
        position->parked = (uint64_t)sqlite3_column_int64(statement, 3);
        is_complete = position->sink.size == 0 || position->sink.data != NULL;
    }
    dragoman_status status = finish(reader, statement, code, error);
    *ret_positions = positions;
    *ret_count = count;
    return status == DRAGOMAN_OK && !is_complete ? no_memory(error) : status;
}

dragoman_status store_reader_parked(store_reader *reader, const char *sink, uint64_t after, size_t limit, arena *memory,
                                    const uint64_t **ret_numbers, size_t *ret_count, error_record *error) {
    size_t most = limit > LIST_MAX ? LIST_MAX : limit;
    uint64_t *numbers = arena_allocate(memory, most * sizeof *numbers);
    if (numbers == NULL) {
        return no_memory(error);
    }
    sqlite3_stmt *statement = reader->statements[READ_PARKED];
    sqlite3_bind_text(statement, 1, sink, (int)strnlen(sink, STORE_SINK_NAME_BYTES), SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, (int64_t)after);
    sqlite3_bind_int64(statement, 3, (int64_t)most);
    size_t count = 0;
    int code = SQLITE_ROW;
    while (count < most && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        numbers[count++] = (uint64_t)sqlite3_column_int64(statement, 0);
    }
    *ret_numbers = numbers;
    *ret_count = count;
    return finish(reader, statement, code, error);
}

static dragoman_status read_number(store_reader *reader, reader_statement which, uint64_t *ret_number,
                                   error_record *error) {
    sqlite3_stmt *statement = reader->statements[which];
    int code = sqlite3_step(statement);
    *ret_number = (uint64_t)sqlite3_column_int64(statement, 0);
    return finish(reader, statement, code, error);
}

static dragoman_status read_time(store_reader *reader, uint64_t number, int64_t *ret_us, error_record *error) {
    sqlite3_stmt *statement = reader->statements[READ_TIME_AT];
    sqlite3_bind_int64(statement, 1, (int64_t)number);
    int code = sqlite3_step(statement);
    *ret_us = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    return finish(reader, statement, code, error);
}

dragoman_status store_reader_figures(store_reader *reader, store_figures *ret_figures, error_record *error) {
    store_figures figures = {0};
    sqlite3_stmt *statement = reader->statements[READ_TALLIES];
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        uint32_t which = (uint32_t)sqlite3_column_int(statement, 0) % STORE_CLASSES;
        figures.rows[which] = (uint64_t)sqlite3_column_int64(statement, 1);
        figures.bytes[which] = (uint64_t)sqlite3_column_int64(statement, 2);
        figures.dropped[which] = (uint64_t)sqlite3_column_int64(statement, 3);
        uint64_t next = (uint64_t)sqlite3_column_int64(statement, 4);
        figures.next_number = next > figures.next_number ? next : figures.next_number;
    }
    uint64_t newest = 0;
    uint64_t pages = 0;
    uint64_t free_pages = 0;
    dragoman_status status = finish(reader, statement, code, error);
    if (status == DRAGOMAN_OK) {
        status = read_bounds(reader, &figures.oldest_number, &newest, error);
    }
    if (status == DRAGOMAN_OK && newest > 0) {
        status = read_time(reader, figures.oldest_number, &figures.oldest_us, error);
    }
    if (status == DRAGOMAN_OK && newest > 0) {
        status = read_time(reader, newest, &figures.newest_us, error);
    }
    if (status == DRAGOMAN_OK) {
        status = read_number(reader, READ_PAGES, &pages, error);
    }
    if (status == DRAGOMAN_OK) {
        status = read_number(reader, READ_FREE_PAGES, &free_pages, error);
    }
    if (status == DRAGOMAN_OK) {
        status = read_number(reader, READ_DEAD_COUNT, &figures.dead, error);
    }
    figures.file_bytes = pages * STORE_PAGE_BYTES;
    figures.free_bytes = free_pages * STORE_PAGE_BYTES;
    *ret_figures = figures;
    return status;
}

static bool copy_column(arena *memory, sqlite3_stmt *statement, int at, dragoman_bytes *ret_bytes) {
    *ret_bytes = arena_copy(memory, store_database_column(statement, at));
    return ret_bytes->size == 0 || ret_bytes->data != NULL;
}

static bool take_dead(arena *memory, sqlite3_stmt *statement, store_dead_row *row) {
    row->number = (uint64_t)sqlite3_column_int64(statement, 0);
    row->at_us = sqlite3_column_int64(statement, 1);
    row->row_number = (uint64_t)sqlite3_column_int64(statement, 4);
    row->payload_size = (uint64_t)sqlite3_column_int64(statement, 7);
    row->is_retried = sqlite3_column_int(statement, 8) != 0;
    return copy_column(memory, statement, 2, &row->link) && copy_column(memory, statement, 3, &row->sink) &&
           copy_column(memory, statement, 5, &row->stage) && copy_column(memory, statement, 6, &row->reason);
}

dragoman_status store_dead_list(store_reader *reader, const store_dead_query *query, size_t limit, arena *memory,
                                const store_dead_row **ret_rows, size_t *ret_count, error_record *error) {
    size_t most = limit > ROWS_MAX ? ROWS_MAX : limit;
    store_dead_row *rows = arena_allocate_zeroed(memory, most * sizeof *rows);
    if (rows == NULL) {
        return no_memory(error);
    }
    sqlite3_stmt *statement = reader->statements[READ_DEAD_LIST];
    sqlite3_bind_int64(statement, 1, (int64_t)query->after);
    if (query->sink != NULL) {
        sqlite3_bind_text(statement, 2, query->sink, (int)strnlen(query->sink, STORE_SINK_NAME_BYTES), SQLITE_STATIC);
    }
    sqlite3_bind_int(statement, 3, query->only_retried ? 1 : 0);
    sqlite3_bind_int64(statement, 4, (int64_t)most);
    size_t count = 0;
    bool is_complete = true;
    int code = SQLITE_ROW;
    while (is_complete && count < most && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        is_complete = take_dead(memory, statement, &rows[count++]);
    }
    dragoman_status status = finish(reader, statement, code, error);
    *ret_rows = rows;
    *ret_count = count;
    return status == DRAGOMAN_OK && !is_complete ? no_memory(error) : status;
}

dragoman_status store_dead_get(store_reader *reader, uint64_t number, arena *memory, store_dead_row *ret_row,
                               error_record *error) {
    store_dead_row row = {0};
    sqlite3_stmt *statement = reader->statements[READ_DEAD];
    sqlite3_bind_int64(statement, 1, number > INT64_MAX ? INT64_MAX : (int64_t)number);
    int code = sqlite3_step(statement);
    bool is_complete =
        code != SQLITE_ROW || (take_dead(memory, statement, &row) && copy_column(memory, statement, 9, &row.payload));
    dragoman_status status = finish(reader, statement, code, error);
    if (status == DRAGOMAN_OK && code == SQLITE_DONE) {
        return error_set(error, DRAGOMAN_NOT_FOUND, "there is no dead letter %llu", (unsigned long long)number);
    }
    if (status == DRAGOMAN_OK && !is_complete) {
        return no_memory(error);
    }
    if (status == DRAGOMAN_OK) {
        *ret_row = row;
    }
    return status;
}
