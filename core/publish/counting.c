#include "publish/counting.h"

#include <stdlib.h>

typedef struct counting {
    uint64_t number; /* of the item at hand, */
    bool has_item;   /* if there is one */
} counting;

static dragoman_status open_sink(const sink_options *options, void **ret_sink, error_record *error) {
    (void)options;
    counting *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory to count codes");
    }
    *ret_sink = self;
    return DRAGOMAN_OK;
}

static dragoman_status probe(void *sink, sink_needs *ret_needs, error_record *error) {
    enum { BATCH_BYTES = 64 << 10 };
    (void)sink;
    (void)error;
    *ret_needs = (sink_needs){.items_at_once = 1, .batch_bytes = BATCH_BYTES, .is_stream = true};
    return DRAGOMAN_OK;
}

static dragoman_status submit(void *sink, const sink_item *item) {
    counting *self = sink;
    self->number = item->number;
    self->has_item = true;
    return DRAGOMAN_OK;
}

static void wait_for(void *sink, int wait_ms, void (*told)(void *context, const sink_result *result), void *context) {
    counting *self = sink;
    (void)wait_ms;
    if (self->has_item) {
        self->has_item = false;
        told(context, &(sink_result){.number = self->number, .outcome = SINK_DELIVERED});
    }
}

const site_publish counting_publish = {
    .format = SITE_PROTOBUF, .values = true, .alerts = true, .context = true, .waves = true};

const sink_descriptor counting_sink = {.magic = SINK_MAGIC,
                                       .major = SINK_MAJOR,
                                       .name = "counting",
                                       .schemes = "",
                                       .open = open_sink,
                                       .close = free,
                                       .probe = probe,
                                       .submit = submit,
                                       .wait = wait_for};
