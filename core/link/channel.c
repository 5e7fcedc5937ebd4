#include "base/bytes.h"
#include "link/allowed.h"
#include "link/session.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections that the kernel holds for us while we are busy: a ward's monitors coming back at once after a power cut.
 */
#define LISTEN_BACKLOG 512
#define ACCEPTS_PER_TURN 64

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

static bool is_datagram(const link_channel *channel) {
    return link_address_kind(&channel->options->address) == DRAGOMAN_CHANNEL_DATAGRAM;
}

static bool is_broker(const link_channel *channel) {
    return link_address_kind(&channel->options->address) == DRAGOMAN_CHANNEL_MESSAGE;
}

static bool is_for_link(const link_link *link) {
    return link->options->adapter->descriptor->scope == DRAGOMAN_SCOPE_LINK;
}

/* A stream's line in the session that it belongs to. */
static dragoman_status add_stream(link_channel *channel, int descriptor, bool is_initiator, const char *peer,
                                  error_record *error) {
    link_session *session = link_session_for_line(channel->link, error);
    if (session == NULL) {
        close(descriptor);
        return error->status;
    }
    link_session_enter(session);
    uint32_t index = channel->options->channel;
    dragoman_status status =
        is_broker(channel) ? link_mqtt_line_start(session, channel, index, descriptor, peer, error)
                           : link_stream_line_start(session, channel, index, descriptor, is_initiator, peer, error);
    link_session_leave(session);
    return status;
}

static dragoman_status add_datagram(link_channel *channel, link_datagram *datagram, bool is_initiator, const char *peer,
                                    error_record *error) {
    link_session *session = link_session_for_line(channel->link, error);
    if (session == NULL) {
        link_datagram_destroy(datagram);
        return error->status;
    }
    link_session_enter(session);
    dragoman_status status =
        link_datagram_line_start(session, channel, channel->options->channel, datagram, is_initiator, peer, error);
    link_session_leave(session);
    return status;
}

/* Whether two peers are the same machine: all but the port. */
static bool is_same_host(const char *one, const char *other) {
    size_t size = (size_t)(strrchr(one, ':') - one);
    return strncmp(one, other, size) == 0 && other[size] == ':' && strchr(other + size + 1, ':') == NULL;
}

/* A link's instance has one line a channel. A device that comes again has lost its power or its cable, which its old
 * connection has not noticed yet; another device must wait until that one is gone. */
static bool make_room(link_channel *channel, const char *peer) {
    link_session *session = is_for_link(channel->link) ? channel->link->sessions : NULL;
    link_line *old = session == NULL ? NULL : link_session_line(session, channel->options->channel);
    if (old == NULL) {
        return true;
    }
    if (!is_same_host(peer, old->peer)) {
        link_say(channel->link, DRAGOMAN_LOG_WARNING, "%s was turned away: %s is connected, and this channel has one",
                 peer, old->peer);
        return false;
    }
    link_session_enter(session);
    link_line_end(old, DRAGOMAN_CLOSE_BROKEN);
    link_session_after(session, DRAGOMAN_OK);
    link_session_leave(session);
    return true;
}

static void accept_one(link_channel *channel, int descriptor, const struct sockaddr *from) {
    link_link *link = channel->link;
    char peer[LINK_PEER_BYTES];
    error_record error = {0};
    link_datagram_name(from, peer);
    if (link->health.sessions >= link->options->connections_max) {
        close(descriptor);
        link_say(link, DRAGOMAN_LOG_WARNING, "%s was turned away: %u connections are the limit (connections_max)", peer,
                 link->options->connections_max);
        return;
    }
    if (!make_room(channel, peer)) {
        close(descriptor);
        return;
    }
    set_socket(descriptor);
    if (add_stream(channel, descriptor, false, peer, &error) != DRAGOMAN_OK) {
        link_say(link, DRAGOMAN_LOG_ERROR, "%s: %s", peer, error.text);
    }
}

static void listener_ready(void *context, bool can_read, bool can_write) {
    (void)can_read;
    (void)can_write;
    link_channel *channel = context;
    /* An adapter that fails stops the channels of its link. */
    for (int i = 0; i < ACCEPTS_PER_TURN && channel->listener >= 0; i++) {
        struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
        socklen_t size = sizeof(from);
        int descriptor = accept4(channel->listener, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor < 0) {
            if (errno == EMFILE || errno == ENFILE) {
                link_say(channel->link, DRAGOMAN_LOG_ERROR,
                         "no descriptor is left for another connection: raise the limit of open files");
                /* It stays ready, so looking again at once would turn in a circle. */
                loop_watch_want(channel->listener_watch, false, false);
                loop_timer_set(channel->accept_again, clock_now().monotonic_us + LINK_ACCEPT_PAUSE_US);
            }
            return;
        }
        accept_one(channel, descriptor, (struct sockaddr *)&from);
    }
}

static void accept_again(void *context) {
    link_channel *channel = context;
    loop_watch_want(channel->listener_watch, true, false);
}

static uint16_t port_of(int listener) {
    struct sockaddr_storage bound = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof(bound);
    if (getsockname(listener, (struct sockaddr *)&bound, &size) != 0) {
        return 0;
    }
    return ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                             : ((struct sockaddr_in *)&bound)->sin_port);
}

static dragoman_status open_listener(link_channel *channel, error_record *error) {
    const link_address *address = &channel->options->address;
    dragoman_bytes name = channel->link->options->name;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    int problem = getaddrinfo(address->host, address->port, &hints, &found);
    if (problem != 0) {
        return error_set(error, DRAGOMAN_INVALID, "link %.*s cannot listen on %s:%s: %s", BYTES_FORMAT(name),
                         address->host, address->port, gai_strerror(problem));
    }
    int on = 1;
    channel->listener = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool is_good = channel->listener >= 0 &&
                   setsockopt(channel->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
                   bind(channel->listener, found->ai_addr, found->ai_addrlen) == 0 &&
                   listen(channel->listener, LISTEN_BACKLOG) == 0;
    int reason = errno;
    freeaddrinfo(found);
    if (!is_good) {
        return error_set(error, DRAGOMAN_IO, "link %.*s cannot listen on %s:%s: %s", BYTES_FORMAT(name), address->host,
                         address->port, strerror(reason));
    }
    channel->port = port_of(channel->listener);
    channel->listener_watch = loop_watch_create(channel->link->on, channel->listener, listener_ready, channel);
    channel->accept_again = loop_timer_create(channel->link->on, accept_again, channel);
    if (channel->listener_watch == NULL || channel->accept_again == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for link %.*s", BYTES_FORMAT(name));
    }
    loop_watch_want(channel->listener_watch, true, false);
    return DRAGOMAN_OK;
}

static dragoman_status open_datagram(link_channel *channel, error_record *error) {
    const link_address *address = &channel->options->address;
    char peer[LINK_HOST_BYTES + 8];
    link_datagram *datagram = NULL;
    error_record reason = {0};
    dragoman_status status = link_datagram_listen(address, &datagram, &reason);
    if (status != DRAGOMAN_OK) {
        return error_set(error, status, "link %.*s %s", BYTES_FORMAT(channel->link->options->name), reason.text);
    }
    channel->port = link_datagram_port(datagram);
    snprintf(peer, sizeof(peer), strchr(address->host, ':') != NULL ? "[%s]:%u" : "%s:%u", address->host,
             channel->port);
    return add_datagram(channel, datagram, false, peer, error);
}

static void failed_to_connect(link_channel *channel, const char *peer, const char *reason) {
    link_say(channel->link, DRAGOMAN_LOG_WARNING, "cannot connect to %s: %s", peer, reason);
    link_channel_again(channel);
}

static void connect_datagram(link_channel *channel, const struct addrinfo *to, const char *peer) {
    link_datagram *datagram = NULL;
    error_record error = {0};
    if (link_datagram_connect(to->ai_addr, to->ai_addrlen, &datagram, &error) != DRAGOMAN_OK ||
        add_datagram(channel, datagram, true, peer, &error) != DRAGOMAN_OK) {
        failed_to_connect(channel, peer, error.text);
    }
}

/* A socket that is on its way to a peer, or -1 with errno. */
static int begin_to_connect(const struct sockaddr *to, socklen_t size) {
    int descriptor = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || (connect(descriptor, to, size) != 0 && errno != EINPROGRESS)) {
        int reason = errno;
        if (descriptor >= 0) {
            close(descriptor);
        }
        errno = reason;
        return -1;
    }
    set_socket(descriptor);
    return descriptor;
}

static void connect_stream(link_channel *channel, const struct addrinfo *to, const char *peer) {
    error_record error = {0};
    int descriptor = begin_to_connect(to->ai_addr, to->ai_addrlen);
    if (descriptor < 0) {
        failed_to_connect(channel, peer, strerror(errno));
    } else if (add_stream(channel, descriptor, true, peer, &error) != DRAGOMAN_OK) {
        failed_to_connect(channel, peer, error.text);
    }
}

static void resolved(void *context, const struct addrinfo *found, const char *problem) {
    link_channel *channel = context;
    channel->resolve = NULL;
    if (found == NULL) {
        link_say(channel->link, DRAGOMAN_LOG_WARNING, "%s cannot be found: %s", channel->options->address.host,
                 problem == NULL ? "no address" : problem);
        link_channel_again(channel);
        return;
    }
    /* Each try takes the next of the host's addresses. */
    uint32_t count = 0;
    for (const struct addrinfo *each = found; each != NULL; each = each->ai_next) {
        count++;
    }
    const struct addrinfo *chosen = found;
    for (uint32_t skip = channel->failures % count; skip > 0; skip--) {
        chosen = chosen->ai_next;
    }
    char peer[LINK_PEER_BYTES];
    link_datagram_name(chosen->ai_addr, peer);
    if (is_datagram(channel)) {
        connect_datagram(channel, chosen, peer);
    } else {
        connect_stream(channel, chosen, peer);
    }
}

/* The socket of a channel that listens for datagrams was closed, by the adapter or with it. */
static void listen_again(link_channel *channel) {
    error_record error = {0};
    if (open_datagram(channel, &error) != DRAGOMAN_OK) {
        link_say(channel->link, DRAGOMAN_LOG_WARNING, "%s", error.text);
        link_channel_again(channel);
    }
}

/* A port that stays away is told once, not every two seconds. */
static void say_once(link_link *link, const char *sentence) {
    if (strcmp(link->health.last_error, sentence) != 0) {
        link_say(link, DRAGOMAN_LOG_WARNING, "%s", sentence);
    }
}

static void open_serial(link_channel *channel) {
    const char *place = channel->options->address.host;
    error_record warning = {0};
    error_record error = {0};
    int descriptor = -1;
    dragoman_status status = serial_open(place, &channel->link->options->serial, &descriptor, &warning, &error);
    if (status == DRAGOMAN_OK) {
        status = add_stream(channel, descriptor, true, place, &error);
    }
    if (status != DRAGOMAN_OK) {
        say_once(channel->link, error.text);
        link_channel_again(channel);
    } else if (warning.text[0] != '\0') {
        say_once(channel->link, warning.text);
    }
}

static void reconnect(void *context) {
    link_channel *channel = context;
    if (channel->link->is_draining) {
        return;
    }
    if (channel->options->is_listener) {
        listen_again(channel);
        return;
    }
    if (channel->options->address.scheme == LINK_SERIAL) {
        open_serial(channel);
        return;
    }
    channel->resolve = link_resolve_start(channel->link->on, &channel->options->address, resolved, channel);
    if (channel->resolve == NULL) {
        link_channel_again(channel);
    }
}

void link_channel_again(link_channel *channel) {
    if (channel->link->is_draining || channel->reconnect == NULL) {
        return;
    }
    int64_t last_us =
        channel->options->address.scheme == LINK_SERIAL ? LINK_BACKOFF_SERIAL_LAST_US : LINK_BACKOFF_LAST_US;
    int64_t wait_us = link_backoff_us(channel->link, channel->failures++, last_us);
    loop_timer_set(channel->reconnect, clock_now().monotonic_us + wait_us);
}

static dragoman_status make_tls(link_channel *channel, error_record *error) {
    if (!link_address_is_tls(&channel->options->address) || channel->tls != NULL) {
        return DRAGOMAN_OK;
    }
    link_tls_options tls = channel->link->options->tls;
    tls.is_listener = channel->options->is_listener;
    return link_tls_create(&tls, &channel->tls, error);
}

dragoman_status link_channel_start(link_channel *channel, error_record *error) {
    dragoman_status status = make_tls(channel, error);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    if (channel->options->is_listener && !is_datagram(channel)) {
        return open_listener(channel, error);
    }
    channel->reconnect = loop_timer_create(channel->link->on, reconnect, channel);
    if (channel->reconnect == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for link %.*s",
                         BYTES_FORMAT(channel->link->options->name));
    }
    if (channel->options->is_listener) {
        return open_datagram(channel, error);
    }
    loop_timer_set(channel->reconnect, 0);
    return DRAGOMAN_OK;
}

void link_channel_stop(link_channel *channel) {
    loop_watch_destroy(channel->listener_watch);
    channel->listener_watch = NULL;
    loop_timer_destroy(channel->accept_again);
    channel->accept_again = NULL;
    if (channel->listener >= 0) {
        close(channel->listener);
        channel->listener = -1;
    }
    loop_timer_destroy(channel->reconnect);
    channel->reconnect = NULL;
    link_resolve_cancel(channel->resolve);
    channel->resolve = NULL;
}

/* What kind of channel an OPEN asks for, 0: none that can be opened. */
static uint32_t kind_to_dial(const link_session *session, uint32_t index) {
    const dragoman_adapter_descriptor *adapter = session->link->options->adapter->descriptor;
    uint32_t kinds = index < adapter->channel_count ? adapter->channels[index].kinds : 0;
    return (kinds >> DRAGOMAN_CHANNEL_STREAM & 1) != 0     ? DRAGOMAN_CHANNEL_STREAM
           : (kinds >> DRAGOMAN_CHANNEL_DATAGRAM & 1) != 0 ? DRAGOMAN_CHANNEL_DATAGRAM
                                                           : 0;
}

static dragoman_status dial(link_session *session, uint32_t index, uint32_t kind, const allowed_target *target,
                            error_record *error) {
    const struct sockaddr *to = (const struct sockaddr *)&target->address;
    char peer[LINK_PEER_BYTES];
    link_datagram_name(to, peer);
    if (kind == DRAGOMAN_CHANNEL_STREAM) {
        int descriptor = begin_to_connect(to, target->size);
        return descriptor < 0 ? error_set(error, DRAGOMAN_IO, "%s", strerror(errno))
                              : link_stream_line_start(session, NULL, index, descriptor, true, peer, error);
    }
    link_datagram *datagram = NULL;
    dragoman_status status = link_datagram_connect(to, target->size, &datagram, error);
    return status != DRAGOMAN_OK ? status : link_datagram_line_start(session, NULL, index, datagram, true, peer, error);
}

void link_channel_dial(link_session *session, const dragoman_action *action) {
    const link_options *options = session->link->options;
    uint32_t kind = kind_to_dial(session, action->channel);
    allowed_target target;
    error_record error = {0};
    if (!allowed_by(options->allow_open, options->allow_open_count, action->target)) {
        link_session_refuse(session, action, DRAGOMAN_DENIED, "the site file's allow_open does not name it");
    } else if (kind == 0) {
        link_session_refuse(session, action, DRAGOMAN_UNSUPPORTED, "this channel cannot be opened");
    } else if (link_session_has_line(session, action->channel)) {
        link_session_refuse(session, action, DRAGOMAN_EXISTS, "the channel is open already");
    } else if (allowed_target_parse(action->target, &target) != DRAGOMAN_OK) {
        link_session_refuse(session, action, DRAGOMAN_INVALID,
                            "a target is a number address and a port: 10.0.0.9:24105");
    } else if (dial(session, action->channel, kind, &target, &error) != DRAGOMAN_OK) {
        link_session_refuse(session, action, error.status, error.text);
    }
}
