#include "kit/link_actor.h"

#include "base/bytes.h"
#include <stdarg.h>
#include <stdio.h>

#define OWED_MAX 8
#define OWED_BYTES 256

/* An action that was not fetched yet. */
typedef struct owed {
    uint32_t kind, channel;
    char data[OWED_BYTES];
    char target[OWED_BYTES];
} owed;

typedef struct actor {
    const dragoman_host *host;
    void *context;
    owed owes[OWED_MAX];
    uint32_t first, count;
    owed given; /* what the last action points to */
    bool is_endless, is_late;
} actor;

static const dragoman_channel channels[] = {
    [ACTOR_MAIN] = {.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM, .is_optional = 1},
    [ACTOR_SIDE] = {.name = "side", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM, .is_optional = 1},
    [ACTOR_AIR] = {.name = "air", .kinds = 1u << DRAGOMAN_CHANNEL_DATAGRAM, .is_optional = 1},
    [ACTOR_POST] = {.name = "post", .kinds = 1u << DRAGOMAN_CHANNEL_MESSAGE, .is_optional = 1}};

actor_notes actor_seen;

void actor_reset(void) {
    actor_seen = (actor_notes){.made = 0};
}

bool actor_has(const char *text) {
    return strstr(actor_seen.text, text) != NULL;
}

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void note(const char *format, ...) {
    size_t used = strlen(actor_seen.text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(actor_seen.text + used, sizeof(actor_seen.text) - used, format, arguments);
    va_end(arguments);
}

static dragoman_status actor_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                  void **ret_instance) {
    (void)start;
    actor *self = host->allocate(context, sizeof(*self));
    if (self == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    self->host = host;
    self->context = context;
    actor_seen.made++;
    *ret_instance = self;
    return DRAGOMAN_OK;
}

static void actor_fini(void *instance) {
    actor *self = instance;
    if (self != NULL) {
        actor_seen.gone++;
        self->host->release(self->context, self);
    }
}

static uint32_t channel_named(dragoman_bytes name) {
    for (uint32_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++) {
        if (bytes_is(name, channels[i].name)) {
            return i;
        }
    }
    return UINT32_MAX;
}

/* The next word of a command, which is shortened by it. */
static dragoman_bytes word(dragoman_bytes *rest) {
    const uint8_t *blank = rest->size == 0 ? NULL : memchr(rest->data, ' ', rest->size);
    size_t size = blank == NULL ? rest->size : (size_t)(blank - rest->data);
    dragoman_bytes found = {rest->data, size};
    size_t skip = blank == NULL ? size : size + 1;
    *rest = (dragoman_bytes){rest->data + skip, rest->size - skip};
    return found;
}

static void owe(actor *self, uint32_t kind, uint32_t channel, dragoman_bytes target, dragoman_bytes data) {
    if (self->count < OWED_MAX) {
        owed *next = &self->owes[(self->first + self->count++) % OWED_MAX];
        *next = (owed){.kind = kind, .channel = channel};
        snprintf(next->data, sizeof(next->data), "%.*s", BYTES_FORMAT(data));
        snprintf(next->target, sizeof(next->target), "%.*s", BYTES_FORMAT(target));
    }
}

static dragoman_status keep(actor *self, dragoman_bytes id) {
    uint64_t number = 0;
    dragoman_status status =
        self->host->message_begin(self->context, DRAGOMAN_TEXT("actor"), id, bytes_hash(id, 0), &number);
    return status == DRAGOMAN_OK ? self->host->message_end(self->context) : status;
}

static dragoman_status obey(actor *self, dragoman_bytes line) {
    static const dragoman_bytes none = {NULL, 0};
    dragoman_bytes rest = line;
    dragoman_bytes command = word(&rest);
    if (bytes_is(command, "say")) {
        uint32_t channel = channel_named(word(&rest));
        owe(self, DRAGOMAN_ACTION_SEND, channel, none, rest);
    } else if (bytes_is(command, "tell")) {
        dragoman_bytes target = word(&rest);
        owe(self, DRAGOMAN_ACTION_DATAGRAM, ACTOR_AIR, bytes_is(target, "-") ? none : target, rest);
    } else if (bytes_is(command, "open")) {
        uint32_t channel = channel_named(word(&rest));
        owe(self, DRAGOMAN_ACTION_OPEN, channel, rest, none);
    } else if (bytes_is(command, "close")) {
        owe(self, DRAGOMAN_ACTION_CLOSE, channel_named(rest), none, none);
    } else if (bytes_is(command, "keep")) {
        return keep(self, rest);
    } else if (bytes_is(command, "fail")) {
        return DRAGOMAN_INVALID;
    } else if (bytes_is(command, "forever")) {
        self->is_endless = true;
    } else if (bytes_is(command, "past")) {
        self->is_late = true;
    }
    return DRAGOMAN_OK;
}

static dragoman_status take_bytes(actor *self, const dragoman_event *event, dragoman_progress *ret_progress) {
    dragoman_bytes unread = event->of.bytes.unread;
    const uint8_t *end = unread.size == 0 ? NULL : memchr(unread.data, '\n', unread.size);
    if (end == NULL) {
        return DRAGOMAN_NEED_MORE;
    }
    dragoman_bytes line = {unread.data, (size_t)(end - unread.data)};
    ret_progress->consumed = line.size + 1;
    note("%s: %.*s\n", channels[event->channel].name, BYTES_FORMAT(line));
    return obey(self, line);
}

static dragoman_status actor_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                    dragoman_progress *ret_progress) {
    (void)now;
    actor *self = instance;
    switch (event->kind) {
    case DRAGOMAN_EVENT_OPENED:
        note("opened %s %s %.*s\n", channels[event->channel].name, event->of.opened.is_initiator != 0 ? "to" : "by",
             BYTES_FORMAT(event->of.opened.peer));
        if (event->channel == ACTOR_AIR && event->of.opened.is_initiator != 0) {
            owe(self, DRAGOMAN_ACTION_DATAGRAM, ACTOR_AIR, (dragoman_bytes){NULL, 0}, DRAGOMAN_TEXT("hello"));
        }
        return DRAGOMAN_OK;
    case DRAGOMAN_EVENT_BYTES:
        return take_bytes(self, event, ret_progress);
    case DRAGOMAN_EVENT_DATAGRAM:
        snprintf(actor_seen.last_from, sizeof(actor_seen.last_from), "%.*s", BYTES_FORMAT(event->of.datagram.from));
        actor_seen.datagrams++;
        actor_seen.last_size = event->of.datagram.payload.size;
        note("%s: %.*s\n", channels[event->channel].name, BYTES_FORMAT(event->of.datagram.payload));
        return obey(self, event->of.datagram.payload);
    case DRAGOMAN_EVENT_MESSAGE:
        note("%s %.*s%s: %.*s\n", channels[event->channel].name, BYTES_FORMAT(event->of.message.topic),
             event->of.message.is_retained != 0 ? " (kept)" : "", BYTES_FORMAT(event->of.message.payload));
        return obey(self, event->of.message.payload);
    case DRAGOMAN_EVENT_CLOSED:
        note("closed %s %u\n", channels[event->channel].name, event->of.closed.reason);
        return DRAGOMAN_OK;
    case DRAGOMAN_EVENT_REFUSED:
        note("refused %u: %u\n", event->of.refused.action, event->of.refused.status);
        return DRAGOMAN_OK;
    default:
        return DRAGOMAN_OK;
    }
}

static int64_t actor_deadline(const void *instance) {
    return ((const actor *)instance)->is_late ? 0 : DRAGOMAN_NO_DEADLINE;
}

static dragoman_status actor_expire(void *instance, const dragoman_now *now) {
    (void)instance, (void)now;
    actor_seen.expired++;
    return DRAGOMAN_OK;
}

static dragoman_status actor_next(void *instance, dragoman_action *ret_action) {
    actor *self = instance;
    if (self->is_endless) {
        ret_action->kind = DRAGOMAN_ACTION_CLOSE;
        ret_action->channel = ACTOR_SIDE;
        return DRAGOMAN_OK;
    }
    if (self->count == 0) {
        return DRAGOMAN_NOT_FOUND;
    }
    self->given = self->owes[self->first];
    self->first = (self->first + 1) % OWED_MAX;
    self->count--;
    ret_action->kind = self->given.kind;
    ret_action->channel = self->given.channel;
    ret_action->data = bytes_of(self->given.data);
    ret_action->target = bytes_of(self->given.target);
    return DRAGOMAN_OK;
}

const dragoman_adapter_descriptor actor_descriptor = {.magic = DRAGOMAN_ABI_MAGIC,
                                                      .abi_major = DRAGOMAN_ABI_MAJOR,
                                                      .struct_size = sizeof(actor_descriptor),
                                                      .scope = DRAGOMAN_SCOPE_LINK,
                                                      .name = "actor",
                                                      .version = "1",
                                                      .summary = "does what it is told over several channels",
                                                      .channels = channels,
                                                      .channel_count = sizeof(channels) / sizeof(channels[0]),
                                                      .init = actor_init,
                                                      .fini = actor_fini,
                                                      .handle = actor_handle,
                                                      .deadline = actor_deadline,
                                                      .expire = actor_expire,
                                                      .next = actor_next};
