/*
 * The layout of the database and the one connection that writes it. All SQL of the writing side stands in database.c.
 *
 * Layout version 1, WAL mode, application id "DGMN". A row of `report` is one report; nothing is indexed by anything
 * that outside input chooses, so every table that grows with the traffic is written at its end only.
 *
 *  - report: number (commit order, never reused), class, device (lane; 0: none), received_at (UTC microseconds),
 *    observations (count), link, bytes (schemas/dragoman.proto: Report with its Stamp behind it)
 *  - message: number, identity (XXH64 of sender and id), digest: the duplicate window, one row a message that has an
 *    id, even when it brought no report
 *  - tally: one row a class: rows, bytes, dropped (reports that went before their time), next_number
 *  - device: lane, key (house-wide, never changes), epoch (of the device's clock), stated_at (its last known reading)
 *  - alias: number, device (its lane), link and name: how the device is called on that link; an empty link: anywhere
 *  - episodic: slot, device, metric, value: hashes of the last value of metrics that are repeated without a time
 *  - state: link, key, value: what adapters remember
 *  - position: sink, low_water, done (numbers above it, 8 bytes each, little endian)
 *  - parked: sink, report, at, reason: reports that a sink holds back
 *  - dead: number, at, link, sink, report, stage, reason, payload, retry: dead letters of adapters (sink empty) and of
 *    sinks
 *
 * Every table but `report` and `message` is bounded by a named limit of its module.
 */
#ifndef STORE_DATABASE_H
#define STORE_DATABASE_H

#include "base/error.h"
#include <sqlite3.h>

#define STORE_LAYOUT_VERSION 1
#define STORE_APPLICATION_ID 0x44474d4e /* "DGMN" */
#define STORE_PAGE_BYTES 4096
#define STORE_READ_WAIT_MS 5000  /* how long a reader waits for a lock: recovery after a crash takes one */
#define STORE_WRITE_WAIT_MS 1000 /* how long the committer waits for a lock that only a foreign program can hold */

typedef enum store_statement {
    STORE_SQL_BEGIN,
    STORE_SQL_COMMIT,
    STORE_SQL_ROLLBACK,
    STORE_SQL_PAGES,
    STORE_SQL_FREE_PAGES,
    STORE_SQL_REPORT,
    STORE_SQL_MESSAGE,
    STORE_SQL_MESSAGES_AFTER,
    STORE_SQL_MESSAGE_BOUNDS,
    STORE_SQL_MESSAGES_TRIM,
    STORE_SQL_TALLY,
    STORE_SQL_TALLIES,
    STORE_SQL_SWEEP,
    STORE_SQL_DELETE,
    STORE_SQL_OLDEST,
    STORE_SQL_NEWEST,
    STORE_SQL_DEVICE,
    STORE_SQL_DEVICES,
    STORE_SQL_ALIAS,
    STORE_SQL_ALIASES,
    STORE_SQL_EPISODIC,
    STORE_SQL_EPISODICS,
    STORE_SQL_STATE,
    STORE_SQL_STATE_REMOVE,
    STORE_SQL_STATES,
    STORE_SQL_POSITION,
    STORE_SQL_POSITION_FORGET,
    STORE_SQL_PASSED,
    STORE_SQL_PARK,
    STORE_SQL_UNPARK,
    STORE_SQL_PARKED_FORGET,
    STORE_SQL_PARKED_COUNT,
    STORE_SQL_IS_PARKED,
    STORE_SQL_DEAD,
    STORE_SQL_DEAD_RETRY,
    STORE_SQL_DEAD_REMOVE,
    STORE_SQL_DEAD_TRIM,
    STORE_SQL_DEAD_COUNT,
    STORE_SQL_DEAD_BYTES,
    STORE_SQL_COUNT,
} store_statement;

typedef struct store_database {
    sqlite3 *handle; /* NULL while closed */
    sqlite3_stmt *statements[STORE_SQL_COUNT];
    int wal_pages; /* in the log since it last began anew */
    char path[4096];
} store_database;

/* Opens the database at `path` for writing; may_make: makes it and its layout when there is none. READ_ONLY, FULL, IO,
 * DENIED, NOT_FOUND, CORRUPT (not a database of ours), UNSUPPORTED (another layout version; both numbers are named). */
dragoman_status store_database_open(store_database *self, const char *path, const char *vfs, bool may_make,
                                    error_record *error);
/* Opens the database at `path` for reading only into `ret_handle`: never writes, never checkpoints. Errors as above. */
dragoman_status store_database_open_reader(const char *path, const char *vfs, sqlite3 **ret_handle,
                                           error_record *error);
/* Closes; closing what is not open is allowed. */
void store_database_close(store_database *self);
/* What went wrong with the last call on `handle`, as our status and a sentence with the mend. `code` is SQLite's. */
dragoman_status store_database_trouble(sqlite3 *handle, int code, const char *path, error_record *error);

/* Whether a log with something in it lies beside the database at `path`: nobody closed it. */
bool store_database_has_log(const char *path);
/* Writes the log back into the database, in one of SQLite's modes. SQLite's code. */
int store_database_checkpoint(store_database *self, int mode);
/* Whether a failed call was a sync: then the system may take for clean what never came to the disk. */
bool store_database_is_sync_failure(const store_database *self, int code);

/* Whether the file we have open is no longer the one at its path. */
bool store_database_has_moved(store_database *self);

/* A prepared statement, ready to be bound. The connection must be open. */
sqlite3_stmt *store_database_statement(store_database *self, store_statement which);
/* Runs a bound statement that gives no rows and makes it ready again. SQLite's code. */
int store_database_run(sqlite3_stmt *statement);
/* Runs one of ours that takes no parameters. SQLite's code. */
int store_database_do(store_database *self, store_statement which);
/* The single number that a statement without parameters gives; 0 when there is none. */
int store_database_number(store_database *self, store_statement which, int64_t *ret_number);

/* Binds a slice without copying it; it must live until the statement has run. */
void store_database_bind_text(sqlite3_stmt *statement, int at, dragoman_bytes text);
/* As store_database_bind_text, as a blob. */
void store_database_bind_blob(sqlite3_stmt *statement, int at, dragoman_bytes blob);
/* A column's bytes, borrowed until the statement steps on. */
dragoman_bytes store_database_column(sqlite3_stmt *statement, int at);

#endif
