#include "kit/power_cut_vfs.h"

#include <assert.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 8, NAME_BYTES = 64, SECTOR = 512 };

typedef struct diary {
    pthread_mutex_t lock;
    bool is_open;
    char names[FILES_MAX][NAME_BYTES];
    int name_count;
    power_cut_note *notes;
    size_t count, room;
    int refusal;
    int sync_refusal;
    char refused_ending[NAME_BYTES];
} diary;

static diary book = {.lock = PTHREAD_MUTEX_INITIALIZER};

typedef struct noted_file {
    sqlite3_file base;
    int name; /* -1: not noted */
    sqlite3_file *real;
} noted_file;

static sqlite3_vfs *real_vfs;

static sqlite3_file *real_of(sqlite3_file *file) {
    return ((noted_file *)(void *)file)->real;
}

/* The index of a file's name without its folder. */
static int name_of(const char *path) {
    const char *slash = path == NULL ? NULL : strrchr(path, '/');
    if (path == NULL) {
        return -1;
    }
    const char *name = slash == NULL ? path : slash + 1;
    for (int i = 0; i < book.name_count; i++) {
        if (strcmp(book.names[i], name) == 0) {
            return i;
        }
    }
    if (book.name_count == FILES_MAX) {
        return -1;
    }
    snprintf(book.names[book.name_count], NAME_BYTES, "%s", name);
    return book.name_count++;
}

static void note(power_cut_kind kind, int file, int64_t offset, const void *data, size_t size) {
    pthread_mutex_lock(&book.lock);
    if (book.is_open && file >= 0) {
        if (book.count == book.room) {
            book.room = book.room == 0 ? 1024 : book.room * 2;
            power_cut_note *larger = realloc(book.notes, book.room * sizeof *larger);
            assert(larger != NULL);
            book.notes = larger;
        }
        power_cut_note *fresh = &book.notes[book.count++];
        *fresh = (power_cut_note){.kind = kind, .file = file, .offset = offset, .size = size};
        if (size > 0) {
            fresh->data = malloc(size);
            assert(fresh->data != NULL);
            memcpy(fresh->data, data, size);
        }
    }
    pthread_mutex_unlock(&book.lock);
}

static int refusal_of(sqlite3_file *file) {
    int code = SQLITE_OK;
    int name = ((noted_file *)(void *)file)->name;
    pthread_mutex_lock(&book.lock);
    if (book.refusal != SQLITE_OK && name >= 0) {
        size_t length = strlen(book.names[name]);
        size_t ending = strlen(book.refused_ending);
        bool is_meant = length >= ending && strcmp(book.names[name] + length - ending, book.refused_ending) == 0;
        code = is_meant ? book.refusal : SQLITE_OK;
    }
    pthread_mutex_unlock(&book.lock);
    return code;
}

static int close_file(sqlite3_file *file) {
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int read_file(sqlite3_file *file, void *to, int size, sqlite3_int64 offset) {
    return real_of(file)->pMethods->xRead(real_of(file), to, size, offset);
}

static int write_file(sqlite3_file *file, const void *from, int size, sqlite3_int64 offset) {
    int code = refusal_of(file);
    if (code == SQLITE_OK) {
        note(POWER_CUT_WRITE, ((noted_file *)(void *)file)->name, offset, from, (size_t)size);
        code = real_of(file)->pMethods->xWrite(real_of(file), from, size, offset);
    }
    return code;
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 size) {
    int code = refusal_of(file);
    if (code == SQLITE_OK) {
        note(POWER_CUT_TRUNCATE, ((noted_file *)(void *)file)->name, size, NULL, 0);
        code = real_of(file)->pMethods->xTruncate(real_of(file), size);
    }
    return code;
}

static int sync_file(sqlite3_file *file, int flags) {
    int code = refusal_of(file);
    pthread_mutex_lock(&book.lock);
    code = code == SQLITE_OK ? book.sync_refusal : code;
    pthread_mutex_unlock(&book.lock);
    if (code == SQLITE_OK) {
        code = real_of(file)->pMethods->xSync(real_of(file), flags);
    }
    note(code == SQLITE_OK ? POWER_CUT_SYNC : POWER_CUT_LOSS, ((noted_file *)(void *)file)->name, 0, NULL, 0);
    return code;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret_size) {
    return real_of(file)->pMethods->xFileSize(real_of(file), ret_size);
}

static int lock_file(sqlite3_file *file, int level) {
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int unlock_file(sqlite3_file *file, int level) {
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int is_reserved(sqlite3_file *file, int *ret_is_reserved) {
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret_is_reserved);
}

static int control(sqlite3_file *file, int what, void *value) {
    return real_of(file)->pMethods->xFileControl(real_of(file), what, value);
}

static int sector_size(sqlite3_file *file) {
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int characteristics(sqlite3_file *file) {
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int shared_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret_memory) {
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, ret_memory);
}

static int shared_lock(sqlite3_file *file, int offset, int count, int flags) {
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void shared_barrier(sqlite3_file *file) {
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int shared_unmap(sqlite3_file *file, int is_deleted) {
    return real_of(file)->pMethods->xShmUnmap(real_of(file), is_deleted);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = is_reserved,
    .xFileControl = control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = shared_map,
    .xShmLock = shared_lock,
    .xShmBarrier = shared_barrier,
    .xShmUnmap = shared_unmap,
};

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *ret_flags) {
    (void)vfs;
    noted_file *self = (noted_file *)(void *)file;
    self->real = (sqlite3_file *)(void *)(self + 1);
    pthread_mutex_lock(&book.lock);
    self->name = name_of(path);
    pthread_mutex_unlock(&book.lock);
    int code = real_vfs->xOpen(real_vfs, path, self->real, flags, ret_flags);
    self->base.pMethods = self->real->pMethods == NULL ? NULL : &methods;
    return code;
}

static int delete_file(sqlite3_vfs *vfs, const char *path, int sync_folder) {
    (void)vfs;
    pthread_mutex_lock(&book.lock);
    int name = name_of(path);
    pthread_mutex_unlock(&book.lock);
    note(POWER_CUT_DELETE, name, 0, NULL, 0);
    return real_vfs->xDelete(real_vfs, path, sync_folder);
}

void power_cut_begin(void) {
    static sqlite3_vfs vfs;
    if (real_vfs == NULL) {
        sqlite3_initialize();
        real_vfs = sqlite3_vfs_find(NULL);
        assert(real_vfs != NULL);
        vfs = *real_vfs;
        vfs.zName = POWER_CUT_VFS;
        vfs.pNext = NULL;
        vfs.szOsFile = (int)sizeof(noted_file) + real_vfs->szOsFile;
        vfs.xOpen = open_file;
        vfs.xDelete = delete_file;
        sqlite3_vfs_register(&vfs, 0);
    }
    book.is_open = true;
}

void power_cut_end(void) {
    for (size_t i = 0; i < book.count; i++) {
        free(book.notes[i].data);
    }
    free(book.notes);
    book.notes = NULL;
    book.count = book.room = 0;
    book.name_count = 0;
    book.is_open = false;
    book.refusal = book.sync_refusal = SQLITE_OK;
}

void power_cut_mark(int64_t number) {
    note(POWER_CUT_MARK, 0, number, NULL, 0);
}

size_t power_cut_length(void) {
    pthread_mutex_lock(&book.lock);
    size_t count = book.count;
    pthread_mutex_unlock(&book.lock);
    return count;
}

const power_cut_note *power_cut_at(size_t at) {
    return &book.notes[at];
}

void power_cut_refuse(int code, const char *ending) {
    pthread_mutex_lock(&book.lock);
    book.refusal = code;
    snprintf(book.refused_ending, sizeof book.refused_ending, "%s", ending == NULL ? "" : ending);
    pthread_mutex_unlock(&book.lock);
}

void power_cut_refuse_syncs(int code) {
    pthread_mutex_lock(&book.lock);
    book.sync_refusal = code;
    pthread_mutex_unlock(&book.lock);
}

/* A file as it is on the platters. */
typedef struct image {
    uint8_t *data;
    size_t size, room;
    bool exists;
    size_t synced; /* notes below this one are in it, as far as they concern the file */
} image;

static void put(image *self, size_t offset, const uint8_t *data, size_t size) {
    size_t end = offset + size;
    if (end > self->room) {
        self->room = end * 2;
        uint8_t *larger = realloc(self->data, self->room);
        assert(larger != NULL);
        self->data = larger;
    }
    if (end > self->size) {
        if (offset > self->size) {
            memset(self->data + self->size, 0, offset - self->size);
        }
        self->size = end;
    }
    memcpy(self->data + offset, data, size);
}

static void resize(image *self, size_t size) {
    static const uint8_t zero[1];
    if (size > self->size) {
        put(self, size - 1, zero, 1);
    }
    self->size = size;
}

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Applies a write in part: some of its sectors. */
static void put_torn(image *self, const power_cut_note *write, uint64_t *random) {
    for (size_t at = 0; at < write->size;) {
        size_t in_sector = SECTOR - ((size_t)write->offset + at) % SECTOR;
        size_t step = write->size - at < in_sector ? write->size - at : in_sector;
        if (next_random(random) % 2 == 0) {
            put(self, (size_t)write->offset + at, write->data + at, step);
        }
        at += step;
    }
}

static void apply(image *self, const power_cut_note *entry) {
    self->exists = true;
    if (entry->kind == POWER_CUT_WRITE) {
        put(self, (size_t)entry->offset, entry->data, entry->size);
    } else if (entry->kind == POWER_CUT_TRUNCATE) {
        resize(self, (size_t)entry->offset);
    }
}

/* Of what was not synced when the power went, the disk has written what it liked. */
static void apply_some(image *self, const power_cut_note *entry, uint64_t *random) {
    uint64_t fate = next_random(random) % 4;
    self->exists = true;
    if (fate == 0) {
        return;
    }
    if (fate == 1 && entry->kind == POWER_CUT_WRITE) {
        put_torn(self, entry, random);
    } else {
        apply(self, entry);
    }
}

static void replay(image images[FILES_MAX], size_t cut) {
    for (size_t i = 0; i < cut; i++) {
        const power_cut_note *entry = &book.notes[i];
        image *file = &images[entry->file];
        if (entry->kind == POWER_CUT_DELETE) {
            file->exists = false;
            file->size = 0;
            file->synced = i + 1;
        } else if (entry->kind == POWER_CUT_SYNC) {
            for (size_t n = file->synced; n < i; n++) {
                if (book.notes[n].file == entry->file) {
                    apply(file, &book.notes[n]);
                }
            }
            file->exists = true;
            file->synced = i + 1;
        } else if (entry->kind == POWER_CUT_LOSS) {
            file->synced = i + 1;
        }
    }
}

static void write_out(const image *file, const char *name, const char *folder) {
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    remove(path);
    if (file->exists) {
        FILE *out = fopen(path, "wb");
        assert(out != NULL);
        size_t written = file->size == 0 ? 0 : fwrite(file->data, 1, file->size, out);
        assert(written == file->size);
        (void)written;
        fclose(out);
    }
}

void power_cut_rebuild(size_t cut, uint64_t seed, const char *folder) {
    image images[FILES_MAX] = {0};
    uint64_t random = seed;
    replay(images, cut);
    for (size_t i = 0; seed != 0 && i < cut; i++) {
        const power_cut_note *entry = &book.notes[i];
        bool is_open = i >= images[entry->file].synced;
        if (is_open && (entry->kind == POWER_CUT_WRITE || entry->kind == POWER_CUT_TRUNCATE)) {
            apply_some(&images[entry->file], entry, &random);
        }
    }
    for (int i = 0; i < book.name_count; i++) {
        write_out(&images[i], book.names[i], folder);
        free(images[i].data);
    }
}
