#include "kit/link_scene.h"

#include "base/bytes.h"
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define WAKE_AFTER_US 20000
#define BIG_BYTES ((size_t)1 << 20)
#define PENDING_BYTES ((size_t)64 << 10)

/* One connection of the adapter. */
typedef struct puppet {
    const dragoman_host *host;
    void *context;
    char subject[128];
    char pending[PENDING_BYTES]; /* answers that were not fetched yet */
    size_t pending_size;
    char sending[PENDING_BYTES]; /* what the last action points to */
    int64_t deadline_us;
    uint32_t bigs; /* megabytes that are asked for */
    bool wants_close, wants_open, gives_up;
} puppet;

static dragoman_status puppet_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                   void **ret_instance) {
    (void)start;
    puppet *self = host->allocate(context, sizeof(*self));
    if (self == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    self->host = host;
    self->context = context;
    self->deadline_us = DRAGOMAN_NO_DEADLINE;
    *ret_instance = self;
    return DRAGOMAN_OK;
}

static void puppet_fini(void *instance) {
    puppet *self = instance;
    if (self != NULL) {
        self->host->release(self->context, self);
    }
}

static void puppet_say(puppet *self, const char *text) {
    size_t size = strlen(text);
    if (self->pending_size + size < PENDING_BYTES) {
        memcpy(self->pending + self->pending_size, text, size);
        self->pending_size += size;
    }
}

static dragoman_status puppet_keep(puppet *self, dragoman_bytes line) {
    uint64_t number = 0;
    dragoman_status status =
        self->host->message_begin(self->context, DRAGOMAN_TEXT("puppet"), line, bytes_hash(line, 0), &number);
    return status == DRAGOMAN_OK ? self->host->message_end(self->context) : status;
}

static dragoman_status puppet_obey(puppet *self, dragoman_bytes line, const dragoman_now *now) {
    if (bytes_is(line, "who")) {
        puppet_say(self, self->subject[0] == '\0' ? "nobody" : self->subject);
        puppet_say(self, "\n");
    } else if (bytes_is(line, "big")) {
        self->bigs++;
    } else if (bytes_is(line, "close")) {
        self->wants_close = true;
    } else if (bytes_is(line, "open")) {
        self->wants_open = true;
    } else if (bytes_is(line, "fail")) {
        return DRAGOMAN_INVALID;
    } else if (bytes_is(line, "quit")) {
        self->gives_up = true;
    } else if (bytes_is(line, "wake")) {
        self->deadline_us = now->monotonic_us + WAKE_AFTER_US;
    } else {
        return puppet_keep(self, line);
    }
    return DRAGOMAN_OK;
}

static dragoman_status puppet_bytes(puppet *self, const dragoman_bytes_event *event, const dragoman_now *now,
                                    dragoman_progress *ret_progress) {
    const uint8_t *end = event->unread.size == 0 ? NULL : memchr(event->unread.data, '\n', event->unread.size);
    if (end == NULL) {
        return DRAGOMAN_NEED_MORE;
    }
    dragoman_bytes line = {event->unread.data, (size_t)(end - event->unread.data)};
    ret_progress->consumed = line.size + 1;
    return puppet_obey(self, line, now);
}

static dragoman_status puppet_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                     dragoman_progress *ret_progress) {
    puppet *self = instance;
    char text[64];
    switch (event->kind) {
    case DRAGOMAN_EVENT_OPENED:
        snprintf(self->subject, sizeof(self->subject), "%.*s", BYTES_FORMAT(event->of.opened.tls_subject));
        if (event->of.opened.is_initiator != 0) {
            puppet_say(self, "who\n");
        }
        return DRAGOMAN_OK;
    case DRAGOMAN_EVENT_BYTES:
        return puppet_bytes(self, &event->of.bytes, now, ret_progress);
    case DRAGOMAN_EVENT_SETTLED:
        snprintf(text, sizeof(text), "%c%u\n", "?DdN"[event->of.settled.settlement],
                 (unsigned)event -> of.settled.through);
        puppet_say(self, text);
        return self->gives_up ? DRAGOMAN_INVALID : DRAGOMAN_OK;
    case DRAGOMAN_EVENT_REFUSED:
        puppet_say(self, "refused\n");
        return DRAGOMAN_OK;
    default:
        return DRAGOMAN_OK;
    }
}

static int64_t puppet_deadline(const void *instance) {
    return ((const puppet *)instance)->deadline_us;
}

static dragoman_status puppet_expire(void *instance, const dragoman_now *now) {
    puppet *self = instance;
    puppet_say(self, now->monotonic_us < self->deadline_us ? "early\n" : "woke\n");
    self->deadline_us = DRAGOMAN_NO_DEADLINE;
    return DRAGOMAN_OK;
}

static dragoman_status puppet_next(void *instance, dragoman_action *ret_action) {
    static uint8_t big[BIG_BYTES];
    puppet *self = instance;
    if (self->pending_size > 0) {
        memcpy(self->sending, self->pending, self->pending_size);
        ret_action->kind = DRAGOMAN_ACTION_SEND;
        ret_action->data = (dragoman_bytes){(const uint8_t *)self->sending, self->pending_size};
        self->pending_size = 0;
    } else if (self->bigs > 0) {
        self->bigs--;
        ret_action->kind = DRAGOMAN_ACTION_SEND;
        ret_action->data = (dragoman_bytes){big, sizeof(big)};
    } else if (self->wants_open) {
        self->wants_open = false;
        ret_action->kind = DRAGOMAN_ACTION_OPEN;
    } else if (self->wants_close) {
        self->wants_close = false;
        ret_action->kind = DRAGOMAN_ACTION_CLOSE;
    } else {
        return DRAGOMAN_NOT_FOUND;
    }
    return DRAGOMAN_OK;
}

static const dragoman_channel channels[] = {{.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM}};
static const dragoman_adapter_descriptor puppet_descriptor = {.magic = DRAGOMAN_ABI_MAGIC,
                                                              .abi_major = DRAGOMAN_ABI_MAJOR,
                                                              .struct_size = sizeof(puppet_descriptor),
                                                              .scope = DRAGOMAN_SCOPE_SESSION,
                                                              .name = "puppet",
                                                              .version = "1",
                                                              .summary = "does what it is told",
                                                              .channels = channels,
                                                              .channel_count = 1,
                                                              .init = puppet_init,
                                                              .fini = puppet_fini,
                                                              .handle = puppet_handle,
                                                              .deadline = puppet_deadline,
                                                              .expire = puppet_expire,
                                                              .next = puppet_next};

static void keep(void *context, host_message *message) {
    scene *self = context;
    assert_true(self->kept_count < SCENE_MESSAGES_MAX);
    self->kept[self->kept_count++] = message;
    if (!self->is_holding) {
        self->settled_count++;
        host_message_settle(message, DRAGOMAN_DURABLE, DRAGOMAN_OK, NULL);
    }
    if (self->kept_count == self->stop_at) {
        loop_stop(self->on);
    }
}

static void say(void *context, dragoman_bytes link, uint32_t level, dragoman_bytes text, dragoman_bytes private_text) {
    scene *self = context;
    (void)link, (void)level, (void)private_text;
    snprintf(self->said, sizeof(self->said), "%.*s", BYTES_FORMAT(text));
    self->said_at_us = clock_now().monotonic_us;
    self->said_count++;
    if (self->stop_word != NULL && strstr(self->said, self->stop_word) != NULL) {
        loop_stop(self->on);
    }
}

static void wake(void *context) {
    loop_bell_ring(((scene *)context)->bell);
}

static void told(void *context, host_instance *instance) {
    (void)context;
    link_session_told(host_instance_owner(instance));
}

static void settle(void *context) {
    scene *self = context;
    dragoman_now now = clock_now();
    host_environment_settle(self->environment, &now, told, self);
}

void scene_init(scene *self) {
    *self = (scene){.adapter = {.descriptor = &puppet_descriptor}};
    assert_int_equal(loop_create(&self->on, NULL), DRAGOMAN_OK);
    self->bell = loop_bell_create(self->on, settle, self);
    assert_non_null(self->bell);
    host_hooks hooks = {.context = self, .keep = keep, .log = say, .wake = wake};
    self->environment = host_environment_create(&hooks);
    assert_non_null(self->environment);
}

void scene_fini(scene *self) {
    scene_settle(self, DRAGOMAN_NOT_KEPT);
    settle(self);
    host_environment_destroy(self->environment);
    loop_bell_destroy(self->bell);
    loop_destroy(self->on);
}

link_channel_options *scene_channel(scene *self, uint32_t channel, link_scheme scheme, uint16_t port) {
    assert_true(self->channel_count < SCENE_CHANNELS_MAX);
    link_channel_options *made = &self->channels[self->channel_count++];
    *made = (link_channel_options){
        .channel = channel, .address = {.scheme = scheme, .host = "127.0.0.1"}, .is_listener = port == 0};
    snprintf(made->address.port, sizeof(made->address.port), "%u", port);
    return made;
}

link_options scene_options(scene *self, link_scheme scheme, uint16_t port) {
    return (link_options){.name = DRAGOMAN_TEXT("link"),
                          .adapter = &self->adapter,
                          .channels = scene_channel(self, 0, scheme, port),
                          .channel_count = 1,
                          .connections_max = LINK_CONNECTIONS_MAX_DEFAULT,
                          .unsettled_max = LINK_UNSETTLED_MAX_DEFAULT};
}

static void lost_patience(void *context) {
    scene *self = context;
    self->is_late = true;
    loop_stop(self->on);
}

void scene_run(scene *self) {
    loop_timer *patience = loop_timer_create(self->on, lost_patience, self);
    assert_non_null(patience);
    loop_timer_set(patience, clock_now().monotonic_us + (int64_t)SCENE_PATIENCE_S * 1000000);
    loop_run(self->on);
    loop_timer_destroy(patience);
    assert_false(self->is_late);
}

typedef struct conversation {
    scene *self;
    bool (*client)(void *context);
    void *context;
    bool answer;
} conversation;

static void *converse(void *context) {
    conversation *it = context;
    it->answer = it->client(it->context);
    loop_stop(it->self->on);
    return NULL;
}

bool scene_converse(scene *self, bool (*client)(void *context), void *context) {
    conversation it = {.self = self, .client = client, .context = context};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, converse, &it), 0);
    scene_run(self);
    pthread_join(thread, NULL);
    return it.answer;
}

void scene_settle(scene *self, dragoman_settlement settlement) {
    while (self->settled_count < self->kept_count) {
        host_message_settle(self->kept[self->settled_count++], settlement, DRAGOMAN_OK, NULL);
    }
}

int scene_dial(uint16_t port) {
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    struct timeval patience = {.tv_sec = SCENE_PATIENCE_S};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&to, sizeof(to)) != 0) {
        if (descriptor >= 0) {
            close(descriptor);
        }
        return -1;
    }
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    return descriptor;
}

bool scene_say(int descriptor, const char *text) {
    size_t size = strlen(text);
    return send(descriptor, text, size, MSG_NOSIGNAL) == (ssize_t)size;
}

bool scene_hears(int descriptor, const char *text) {
    char heard[256] = {0};
    size_t size = strlen(text);
    assert_true(size < sizeof(heard));
    ssize_t got = recv(descriptor, heard, size, MSG_WAITALL);
    if (got != (ssize_t)size || memcmp(heard, text, size) != 0) {
        print_error("expected \"%s\", heard \"%s\"\n", text, heard);
        return false;
    }
    return true;
}

bool scene_is_over(int descriptor) {
    char more;
    ssize_t got = recv(descriptor, &more, 1, 0);
    return got == 0 || (got < 0 && errno == ECONNRESET);
}
