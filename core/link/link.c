#include "link/link.h"

#include "base/bytes.h"
#include "link/farewell.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections that the kernel holds for us while we are busy: a ward's monitors coming back at once after a power cut.
 */
#define LISTEN_BACKLOG 512
#define ACCEPTS_PER_TURN 64

void link_say(link_link *link, uint32_t level, const char *format, ...) {
    char text[ERROR_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (level <= DRAGOMAN_LOG_WARNING) {
        memcpy(link->health.last_error, text, sizeof(text));
    }
    host_environment_log(link->environment, link->options->name, level, bytes_of(text));
}

/* splitmix64: jitter needs spread, not secrecy. */
static uint64_t draw(link_link *link) {
    uint64_t z = (link->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void name_peer(const struct sockaddr *address, socklen_t size, char *to, size_t room) {
    char host[64];
    char port[8];
    if (getnameinfo(address, size, host, sizeof(host), port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        snprintf(to, room, "unknown");
        return;
    }
    snprintf(to, room, address->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static void set_socket(int descriptor) {
    int on = 1;
    int quiet_s = LINK_PROBE_AFTER_S;
    int between_s = LINK_PROBE_EVERY_S;
    int count = LINK_PROBES;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &quiet_s, sizeof(quiet_s));
    setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &between_s, sizeof(between_s));
    setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

static void accept_one(link_link *link, int descriptor, const struct sockaddr *from, socklen_t size) {
    char peer[80];
    error_record error = {0};
    name_peer(from, size, peer, sizeof(peer));
    if (link->health.sessions >= link->options->connections_max) {
        close(descriptor);
        link_say(link, DRAGOMAN_LOG_WARNING, "%s was turned away: %u connections are the limit (connections_max)", peer,
                 link->options->connections_max);
        return;
    }
    set_socket(descriptor);
    if (link_session_create(link, descriptor, false, peer, &error) != DRAGOMAN_OK) {
        link_say(link, DRAGOMAN_LOG_ERROR, "%s: %s", peer, error.text);
    }
}

static void listener_ready(void *context, bool can_read, bool can_write) {
    (void)can_read;
    (void)can_write;
    link_link *link = context;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
        socklen_t size = sizeof(from);
        int descriptor = accept4(link->listener, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor < 0) {
            if (errno == EMFILE || errno == ENFILE) {
                link_say(link, DRAGOMAN_LOG_ERROR,
                         "no descriptor is left for another connection: raise the limit of open files");
                /* It stays ready, so looking again at once would turn in a circle. */
                loop_watch_want(link->listener_watch, false, false);
                loop_timer_set(link->accept_again, clock_now().monotonic_us + LINK_ACCEPT_PAUSE_US);
            }
            return;
        }
        accept_one(link, descriptor, (struct sockaddr *)&from, size);
    }
}

static void accept_again(void *context) {
    link_link *link = context;
    loop_watch_want(link->listener_watch, true, false);
}

static dragoman_status open_listener(link_link *link, error_record *error) {
    const link_address *address = &link->options->address;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    int problem = getaddrinfo(address->host, address->port, &hints, &found);
    if (problem != 0) {
        return error_set(error, DRAGOMAN_INVALID, "link %.*s cannot listen on %s:%s: %s",
                         BYTES_FORMAT(link->options->name), address->host, address->port, gai_strerror(problem));
    }
    int on = 1;
    link->listener = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool is_good = link->listener >= 0 && setsockopt(link->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
                   bind(link->listener, found->ai_addr, found->ai_addrlen) == 0 &&
                   listen(link->listener, LISTEN_BACKLOG) == 0;
    int reason = errno;
    freeaddrinfo(found);
    if (!is_good) {
        return error_set(error, DRAGOMAN_IO, "link %.*s cannot listen on %s:%s: %s", BYTES_FORMAT(link->options->name),
                         address->host, address->port, strerror(reason));
    }
    link->listener_watch = loop_watch_create(link->on, link->listener, listener_ready, link);
    link->accept_again = loop_timer_create(link->on, accept_again, link);
    if (link->listener_watch == NULL || link->accept_again == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for link %.*s", BYTES_FORMAT(link->options->name));
    }
    loop_watch_want(link->listener_watch, true, false);
    return DRAGOMAN_OK;
}

static void connect_to(link_link *link, const struct addrinfo *found) {
    char peer[80];
    error_record error = {0};
    name_peer(found->ai_addr, found->ai_addrlen, peer, sizeof(peer));
    int descriptor = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || (connect(descriptor, found->ai_addr, found->ai_addrlen) != 0 && errno != EINPROGRESS)) {
        link_say(link, DRAGOMAN_LOG_WARNING, "cannot connect to %s: %s", peer, strerror(errno));
        if (descriptor >= 0) {
            close(descriptor);
        }
        link_reconnect_later(link);
        return;
    }
    set_socket(descriptor);
    if (link_session_create(link, descriptor, true, peer, &error) != DRAGOMAN_OK) {
        link_say(link, DRAGOMAN_LOG_ERROR, "%s: %s", peer, error.text);
        link_reconnect_later(link);
    }
}

static void resolved(void *context, const struct addrinfo *found, const char *problem) {
    link_link *link = context;
    link->resolve = NULL;
    if (found == NULL) {
        link_say(link, DRAGOMAN_LOG_WARNING, "%s cannot be found: %s", link->options->address.host,
                 problem == NULL ? "no address" : problem);
        link_reconnect_later(link);
        return;
    }
    /* Each try takes the next of the host's addresses. */
    uint32_t count = 0;
    for (const struct addrinfo *each = found; each != NULL; each = each->ai_next) {
        count++;
    }
    const struct addrinfo *chosen = found;
    for (uint32_t skip = link->failures % count; skip > 0; skip--) {
        chosen = chosen->ai_next;
    }
    connect_to(link, chosen);
}

static void reconnect(void *context) {
    link_link *link = context;
    if (link->is_draining) {
        return;
    }
    link->resolve = link_resolve_start(link->on, &link->options->address, resolved, link);
    if (link->resolve == NULL) {
        link_reconnect_later(link);
    }
}

void link_reconnect_later(link_link *link) {
    if (link->is_draining || link->reconnect == NULL) {
        return;
    }
    int64_t wait_us = LINK_BACKOFF_FIRST_US;
    for (uint32_t i = 0; i < link->failures && wait_us < LINK_BACKOFF_LAST_US; i++) {
        wait_us *= 2;
    }
    wait_us = wait_us < LINK_BACKOFF_LAST_US ? wait_us : LINK_BACKOFF_LAST_US;
    link->failures++;
    /* Between half and the whole of it, so that many links do not come back in step. */
    wait_us = wait_us / 2 + (int64_t)(draw(link) % (uint64_t)(wait_us / 2));
    loop_timer_set(link->reconnect, clock_now().monotonic_us + wait_us);
}

static dragoman_status start(link_link *link, error_record *error) {
    const link_options *options = link->options;
    if (getrandom(&link->random, sizeof(link->random), 0) != (ssize_t)sizeof(link->random)) {
        return error_set(error, DRAGOMAN_IO, "the system gives no random numbers");
    }
    if (options->address.scheme == LINK_TLS) {
        link_tls_options tls = options->tls;
        tls.is_listener = options->is_listener;
        dragoman_status status = link_tls_create(&tls, &link->tls, error);
        if (status != DRAGOMAN_OK) {
            return status;
        }
    }
    if (options->is_listener) {
        return open_listener(link, error);
    }
    link->reconnect = loop_timer_create(link->on, reconnect, link);
    if (link->reconnect == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for link %.*s", BYTES_FORMAT(options->name));
    }
    loop_timer_set(link->reconnect, 0);
    return DRAGOMAN_OK;
}

dragoman_status link_create(loop *on, host_environment *environment, const link_options *options, link_link **ret_link,
                            error_record *error) {
    link_link *link = calloc(1, sizeof(*link));
    if (link == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for link %.*s", BYTES_FORMAT(options->name));
    }
    *link = (link_link){.on = on, .environment = environment, .options = options, .listener = -1};
    link->read_room = malloc(LINK_READ_BYTES);
    dragoman_status status =
        link->read_room == NULL ? error_set(error, DRAGOMAN_NO_MEMORY, "no memory for a link") : start(link, error);
    if (status != DRAGOMAN_OK) {
        link_destroy(link);
        return status;
    }
    *ret_link = link;
    return DRAGOMAN_OK;
}

static void stop_coming(link_link *link) {
    loop_watch_destroy(link->listener_watch);
    link->listener_watch = NULL;
    loop_timer_destroy(link->accept_again);
    link->accept_again = NULL;
    if (link->listener >= 0) {
        close(link->listener);
        link->listener = -1;
    }
    loop_timer_destroy(link->reconnect);
    link->reconnect = NULL;
    link_resolve_cancel(link->resolve);
    link->resolve = NULL;
}

void link_drain(link_link *self) {
    self->is_draining = true;
    stop_coming(self);
    link_session_drain_all(self);
}

bool link_is_drained(const link_link *self) {
    return self->is_draining && self->sessions == NULL && self->farewells == NULL;
}

void link_destroy(link_link *self) {
    if (self == NULL) {
        return;
    }
    self->is_draining = true;
    stop_coming(self);
    link_session_end_all(self);
    link_farewell_end_all(self);
    link_tls_destroy(self->tls);
    free(self->read_room);
    free(self);
}

uint16_t link_port(const link_link *self) {
    struct sockaddr_storage bound = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof(bound);
    if (self->listener < 0 || getsockname(self->listener, (struct sockaddr *)&bound, &size) != 0) {
        return 0;
    }
    return ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                             : ((struct sockaddr_in *)&bound)->sin_port);
}

static link_state state_of(const link_link *self) {
    bool was_heard = self->health.last_heard_us != 0;
    if (self->open_sessions == 0) {
        return was_heard ? LINK_GONE : self->options->is_listener ? LINK_NEVER_SEEN : LINK_CONNECTING;
    }
    int64_t quiet_us = clock_now().wall_us - self->health.last_heard_us;
    if (!was_heard) {
        return LINK_NEVER_SEEN;
    }
    return self->options->stale_after_us > 0 && quiet_us > self->options->stale_after_us ? LINK_STALE : LINK_LIVE;
}

void link_health_get(const link_link *self, link_health *ret_health) {
    *ret_health = self->health;
    ret_health->state = state_of(self);
}

void link_count(link_link *self, uint32_t counter, uint64_t add) {
    if (counter < sizeof(self->health.counters) / sizeof(self->health.counters[0])) {
        self->health.counters[counter] += add;
    }
}
