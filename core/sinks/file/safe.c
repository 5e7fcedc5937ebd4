/* Bringing to the disk what was written. */
#include "loop/clock.h"
#include "sinks/file/file.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* A new file is found after a power cut only when its folder knows it. An error's number, or 0. */
static int sync_folder(const file_sink *self) {
    char folder[FILE_PATH_BYTES];
    const char *slash = strrchr(self->path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash == self->path ? 1 : (int)(slash - self->path), self->path);
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return errno;
    }
    /* EINVAL: this file system has nothing to sync there. */
    int code = fsync(descriptor) != 0 && errno != EINVAL ? errno : 0;
    close(descriptor);
    return code;
}

static int sync_file(const file_sink *self) {
    int code = fdatasync(self->descriptor) != 0 ? errno : 0;
    return code == 0 && self->is_new ? sync_folder(self) : code;
}

void file_note_safe(file_sink *self) {
    self->safe.through = self->written;
    self->safe_length = self->length;
    if (self->path[0] != '\0' && self->descriptor >= 0) {
        int size = snprintf((char *)self->safe.text, sizeof self->safe.text, "%" PRIu64 " %" PRIu64 " %" PRIu64,
                            (uint64_t)self->device, (uint64_t)self->inode, self->length);
        self->safe.size = (size_t)size;
    }
}

dragoman_status file_make_safe(file_sink *self, error_record *error) {
    if (self->lost_code != 0) {
        return file_trouble(self, self->lost_code, "made safe on the disk", error);
    }
    if (self->descriptor < 0 || file_is_safe(self)) {
        return DRAGOMAN_OK;
    }
    if (self->path[0] != '\0') {
        self->lost_code = sync_file(self);
        if (self->lost_code != 0) {
            return file_trouble(self, self->lost_code, "made safe on the disk", error);
        }
        self->is_new = false;
    }
    file_note_safe(self);
    self->synced_at_us = clock_now().monotonic_us;
    return DRAGOMAN_OK;
}
