#include "store/vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#define NAME "dragoman"
/* The first lock of those under which a reader's own mark is set; before it come the locks of writers, of checkpoints,
 * of recovery, and of readers that need no log (https://www.sqlite.org/walformat.html, "WAL-Index Locks"). */
#define FIRST_MARK_LOCK 4

/* What we keep of an open file, behind what SQLite's own keeps. */
typedef struct own_part {
    const char *name; /* SQLite's, for as long as the file is open */
} own_part;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sqlite3_vfs *base;
static sqlite3_vfs own;
static bool is_registered;

static pthread_mutex_t methods_lock = PTHREAD_MUTEX_INITIALIZER;
static const sqlite3_io_methods *base_methods; /* of files that are locked the usual way; set once */
static sqlite3_io_methods own_methods;

static own_part *part_of(sqlite3_file *file) {
    return (own_part *)(void *)((char *)file + own.szOsFile - (int)sizeof(own_part));
}

/* Whether writing to the shared memory would end us. Asking changes nothing: setting the file's time would cost each
 * commit a fifth of its time. */
static bool is_forbidden(const char *name) {
    char path[4096 + 8];
    snprintf(path, sizeof path, "%s-shm", name);
    return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0 && (errno == EROFS || errno == EPERM);
}

/* Memory is written under exclusive locks only. A reader that cannot set a mark of its own, because it is busy, makes
 * do with one that is there. */
static int lock_memory(sqlite3_file *file, int offset, int count, int flags) {
    const int exclusive = SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE;
    if ((flags & exclusive) == exclusive && is_forbidden(part_of(file)->name)) {
        return offset >= FIRST_MARK_LOCK ? SQLITE_BUSY : SQLITE_READONLY;
    }
    return base_methods->xShmLock(file, offset, count, flags);
}

/* The last connection that closes takes the whole database for itself, and then writes to the memory without locking
 * it. It leaves the log as it is when it cannot. */
static int lock_database(sqlite3_file *file, int level) {
    if (level == SQLITE_LOCK_EXCLUSIVE && is_forbidden(part_of(file)->name)) {
        return SQLITE_BUSY;
    }
    return base_methods->xLock(file, level);
}

/* SQLite has a table of functions for each way of locking files; the first that is seen is the usual one. */
static void take_over(sqlite3_file *file) {
    pthread_mutex_lock(&methods_lock);
    if (base_methods == NULL && file->pMethods->iVersion >= 2 && file->pMethods->xShmLock != NULL) {
        base_methods = file->pMethods;
        own_methods = *base_methods;
        own_methods.xLock = lock_database;
        own_methods.xShmLock = lock_memory;
    }
    pthread_mutex_unlock(&methods_lock);
    if (file->pMethods == base_methods) {
        file->pMethods = &own_methods;
    }
}

static int open_file(sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags, int *ret_flags) {
    (void)self;
    int code = base->xOpen(base, name, file, flags, ret_flags);
    if (code == SQLITE_OK && name != NULL && (flags & SQLITE_OPEN_MAIN_DB) != 0) {
        part_of(file)->name = name;
        take_over(file);
    }
    return code;
}

static void make_known(void) {
    base = sqlite3_vfs_find(NULL);
    if (base == NULL) {
        return;
    }
    own = *base;
    own.zName = NAME;
    own.pNext = NULL;
    own.szOsFile = (base->szOsFile + 7) / 8 * 8 + (int)sizeof(own_part);
    own.xOpen = open_file;
    is_registered = sqlite3_vfs_register(&own, 0) == SQLITE_OK;
}

const char *store_vfs_name(void) {
    pthread_once(&once, make_known);
    return is_registered ? NAME : NULL;
}
