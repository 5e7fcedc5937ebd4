/*
 * A sink: one way out. A module (lib/dragoman/sinks/<name>.so) that is loaded only when a site names it, and exports
 * one descriptor.
 *
 * The publisher (core/publish) renders, keeps the order per device, positions, retries and dead letters; a sink only
 * carries. One thread, the publisher's own for that sink, calls everything but `wake`; a sink may have several items
 * under way at once and tells of each when it is done. Order of calls: open, resume, probe until it succeeds, then
 * submit, wait and mark in any order, close.
 */
#ifndef SINKS_SINK_H
#define SINKS_SINK_H

#include "base/buffer.h"
#include "base/error.h"
#include "fhir/fhir.h"
#include <dragoman/adapter.h>

#define SINK_MAGIC 0x4b4e4953u /* "SINK" */
#define SINK_MAJOR 1
#define SINK_SYMBOL "dragoman_sink"
#define SINK_MARK_BYTES 128 /* longest mark */

/* What the bodies are. */
typedef enum sink_format {
    SINK_FORMAT_BUNDLES = 0,   /* FHIR Bundles, one a line */
    SINK_FORMAT_RESOURCES = 1, /* FHIR resources, one a line */
    SINK_FORMAT_PROTOBUF = 2,  /* reports, each behind its length as a varint */
    SINK_FORMAT_JSON = 3,      /* the canonical model, one report a line */
} sink_format;

/* Calls `visit` for each link of the house with how it stands ("live", "stale" ...: static words) and when it was heard
 * last (UTC; 0: never). Any thread. */
typedef void sink_links(void *context,
                        void (*visit)(void *to, dragoman_bytes name, const char *state, int64_t last_heard_us),
                        void *to);

typedef struct sink_options {
    dragoman_bytes name;
    dragoman_bytes to;
    const char *folder;                                       /* the site file's: relative paths are relative to it */
    const char *certificate_file, *key_file, *authority_file; /* NULL where none */
    bool verify_server;
    sink_format format;               /* a sink that cannot carry it refuses to open */
    fhir_bundle bundle;               /* with SINK_FORMAT_BUNDLES: what the site asks for */
    const dragoman_setting *settings; /* checked against the descriptor's rules; durations in ms, sizes in bytes */
    uint32_t setting_count;
    const char *agent;   /* "dragoman/0.1.0" */
    dragoman_bytes site; /* the site's name */
    sink_links *links;   /* NULL: nobody can tell */
    void *links_context;
    /* Says something to the operator: no secret, no patient data. */
    void (*log)(void *context, dragoman_log_level level, const char *text);
    void *log_context;
} sink_options;

/* What a report is about, for sinks that file their messages by it. Empty where the report does not say. */
typedef struct sink_subject {
    uint64_t report; /* the report's number in the store: the same whenever it is delivered again */
    dragoman_bytes unit, bed, device;
} sink_subject;

/* A stretch of a body that is a message of its own: one observation, or what else the report says. */
typedef struct sink_part {
    size_t at, size;
    dragoman_bytes metric; /* the observation's MDC name or own code; empty: alerts and context events */
} sink_part;

/* What to deliver. The body is borrowed until its outcome was told, subject and parts until `submit` returns. */
typedef struct sink_item {
    uint64_t number; /* the publisher's: other ones for all that are under way; in a stream it rises or stays */
    dragoman_bytes body;
    uint32_t resources;
    uint32_t part_count;
    const sink_part *parts;      /* with needs_parts */
    const sink_subject *subject; /* with needs_subject */
} sink_item;

typedef enum sink_outcome {
    SINK_DELIVERED = 1,
    SINK_RETRY = 2,    /* not now: after retry_after_us if given */
    SINK_REJECTED = 3, /* never: a dead letter with the receiver's words */
    SINK_ENDED = 4,    /* the receiver is gone for good (a pipe that nobody reads): nothing can be delivered any more */
    SINK_LOST = 5, /* no item's: what a stream was given behind its mark may be gone. It is closed, opened anew, told
                      to resume at the mark, and given it again */
} sink_outcome;

typedef struct sink_result {
    uint64_t number;
    sink_outcome outcome;
    int64_t retry_after_us; /* 0: the publisher's own back-off */
    dragoman_bytes reason;  /* a sentence; the receiver's own words behind it (OperationOutcome). Borrowed. */
} sink_result;

/* What the receiver can take, learned by `probe`. */
typedef struct sink_needs {
    fhir_write write;
    fhir_bundle bundle;     /* what bodies should be: as asked for, or what the receiver can take */
    uint32_t items_at_once; /* most items under way, at least 1 and at most SINK_ITEMS_MAX */
    uint32_t batch_bytes;   /* streams: bodies of rows are joined up to this size */
    bool is_stream;         /* items are appended in order to one stream: bodies may be joined, one is under way at a
                               time */
    bool needs_subject;     /* items say what they are about; not for streams */
    bool needs_parts;       /* items come in parts, one an observation; SINK_FORMAT_JSON only, not for streams */
    uint32_t look_after_ms; /* `wait` is to be called at least so often, even when nothing is under way; 0: no need */
} sink_needs;

#define SINK_WAIT_LAST (-1)

/* Items that a sink may have under way: more connections than a FHIR server likes. */
#define SINK_ITEMS_MAX 64u

typedef struct sink_descriptor sink_descriptor;

/* How far a stream's bytes are safe, and what the sink needs to go on from there after a crash. */
typedef struct sink_mark {
    uint64_t through; /* the last item whose bytes are as safe as the site asks; 0: none yet */
    size_t size;
    uint8_t text[SINK_MARK_BYTES]; /* kept with the position in one transaction, given to `resume` */
} sink_mark;

struct sink_descriptor {
    uint32_t magic;
    uint16_t major;
    uint16_t reserved;
    const char *name;    /* "file", "http" */
    const char *schemes; /* "file: stdout:", separated by blanks */
    const dragoman_setting_rule *settings;
    uint32_t setting_count;
    uint32_t reserved2;
    /* Opens. INVALID: the options cannot work (with the mend). A receiver that is away is no failure. */
    dragoman_status (*open)(const sink_options *options, void **ret_sink, error_record *error);
    /* Closes, delivering nothing more. NULL is allowed. */
    void (*close)(void *sink);
    /* The mark that was kept with the position from which delivery goes on; empty for a new sink. What was written
     * behind it will be given again. Slot may be NULL. */
    void (*resume)(void *sink, dragoman_bytes mark);
    /* Learns what the receiver can take; may block for its named time-out. TIMED_OUT, IO, DENIED: try later.
     * UNSUPPORTED: it can never be served, with the reason. */
    dragoman_status (*probe)(void *sink, sink_needs *ret_needs, error_record *error);
    /* Starts delivering an item. FULL: too many are under way. */
    dragoman_status (*submit)(void *sink, const sink_item *item);
    /* Waits at most wait_ms for anything to be done and calls `told` for each. Returns at once when nothing is under
     * way. For a stream this is also where bytes are made durable by its policy: it is called from time to time, and
     * with SINK_WAIT_LAST before close: then they are made durable whatever the policy. */
    void (*wait)(void *sink, int wait_ms, void (*told)(void *context, const sink_result *result), void *context);
    /* Makes `wait` or `probe` return soon. Any thread. Slot may be NULL. */
    void (*wake)(void *sink);
    /* Streams: how far the bytes are safe. Slot may be NULL: what was delivered is safe. */
    void (*mark)(void *sink, sink_mark *ret_mark);
};

extern DRAGOMAN_EXPORT const sink_descriptor dragoman_sink;

/* The value of a setting; `otherwise` when it is not set. Borrowed. */
static inline dragoman_bytes sink_setting(const sink_options *options, const char *key, const char *otherwise) {
    dragoman_bytes value = {(const uint8_t *)otherwise, strlen(otherwise)};
    for (uint32_t i = 0; i < options->setting_count; i++) {
        dragoman_bytes name = options->settings[i].key;
        if (name.size == strlen(key) && memcmp(name.data, key, name.size) == 0) {
            value = options->settings[i].value;
        }
    }
    return value;
}

#endif
