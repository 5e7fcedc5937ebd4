#include "link/datagram.h"

#include "base/bytes.h"
#include "link/link.h"
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What the kernel keeps for us while we are busy: half a second of a ward's waveforms. It gives as much of it as the
 * system's limit allows. */
#define RECEIVE_BUFFER_BYTES (4 << 20)
#define HOSTS_FIRST 16u

typedef struct host_number {
    uint8_t bytes[16]; /* IPv6; IPv4 in its first four, the rest zero */
} host_number;

struct link_datagram {
    int descriptor;
    bool is_connected;
    uint32_t lost; /* as the kernel counts: since the socket was made, modulo 2^32 */
    host_number *heard;
    uint32_t heard_count, heard_room;
    uint32_t heard_next; /* which one the next new host replaces when there is no more room */
};

static bool is_multicast(const struct sockaddr *address) {
    if (address->sa_family == AF_INET) {
        return IN_MULTICAST(ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr));
    }
    return IN6_IS_ADDR_MULTICAST(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

static bool join_on(int descriptor, const struct sockaddr *group, unsigned interface) {
    if (group->sa_family == AF_INET) {
        struct ip_mreqn request = {.imr_multiaddr = ((const struct sockaddr_in *)(const void *)group)->sin_addr,
                                   .imr_ifindex = (int)interface};
        return setsockopt(descriptor, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request)) == 0;
    }
    struct ipv6_mreq request = {.ipv6mr_multiaddr = ((const struct sockaddr_in6 *)(const void *)group)->sin6_addr,
                                .ipv6mr_interface = interface};
    return setsockopt(descriptor, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &request, sizeof(request)) == 0;
}

/* The devices' network is seldom the one that the default route leads to, so all interfaces join. */
static bool join(int descriptor, const struct sockaddr *group) {
    bool has_joined = false;
    struct if_nameindex *all = if_nameindex();
    for (const struct if_nameindex *each = all; each != NULL && each->if_index != 0; each++) {
        has_joined = join_on(descriptor, group, each->if_index) || has_joined;
    }
    if (all != NULL) {
        if_freenameindex(all);
    }
    return has_joined;
}

static void set_options(int descriptor) {
    int on = 1;
    int room = RECEIVE_BUFFER_BYTES;
    setsockopt(descriptor, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
    setsockopt(descriptor, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
}

/* Takes the descriptor over; it is closed on failure. */
static dragoman_status wrap(int descriptor, bool is_connected, link_datagram **ret_self, error_record *error) {
    link_datagram *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        close(descriptor);
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for a socket");
    }
    *self = (link_datagram){.descriptor = descriptor, .is_connected = is_connected};
    *ret_self = self;
    return DRAGOMAN_OK;
}

static int bind_to(const struct sockaddr *address, socklen_t size) {
    int on = 1;
    int descriptor = socket(address->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return -1;
    }
    set_options(descriptor);
    bool is_group = is_multicast(address);
    bool is_good = (!is_group || setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0) &&
                   bind(descriptor, address, size) == 0 && (!is_group || join(descriptor, address));
    if (!is_good) {
        int reason = errno;
        close(descriptor);
        errno = reason;
        return -1;
    }
    return descriptor;
}

dragoman_status link_datagram_listen(const link_address *address, link_datagram **ret_self, error_record *error) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    int problem = getaddrinfo(address->host, address->port, &hints, &found);
    if (problem != 0) {
        return error_set(error, DRAGOMAN_INVALID, "cannot listen on %s:%s: %s", address->host, address->port,
                         gai_strerror(problem));
    }
    int descriptor = bind_to(found->ai_addr, found->ai_addrlen);
    int reason = errno;
    freeaddrinfo(found);
    if (descriptor < 0) {
        return error_set(error, DRAGOMAN_IO, "cannot listen on %s:%s: %s", address->host, address->port,
                         strerror(reason));
    }
    return wrap(descriptor, false, ret_self, error);
}

dragoman_status link_datagram_connect(const struct sockaddr *to, socklen_t size, link_datagram **ret_self,
                                      error_record *error) {
    int descriptor = socket(to->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor >= 0) {
        set_options(descriptor);
    }
    if (descriptor < 0 || connect(descriptor, to, size) != 0) {
        int reason = errno;
        if (descriptor >= 0) {
            close(descriptor);
        }
        return error_set(error, DRAGOMAN_IO, "%s", strerror(reason));
    }
    return wrap(descriptor, true, ret_self, error);
}

void link_datagram_destroy(link_datagram *self) {
    if (self != NULL) {
        close(self->descriptor);
        free(self->heard);
        free(self);
    }
}

int link_datagram_descriptor(const link_datagram *self) {
    return self->descriptor;
}

uint16_t link_datagram_port(const link_datagram *self) {
    struct sockaddr_storage bound = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof(bound);
    if (getsockname(self->descriptor, (struct sockaddr *)&bound, &size) != 0) {
        return 0;
    }
    return ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                             : ((struct sockaddr_in *)&bound)->sin_port);
}

bool link_datagram_is_connected(const link_datagram *self) {
    return self->is_connected;
}

static host_number number_of(const struct sockaddr *address) {
    host_number number = {{0}};
    if (address->sa_family == AF_INET) {
        memcpy(number.bytes, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    } else {
        memcpy(number.bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
    }
    return number;
}

bool link_datagram_has_heard(const link_datagram *self, const struct sockaddr *host) {
    host_number number = number_of(host);
    for (uint32_t i = 0; i < self->heard_count; i++) {
        if (memcmp(&self->heard[i], &number, sizeof(number)) == 0) {
            return true;
        }
    }
    return false;
}

static void remember(link_datagram *self, const struct sockaddr *host) {
    if (link_datagram_has_heard(self, host)) {
        return;
    }
    if (self->heard_count == self->heard_room && self->heard_room < LINK_HOSTS_MAX) {
        uint32_t room = self->heard_room == 0 ? HOSTS_FIRST : self->heard_room * 2;
        host_number *more = realloc(self->heard, room * sizeof(*more));
        if (more == NULL) {
            return;
        }
        self->heard = more;
        self->heard_room = room;
    }
    if (self->heard_count < self->heard_room) {
        self->heard[self->heard_count++] = number_of(host);
        return;
    }
    self->heard[self->heard_next] = number_of(host);
    self->heard_next = (self->heard_next + 1) % LINK_HOSTS_MAX;
}

void link_datagram_name(const struct sockaddr *address, char to[LINK_DATAGRAM_FROM_BYTES]) {
    char host[INET6_ADDRSTRLEN] = "";
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const void *)address;
        inet_ntop(AF_INET, &four->sin_addr, host, sizeof(host));
        snprintf(to, LINK_DATAGRAM_FROM_BYTES, "%s:%u", host, ntohs(four->sin_port));
        return;
    }
    const struct sockaddr_in6 *six = (const void *)address;
    inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof(host));
    snprintf(to, LINK_DATAGRAM_FROM_BYTES, "[%s]:%u", host, ntohs(six->sin6_port));
}

/* What the kernel says beside the payload: when it came, and how many did not find room. */
static void read_control(link_datagram *self, struct msghdr *message, link_received *received) {
    for (struct cmsghdr *each = CMSG_FIRSTHDR(message); each != NULL; each = CMSG_NXTHDR(message, each)) {
        if (each->cmsg_level != SOL_SOCKET) {
            continue;
        }
        if (each->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec at;
            memcpy(&at, CMSG_DATA(each), sizeof(at));
            received->arrived_us = (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
        } else if (each->cmsg_type == SO_RXQ_OVFL) {
            uint32_t lost;
            memcpy(&lost, CMSG_DATA(each), sizeof(lost));
            received->lost = lost - self->lost;
            self->lost = lost;
        }
    }
}

dragoman_status link_datagram_receive(link_datagram *self, uint8_t *to, size_t room, link_received *ret_received) {
    struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
    struct iovec piece = {.iov_base = to, .iov_len = room};
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(uint32_t))];
    struct msghdr message = {.msg_name = &from,
                             .msg_namelen = sizeof(from),
                             .msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    ssize_t size = recvmsg(self->descriptor, &message, 0);
    if (size < 0) {
        bool is_none = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
        return is_none ? DRAGOMAN_NEED_MORE : errno == ECONNREFUSED ? DRAGOMAN_CLOSED : DRAGOMAN_IO;
    }
    *ret_received = (link_received){.size = (size_t)size};
    read_control(self, &message, ret_received);
    link_datagram_name((const struct sockaddr *)&from, ret_received->from);
    remember(self, (const struct sockaddr *)&from);
    return DRAGOMAN_OK;
}

dragoman_status link_datagram_send(link_datagram *self, dragoman_bytes payload, const struct sockaddr *to,
                                   socklen_t size) {
    ssize_t sent = sendto(self->descriptor, payload.data, payload.size, MSG_NOSIGNAL, to, size);
    if (sent >= 0) {
        return DRAGOMAN_OK;
    }
    bool is_full = errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == EINTR;
    return is_full ? DRAGOMAN_FULL : errno == ECONNREFUSED ? DRAGOMAN_CLOSED : DRAGOMAN_IO;
}
