#include "simulate/register_server.h"

#include "loop/clock.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections accepted in one turn of the loop. */
#define ACCEPTS_PER_TURN 64
/* Questions of a connection before their lateness counts. */
#define QUESTIONS_TO_SETTLE 4
/* MODBUS over Serial Line V1.02, 2.5.1.1: 3.5 characters, 4 ms at 9600 baud; over TCP a frame may come in pieces. */
#define SILENCE_US 50000

typedef struct connection {
    register_server *server;
    struct connection *before, *after;
    int descriptor;
    loop_watch *watch;
    loop_timer *timer; /* a delayed answer, or the cut */
    uint8_t in[REGISTER_FRAME_BYTES];
    size_t in_size;
    int64_t heard_us;
    uint8_t out[REGISTER_FRAME_BYTES];
    size_t out_size;
    int64_t cut_at_us;
    uint64_t asked;
    int64_t first_us; /* the earliest question, brought to the first interval */
} connection;

struct register_server {
    loop *on;
    register_server_options options;
    register_server_figures figures;
    int descriptor;
    loop_watch *watch;
    loop_timer *end_timer;
    void (*ended)(void *context);
    void *context;
    uint64_t random;
    connection *connections;
};

/* A number below 100 of the server's own sequence: the same faults for the same seed. */
static uint32_t roll(register_server *self) {
    self->random = self->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(self->random >> 33) % 100;
}

static void hang_up(connection *self) {
    register_server *server = self->server;
    if (self->before != NULL) {
        self->before->after = self->after;
    } else {
        server->connections = self->after;
    }
    if (self->after != NULL) {
        self->after->before = self->before;
    }
    loop_watch_destroy(self->watch);
    loop_timer_destroy(self->timer);
    close(self->descriptor);
    free(self);
}

/* False when the connection is gone. */
static bool give(connection *self) {
    if (self->out_size == 0) {
        return true;
    }
    ssize_t sent = send(self->descriptor, self->out, self->out_size, MSG_NOSIGNAL);
    self->out_size = 0;
    if (sent < 0 && errno != EAGAIN) {
        hang_up(self);
        return false;
    }
    return true;
}

/* How late a question is: the earliest one of the connection sets the times at which all are due. The first comes when
 * the connection does, and the next ones while others connect: they only set the times. */
static void measure(connection *self, int64_t now_us) {
    int64_t interval_us = self->server->options.interval_us;
    self->asked++;
    if (interval_us == 0 || self->asked == 1) {
        return;
    }
    if (self->asked == 2) {
        self->first_us = now_us;
    }
    int64_t late_us = (now_us - self->first_us) % interval_us;
    if (late_us > interval_us / 2) {
        /* Earlier than any before: it was the others that were late. */
        self->first_us -= interval_us - late_us;
        late_us = 0;
    }
    if (self->asked <= QUESTIONS_TO_SETTLE) {
        return;
    }
    histogram_add(&self->server->figures.lateness, late_us);
}

static void count_values(register_server_figures *figures, register_framing framing, dragoman_bytes request) {
    size_t at = framing == REGISTER_TCP ? 10 : 4;
    if (request.size >= at + 2) {
        figures->values += (uint64_t)request.data[at] << 8 | request.data[at + 1];
    }
}

/* Answers a request, with the faults that are wanted. False when the connection is gone. */
static bool answer(connection *self, dragoman_bytes request) {
    register_server *server = self->server;
    const register_server_options *options = &server->options;
    int64_t now_us = clock_now().monotonic_us;
    server->figures.requests++;
    measure(self, now_us);
    if (roll(server) < options->drop) {
        return true;
    }
    uint8_t exception = roll(server) < options->busy ? 6 : 0;
    self->out_size = register_answer(&options->devices, options->framing, request, now_us, exception, self->out);
    if (self->out_size == 0) {
        return true;
    }
    server->figures.answers++;
    if (exception == 0) {
        count_values(&server->figures, options->framing, request);
    }
    if (roll(server) < options->corrupt) {
        self->out[server->random % self->out_size] ^= (uint8_t)(1u << roll(server) % 8);
    }
    if (options->delay_us > 0) {
        loop_timer_set(self->timer, now_us + options->delay_us);
        return true;
    }
    return give(self);
}

static void timer_rang(void *context) {
    connection *self = context;
    if (self->cut_at_us > 0 && clock_now().monotonic_us >= self->cut_at_us) {
        hang_up(self);
        return;
    }
    if (give(self) && self->cut_at_us > 0) {
        loop_timer_set(self->timer, self->cut_at_us);
    }
}

/* "Frames are separated by a silent interval": a piece of a question that noise left does not begin the next one. */
static void take_silence(connection *self) {
    int64_t now_us = clock_now().monotonic_us;
    if (self->server->options.framing == REGISTER_RTU && now_us - self->heard_us > SILENCE_US) {
        self->in_size = 0;
    }
    self->heard_us = now_us;
}

static void ready(void *context, bool can_read, bool can_write) {
    connection *self = context;
    (void)can_read;
    (void)can_write;
    take_silence(self);
    ssize_t size = recv(self->descriptor, self->in + self->in_size, sizeof(self->in) - self->in_size, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (size <= 0) {
        hang_up(self);
        return;
    }
    self->in_size += (size_t)size;
    for (;;) {
        size_t used = register_request_size(self->server->options.framing, (dragoman_bytes){self->in, self->in_size});
        if (used == SIZE_MAX) {
            hang_up(self);
            return;
        }
        if (used == 0) {
            return;
        }
        if (!answer(self, (dragoman_bytes){self->in, used})) {
            return;
        }
        self->in_size -= used;
        memmove(self->in, self->in + used, self->in_size);
    }
}

static void welcome(register_server *self, int descriptor) {
    connection *added = calloc(1, sizeof(*added));
    if (added != NULL) {
        added->timer = loop_timer_create(self->on, timer_rang, added);
        added->watch = loop_watch_create(self->on, descriptor, ready, added);
    }
    if (added == NULL || added->timer == NULL || added->watch == NULL) {
        if (added != NULL) {
            loop_timer_destroy(added->timer);
            loop_watch_destroy(added->watch);
        }
        free(added);
        close(descriptor);
        return;
    }
    int yes = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    added->server = self;
    added->descriptor = descriptor;
    added->after = self->connections;
    if (added->after != NULL) {
        added->after->before = added;
    }
    self->connections = added;
    self->figures.connections++;
    if (self->options.unplug_us > 0) {
        added->cut_at_us = clock_now().monotonic_us + self->options.unplug_us;
        loop_timer_set(added->timer, added->cut_at_us);
    }
    loop_watch_want(added->watch, true, false);
}

static void accept_some(void *context, bool can_read, bool can_write) {
    register_server *self = context;
    (void)can_read;
    (void)can_write;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        int descriptor = accept4(self->descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor < 0) {
            return;
        }
        welcome(self, descriptor);
    }
}

static void time_is_over(void *context) {
    register_server *self = context;
    self->ended(self->context);
}

static dragoman_status listen_on(register_server *self, error_record *error) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(self->options.port)};
    int yes = 1;
    self->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (self->descriptor < 0 || inet_pton(AF_INET, self->options.host, &address.sin_addr) != 1) {
        return error_set(error, DRAGOMAN_IO, "%s is no address to listen on", self->options.host);
    }
    setsockopt(self->descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(self->descriptor, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(self->descriptor, SOMAXCONN) != 0) {
        return error_set(error, DRAGOMAN_IO, "cannot listen on %s:%u: %s", self->options.host, self->options.port,
                         strerror(errno));
    }
    return DRAGOMAN_OK;
}

dragoman_status register_server_create(loop *on, const register_server_options *options, void (*ended)(void *context),
                                       void *context, register_server **ret_server, error_record *error) {
    register_server *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory");
    }
    *self = (register_server){.on = on,
                              .options = *options,
                              .descriptor = -1,
                              .ended = ended,
                              .context = context,
                              .random = options->devices.seed};
    dragoman_status status = listen_on(self, error);
    if (status == DRAGOMAN_OK) {
        self->watch = loop_watch_create(on, self->descriptor, accept_some, self);
        self->end_timer = loop_timer_create(on, time_is_over, self);
        if (self->watch == NULL || self->end_timer == NULL) {
            status = error_set(error, DRAGOMAN_NO_MEMORY, "no memory");
        }
    }
    if (status != DRAGOMAN_OK) {
        register_server_destroy(self);
        return status;
    }
    loop_watch_want(self->watch, true, false);
    if (options->duration_us > 0) {
        loop_timer_set(self->end_timer, clock_now().monotonic_us + options->duration_us);
    }
    *ret_server = self;
    return DRAGOMAN_OK;
}

void register_server_destroy(register_server *self) {
    if (self == NULL) {
        return;
    }
    for (connection *one = self->connections; one != NULL;) {
        connection *after = one->after;
        hang_up(one);
        one = after;
    }
    loop_watch_destroy(self->watch);
    loop_timer_destroy(self->end_timer);
    if (self->descriptor >= 0) {
        close(self->descriptor);
    }
    free(self);
}

const register_server_figures *register_server_seen(const register_server *self) {
    return &self->figures;
}

uint16_t register_server_port(const register_server *self) {
    struct sockaddr_in address = {0};
    socklen_t size = sizeof(address);
    return getsockname(self->descriptor, (struct sockaddr *)&address, &size) == 0 ? ntohs(address.sin_port) : 0;
}
