#include "simulate/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define NAME_BYTES 96
#define READ_BYTES 4096

struct port {
    loop *on;
    port_options options;
    int listener;
    loop_watch *callers;
    int line;
    int other_end; /* of the pseudo-terminal: held open, so that nobody's leaving ends it */
    loop_watch *watch;
    loop_timer *timer; /* rings when the port comes back */
    buffer waiting;
    bool is_connecting;
    char name[NAME_BYTES];
};

static void line_ready(void *context, bool can_read, bool can_write);

static void close_descriptor(int *descriptor) {
    if (*descriptor >= 0) {
        close(*descriptor);
    }
    *descriptor = -1;
}

/* Closed, a pseudo-terminal's number is free for anybody's: nothing may lead there then. */
static void take_link_away(const port *self) {
    if (self->options.kind == PORT_PSEUDO_TERMINAL && self->options.link != NULL) {
        unlink(self->options.link);
    }
}

static void hang_up(port *self) {
    bool was_open = self->line >= 0 && !self->is_connecting;
    loop_watch_destroy(self->watch);
    self->watch = NULL;
    take_link_away(self);
    close_descriptor(&self->line);
    close_descriptor(&self->other_end);
    buffer_reset(&self->waiting);
    self->is_connecting = false;
    if (was_open) {
        self->options.closed(self->options.context);
    }
    if (self->options.kind != PORT_LISTEN || self->listener < 0) {
        loop_timer_set(self->timer, clock_now().monotonic_us + PORT_RETURN_US);
    }
}

static bool use_line(port *self, int descriptor) {
    self->line = descriptor;
    self->watch = loop_watch_create(self->on, descriptor, line_ready, self);
    if (self->watch == NULL) {
        close_descriptor(&self->line);
        return false;
    }
    loop_watch_want(self->watch, true, false);
    return true;
}

static void tell_opened(port *self) {
    self->options.opened(self->options.context, self->name);
}

static bool open_pseudo_terminal(port *self) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) {
        return false;
    }
    bool is_open = grantpt(master) == 0 && unlockpt(master) == 0 && ptsname_r(master, self->name, NAME_BYTES) == 0 &&
                   fcntl(master, F_SETFL, O_NONBLOCK) == 0;
    self->other_end = is_open ? open(self->name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
    struct termios terminal;
    if (self->other_end < 0 || tcgetattr(self->other_end, &terminal) != 0) {
        close_descriptor(&master);
        close_descriptor(&self->other_end);
        return false;
    }
    cfmakeraw(&terminal);
    tcsetattr(self->other_end, TCSANOW, &terminal);
    if (self->options.link != NULL) {
        unlink(self->options.link);
        is_open = symlink(self->name, self->options.link) == 0;
    }
    if (!is_open || !use_line(self, master)) {
        close_descriptor(&self->line);
        close_descriptor(&self->other_end);
        return false;
    }
    tell_opened(self);
    return true;
}

static struct sockaddr_in address_of(const port *self) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(self->options.number)};
    inet_pton(AF_INET, self->options.host, &address.sin_addr);
    return address;
}

static void caller_came(void *context, bool can_read, bool can_write) {
    port *self = context;
    (void)can_read, (void)can_write;
    int caller = accept4(self->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (caller < 0) {
        return;
    }
    if (self->line >= 0) {
        close(caller); /* a serial line has one other end */
        return;
    }
    int on = 1;
    setsockopt(caller, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (use_line(self, caller)) {
        tell_opened(self);
    }
}

static bool open_listener(port *self) {
    struct sockaddr_in address = address_of(self);
    socklen_t size = sizeof(address);
    int on = 1;
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (self->listener < 0 || setsockopt(self->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(self->listener, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(self->listener, 4) != 0 ||
        getsockname(self->listener, (struct sockaddr *)&address, &size) != 0) {
        close_descriptor(&self->listener);
        return false;
    }
    self->callers = loop_watch_create(self->on, self->listener, caller_came, self);
    if (self->callers == NULL) {
        close_descriptor(&self->listener);
        return false;
    }
    loop_watch_want(self->callers, true, false);
    self->options.number = ntohs(address.sin_port);
    snprintf(self->name, NAME_BYTES, "tcp://%s:%u", self->options.host, self->options.number);
    self->options.listens(self->options.context, self->name);
    return true;
}

static bool open_connection(port *self) {
    struct sockaddr_in address = address_of(self);
    snprintf(self->name, NAME_BYTES, "tcp://%s:%u", self->options.host, self->options.number);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || !use_line(self, descriptor)) {
        close_descriptor(&descriptor);
        return false;
    }
    int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    self->is_connecting = true;
    loop_watch_want(self->watch, false, true);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof(address)) != 0 && errno != EINPROGRESS) {
        hang_up(self);
    }
    return true;
}

static bool open_port(port *self) {
    switch (self->options.kind) {
    case PORT_PSEUDO_TERMINAL:
        return open_pseudo_terminal(self);
    case PORT_LISTEN:
        return open_listener(self);
    default:
        return open_connection(self);
    }
}

static void come_back(void *context) {
    port *self = context;
    if (self->line < 0 && self->listener < 0 && !open_port(self)) {
        loop_timer_set(self->timer, clock_now().monotonic_us + PORT_RETURN_US);
    }
}

static void push(port *self) {
    while (self->waiting.size > 0) {
        ssize_t size = write(self->line, self->waiting.data, self->waiting.size);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
            loop_watch_want(self->watch, true, true);
            return;
        }
        if (size < 0) {
            hang_up(self);
            return;
        }
        memmove(self->waiting.data, self->waiting.data + size, self->waiting.size - (size_t)size);
        self->waiting.size -= (size_t)size;
    }
    loop_watch_want(self->watch, true, false);
}

static void end_connecting(port *self) {
    int problem = 0;
    socklen_t size = sizeof(problem);
    getsockopt(self->line, SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem != 0) {
        hang_up(self);
        return;
    }
    self->is_connecting = false;
    loop_watch_want(self->watch, true, false);
    tell_opened(self);
}

static void line_ready(void *context, bool can_read, bool can_write) {
    port *self = context;
    if (self->is_connecting) {
        end_connecting(self);
        return;
    }
    if (can_read) {
        uint8_t bytes[READ_BYTES];
        ssize_t size = read(self->line, bytes, sizeof(bytes));
        if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) {
            hang_up(self);
            return;
        }
        if (size > 0) {
            self->options.received(self->options.context, (dragoman_bytes){bytes, (size_t)size});
        }
    }
    if (can_write && self->line >= 0) {
        push(self);
    }
}

port *port_create(loop *on, const port_options *options) {
    port *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    self->on = on;
    self->options = *options;
    self->listener = self->line = self->other_end = -1;
    buffer_init(&self->waiting);
    self->timer = loop_timer_create(on, come_back, self);
    if (self->timer == NULL || !open_port(self)) {
        port_destroy(self);
        return NULL;
    }
    return self;
}

void port_destroy(port *self) {
    if (self == NULL) {
        return;
    }
    loop_watch_destroy(self->watch);
    loop_watch_destroy(self->callers);
    loop_timer_destroy(self->timer);
    take_link_away(self);
    close_descriptor(&self->line);
    close_descriptor(&self->other_end);
    close_descriptor(&self->listener);
    buffer_fini(&self->waiting);
    free(self);
}

void port_send(port *self, dragoman_bytes bytes) {
    if (self->line < 0 || self->is_connecting || self->waiting.size + bytes.size > PORT_WAITING_BYTES) {
        return;
    }
    buffer_append_bytes(&self->waiting, bytes);
    push(self);
}

void port_unplug(port *self) {
    if (self->listener >= 0) {
        loop_watch_destroy(self->callers);
        self->callers = NULL;
        close_descriptor(&self->listener);
        loop_timer_set(self->timer, clock_now().monotonic_us + PORT_RETURN_US);
    }
    if (self->line >= 0) {
        hang_up(self);
    }
}
