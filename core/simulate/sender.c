#include "simulate/sender.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define MLLP_START 0x0B
#define MLLP_END 0x1C

struct sender {
    loop *on;
    sender_options options;
    int descriptor;
    loop_watch *watch;
    loop_timer *timer; /* reconnect, or the wait for an acknowledgement */
    bool is_connected;
    bool was_ready;
    bool is_waiting; /* for an acknowledgement */
    buffer frame;    /* the message under way, framed */
    size_t sent;
    int64_t sent_at_us;
    uint8_t answer[SENDER_ANSWER_BYTES];
    size_t answer_size;
};

static void connect_now(sender *self);
static void ready(void *context, bool can_read, bool can_write);

static void hang_up(sender *self) {
    loop_watch_destroy(self->watch);
    self->watch = NULL;
    if (self->descriptor >= 0) {
        close(self->descriptor);
    }
    self->descriptor = -1;
    /* A try before the other side listens is no break. */
    self->options.figures->broken += self->is_connected ? 1 : 0;
    self->is_connected = false;
    self->answer_size = 0;
    self->sent = 0;
    loop_timer_set(self->timer, clock_now().monotonic_us + SENDER_RECONNECT_US);
}

static void push(sender *self) {
    while (self->sent < self->frame.size) {
        ssize_t size =
            send(self->descriptor, self->frame.data + self->sent, self->frame.size - self->sent, MSG_NOSIGNAL);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
            loop_watch_want(self->watch, true, true);
            return;
        }
        if (size < 0) {
            hang_up(self);
            return;
        }
        self->sent += (size_t)size;
    }
    loop_watch_want(self->watch, true, false);
    if (self->is_waiting && self->sent_at_us == 0) {
        self->sent_at_us = clock_now().monotonic_us;
        loop_timer_set(self->timer, self->sent_at_us + SENDER_WAIT_US);
    }
}

static void timer_rang(void *context) {
    sender *self = context;
    if (!self->is_connected) {
        connect_now(self);
        return;
    }
    if (self->is_waiting) {
        self->options.figures->resent++;
        self->sent = 0;
        self->sent_at_us = 0;
        push(self);
    }
}

/* Field `number` of a segment's text. */
static dragoman_bytes field_of(dragoman_bytes segment, int number) {
    size_t start = 0;
    for (int field = 0; field <= number; field++) {
        size_t end = start;
        while (end < segment.size && segment.data[end] != '|') {
            end++;
        }
        if (field == number) {
            return (dragoman_bytes){segment.data + start, end - start};
        }
        start = end < segment.size ? end + 1 : end;
    }
    return (dragoman_bytes){NULL, 0};
}

/* The MSA segment of an acknowledgement. */
static dragoman_bytes find_msa(dragoman_bytes text) {
    size_t start = 0;
    for (size_t i = 0; i <= text.size; i++) {
        if (i < text.size && text.data[i] != '\r' && text.data[i] != '\n') {
            continue;
        }
        if (i - start >= 4 && memcmp(text.data + start, "MSA|", 4) == 0) {
            return (dragoman_bytes){text.data + start, i - start};
        }
        start = i + 1;
    }
    return (dragoman_bytes){NULL, 0};
}

static void take_answer(sender *self, dragoman_bytes text) {
    sender_figures *figures = self->options.figures;
    dragoman_bytes msa = find_msa(text);
    dragoman_bytes code = field_of(msa, 1);
    if (!self->is_waiting || code.size != 2) {
        return;
    }
    self->is_waiting = false;
    loop_timer_set(self->timer, INT64_MAX);
    histogram_add(&figures->latency, clock_now().monotonic_us - self->sent_at_us);
    bool is_accepted = code.data[1] == 'A';
    figures->accepted += is_accepted ? 1 : 0;
    figures->refused += is_accepted ? 0 : 1;
    self->options.answered(self->options.context, self, code, field_of(msa, 2));
}

/* Takes whole frames out of what was read. */
static void take_frames(sender *self) {
    for (;;) {
        uint8_t *end = memchr(self->answer, MLLP_END, self->answer_size);
        if (end == NULL) {
            self->answer_size = self->answer_size == SENDER_ANSWER_BYTES ? 0 : self->answer_size;
            return;
        }
        uint8_t *start = memchr(self->answer, MLLP_START, (size_t)(end - self->answer));
        uint8_t copy[SENDER_ANSWER_BYTES];
        size_t size = start == NULL ? 0 : (size_t)(end - start - 1);
        if (size > 0) {
            memcpy(copy, start + 1, size);
        }
        size_t used = (size_t)(end - self->answer) + 1;
        used += used < self->answer_size && self->answer[used] == '\r' ? 1 : 0;
        memmove(self->answer, self->answer + used, self->answer_size - used);
        self->answer_size -= used;
        take_answer(self, (dragoman_bytes){copy, size});
    }
}

static void ready(void *context, bool can_read, bool can_write) {
    sender *self = context;
    if (!self->is_connected) {
        int problem = 0;
        socklen_t size = sizeof(problem);
        getsockopt(self->descriptor, SOL_SOCKET, SO_ERROR, &problem, &size);
        if (problem != 0) {
            hang_up(self);
            return;
        }
        self->is_connected = true;
        loop_timer_set(self->timer, INT64_MAX);
        loop_watch_want(self->watch, true, false);
        if (self->is_waiting) {
            self->options.figures->resent++;
            self->sent_at_us = 0;
            push(self);
        } else if (!self->was_ready) {
            self->was_ready = true;
            self->options.ready(self->options.context, self);
        }
        return;
    }
    if (can_read) {
        ssize_t size =
            read(self->descriptor, self->answer + self->answer_size, SENDER_ANSWER_BYTES - self->answer_size);
        if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) {
            hang_up(self);
            return;
        }
        self->answer_size += size > 0 ? (size_t)size : 0;
        take_frames(self);
    }
    if (can_write && self->is_connected) {
        push(self);
    }
}

static void connect_now(sender *self) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(self->options.port)};
    inet_pton(AF_INET, self->options.host, &to.sin_addr);
    self->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (self->descriptor >= 0) {
        setsockopt(self->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        self->watch = loop_watch_create(self->on, self->descriptor, ready, self);
    }
    if (self->descriptor < 0 || self->watch == NULL ||
        (connect(self->descriptor, (struct sockaddr *)&to, sizeof(to)) != 0 && errno != EINPROGRESS)) {
        hang_up(self);
        return;
    }
    loop_watch_want(self->watch, false, true);
}

bool sender_resolve(const char *host, const char *port, char *to, size_t room) {
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, port, &hints, &found) != 0) {
        return false;
    }
    bool is_good = getnameinfo(found->ai_addr, found->ai_addrlen, to, (socklen_t)room, NULL, 0, NI_NUMERICHOST) == 0;
    freeaddrinfo(found);
    return is_good;
}

sender *sender_create(loop *on, const sender_options *options) {
    sender *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    *self = (sender){.on = on, .options = *options, .descriptor = -1};
    buffer_init(&self->frame);
    self->timer = loop_timer_create(on, timer_rang, self);
    if (self->timer == NULL) {
        free(self);
        return NULL;
    }
    connect_now(self);
    return self;
}

void sender_destroy(sender *self) {
    if (self == NULL) {
        return;
    }
    loop_watch_destroy(self->watch);
    if (self->descriptor >= 0) {
        close(self->descriptor);
    }
    loop_timer_destroy(self->timer);
    buffer_fini(&self->frame);
    free(self);
}

void sender_send(sender *self, dragoman_bytes message) {
    buffer_reset(&self->frame);
    buffer_append_byte(&self->frame, MLLP_START);
    buffer_append_bytes(&self->frame, message);
    buffer_append_text(&self->frame, "\x1c\r");
    self->sent = 0;
    self->sent_at_us = 0;
    self->is_waiting = true;
    self->options.figures->sent++;
    self->options.figures->bytes += self->frame.size;
    if (self->is_connected) {
        push(self);
    }
}

bool sender_is_free(const sender *self) {
    return !self->is_waiting;
}
