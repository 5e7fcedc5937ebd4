#include "sinks/tcp/tcp.h"

#include "base/bytes.h"
#include "loop/clock.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    BATCH_BYTES = 64 << 10,  /* rows are joined up to this */
    LOOK_AFTER_MS = 1000,    /* a connection that ended is noticed so late when there is nothing to say */
    LAST_WAIT_US = 1000000,  /* for acknowledgements, before the connection is closed */
    LAST_STEP_MS = 5,        /* the system rings nothing when the other side acknowledges */
    LOCAL_NAMES_BYTES = 128, /* what is said when the address is wrong fits into a sentence */
};

static dragoman_status bad_address(dragoman_bytes to, error_record *error) {
    int size = to.size < LOCAL_NAMES_BYTES ? (int)to.size : LOCAL_NAMES_BYTES;
    return error_set(error, DRAGOMAN_INVALID, "\"%.*s\" is no address of a receiver: write tcp://HOST:PORT", size,
                     (const char *)to.data);
}

/* tcp://HOST:PORT, with an IPv6 address in brackets. */
static dragoman_status find_address(tcp_sink *self, dragoman_bytes to, error_record *error) {
    static const char scheme[] = "tcp://";
    if (!bytes_starts_with(to, scheme)) {
        return bad_address(to, error);
    }
    const char *host = (const char *)to.data + sizeof(scheme) - 1;
    const char *end = (const char *)to.data + to.size;
    const char *colon = end;
    while (colon > host && *colon != ':') {
        colon--;
    }
    size_t host_size = (size_t)(colon - host);
    size_t port_size = colon == host ? 0 : (size_t)(end - colon - 1);
    bool is_bracketed = host_size >= 2 && host[0] == '[' && host[host_size - 1] == ']';
    host += is_bracketed;
    host_size -= is_bracketed ? 2 : 0;
    if (host_size == 0 || host_size >= sizeof(self->host) || port_size == 0 || port_size >= sizeof(self->port)) {
        return bad_address(to, error);
    }
    snprintf(self->host, sizeof(self->host), "%.*s", (int)host_size, host);
    snprintf(self->port, sizeof(self->port), "%.*s", (int)port_size, colon + 1);
    char *rest = NULL;
    unsigned long port = strtoul(self->port, &rest, 10);
    bool is_number = self->port[0] >= '0' && self->port[0] <= '9' && *rest == '\0';
    return is_number && port > 0 && port <= UINT16_MAX ? DRAGOMAN_OK : bad_address(to, error);
}

static bool is_local(const tcp_sink *self) {
    return strcmp(self->host, "localhost") == 0 || strcmp(self->host, "::1") == 0 ||
           strncmp(self->host, "127.", 4) == 0;
}

static void close_sink(void *sink) {
    tcp_sink *self = sink;
    if (self == NULL) {
        return;
    }
    tcp_disconnect(self);
    if (self->bell >= 0) {
        close(self->bell);
    }
    free(self);
}

static dragoman_status open_sink(const sink_options *options, void **ret_sink, error_record *error) {
    tcp_sink *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for a sink");
    }
    char digits[20];
    dragoman_bytes timeout_ms = sink_setting(options, "timeout", "30000");
    snprintf(digits, sizeof(digits), "%.*s", (int)(timeout_ms.size < 12 ? timeout_ms.size : 12),
             (const char *)timeout_ms.data);
    self->format = options->format;
    self->bundle = options->bundle;
    self->is_told = bytes_is(sink_setting(options, "acknowledged_by", "tcp"), "receiver");
    self->timeout_us = strtoll(digits, NULL, 10) * 1000;
    self->descriptor = -1;
    self->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    dragoman_status status = self->bell < 0
                                 ? error_set(error, DRAGOMAN_IO, "a sink cannot be made: %s", strerror(errno))
                                 : find_address(self, options->to, error);
    if (status != DRAGOMAN_OK) {
        close_sink(self);
        return status;
    }
    if (!is_local(self) && options->log != NULL) {
        options->log(options->log_context, DRAGOMAN_LOG_WARNING,
                     "patient data goes to this receiver in the clear: keep it on a network of its own, or in a "
                     "tunnel");
    }
    *ret_sink = self;
    return DRAGOMAN_OK;
}

static dragoman_status probe(void *sink, sink_needs *ret_needs, error_record *error) {
    tcp_sink *self = sink;
    dragoman_status status = self->descriptor >= 0 ? DRAGOMAN_OK : tcp_connect(self, error);
    if (status == DRAGOMAN_OK) {
        *ret_needs = (sink_needs){.write = FHIR_WRITE_PUT,
                                  .bundle = self->bundle,
                                  .items_at_once = 1,
                                  .batch_bytes = BATCH_BYTES,
                                  .is_stream = true,
                                  .look_after_ms = LOOK_AFTER_MS};
    }
    return status;
}

static dragoman_status submit(void *sink, const sink_item *item) {
    tcp_sink *self = sink;
    if (self->has_item) {
        return DRAGOMAN_FULL;
    }
    self->item = *item;
    self->has_item = true;
    self->sent = 0;
    return DRAGOMAN_OK;
}

static void lose(tcp_sink *self, const error_record *error, void (*told)(void *context, const sink_result *result),
                 void *context) {
    tcp_disconnect(self);
    self->has_item = false;
    told(context, &(sink_result){.outcome = SINK_LOST, .reason = bytes_of(error->text)});
}

static void wait_for(void *sink, int wait_ms, void (*told)(void *context, const sink_result *result), void *context) {
    tcp_sink *self = sink;
    error_record error = {0};
    uint64_t rings = 0;
    bool is_last = wait_ms == SINK_WAIT_LAST;
    int64_t until_us = is_last ? clock_now().monotonic_us + LAST_WAIT_US : 0;
    /* Lost, and told so: the publisher closes it. */
    if (self->descriptor < 0) {
        return;
    }
    (void)!read(self->bell, &rings, sizeof(rings));
    do {
        bool had_item = self->has_item;
        if (tcp_go_on(self, is_last ? LAST_STEP_MS : wait_ms, &error) != DRAGOMAN_OK) {
            lose(self, &error, told, context);
            return;
        }
        if (had_item && !self->has_item) {
            told(context, &(sink_result){.number = self->item.number, .outcome = SINK_DELIVERED});
        }
    } while (is_last && self->count > 0 && clock_now().monotonic_us < until_us);
}

static void wake(void *sink) {
    const tcp_sink *self = sink;
    uint64_t one = 1;
    (void)!write(self->bell, &one, sizeof(one));
}

static void mark(void *sink, sink_mark *ret_mark) {
    const tcp_sink *self = sink;
    *ret_mark = (sink_mark){.through = self->arrived};
}

static const dragoman_setting_rule rules[] = {
    {.key = "acknowledged_by",
     .type = DRAGOMAN_SETTING_CHOICE,
     .summary = "Who says that a record has arrived: the other machine's TCP, or the receiver with one octet 06h for "
                "each record that it has kept.",
     .default_value = "tcp",
     .choices = "tcp receiver"},
    {.key = "timeout",
     .type = DRAGOMAN_SETTING_DURATION,
     .summary = "For a connection, and for an acknowledgement before the connection is given up.",
     .default_value = "30s",
     .minimum = 100,
     .maximum = 600000},
};

const sink_descriptor dragoman_sink = {.magic = SINK_MAGIC,
                                       .major = SINK_MAJOR,
                                       .name = "tcp",
                                       .schemes = "tcp:",
                                       .settings = rules,
                                       .setting_count = sizeof rules / sizeof rules[0],
                                       .open = open_sink,
                                       .close = close_sink,
                                       .probe = probe,
                                       .submit = submit,
                                       .wait = wait_for,
                                       .wake = wake,
                                       .mark = mark};
