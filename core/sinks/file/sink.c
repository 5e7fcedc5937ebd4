#include "sinks/file/file.h"

#include "base/bytes.h"
#include "loop/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BATCH_BYTES = 256 << 10, /* rows are joined up to this: a write call costs little beside it */
    SYNC_EVERY_US = 1000000, /* with fsync: interval */
    ROTATE_PARTS = 16,       /* with rotate_size: a joined write is no larger than this part of it, and a report */
    PUSH_BYTES = 4 << 20,    /* with fsync: interval, the disk is set to work for so much */
    PIECE_BYTES = 4096,      /* PIPE_BUF: what a writable pipe takes without making us wait */
};

static uint64_t number_of(const sink_options *options, const char *key) {
    char digits[24];
    dragoman_bytes value = sink_setting(options, key, "0");
    snprintf(digits, sizeof digits, "%.*s", (int)(value.size < 20 ? value.size : 20), (const char *)value.data);
    return strtoull(digits, NULL, 10);
}

static dragoman_status find_path(file_sink *self, const sink_options *options, error_record *error) {
    dragoman_bytes to = options->to;
    if (bytes_is(to, "stdout:")) {
        return DRAGOMAN_OK;
    }
    if (!bytes_starts_with(to, "file:") || to.size == sizeof "file:" - 1) {
        return error_set(error, DRAGOMAN_INVALID,
                         "\"%.*s\" names no file: write file:PATH or stdout:", BYTES_FORMAT(to));
    }
    const char *name = (const char *)to.data + sizeof "file:" - 1;
    int size = (int)(to.size - (sizeof "file:" - 1));
    int length = name[0] == '/' ? snprintf(self->path, sizeof self->path, "%.*s", size, name)
                                : snprintf(self->path, sizeof self->path, "%s/%.*s", options->folder, size, name);
    if (length < 0 || (size_t)length >= sizeof self->path) {
        return error_set(error, DRAGOMAN_INVALID, "the path of \"%.*s\" is too long", BYTES_FORMAT(to));
    }
    char folder[FILE_PATH_BYTES];
    struct stat status;
    const char *slash = strrchr(self->path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash == self->path ? 1 : (int)(slash - self->path), self->path);
    if (stat(folder, &status) != 0 || !S_ISDIR(status.st_mode)) {
        return error_set(error, DRAGOMAN_INVALID, "the folder %s of \"%.*s\" is not there: make it", folder,
                         BYTES_FORMAT(to));
    }
    return DRAGOMAN_OK;
}

static dragoman_status open_sink(const sink_options *options, void **ret_sink, error_record *error) {
    file_sink *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for a sink");
    }
    dragoman_bytes sync = sink_setting(options, "fsync", "interval");
    self->format = options->format;
    self->bundle = options->bundle;
    self->log = options->log;
    self->log_context = options->log_context;
    self->descriptor = -1;
    self->sync = bytes_is(sync, "each")    ? FILE_SYNC_EACH
                 : bytes_is(sync, "close") ? FILE_SYNC_CLOSE
                                           : FILE_SYNC_INTERVAL;
    self->rotate_size = number_of(options, "rotate_size");
    self->rotate_us = (int64_t)number_of(options, "rotate_every") * 1000;
    self->keep = (uint32_t)number_of(options, "keep");
    dragoman_status status = find_path(self, options, error);
    if (status != DRAGOMAN_OK) {
        free(self);
        return status;
    }
    *ret_sink = self;
    return DRAGOMAN_OK;
}

static void close_sink(void *sink) {
    file_sink *self = sink;
    if (self == NULL) {
        return;
    }
    (void)file_make_safe(self, NULL);
    file_close(self);
    free(self);
}

static void resume(void *sink, dragoman_bytes mark) {
    file_sink *self = sink;
    snprintf(self->resume, sizeof self->resume, "%.*s", BYTES_FORMAT(mark));
}

static dragoman_status probe(void *sink, sink_needs *ret_needs, error_record *error) {
    file_sink *self = sink;
    dragoman_status status = file_open(self, error);
    /* A file is begun anew between two writes, so that one write must be small beside the largest file. */
    uint64_t part = self->rotate_size / ROTATE_PARTS;
    uint32_t batch_bytes = self->rotate_size == 0 || part > BATCH_BYTES ? BATCH_BYTES : (uint32_t)part;
    if (status == DRAGOMAN_OK) {
        *ret_needs = (sink_needs){.write = FHIR_WRITE_PUT,
                                  .bundle = self->bundle,
                                  .items_at_once = 1,
                                  .batch_bytes = batch_bytes > 0 ? batch_bytes : 1,
                                  .is_stream = true};
    }
    return status;
}

static dragoman_status submit(void *sink, const sink_item *item) {
    file_sink *self = sink;
    if (self->has_item) {
        return DRAGOMAN_FULL;
    }
    self->item = *item;
    self->has_item = true;
    if (self->sent_number != item->number) {
        self->sent = 0;
    }
    self->sent_number = item->number;
    return DRAGOMAN_OK;
}

/* Somebody may have moved the file away, or cut it. */
static dragoman_status look_after(file_sink *self, error_record *error) {
    struct stat open_one;
    struct stat named;
    if (self->descriptor >= 0 && fstat(self->descriptor, &open_one) == 0) {
        bool is_same =
            stat(self->path, &named) == 0 && named.st_ino == open_one.st_ino && named.st_dev == open_one.st_dev;
        if (!is_same) {
            dragoman_status status = file_make_safe(self, error);
            if (status != DRAGOMAN_OK) {
                return status;
            }
            file_close(self);
        } else {
            self->length = (uint64_t)open_one.st_size;
            self->pushed = self->pushed < self->length ? self->pushed : self->length;
        }
    }
    return file_open(self, error);
}

/* All or nothing: what a full disk took of an item is cut off again. */
static dragoman_status append(file_sink *self, error_record *error) {
    dragoman_bytes body = self->item.body;
    size_t done = 0;
    while (done < body.size) {
        ssize_t got = write(self->descriptor, body.data + done, body.size - done);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            int code = errno;
            if (done > 0 && ftruncate(self->descriptor, (off_t)self->length) != 0) {
                /* The next opening mends it. */
                file_close(self);
            }
            return file_trouble(self, code, "written", error);
        }
        done += (size_t)got;
    }
    self->length += body.size;
    if (self->sync == FILE_SYNC_INTERVAL && self->length >= self->pushed + PUSH_BYTES) {
        /* The disk begins at once, so that the next sync finds little left to wait for. */
        (void)sync_file_range(self->descriptor, (off_t)self->pushed, (off_t)(self->length - self->pushed),
                              SYNC_FILE_RANGE_WRITE);
        self->pushed = self->length;
    }
    return DRAGOMAN_OK;
}

static dragoman_status deliver(file_sink *self, error_record *error) {
    int64_t wall_us = clock_now().wall_us;
    dragoman_status status = look_after(self, error);
    if (status == DRAGOMAN_OK && file_must_rotate(self, self->item.body.size, wall_us)) {
        status = file_rotate(self, wall_us, error);
        status = status == DRAGOMAN_OK ? file_open(self, error) : status;
    }
    if (status == DRAGOMAN_OK) {
        status = append(self, error);
    }
    if (status != DRAGOMAN_OK) {
        return status;
    }
    self->written = self->item.number;
    self->period = self->rotate_us == 0 ? 0 : wall_us / self->rotate_us;
    return self->sync == FILE_SYNC_EACH ? file_make_safe(self, error) : DRAGOMAN_OK;
}

/* To whoever reads our standard output, without waiting longer than allowed. NEED_MORE: not all is out. */
static dragoman_status deliver_output(file_sink *self, int wait_ms, error_record *error) {
    dragoman_bytes body = self->item.body;
    while (self->sent < body.size) {
        struct pollfd ready = {.fd = self->descriptor, .events = POLLOUT};
        size_t size = body.size - self->sent;
        if (self->is_patient) {
            size = size < PIECE_BYTES ? size : PIECE_BYTES;
            if (poll(&ready, 1, wait_ms < 0 ? 0 : wait_ms) <= 0) {
                return DRAGOMAN_NEED_MORE;
            }
        }
        ssize_t got = write(self->descriptor, body.data + self->sent, size);
        if (got < 0 && errno == EAGAIN) {
            return DRAGOMAN_NEED_MORE;
        }
        if (got < 0 && errno == EPIPE) {
            return error_set(error, DRAGOMAN_CLOSED, "nobody reads standard output any more: this sink has ended");
        }
        if (got < 0 && errno != EINTR) {
            return file_trouble(self, errno, "written", error);
        }
        self->sent += got < 0 ? 0 : (size_t)got;
    }
    self->written = self->item.number;
    self->sent_number = 0;
    self->sent = 0;
    return DRAGOMAN_OK;
}

static void keep_safe(file_sink *self, int wait_ms, void (*told)(void *context, const sink_result *result),
                      void *context) {
    bool is_due = self->sync == FILE_SYNC_INTERVAL && !file_is_safe(self) &&
                  clock_now().monotonic_us - self->synced_at_us >= SYNC_EVERY_US;
    bool is_asked = wait_ms == SINK_WAIT_LAST || is_due || self->path[0] == '\0' || self->lost_code != 0;
    error_record error = {0};
    if (is_asked && file_make_safe(self, &error) != DRAGOMAN_OK) {
        told(context, &(sink_result){.outcome = SINK_LOST, .reason = bytes_of(error.text)});
    }
}

static void wait_for(void *sink, int wait_ms, void (*told)(void *context, const sink_result *result), void *context) {
    file_sink *self = sink;
    if (self->has_item) {
        error_record error = {0};
        bool is_output = self->path[0] == '\0';
        dragoman_status status = is_output ? deliver_output(self, wait_ms, &error) : deliver(self, &error);
        if (status == DRAGOMAN_NEED_MORE) {
            return;
        }
        self->has_item = false;
        sink_result result = {.number = self->item.number,
                              .outcome = status == DRAGOMAN_OK       ? SINK_DELIVERED
                                         : status == DRAGOMAN_CLOSED ? SINK_ENDED
                                                                     : SINK_RETRY,
                              .reason = bytes_of(error.text)};
        told(context, &result);
    }
    keep_safe(self, wait_ms, told, context);
}

static void mark(void *sink, sink_mark *ret_mark) {
    file_sink *self = sink;
    if (self->sync == FILE_SYNC_CLOSE) {
        file_note_safe(self);
    }
    *ret_mark = self->safe;
}

static const dragoman_setting_rule rules[] = {
    {.key = "rotate_size",
     .type = DRAGOMAN_SETTING_SIZE,
     .summary = "Begin a new file before it grows beyond this; without it, never for its size."},
    {.key = "rotate_every",
     .type = DRAGOMAN_SETTING_DURATION,
     .summary = "Begin a new file each time this period of the UTC clock is over; without it, never for time."},
    {.key = "keep",
     .type = DRAGOMAN_SETTING_INTEGER,
     .summary = "How many files that were moved aside are kept; 0: all.",
     .default_value = "0",
     .minimum = 0,
     .maximum = 1000000},
    {.key = "fsync",
     .type = DRAGOMAN_SETTING_CHOICE,
     .summary = "When bytes are pushed to the disk: each time, once a second, or when the file is closed. What a power "
                "cut takes is written again, but with `close`.",
     .default_value = "interval",
     .choices = "each interval close"},
};

const sink_descriptor dragoman_sink = {.magic = SINK_MAGIC,
                                       .major = SINK_MAJOR,
                                       .name = "file",
                                       .schemes = "file: stdout:",
                                       .settings = rules,
                                       .setting_count = sizeof rules / sizeof rules[0],
                                       .open = open_sink,
                                       .close = close_sink,
                                       .resume = resume,
                                       .probe = probe,
                                       .submit = submit,
                                       .wait = wait_for,
                                       .mark = mark};
