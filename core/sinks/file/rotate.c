/* Moving a full file aside. */
#include "sinks/file/file.h"

#include "base/time.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { STAMP_BYTES = 23 }; /* 20240131T120000.000000Z */

/* A path's folder, and its name before and behind the stamp. */
typedef struct parts {
    char folder[FILE_PATH_BYTES];
    char stem[256];
    char ending[256];
} parts;

static void split(const file_sink *self, parts *ret_parts) {
    const char *slash = strrchr(self->path, '/');
    const char *name = slash == NULL ? self->path : slash + 1;
    const char *dot = strrchr(name, '.');
    size_t stem = dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name);
    snprintf(ret_parts->folder, sizeof ret_parts->folder, "%.*s", slash == NULL ? 1 : (int)(slash - self->path + 1),
             slash == NULL ? "." : self->path);
    snprintf(ret_parts->stem, sizeof ret_parts->stem, "%.*s-", (int)stem, name);
    snprintf(ret_parts->ending, sizeof ret_parts->ending, "%s", name + stem);
}

static void write_stamp(int64_t wall_us, char stamp[STAMP_BYTES + 1]) {
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int64_t days = wall_us / INT64_C(86400000000);
    int64_t rest_us = wall_us % INT64_C(86400000000);
    time_date(days, &year, &month, &day);
    snprintf(stamp, STAMP_BYTES + 1, "%04u%02u%02uT%02u%02u%02u.%06uZ", (unsigned)year % 10000, month % 100, day % 100,
             (unsigned)(rest_us / INT64_C(3600000000)) % 100, (unsigned)(rest_us / 60000000 % 60),
             (unsigned)(rest_us / 1000000 % 60), (unsigned)(rest_us % 1000000));
}

static bool is_ours(const parts *of, const char *name) {
    size_t stem = strlen(of->stem);
    static const char pattern[] = "00000000T000000.000000Z";
    if (strncmp(name, of->stem, stem) != 0 || strlen(name) != stem + STAMP_BYTES + strlen(of->ending) ||
        strcmp(name + stem + STAMP_BYTES, of->ending) != 0) {
        return false;
    }
    for (size_t i = 0; i < STAMP_BYTES; i++) {
        char got = name[stem + i];
        if (pattern[i] == '0' ? (got < '0' || got > '9') : got != pattern[i]) {
            return false;
        }
    }
    return true;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of the files that were moved aside, oldest first. The caller frees each and the list. */
static size_t list(const parts *of, char ***ret_names) {
    size_t count = 0;
    size_t room = 0;
    char **names = NULL;
    DIR *folder = opendir(of->folder);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        if (!is_ours(of, entry->d_name)) {
            continue;
        }
        if (count == room) {
            room = room == 0 ? 64 : room * 2;
            char **more = realloc(names, room * sizeof *names);
            if (more == NULL) {
                break;
            }
            names = more;
        }
        names[count] = strdup(entry->d_name);
        count += names[count] != NULL;
    }
    if (folder != NULL) {
        closedir(folder);
    }
    if (count > 0) {
        qsort(names, count, sizeof *names, compare_names);
    }
    *ret_names = names;
    return count;
}

static void free_names(char **names, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(names[i]);
    }
    free(names);
}

static bool join_path(const parts *of, const char *name, char path[FILE_PATH_BYTES]) {
    int length = snprintf(path, FILE_PATH_BYTES, "%s/%s", of->folder, name);
    return length > 0 && length < FILE_PATH_BYTES;
}

bool file_newest_rotated(const file_sink *self, char path[FILE_PATH_BYTES]) {
    parts of = {.folder = ""};
    char **names = NULL;
    split(self, &of);
    size_t count = list(&of, &names);
    bool is_found = count > 0 && join_path(&of, names[count - 1], path);
    free_names(names, count);
    return is_found;
}

static void remove_oldest(const file_sink *self, const parts *of) {
    char **names = NULL;
    size_t count = list(of, &names);
    for (size_t i = 0; count > self->keep && i < count - self->keep; i++) {
        char path[FILE_PATH_BYTES];
        if (join_path(of, names[i], path) && unlink(path) != 0 && self->log != NULL) {
            self->log(self->log_context, DRAGOMAN_LOG_WARNING, "an old file cannot be removed");
        }
    }
    free_names(names, count);
}

bool file_must_rotate(const file_sink *self, size_t more, int64_t wall_us) {
    if (self->length == 0 || self->path[0] == '\0') {
        return false;
    }
    bool is_full = self->rotate_size > 0 && self->length + more > self->rotate_size;
    bool is_over = self->rotate_us > 0 && wall_us / self->rotate_us != self->period;
    return is_full || is_over;
}

dragoman_status file_rotate(file_sink *self, int64_t wall_us, error_record *error) {
    parts of = {.folder = ""};
    split(self, &of);
    dragoman_status status = file_make_safe(self, error);
    int code = EEXIST;
    for (int64_t at_us = wall_us; status == DRAGOMAN_OK && code == EEXIST; at_us++) {
        char stamp[STAMP_BYTES + 1];
        char name[sizeof of.stem + sizeof of.ending + STAMP_BYTES];
        char path[FILE_PATH_BYTES];
        write_stamp(at_us, stamp);
        snprintf(name, sizeof name, "%s%s%s", of.stem, stamp, of.ending);
        code = !join_path(&of, name, path)                                              ? ENAMETOOLONG
               : renameat2(AT_FDCWD, self->path, AT_FDCWD, path, RENAME_NOREPLACE) == 0 ? 0
                                                                                        : errno;
    }
    if (status == DRAGOMAN_OK && code != 0) {
        status = file_trouble(self, code, "moved aside", error);
    }
    if (status != DRAGOMAN_OK) {
        return status;
    }
    file_close(self);
    if (self->keep > 0) {
        remove_oldest(self, &of);
    }
    return DRAGOMAN_OK;
}
