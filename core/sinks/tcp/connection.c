/* One connection: made, written to, and asked how much has arrived. */
#include "sinks/tcp/tcp.h"

#include "base/bytes.h"
#include "loop/clock.h"
#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* A quiet connection is asked as often whether the other side is still there. */
#define KEEP_ALIVE_S 30
#define READ_BYTES 512

static dragoman_status broken(const tcp_sink *self, int code, error_record *error) {
    return error_set(error, DRAGOMAN_CLOSED, "the connection to %s has ended: %s", self->host,
                     code == 0 ? "closed by the receiver" : strerror(code));
}

static void set_options(const tcp_sink *self, int descriptor) {
    int on = 1;
    int keep_alive_s = KEEP_ALIVE_S;
    unsigned timeout_ms = (unsigned)(self->timeout_us / 1000);
    setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &keep_alive_s, sizeof(keep_alive_s));
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    /* Unacknowledged for so long: the system gives the connection up. */
    setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
}

/* Waits until the connection stands or not: 0, or an error's number; EINTR: woken. */
static int wait_for_connection(const tcp_sink *self, int descriptor) {
    struct pollfd ready[] = {{.fd = descriptor, .events = POLLOUT}, {.fd = self->bell, .events = POLLIN}};
    int code = 0;
    socklen_t size = sizeof(code);
    int count = poll(ready, 2, (int)(self->timeout_us / 1000));
    if (count == 0) {
        return ETIMEDOUT;
    }
    if (count < 0 || ready[0].revents == 0) {
        return EINTR;
    }
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) != 0 ? errno : code;
}

static int connect_to(tcp_sink *self, const struct addrinfo *address) {
    int descriptor = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return errno;
    }
    set_options(self, descriptor);
    int code = connect(descriptor, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
    code = code == EINPROGRESS ? wait_for_connection(self, descriptor) : code;
    if (code != 0) {
        close(descriptor);
        return code;
    }
    self->descriptor = descriptor;
    return 0;
}

dragoman_status tcp_connect(tcp_sink *self, error_record *error) {
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int problem = getaddrinfo(self->host, self->port, &wanted, &found);
    if (problem != 0) {
        return error_set(error, DRAGOMAN_IO, "%s cannot be found: %s", self->host, gai_strerror(problem));
    }
    int code = ENOENT;
    for (const struct addrinfo *each = found; each != NULL && code != 0 && code != EINTR; each = each->ai_next) {
        code = connect_to(self, each);
    }
    freeaddrinfo(found);
    if (code != 0) {
        dragoman_status status = code == EINTR ? DRAGOMAN_CLOSED : code == ETIMEDOUT ? DRAGOMAN_TIMED_OUT : DRAGOMAN_IO;
        return error_set(error, status, "no connection to %s port %s: %s", self->host, self->port, strerror(code));
    }
    self->first = self->count = 0;
    self->sent = 0;
    self->sent_end = self->arrived_end = 0;
    self->progressed_us = clock_now().monotonic_us;
    return DRAGOMAN_OK;
}

void tcp_disconnect(tcp_sink *self) {
    if (self->descriptor >= 0) {
        shutdown(self->descriptor, SHUT_WR);
        close(self->descriptor);
    }
    self->descriptor = -1;
}

static size_t varint(dragoman_bytes from, size_t *at) {
    size_t value = 0;
    for (unsigned shift = 0; *at < from.size && shift < 63; shift += 7) {
        uint8_t byte = from.data[(*at)++];
        value |= (size_t)(byte & 0x7fu) << shift;
        if (byte < 0x80) {
            break;
        }
    }
    return value;
}

/* How many whole records a body holds: lines, or reports behind their lengths. */
static uint64_t count_records(sink_format format, dragoman_bytes body) {
    uint64_t records = 0;
    for (size_t at = 0; at < body.size; records++) {
        if (format == SINK_FORMAT_PROTOBUF) {
            size_t size = varint(body, &at);
            at += size;
        } else {
            const uint8_t *end = memchr(body.data + at, '\n', body.size - at);
            at = end == NULL ? body.size : (size_t)(end - body.data) + 1;
        }
    }
    return records;
}

/* What the receiver has written. Where its TCP acknowledges, that means nothing to us. */
static dragoman_status hear(tcp_sink *self, error_record *error) {
    uint8_t bytes[READ_BYTES];
    for (;;) {
        ssize_t size = recv(self->descriptor, bytes, sizeof(bytes), 0);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
            return DRAGOMAN_OK;
        }
        if (size <= 0) {
            return broken(self, size == 0 ? 0 : errno, error);
        }
        for (ssize_t i = 0; self->is_told && i < size; i++) {
            if (bytes[i] != TCP_ACKNOWLEDGED || self->arrived_end == self->sent_end) {
                return error_set(error, DRAGOMAN_CLOSED,
                                 "the receiver said %02Xh where only an acknowledgement (06h) of a record is expected",
                                 bytes[i]);
            }
            self->arrived_end++;
        }
    }
}

/* Asks the system what the other side's TCP has not acknowledged yet. */
static void ask_system(tcp_sink *self) {
    int outstanding = 0;
    if (ioctl(self->descriptor, SIOCOUTQ, &outstanding) == 0 && (uint64_t)outstanding <= self->sent_end) {
        self->arrived_end = self->sent_end - (uint64_t)outstanding;
    }
}

static dragoman_status look_what_arrived(tcp_sink *self, error_record *error) {
    uint64_t before = self->arrived_end;
    dragoman_status status = hear(self, error);
    if (!self->is_told) {
        ask_system(self);
    }
    while (self->count > 0 && self->waiting[self->first].end <= self->arrived_end) {
        self->arrived = self->waiting[self->first].number;
        self->first = (self->first + 1) % TCP_ITEMS_MAX;
        self->count--;
    }
    int64_t now_us = clock_now().monotonic_us;
    if (self->arrived_end != before || self->count == 0) {
        self->progressed_us = now_us;
    }
    if (status == DRAGOMAN_OK && now_us - self->progressed_us > self->timeout_us) {
        status = error_set(error, DRAGOMAN_CLOSED, "%s has acknowledged nothing for %lld s", self->host,
                           (long long)(self->timeout_us / 1000000));
    }
    return status;
}

static void note_sent(tcp_sink *self) {
    uint64_t records = self->is_told ? count_records(self->format, self->item.body) : 0;
    self->sent_end += records;
    self->waiting[(self->first + self->count++) % TCP_ITEMS_MAX] = (tcp_sent){self->item.number, self->sent_end};
}

static dragoman_status send_some(tcp_sink *self, error_record *error) {
    dragoman_bytes body = self->item.body;
    while (self->sent < body.size) {
        ssize_t size = send(self->descriptor, body.data + self->sent, body.size - self->sent, MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            return errno == EAGAIN ? DRAGOMAN_NEED_MORE : broken(self, errno, error);
        }
        self->sent += (size_t)size;
        self->sent_end += self->is_told ? 0 : (uint64_t)size;
    }
    note_sent(self);
    return DRAGOMAN_OK;
}

dragoman_status tcp_go_on(tcp_sink *self, int wait_ms, error_record *error) {
    bool has_room = self->has_item && self->count < TCP_ITEMS_MAX;
    struct pollfd ready[] = {{.fd = self->descriptor, .events = (short)(POLLIN | (has_room ? POLLOUT : 0))},
                             {.fd = self->bell, .events = POLLIN}};
    (void)poll(ready, 2, wait_ms);
    dragoman_status status = look_what_arrived(self, error);
    if (status == DRAGOMAN_OK && has_room) {
        status = send_some(self, error);
        if (status == DRAGOMAN_OK) {
            self->has_item = false;
        }
        status = status == DRAGOMAN_NEED_MORE ? DRAGOMAN_OK : status;
    }
    return status;
}
