#include "capture/recorder.h"

#include "base/bytes.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATH_BYTES 4096
/* A buffer that one large record filled is given back. */
#define KEPT_BYTES ((size_t)256 << 10)

struct capture_session {
    capture_session *before, *after;
    capture_recorder *on;
    uint32_t number;
    uint64_t messages;
    buffer standing; /* how it began, and each channel that is open: as records, for the next file's beginning */
};

struct capture_recorder {
    char path[PATH_BYTES];
    uint64_t file_bytes_max;
    void (*trouble)(void *context, const char *sentence);
    void *context;
    capture_header header;
    buffer facts; /* what the header's slices point to */
    buffer frame;
    int descriptor; /* -1: it could not be written, and that was said */
    uint64_t size;
    capture_session *sessions; /* the newest */
    uint32_t last_number;
};

/* ---- files */

static void name_of(const capture_recorder *self, unsigned index, char *to) {
    if (index == 0) {
        snprintf(to, PATH_BYTES, "%s", self->path);
    } else {
        snprintf(to, PATH_BYTES, "%.*s.%u", PATH_BYTES - 16, self->path, index);
    }
}

static dragoman_status make_way(const capture_recorder *self, error_record *error) {
    char from[PATH_BYTES];
    char to[PATH_BYTES];
    for (unsigned index = CAPTURE_FILES - 1; index > 0; index--) {
        name_of(self, index - 1, from);
        name_of(self, index, to);
        if (rename(from, to) != 0 && errno != ENOENT) {
            return error_set(error, DRAGOMAN_IO, "record: %s cannot be moved aside: %s", from, strerror(errno));
        }
    }
    return DRAGOMAN_OK;
}

static bool write_all(capture_recorder *self, dragoman_bytes bytes) {
    while (bytes.size > 0) {
        ssize_t size = write(self->descriptor, bytes.data, bytes.size);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            return false;
        }
        self->size += (uint64_t)size;
        bytes = (dragoman_bytes){bytes.data + size, bytes.size - (size_t)size};
    }
    return true;
}

static bool write_frame(capture_recorder *self) {
    bool is_written = !self->frame.failed && write_all(self, buffer_bytes(&self->frame));
    if (self->frame.capacity > KEPT_BYTES) {
        buffer_fini(&self->frame);
        buffer_init(&self->frame);
    }
    buffer_reset(&self->frame);
    return is_written;
}

static void give_up(capture_recorder *self) {
    char sentence[ERROR_TEXT_BYTES];
    snprintf(sentence, sizeof(sentence), "record: nothing more is recorded: %.256s cannot be written: %s", self->path,
             strerror(errno));
    if (self->descriptor >= 0) {
        close(self->descriptor);
    }
    self->descriptor = -1;
    self->trouble(self->context, sentence);
}

/* A session that began in an earlier file, as the new one must know it. */
static bool repeat_session(capture_recorder *self, const capture_session *session, const dragoman_now *now) {
    capture_reader reader = {.bytes = buffer_bytes(&session->standing)};
    capture_record record;
    bool is_good = true;
    while (is_good && capture_reader_next(&reader, &record, NULL) == DRAGOMAN_OK) {
        record.now = *now;
        record.flags |= CAPTURE_IS_CONTINUED;
        record.number = record.kind == CAPTURE_STARTED ? session->messages : record.number;
        capture_write_record(&record, &self->frame);
        is_good = write_frame(self);
    }
    return is_good;
}

static dragoman_status begin_file(capture_recorder *self, const dragoman_now *now, error_record *error) {
    dragoman_status status = make_way(self, error);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    self->descriptor = open(self->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (self->descriptor < 0) {
        return error_set(error, DRAGOMAN_IO, "record: %s cannot be made: %s", self->path, strerror(errno));
    }
    self->size = 0;
    self->header.start = *now;
    capture_write_header(&self->header, &self->frame);
    bool is_good = write_frame(self);
    for (const capture_session *one = self->sessions; one != NULL && is_good; one = one->after) {
        is_good = repeat_session(self, one, now);
    }
    return is_good ? DRAGOMAN_OK
                   : error_set(error, DRAGOMAN_IO, "record: %s cannot be written: %s", self->path, strerror(errno));
}

static void rotate(capture_recorder *self, const dragoman_now *now) {
    close(self->descriptor);
    self->descriptor = -1;
    if (begin_file(self, now, NULL) != DRAGOMAN_OK) {
        give_up(self);
    }
}

/* ---- the recorder */

/* Copies the facts; their slices point into one buffer, which must have all of them before it stands still. */
static bool copy_header(capture_recorder *self, const capture_header *from) {
    for (uint32_t i = 0; i < from->fact_count; i++) {
        buffer_append_bytes(&self->facts, from->facts[i].key);
        buffer_append_bytes(&self->facts, from->facts[i].value);
    }
    const uint8_t *at = self->facts.data;
    self->header.flags = CAPTURE_IS_COMPLETE;
    self->header.fact_count = from->fact_count;
    for (uint32_t i = 0; i < from->fact_count && !self->facts.failed; i++) {
        dragoman_setting *fact = &self->header.facts[i];
        fact->key = (dragoman_bytes){at, from->facts[i].key.size};
        at += fact->key.size;
        fact->value = (dragoman_bytes){at, from->facts[i].value.size};
        at += fact->value.size;
    }
    return !self->facts.failed;
}

dragoman_status capture_recorder_create(const capture_recorder_options *options, const capture_header *header,
                                        const dragoman_now *now, capture_recorder **ret_recorder, error_record *error) {
    capture_recorder *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory to record");
    }
    self->descriptor = -1;
    self->trouble = options->trouble;
    self->context = options->context;
    self->file_bytes_max = options->max_bytes / CAPTURE_FILES;
    if (self->file_bytes_max < CAPTURE_FILE_BYTES_MIN) {
        self->file_bytes_max = CAPTURE_FILE_BYTES_MIN;
    }
    buffer_init(&self->facts);
    buffer_init(&self->frame);
    int length = snprintf(self->path, sizeof(self->path), "%s", options->path);
    dragoman_status status =
        length >= PATH_BYTES - 16
            ? error_set(error, DRAGOMAN_INVALID, "record: the path is too long")
            : (copy_header(self, header) ? begin_file(self, now, error)
                                         : error_set(error, DRAGOMAN_NO_MEMORY, "no memory to record"));
    if (status != DRAGOMAN_OK) {
        capture_recorder_destroy(self);
        return status;
    }
    *ret_recorder = self;
    return DRAGOMAN_OK;
}

void capture_recorder_destroy(capture_recorder *self) {
    if (self == NULL) {
        return;
    }
    if (self->descriptor >= 0) {
        close(self->descriptor);
    }
    buffer_fini(&self->facts);
    buffer_fini(&self->frame);
    free(self);
}

/* ---- sessions */

static void append(capture_recorder *self, const capture_record *record) {
    if (self->descriptor < 0) {
        return;
    }
    capture_write_record(record, &self->frame);
    if (self->frame.size > CAPTURE_RECORD_BYTES_MAX) {
        /* Nobody could read it again. */
        errno = EFBIG;
        give_up(self);
        return;
    }
    if (self->size + self->frame.size > self->file_bytes_max) {
        buffer_reset(&self->frame);
        rotate(self, &record->now);
        if (self->descriptor < 0) {
            return;
        }
        capture_write_record(record, &self->frame);
    }
    if (!write_frame(self)) {
        give_up(self);
    }
}

capture_session *capture_session_begin(capture_recorder *self, const uint8_t *seed, const dragoman_now *now) {
    capture_session *session = calloc(1, sizeof(*session));
    if (session == NULL) {
        return NULL;
    }
    session->on = self;
    session->number = ++self->last_number;
    buffer_init(&session->standing);
    capture_record started = {
        .kind = CAPTURE_STARTED, .now = *now, .part_count = 1, .parts = {{seed, DRAGOMAN_SEED_BYTES}}};
    started.session = session->number;
    append(self, &started);
    capture_write_record(&started, &session->standing);
    session->after = self->sessions;
    if (self->sessions != NULL) {
        self->sessions->before = session;
    }
    self->sessions = session;
    return session;
}

/* A channel that closes is not repeated in later files. */
static void forget_channel(capture_session *session, uint8_t channel) {
    buffer kept;
    buffer_init(&kept);
    capture_reader reader = {.bytes = buffer_bytes(&session->standing)};
    capture_record record;
    while (capture_reader_next(&reader, &record, NULL) == DRAGOMAN_OK) {
        if (record.kind != CAPTURE_OPENED || record.channel != channel) {
            capture_write_record(&record, &kept);
        }
    }
    buffer_fini(&session->standing);
    session->standing = kept;
}

void capture_session_add(capture_session *session, capture_record record) {
    record.session = session->number;
    append(session->on, &record);
    if (record.kind == CAPTURE_OPENED || record.kind == CAPTURE_CLOSED) {
        forget_channel(session, record.channel);
    }
    if (record.kind == CAPTURE_OPENED) {
        capture_write_record(&record, &session->standing);
    }
}

void capture_session_note(capture_session *session, uint64_t messages) {
    session->messages = messages;
}

void capture_session_end(capture_session *session, const dragoman_now *now) {
    if (session == NULL) {
        return;
    }
    capture_recorder *self = session->on;
    capture_record ended = {.kind = CAPTURE_ENDED, .now = *now, .session = session->number};
    append(self, &ended);
    if (session->before != NULL) {
        session->before->after = session->after;
    } else {
        self->sessions = session->after;
    }
    if (session->after != NULL) {
        session->after->before = session->before;
    }
    buffer_fini(&session->standing);
    free(session);
}
