/*
 * The file sink's own view of itself: one output file that grows, is rotated, and is never left with half a record.
 *
 * Exactly once through a crash: the publisher keeps the sink's mark (which file, how long) with its position in one
 * transaction. When it starts again, whatever the file holds behind the mark is cut off, since it will be written
 * again. Where the file is another one by then (somebody moved it away), nothing is cut but a torn last record, and
 * rows may be repeated with the same ids.
 */
#ifndef SINKS_FILE_FILE_H
#define SINKS_FILE_FILE_H

#include "sinks/sink.h"
#include <sys/types.h>

#define FILE_PATH_BYTES 4096

/* When written bytes are pushed to the disk. */
typedef enum file_sync {
    FILE_SYNC_EACH = 0,     /* before they count as delivered */
    FILE_SYNC_INTERVAL = 1, /* once a second; the position follows the disk */
    FILE_SYNC_CLOSE = 2,    /* when the file is closed: a power cut may lose what the position has passed */
} file_sync;

typedef struct file_sink {
    sink_format format;
    fhir_bundle bundle;
    void (*log)(void *context, dragoman_log_level level, const char *text);
    void *log_context;
    char path[FILE_PATH_BYTES]; /* empty: standard output */
    int descriptor;             /* -1: not open */
    bool is_patient;            /* standard output is no file: a reader may make us wait */
    file_sync sync;
    uint64_t rotate_size; /* 0: never for size */
    int64_t rotate_us;    /* 0: never for time */
    uint32_t keep;        /* rotated files that are kept; 0: all */
    uint64_t length;      /* of the file, in whole records */
    int64_t period;       /* number of the rotation period of its last record */
    dev_t device;
    ino_t inode;
    uint64_t written; /* the last item whose bytes are written */
    sink_mark safe;   /* the last whose bytes are as safe as asked for, and where they end */
    uint64_t safe_length;
    int lost_code;   /* of the sync that failed: what is behind the mark may be nowhere; else 0 */
    bool is_new;     /* its folder may not know it on the disk */
    uint64_t pushed; /* bytes up to here are on their way to the disk */
    int64_t synced_at_us;
    bool has_item;
    sink_item item;
    uint64_t sent_number; /* standard output: the item that was begun, and how much of it is out */
    size_t sent;
    bool has_resumed; /* what follows the mark was cut off */
    char resume[SINK_MARK_BYTES + 1];
} file_sink;

/* Opens the file when it is not open: cuts off what comes again, mends a torn end. IO, DENIED, FULL with the mend. */
dragoman_status file_open(file_sink *self, error_record *error);
/* Pushes what was written to the disk; it counts as safe then. IO, FULL with the mend: from then on it always fails,
 * since the system says "safe" the next time, and may have dropped the bytes: the publisher has to give them again. */
dragoman_status file_make_safe(file_sink *self, error_record *error);
/* What is written counts as safe from now on. */
void file_note_safe(file_sink *self);
/* Whether all that is written is safe. */
static inline bool file_is_safe(const file_sink *self) {
    return self->safe.through == self->written && self->safe_length == self->length;
}
/* Closes the file. What was not made safe is not. */
void file_close(file_sink *self);
/* Turns a system's error into a status and a sentence about the file. */
dragoman_status file_trouble(const file_sink *self, int code, const char *what, error_record *error);

/* Whether the file must be moved aside before `more` bytes are added at this UTC time. */
bool file_must_rotate(const file_sink *self, size_t more, int64_t wall_us);
/* Makes the file safe, moves it aside under its name with a UTC stamp, and removes the oldest beyond `keep`. */
dragoman_status file_rotate(file_sink *self, int64_t wall_us, error_record *error);
/* The newest file that was moved aside; false when there is none. */
bool file_newest_rotated(const file_sink *self, char path[FILE_PATH_BYTES]);

#endif
