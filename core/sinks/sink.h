/*
 * A sink: one way out. A module (lib/dragoman/sinks/<name>.so) that is loaded only when a site names it, and exports
 * one descriptor.
 *
 * The publisher (core/publish) renders, keeps the order per device, positions, retries and dead letters; a sink only
 * carries. One thread, the publisher's own for that sink, calls everything; a sink may have several items under way at
 * once and tells of each when it is done.
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

typedef struct sink_options {
    dragoman_bytes name;
    dragoman_bytes to;
    const char *folder;                                       /* the site file's: relative paths are relative to it */
    const char *certificate_file, *key_file, *authority_file; /* NULL where none */
    bool verify_server;
    const dragoman_setting *settings; /* checked against the descriptor's rules */
    uint32_t setting_count;
    const char *agent; /* "dragoman/0.1.0" */
} sink_options;

/* What to deliver. Borrowed until its outcome was told. */
typedef struct sink_item {
    uint64_t number; /* the publisher's */
    dragoman_bytes body;
    uint32_t resources;
} sink_item;

typedef enum sink_outcome {
    SINK_DELIVERED = 1,
    SINK_RETRY = 2,    /* not now: after retry_after_us if given */
    SINK_REJECTED = 3, /* never: a dead letter with the receiver's words */
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
    uint32_t items_at_once; /* most items under way */
    uint32_t batch_bytes;   /* a body should stay below this; 0: no wish */
    bool is_stream;         /* items are appended in order to one stream: bodies may be joined */
} sink_needs;

typedef struct sink_descriptor {
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
    /* Learns what the receiver can take; may block for its named time-out. TIMED_OUT, IO, DENIED: try later.
     * UNSUPPORTED: it can never be served, with the reason. */
    dragoman_status (*probe)(void *sink, sink_needs *ret_needs, error_record *error);
    /* Starts delivering an item. FULL: too many are under way. */
    dragoman_status (*submit)(void *sink, const sink_item *item);
    /* Waits at most wait_ms for anything to be done and calls `told` for each. Returns at once when nothing is under
     * way. For a stream sink this is where the bytes are made durable by its policy. */
    void (*wait)(void *sink, int wait_ms, void (*told)(void *context, const sink_result *result), void *context);
} sink_descriptor;

extern DRAGOMAN_EXPORT const sink_descriptor dragoman_sink;

#endif
