#include "store/database.h"

#include "base/bytes.h"
#include "store/vfs.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char layout[] =
    "CREATE TABLE report(number INTEGER PRIMARY KEY, class INTEGER NOT NULL, device INTEGER NOT NULL,"
    " received_at INTEGER NOT NULL, observations INTEGER NOT NULL, link TEXT NOT NULL, bytes BLOB NOT NULL);"
    "CREATE TABLE message(number INTEGER PRIMARY KEY, identity INTEGER NOT NULL, digest INTEGER NOT NULL);"
    "CREATE TABLE tally(class INTEGER PRIMARY KEY, rows INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " dropped INTEGER NOT NULL, next_number INTEGER NOT NULL);"
    "CREATE TABLE device(lane INTEGER PRIMARY KEY, key TEXT NOT NULL, epoch INTEGER NOT NULL, stated_at INTEGER);"
    "CREATE TABLE alias(number INTEGER PRIMARY KEY, device INTEGER NOT NULL, link TEXT NOT NULL, name TEXT NOT NULL);"
    "CREATE TABLE episodic(slot INTEGER PRIMARY KEY, device INTEGER NOT NULL, metric INTEGER NOT NULL,"
    " value INTEGER NOT NULL);"
    "CREATE TABLE state(link TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY(link, key))"
    " WITHOUT ROWID;"
    "CREATE TABLE position(sink TEXT PRIMARY KEY, low_water INTEGER NOT NULL, done BLOB NOT NULL,"
    " note BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE parked(sink TEXT NOT NULL, report INTEGER NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL,"
    " PRIMARY KEY(sink, report)) WITHOUT ROWID;"
    "CREATE INDEX parked_report ON parked(report);"
    "CREATE TABLE dead(number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, link TEXT NOT NULL, sink TEXT "
    "NOT NULL,"
    " report INTEGER NOT NULL, stage TEXT NOT NULL, reason TEXT NOT NULL, payload BLOB NOT NULL,"
    " retry INTEGER NOT NULL);"
    "CREATE INDEX dead_sink ON dead(sink, retry);"
    "INSERT INTO tally VALUES(0,0,0,0,1),(1,0,0,0,1),(2,0,0,0,1),(3,0,0,0,1);";

static const char *const texts[STORE_SQL_COUNT] = {
    [STORE_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [STORE_SQL_COMMIT] = "COMMIT",
    [STORE_SQL_ROLLBACK] = "ROLLBACK",
    [STORE_SQL_PAGES] = "PRAGMA page_count",
    [STORE_SQL_FREE_PAGES] = "PRAGMA freelist_count",
    [STORE_SQL_REPORT] = "INSERT INTO report VALUES(?,?,?,?,?,?,?)",
    [STORE_SQL_MESSAGE] = "INSERT INTO message VALUES(?,?,?)",
    [STORE_SQL_MESSAGES_AFTER] = "SELECT number, identity, digest FROM message WHERE number >= ? ORDER BY number",
    [STORE_SQL_MESSAGE_BOUNDS] = "SELECT (SELECT min(number) FROM message), (SELECT max(number) FROM message)",
    [STORE_SQL_MESSAGES_TRIM] = "DELETE FROM message WHERE number < ?",
    [STORE_SQL_TALLY] = "UPDATE tally SET rows = ?2, bytes = ?3, dropped = ?4, next_number = ?5 WHERE class = ?1",
    [STORE_SQL_TALLIES] = "SELECT class, rows, bytes, dropped, next_number FROM tally",
    [STORE_SQL_SWEEP] = ("SELECT number, class, received_at, length(bytes) FROM report"
                         " WHERE number > ? ORDER BY number LIMIT ?"),
    [STORE_SQL_DELETE] = "DELETE FROM report WHERE number BETWEEN ? AND ?",
    [STORE_SQL_OLDEST] = "SELECT received_at FROM report ORDER BY number LIMIT 1",
    [STORE_SQL_NEWEST] = "SELECT received_at FROM report ORDER BY number DESC LIMIT 1",
    [STORE_SQL_DEVICE] = "INSERT OR REPLACE INTO device VALUES(?,?,?,?)",
    [STORE_SQL_DEVICES] = "SELECT lane, key, epoch, stated_at FROM device ORDER BY lane",
    [STORE_SQL_ALIAS] = "INSERT INTO alias VALUES(?,?,?,?)",
    [STORE_SQL_ALIASES] = "SELECT device, link, name FROM alias ORDER BY number",
    [STORE_SQL_EPISODIC] = "INSERT OR REPLACE INTO episodic VALUES(?,?,?,?)",
    [STORE_SQL_EPISODICS] = "SELECT slot, device, metric, value FROM episodic",
    [STORE_SQL_STATE] = "INSERT OR REPLACE INTO state VALUES(?,?,?)",
    [STORE_SQL_STATE_REMOVE] = "DELETE FROM state WHERE link = ? AND key = ?",
    [STORE_SQL_STATES] = "SELECT link, key, value FROM state",
    [STORE_SQL_POSITION] = "INSERT OR REPLACE INTO position VALUES(?,?,?,?)",
    [STORE_SQL_POSITION_FORGET] = "DELETE FROM position WHERE sink = ?",
    [STORE_SQL_PASSED] = "SELECT coalesce(min(low_water), 9223372036854775807) FROM position",
    [STORE_SQL_PARK] = "INSERT OR IGNORE INTO parked VALUES(?,?,?,?)",
    [STORE_SQL_UNPARK] = "DELETE FROM parked WHERE sink = ? AND report = ?",
    [STORE_SQL_PARKED_FORGET] = "DELETE FROM parked WHERE sink = ?",
    [STORE_SQL_PARKED_COUNT] = "SELECT count(*) FROM parked",
    [STORE_SQL_IS_PARKED] = "SELECT 1 FROM parked WHERE report = ? LIMIT 1",
    [STORE_SQL_DEAD] = "INSERT INTO dead VALUES(NULL,?,?,?,?,?,?,?,0)",
    [STORE_SQL_DEAD_RETRY] = "UPDATE dead SET retry = 1 WHERE number = ?",
    [STORE_SQL_DEAD_REMOVE] = "DELETE FROM dead WHERE number = ? RETURNING length(payload)",
    [STORE_SQL_DEAD_TRIM] = "DELETE FROM dead WHERE number = (SELECT min(number) FROM dead) RETURNING length(payload)",
    [STORE_SQL_DEAD_BYTES] = "SELECT coalesce(sum(length(payload)), 0) FROM dead",
    [STORE_SQL_DEAD_COUNT] = "SELECT count(*) FROM dead",
};

static bool is_out_of_space(int code, int system_error) {
    return (code & 0xff) == SQLITE_FULL || system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

static bool is_read_only(int code, int system_error) {
    /* EBADF: SQLite could open the log for reading only, and wrote to it all the same. */
    bool is_forbidden =
        (code & 0xff) == SQLITE_IOERR && (system_error == EPERM || system_error == EACCES || system_error == EBADF);
    return (code & 0xff) == SQLITE_READONLY || system_error == EROFS || is_forbidden;
}

/* The system's own error behind a failed call; 0: none is known. */
static int system_error_of(sqlite3 *handle, int code) {
    sqlite3_file *log = NULL;
    int error = 0;
    if (handle == NULL || ((code & 0xff) != SQLITE_IOERR && (code & 0xff) != SQLITE_CANTOPEN)) {
        return 0;
    }
    /* A failed commit does not tell; the file that was written last does. */
    if ((code & 0xff) == SQLITE_IOERR &&
        sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK && log != NULL &&
        log->pMethods != NULL) {
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &error);
    }
    return error != 0 ? error : sqlite3_system_errno(handle);
}

dragoman_status store_database_trouble(sqlite3 *handle, int code, const char *path, error_record *error) {
    int system_error = system_error_of(handle, code);
    int extended = handle == NULL ? code : sqlite3_extended_errcode(handle);
    int group = code & 0xff;
    const char *why = system_error == EBADF ? "it could be opened for reading only"
                      : system_error != 0   ? strerror(system_error)
                                            : sqlite3_errstr((extended & 0xff) == group ? extended : code);
    if (is_out_of_space(code, system_error)) {
        return error_set(
            error, DRAGOMAN_FULL,
            "the disk that holds the store %s is full (%s): free space there; a running dragoman goes on by itself",
            path, why);
    }
    if (is_read_only(code, system_error)) {
        why = system_error == EBADF ? sqlite3_errstr(SQLITE_READONLY) : why;
        return error_set(error, DRAGOMAN_READ_ONLY,
                         "the store %s cannot be written (%s): make the file, its folder and the file system writable",
                         path, why);
    }
    switch (group) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return error_set(error, DRAGOMAN_IO,
                         "another program holds a lock on the store %s: end it (an open sqlite3 shell, a backup)",
                         path);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return error_set(error, DRAGOMAN_CORRUPT,
                         "the store %s is damaged or no database (%s): move it away or restore it from a backup", path,
                         why);
    case SQLITE_NOMEM:
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for the store %s", path);
    case SQLITE_CANTOPEN:
        return error_set(error, system_error == EACCES ? DRAGOMAN_DENIED : DRAGOMAN_IO,
                         "the store %s cannot be opened (%s): check that its folder exists and may be written", path,
                         why);
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return error_set(error, DRAGOMAN_DENIED, "the store %s may not be opened (%s): check its permissions", path,
                         why);
    default:
        return error_set(error, DRAGOMAN_IO, "the store %s cannot be read or written (%s): check the disk", path, why);
    }
}

static int read_pragma(sqlite3 *handle, const char *text, int *ret_value) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(handle, text, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        *ret_value = code == SQLITE_ROW ? sqlite3_column_int(statement, 0) : 0;
        code = code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
    }
    sqlite3_finalize(statement);
    return code;
}

/* Refuses what is not ours. ret_is_new: the database has nothing in it yet. */
static dragoman_status check_layout(sqlite3 *handle, const char *path, bool *ret_is_new, error_record *error) {
    int application = 0;
    int version = 0;
    int tables = 0;
    int code = read_pragma(handle, "PRAGMA application_id", &application);
    if (code == SQLITE_OK) {
        code = read_pragma(handle, "PRAGMA user_version", &version);
    }
    if (code == SQLITE_OK) {
        code = read_pragma(handle, "SELECT count(*) FROM sqlite_schema", &tables);
    }
    if (code != SQLITE_OK) {
        return store_database_trouble(handle, code, path, error);
    }
    *ret_is_new = application == 0 && version == 0 && tables == 0;
    if (*ret_is_new) {
        return DRAGOMAN_OK;
    }
    if (application != STORE_APPLICATION_ID) {
        return error_set(error, DRAGOMAN_CORRUPT,
                         "%s is a database, but no store of ours: name another file, or move this one away", path);
    }
    if (version != STORE_LAYOUT_VERSION) {
        return error_set(
            error, DRAGOMAN_UNSUPPORTED,
            "the store %s has layout version %d, this program knows version %d: use the program that wrote it, or "
            "a new file",
            path, version, STORE_LAYOUT_VERSION);
    }
    return DRAGOMAN_OK;
}

static int remember_wal_pages(void *context, sqlite3 *handle, const char *name, int pages) {
    (void)handle;
    (void)name;
    ((store_database *)context)->wal_pages = pages;
    return SQLITE_OK;
}

static int execute(sqlite3 *handle, const char *text) {
    return sqlite3_exec(handle, text, NULL, NULL, NULL);
}

static int make_layout(sqlite3 *handle) {
    char mark[128];
    snprintf(mark, sizeof mark, "PRAGMA application_id=%d; PRAGMA user_version=%d;", STORE_APPLICATION_ID,
             STORE_LAYOUT_VERSION);
    int code = execute(handle, "BEGIN IMMEDIATE");
    if (code == SQLITE_OK) {
        code = execute(handle, layout);
    }
    if (code == SQLITE_OK) {
        code = execute(handle, mark);
    }
    if (code == SQLITE_OK) {
        code = execute(handle, "COMMIT");
    }
    if (code != SQLITE_OK && sqlite3_get_autocommit(handle) == 0) {
        execute(handle, "ROLLBACK");
    }
    return code;
}

static int set_wal(sqlite3 *handle, bool *ret_is_wal) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(handle, "PRAGMA journal_mode=WAL", -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        *ret_is_wal = code == SQLITE_ROW && bytes_is(store_database_column(statement, 0), "wal");
        code = code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
    }
    sqlite3_finalize(statement);
    return code;
}

/* Writes the log again as it is read back, and syncs it. A program that was killed between writing and syncing left in
 * it what looks committed and is in the system's memory only; and what a sync could not bring to the disk, the system
 * takes for clean, so that the next sync says yes and does nothing. Messages in it are acknowledged when they are sent
 * again. */
static int renew_log(sqlite3 *handle) {
    enum { STEP_BYTES = 4 * STORE_PAGE_BYTES };
    uint8_t step[STEP_BYTES];
    sqlite3_file *log = NULL;
    sqlite3_int64 size = 0;
    int code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (code != SQLITE_OK || log == NULL || log->pMethods == NULL) {
        return code;
    }
    code = log->pMethods->xFileSize(log, &size);
    for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size; at += STEP_BYTES) {
        int count = size - at < STEP_BYTES ? (int)(size - at) : STEP_BYTES;
        code = log->pMethods->xRead(log, step, count, at);
        code = code == SQLITE_OK ? log->pMethods->xWrite(log, step, count, at) : code;
    }
    return code == SQLITE_OK && size > 0 ? log->pMethods->xSync(log, SQLITE_SYNC_FULL) : code;
}

static dragoman_status prepare(store_database *self, bool may_make, error_record *error) {
    bool is_new = false;
    /* secure_delete=FAST: what patients' data leaves behind in pages is overwritten where that costs no write. */
    int code =
        execute(self->handle, "PRAGMA secure_delete=FAST; PRAGMA locking_mode=NORMAL; PRAGMA temp_store=MEMORY;");
    dragoman_status status = code == SQLITE_OK ? check_layout(self->handle, self->path, &is_new, error)
                                               : store_database_trouble(self->handle, code, self->path, error);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    if (is_new && !may_make) {
        return error_set(error, DRAGOMAN_IO,
                         "the store %s was emptied or replaced: put it back, or restart with another", self->path);
    }
    code = execute(self->handle, "PRAGMA page_size=4096; PRAGMA auto_vacuum=NONE;");
    bool is_wal = false;
    if (code == SQLITE_OK) {
        code = set_wal(self->handle, &is_wal);
    }
    if (code == SQLITE_OK && !is_wal) {
        return error_set(
            error, DRAGOMAN_UNSUPPORTED,
            "the file system of the store %s cannot share memory, which the store needs: put it on a local disk",
            self->path);
    }
    if (code == SQLITE_OK) {
        code = execute(self->handle, "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-2000;");
    }
    if (code == SQLITE_OK && is_new) {
        code = make_layout(self->handle);
    }
    if (code == SQLITE_OK) {
        code = renew_log(self->handle);
    }
    sqlite3_wal_hook(self->handle, remember_wal_pages, self);
    for (size_t i = 0; code == SQLITE_OK && i < STORE_SQL_COUNT; i++) {
        code = sqlite3_prepare_v3(self->handle, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &self->statements[i], NULL);
    }
    return code == SQLITE_OK ? DRAGOMAN_OK : store_database_trouble(self->handle, code, self->path, error);
}

static bool is_empty(const char *path) {
    struct stat status;
    return stat(path, &status) != 0 || status.st_size == 0;
}

bool store_database_has_log(const char *path) {
    char log[4096 + 8];
    snprintf(log, sizeof log, "%s-wal", path);
    return !is_empty(log);
}

/* SQLite throws a log away when its database is missing or empty: somebody moved one without the other, and most of
 * what was committed may be in the log. */
static dragoman_status check_files(const char *path, bool may_make, error_record *error) {
    if (!is_empty(path)) {
        return DRAGOMAN_OK;
    }
    if (!may_make) {
        return error_set(error, DRAGOMAN_IO,
                         "the store %s was moved, emptied or deleted: put it back, or restart with another", path);
    }
    if (store_database_has_log(path)) {
        return error_set(error, DRAGOMAN_CORRUPT,
                         "the store %s is missing or empty, but its log %s-wal is there and holds data: put the store "
                         "back beside it, or move the log away",
                         path, path);
    }
    return DRAGOMAN_OK;
}

dragoman_status store_database_open(store_database *self, const char *path, const char *vfs, bool may_make,
                                    error_record *error) {
    *self = (store_database){.handle = NULL};
    int length = snprintf(self->path, sizeof self->path, "%s", path);
    if (length < 0 || (size_t)length >= sizeof self->path) {
        return error_set(error, DRAGOMAN_LIMIT, "the store's path is longer than %zu bytes", sizeof self->path - 1);
    }
    dragoman_status status = check_files(path, may_make, error);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    flags |= may_make ? SQLITE_OPEN_CREATE : 0;
    int code = sqlite3_open_v2(path, &self->handle, flags, vfs == NULL ? store_vfs_name() : vfs);
    if (code != SQLITE_OK) {
        status = store_database_trouble(self->handle, code, path, error);
    } else if (sqlite3_db_readonly(self->handle, "main") == 1) {
        status = store_database_trouble(NULL, SQLITE_READONLY, path, error);
    } else {
        sqlite3_busy_timeout(self->handle, STORE_WRITE_WAIT_MS);
        status = prepare(self, may_make, error);
    }
    if (status != DRAGOMAN_OK) {
        store_database_close(self);
    }
    return status;
}

dragoman_status store_database_open_reader(const char *path, const char *vfs, sqlite3 **ret_handle,
                                           error_record *error) {
    sqlite3 *handle = NULL;
    bool is_new = false;
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(path, &handle, flags, vfs == NULL ? store_vfs_name() : vfs);
    dragoman_status status = DRAGOMAN_OK;
    if (code == SQLITE_OK) {
        sqlite3_busy_timeout(handle, STORE_READ_WAIT_MS);
        sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        code = execute(handle, "PRAGMA query_only=1; PRAGMA cache_size=-256;");
    }
    if (code != SQLITE_OK) {
        status = store_database_trouble(handle, code, path, error);
    } else {
        status = check_layout(handle, path, &is_new, error);
    }
    if (status == DRAGOMAN_OK && is_new) {
        status = error_set(error, DRAGOMAN_NOT_FOUND, "%s holds no store yet", path);
    }
    if (status != DRAGOMAN_OK) {
        sqlite3_close(handle);
        return status;
    }
    *ret_handle = handle;
    return DRAGOMAN_OK;
}

void store_database_close(store_database *self) {
    for (size_t i = 0; i < STORE_SQL_COUNT; i++) {
        sqlite3_finalize(self->statements[i]);
        self->statements[i] = NULL;
    }
    sqlite3_close(self->handle);
    self->handle = NULL;
}

bool store_database_is_sync_failure(const store_database *self, int code) {
    int extended = sqlite3_extended_errcode(self->handle);
    return code == SQLITE_IOERR_FSYNC || ((code & 0xff) == SQLITE_IOERR && extended == SQLITE_IOERR_FSYNC);
}

int store_database_checkpoint(store_database *self, int mode) {
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    int found = sqlite3_file_control(self->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (found == SQLITE_OK) {
        found = file->pMethods->xFileSize(file, &size);
    }
    int code = sqlite3_wal_checkpoint_v2(self->handle, NULL, mode, NULL, NULL);
    if (found == SQLITE_OK && store_database_is_sync_failure(self, code)) {
        /* A file system may have lost the places that the file had grown to: writing there again would say yes and keep
         * nothing. Nobody reads them, since the log still has all that belongs there. */
        file->pMethods->xTruncate(file, size);
    }
    if (code == SQLITE_OK && mode == SQLITE_CHECKPOINT_TRUNCATE) {
        self->wal_pages = 0;
    }
    return code;
}

bool store_database_has_moved(store_database *self) {
    int has_moved = 0;
    return sqlite3_file_control(self->handle, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved) == SQLITE_OK &&
           has_moved != 0;
}

sqlite3_stmt *store_database_statement(store_database *self, store_statement which) {
    return self->statements[which];
}

int store_database_run(sqlite3_stmt *statement) {
    int code = sqlite3_step(statement);
    int reset = sqlite3_reset(statement);
    return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : reset;
}

int store_database_do(store_database *self, store_statement which) {
    return store_database_run(self->statements[which]);
}

int store_database_number(store_database *self, store_statement which, int64_t *ret_number) {
    sqlite3_stmt *statement = self->statements[which];
    int code = sqlite3_step(statement);
    *ret_number = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    int reset = sqlite3_reset(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : reset;
}

void store_database_bind_text(sqlite3_stmt *statement, int at, dragoman_bytes text) {
    sqlite3_bind_text64(statement, at, text.size == 0 ? "" : (const char *)text.data, text.size, SQLITE_STATIC,
                        SQLITE_UTF8);
}

void store_database_bind_blob(sqlite3_stmt *statement, int at, dragoman_bytes blob) {
    sqlite3_bind_blob64(statement, at, blob.size == 0 ? "" : (const void *)blob.data, blob.size, SQLITE_STATIC);
}

dragoman_bytes store_database_column(sqlite3_stmt *statement, int at) {
    const void *data = sqlite3_column_blob(statement, at);
    return (dragoman_bytes){data, (size_t)sqlite3_column_bytes(statement, at)};
}
