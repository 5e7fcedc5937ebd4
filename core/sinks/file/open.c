/* Opening a file where somebody may have been killed in the middle of a record. */
#include "sinks/file/file.h"

#include "loop/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_BYTES = 65536, FILE_MODE = 0640 };

dragoman_status file_trouble(const file_sink *self, int code, const char *what, error_record *error) {
    const char *path = self->path[0] == '\0' ? "standard output" : self->path;
    switch (code) {
    case ENOSPC:
    case EDQUOT:
        return error_set(error, DRAGOMAN_FULL, "%s: the disk is full: make room, delivery goes on by itself", path);
    case EFBIG:
        return error_set(error, DRAGOMAN_FULL, "%s: no file may grow so large here: set rotate_size", path);
    case EACCES:
    case EPERM:
    case EROFS:
        return error_set(error, DRAGOMAN_DENIED, "%s cannot be %s (%s): let this user write there", path, what,
                         strerror(code));
    case ENOENT:
    case ENOTDIR:
        return error_set(error, DRAGOMAN_NOT_FOUND, "%s cannot be %s: its folder is not there: make it", path, what);
    default:
        return error_set(error, DRAGOMAN_IO, "%s cannot be %s (%s)", path, what, strerror(code));
    }
}

static dragoman_status whole_lines(int descriptor, uint64_t length, uint64_t *ret_whole) {
    char block[BLOCK_BYTES];
    uint64_t end = length;
    while (end > 0) {
        size_t size = end < sizeof block ? (size_t)end : sizeof block;
        ssize_t got = pread(descriptor, block, size, (off_t)(end - size));
        if (got != (ssize_t)size) {
            return DRAGOMAN_IO;
        }
        const char *last = memrchr(block, '\n', size);
        if (last != NULL) {
            *ret_whole = end - size + (uint64_t)(last - block) + 1;
            return DRAGOMAN_OK;
        }
        end -= size;
    }
    *ret_whole = 0;
    return DRAGOMAN_OK;
}

/* Each record stands behind its length as a varint, so they are walked from the first. */
static dragoman_status whole_delimited(int descriptor, uint64_t length, uint64_t *ret_whole) {
    enum { VARINT_BYTES = 10 };
    uint64_t at = 0;
    while (at < length) {
        uint8_t head[VARINT_BYTES];
        ssize_t got = pread(descriptor, head, sizeof head, (off_t)at);
        if (got <= 0) {
            return DRAGOMAN_IO;
        }
        uint64_t size = 0;
        size_t used = 0;
        while (used < (size_t)got && (head[used] & 0x80) != 0) {
            size |= (uint64_t)(head[used] & 0x7f) << (7 * used);
            used++;
        }
        if (used == (size_t)got) {
            break;
        }
        size |= (uint64_t)head[used] << (7 * used);
        if (size > length || at + used + 1 + size > length) {
            break;
        }
        at += used + 1 + size;
    }
    *ret_whole = at;
    return DRAGOMAN_OK;
}

/* The length of the whole records among the first `length` bytes of a file: what a torn last record leaves. IO. */
static dragoman_status whole_length(int descriptor, sink_format format, uint64_t length, uint64_t *ret_whole) {
    return format == SINK_FORMAT_PROTOBUF ? whole_delimited(descriptor, length, ret_whole)
                                          : whole_lines(descriptor, length, ret_whole);
}

typedef struct place {
    uint64_t device, inode, length;
} place;

static bool is_at(const place *marked, const struct stat *status) {
    return (uint64_t)status->st_dev == marked->device && (uint64_t)status->st_ino == marked->inode &&
           (uint64_t)status->st_size >= marked->length;
}

/* We were killed after the file was moved aside: the mark lies in that one, and all of the new one comes again. */
static bool cut_rotated(const file_sink *self, const place *marked) {
    char path[FILE_PATH_BYTES];
    struct stat status;
    return file_newest_rotated(self, path) && stat(path, &status) == 0 && is_at(marked, &status) &&
           truncate(path, (off_t)marked->length) == 0;
}

/* Reads "device inode length", as mark wrote it. */
static bool read_place(const char *text, place *ret_place) {
    uint64_t *const parts[] = {&ret_place->device, &ret_place->inode, &ret_place->length};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char *end = NULL;
        *parts[i] = strtoull(text, &end, 10);
        if (end == text) {
            return false;
        }
        text = end;
    }
    return true;
}

/* Cuts off what follows the mark, since it comes again; without a mark that fits, only what is torn. */
static dragoman_status mend(file_sink *self, const struct stat *status, error_record *error) {
    place marked;
    uint64_t whole = 0;
    bool is_marked = !self->has_resumed && read_place(self->resume, &marked);
    self->has_resumed = true;
    if (is_marked && is_at(&marked, status)) {
        whole = marked.length;
    } else if (!is_marked || !cut_rotated(self, &marked)) {
        dragoman_status read = whole_length(self->descriptor, self->format, (uint64_t)status->st_size, &whole);
        if (read != DRAGOMAN_OK) {
            return file_trouble(self, EIO, "read", error);
        }
    }
    if (whole != (uint64_t)status->st_size && ftruncate(self->descriptor, (off_t)whole) != 0) {
        return file_trouble(self, errno, "cut to its last whole record", error);
    }
    self->length = whole;
    self->pushed = whole;
    return DRAGOMAN_OK;
}

static dragoman_status open_output(file_sink *self, error_record *error) {
    struct stat status;
    self->descriptor = dup(STDOUT_FILENO);
    if (self->descriptor < 0 || fstat(self->descriptor, &status) != 0) {
        return file_trouble(self, errno, "written", error);
    }
    self->is_patient = !S_ISREG(status.st_mode);
    return DRAGOMAN_OK;
}

dragoman_status file_open(file_sink *self, error_record *error) {
    struct stat status;
    if (self->descriptor >= 0) {
        return DRAGOMAN_OK;
    }
    if (self->path[0] == '\0') {
        return open_output(self, error);
    }
    self->descriptor = open(self->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, FILE_MODE);
    if (self->descriptor < 0 || fstat(self->descriptor, &status) != 0) {
        return file_trouble(self, errno, "opened", error);
    }
    dragoman_status result = DRAGOMAN_OK;
    if (!S_ISREG(status.st_mode)) {
        result = error_set(error, DRAGOMAN_UNSUPPORTED, "%s is no regular file: write to stdout: and redirect it",
                           self->path);
    } else if (flock(self->descriptor, LOCK_EX | LOCK_NB) != 0) {
        result =
            error_set(error, DRAGOMAN_IO, "%s is written by another program or sink: name another file", self->path);
    } else {
        result = mend(self, &status, error);
    }
    if (result != DRAGOMAN_OK) {
        file_close(self);
        return result;
    }
    bool is_same = self->device == status.st_dev && self->inode == status.st_ino;
    self->is_new = is_same ? self->is_new : self->length == 0;
    self->device = status.st_dev;
    self->inode = status.st_ino;
    if (self->written == 0) {
        /* Nothing was written yet: the mark is where we begin. */
        file_note_safe(self);
    }
    int64_t last_us = (int64_t)status.st_mtim.tv_sec * 1000000 + status.st_mtim.tv_nsec / 1000;
    self->period = self->rotate_us == 0 ? 0 : last_us / self->rotate_us;
    return DRAGOMAN_OK;
}

void file_close(file_sink *self) {
    if (self->descriptor >= 0) {
        close(self->descriptor);
    }
    self->descriptor = -1;
    self->length = 0;
}
