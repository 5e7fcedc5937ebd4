/*
 * Records what crosses a link into capture files that rotate, so that they never hold more than they may.
 *
 * One thread. Recording never stands in the way of what is recorded: when a file cannot be written, that is said once,
 * and nothing more is recorded.
 */
#ifndef CAPTURE_RECORDER_H
#define CAPTURE_RECORDER_H

#include "capture/capture.h"

/* PATH, PATH.1 (the one before) … : a full file is moved aside, and the oldest goes. */
#define CAPTURE_FILES 4u
/* A file of its own is worth at least this much: rotating costs a header. */
#define CAPTURE_FILE_BYTES_MIN ((uint64_t)64 << 10)

typedef struct capture_recorder capture_recorder;
typedef struct capture_session capture_session;

typedef struct capture_recorder_options {
    const char *path;   /* copied; made with mode 0600 */
    uint64_t max_bytes; /* of all its files together */
    /* Says once why nothing is recorded any more. */
    void (*trouble)(void *context, const char *sentence);
    void *context;
} capture_recorder_options;

/* Moves a file that lies there aside and begins a new one. The header is copied with its facts; its times and
 * CAPTURE_IS_COMPLETE are set here. IO with the reason. */
dragoman_status capture_recorder_create(const capture_recorder_options *options, const capture_header *header,
                                        const dragoman_now *now, capture_recorder **ret_recorder, error_record *error);
/* Closes the file. Every session must have ended. NULL is allowed. */
void capture_recorder_destroy(capture_recorder *self);

/* An instance is made with this seed (DRAGOMAN_SEED_BYTES). NULL: no memory, it is not recorded. */
capture_session *capture_session_begin(capture_recorder *self, const uint8_t *seed, const dragoman_now *now);
/* Records something of it; the session's number is filled in. Slices are borrowed for the call. */
void capture_session_add(capture_session *session, capture_record record);
/* The instance has begun so many messages: a later file must count on from there. */
void capture_session_note(capture_session *session, uint64_t messages);
/* The instance is gone. NULL is allowed. */
void capture_session_end(capture_session *session, const dragoman_now *now);

#endif
