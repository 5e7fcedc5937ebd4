/*
 * What the files of the child's side share.
 */
#ifndef ISOLATE_SERVE_INTERNAL_H
#define ISOLATE_SERVE_INTERNAL_H

#include "host/instance.h"
#include "isolate/codec.h"
#include "isolate/serve.h"

/* What is said is written when there is so much of it, or nothing is left to do. */
#define SERVE_FLUSH_BYTES ((size_t)64 << 10)
/* Places for answers about profiles' settings that are kept; a site has some dozens of senders. */
#define SERVE_ANSWERS 1024u

/* One instance of ours. */
typedef struct serve_instance {
    host_instance *instance;
    arena memory;         /* what it was made with */
    host_stream *streams; /* one a channel */
    dragoman_list device;
    host_message *oldest, *newest; /* handed over and not settled; store_message.context is the next */
} serve_instance;

/* An answer that lives as long as an instance may remember it. */
typedef struct serve_value {
    struct serve_value *after;
    size_t size;
    uint8_t bytes[];
} serve_value;

typedef struct serve_answer {
    uint64_t question; /* hash; 0: none */
    const serve_value *value;
} serve_answer;

typedef struct serving {
    int descriptor;
    const host_adapter *adapter;
    host_environment *environment;
    serve_instance *items; /* by number, from 1 */
    uint32_t room;
    uint32_t current; /* the instance that is being called */
    buffer in;
    size_t at;    /* in `in`: what is before is done with */
    buffer later; /* what came while a question was out, to be read after `in` */
    buffer out;
    int64_t flushed_us;
    dragoman_status trouble; /* with the pipe */
    serve_answer answers[SERVE_ANSWERS];
    serve_value *values; /* all that were ever given */
} serving;

/* Reads what there is, at least a byte, behind `to`; false at the pipe's end. */
bool serve_read(serving *self, buffer *to);
/* Writes all of `out`. */
void serve_flush(serving *self);
/* The hooks of the environment. */
host_hooks serve_hooks(serving *self);
/* The instance that is being called. */
serve_instance *serve_current(serving *self);

#endif
