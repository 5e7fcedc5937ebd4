#include "simulate/agent_inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define RLRQ 0xe400
#define ABRT 0xe600

static void connect_now(agent *self);

uint32_t agent_draw(agent *self) {
    self->random ^= self->random << 13;
    self->random ^= self->random >> 7;
    self->random ^= self->random << 17;
    return (uint32_t)(self->random >> 32);
}

void agent_enter(agent *self, agent_state state) {
    agent_figures *figures = self->options.figures;
    figures->operating += state == AGENT_OPERATING && self->state != AGENT_OPERATING ? 1 : 0;
    figures->operating -= state != AGENT_OPERATING && self->state == AGENT_OPERATING ? 1 : 0;
    self->state = state;
}

void agent_hang_up(agent *self) {
    loop_watch_destroy(self->watch);
    self->watch = NULL;
    if (self->descriptor >= 0) {
        close(self->descriptor);
    }
    self->descriptor = -1;
    /* After a release the line is not needed any more. */
    self->options.figures->broken += self->is_connected && self->state != AGENT_DISASSOCIATING ? 1 : 0;
    self->is_connected = false;
    self->heard_size = 0;
    self->sent = 0;
    buffer_reset(&self->out);
    agent_enter(self, AGENT_CONNECTING);
    loop_timer_set(self->report, INT64_MAX);
    loop_timer_set(self->timer, self->is_releasing ? INT64_MAX : clock_now().monotonic_us + AGENT_RECONNECT_US);
}

void agent_push(agent *self) {
    while (self->is_connected && self->sent < self->out.size) {
        ssize_t size = send(self->descriptor, self->out.data + self->sent, self->out.size - self->sent, MSG_NOSIGNAL);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
            loop_watch_want(self->watch, true, true);
            return;
        }
        if (size < 0) {
            agent_hang_up(self);
            return;
        }
        self->sent += (size_t)size;
    }
    if (self->is_connected) {
        loop_watch_want(self->watch, true, false);
        self->sent = 0;
        buffer_reset(&self->out);
    }
}

static void take_heard(agent *self) {
    apdu_heard heard;
    while (self->is_connected && apdu_hear((dragoman_bytes){self->heard, self->heard_size}, &heard)) {
        size_t size = heard.size;
        agent_talk_hear(self, &heard);
        if (!self->is_connected) {
            return;
        }
        memmove(self->heard, self->heard + size, self->heard_size - size);
        self->heard_size -= size;
    }
    if (self->heard_size == sizeof self->heard) {
        agent_hang_up(self);
    }
}

static bool finish_connecting(agent *self) {
    int problem = 0;
    socklen_t size = sizeof(problem);
    getsockopt(self->descriptor, SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem != 0) {
        agent_hang_up(self);
        return false;
    }
    self->is_connected = true;
    self->tries = 0;
    loop_watch_want(self->watch, true, false);
    agent_talk_associate(self);
    return true;
}

static void ready(void *context, bool can_read, bool can_write) {
    agent *self = context;
    if (!self->is_connected) {
        finish_connecting(self);
        return;
    }
    if (can_read) {
        ssize_t size = read(self->descriptor, self->heard + self->heard_size, sizeof self->heard - self->heard_size);
        if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) {
            agent_hang_up(self);
            return;
        }
        self->heard_size += size > 0 ? (size_t)size : 0;
        take_heard(self);
    }
    if (can_write && self->is_connected) {
        agent_push(self);
    }
}

static void connect_now(agent *self) {
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
        agent_hang_up(self);
        return;
    }
    loop_watch_want(self->watch, false, true);
}

/* Whatever was waited for has not come. */
static void timer_rang(void *context) {
    agent *self = context;
    switch (self->state) {
    case AGENT_CONNECTING:
        connect_now(self);
        break;
    case AGENT_ASSOCIATING:
        self->options.figures->timeouts++;
        if (++self->tries < AGENT_ASSOCIATION_TRIES) {
            agent_talk_associate(self);
        } else {
            agent_hang_up(self);
        }
        break;
    case AGENT_DISASSOCIATING:
        agent_hang_up(self);
        break;
    default:
        /* TO_config or TO_cer: response-timeout, and associate anew. */
        self->options.figures->timeouts++;
        agent_talk_reason(self, ABRT, 2);
        self->tries = 0;
        agent_talk_associate(self);
        break;
    }
}

static void report_rang(void *context) {
    agent *self = context;
    if (self->state == AGENT_OPERATING && self->unconfirmed.size == 0 &&
        self->options.may_report(self->options.context)) {
        agent_talk_report(self);
    }
    if (self->state == AGENT_OPERATING && self->options.interval_us > 0) {
        /* Times that were missed altogether are left out. */
        int64_t missed = (clock_now().monotonic_us - self->due_us) / self->options.interval_us;
        self->due_us += self->options.interval_us * (missed + 1);
        loop_timer_set(self->report, self->due_us);
    }
}

agent *agent_create(loop *on, const agent_options *options) {
    agent *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    *self = (agent){.on = on, .options = *options, .descriptor = -1};
    self->random = (options->seed + options->number) * UINT64_C(0x9e3779b97f4a7c15) + 1;
    buffer_init(&self->out);
    buffer_init(&self->unconfirmed);
    self->timer = loop_timer_create(on, timer_rang, self);
    self->report = loop_timer_create(on, report_rang, self);
    if (self->timer == NULL || self->report == NULL) {
        agent_destroy(self);
        return NULL;
    }
    connect_now(self);
    return self;
}

void agent_destroy(agent *self) {
    if (self == NULL) {
        return;
    }
    loop_watch_destroy(self->watch);
    if (self->descriptor >= 0) {
        close(self->descriptor);
    }
    loop_timer_destroy(self->timer);
    loop_timer_destroy(self->report);
    buffer_fini(&self->out);
    buffer_fini(&self->unconfirmed);
    free(self);
}

void agent_release(agent *self) {
    self->is_releasing = true;
    if (self->state == AGENT_OPERATING && self->unconfirmed.size == 0) {
        agent_enter(self, AGENT_DISASSOCIATING);
        agent_talk_reason(self, RLRQ, 0);
        loop_timer_set(self->timer, clock_now().monotonic_us + AGENT_CONFIRM_US);
    }
}

bool agent_is_waiting(const agent *self) {
    return self->unconfirmed.size > 0;
}
