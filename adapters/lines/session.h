/*
 * A device on its line: what is being asked, what is known of it, and which of its alerts stand.
 *
 * One instance a link, through its reconnections: an alert that stood before a break is told on, or ended, after it.
 */
#ifndef LINES_SESSION_H
#define LINES_SESSION_H

#include "clock.h"
#include "frame.h"
#include "split.h"

typedef enum lines_state {
    LINES_CLOSED = 0,
    LINES_IDLE = 1,    /* nothing is asked; a command leaves only from here */
    LINES_WAITING = 2, /* for the answer to a command */
} lines_state;

/* A text of the device about itself. */
typedef struct lines_own_text {
    uint8_t bytes[LINES_TEXT_MAX];
    uint8_t size;
} lines_own_text;

/* Whether what a meaning stands for is the case now. */
typedef struct lines_standing {
    bool is_active;
    bool is_seen;     /* in the record that is read */
    bool is_heard_of; /* its field was in that record */
    int64_t since_us;
} lines_standing;

typedef struct lines_session {
    const dragoman_host *host;
    void *context;
    lines_layout layout;
    void *layout_block;
    lines_standing *standing; /* of each meaning */
    int64_t *due_us;          /* of each command */
    int64_t every_ms;         /* of the link; 0: the profile's */
    dragoman_bytes place;     /* or empty */
    dragoman_bytes peer;      /* where a device that called us came from; else empty */
    lines_own_text serial, model, version;
    uint8_t state;
    uint32_t asked; /* the command that is out */
    int64_t wake_us;
    bool is_out;      /* it has not left yet */
    bool is_midway;   /* a record may have begun before the line was opened */
    bool tells_again; /* alerts that still stand are told once more after a break */
    bool is_message_open;
    int64_t letters_until_us; /* the minute in which `letters` lines were kept as dead letters */
    uint32_t letters;
    uint8_t out[2 * LINES_MARK_BYTES_MAX];
    size_t out_size;
    lines_columns columns;
    lines_columns header;
    uint8_t header_text[LINES_HEADER_BYTES_MAX];
} lines_session;

/* Reads one frame's text: reports go out in a message of their own. */
dragoman_status lines_record_take(lines_session *self, dragoman_bytes text, const dragoman_now *now);

/* The descriptor's init: INVALID without a layout. */
dragoman_status lines_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                   void **ret_instance);
/* fini. */
void lines_session_fini(void *instance);
/* handle: OPENED, BYTES and CLOSED of channel 0; nothing waits for a settlement. */
dragoman_status lines_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                     dragoman_progress *ret_progress);
/* deadline. */
int64_t lines_session_deadline(const void *instance);
/* expire. */
dragoman_status lines_session_expire(void *instance, const dragoman_now *now);
/* next: the command that is due. */
dragoman_status lines_session_next(void *instance, dragoman_action *ret_action);

#endif
