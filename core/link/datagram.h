/*
 * One UDP socket (RFC 768): bound to a port, where unicast, broadcast and multicast datagrams arrive, or connected to
 * one peer. Without blocking. One thread.
 */
#ifndef LINK_DATAGRAM_H
#define LINK_DATAGRAM_H

#include "link/address.h"
#include <netdb.h>
#include <sys/socket.h>

/* "[address]:port" of IPv6 with a zone, and a NUL. */
#define LINK_DATAGRAM_FROM_BYTES 80

typedef struct link_datagram link_datagram;

/* What came with a datagram. */
typedef struct link_received {
    size_t size;
    int64_t arrived_us;                  /* UTC, by the kernel; 0: it does not say */
    uint64_t lost;                       /* datagrams that the kernel had no room for since the last one */
    char from[LINK_DATAGRAM_FROM_BYTES]; /* "address:port" */
} link_received;

/* Binds to an address of ours, or joins a multicast group on all interfaces (those that are up now). INVALID, IO with
 * the reason. */
dragoman_status link_datagram_listen(const link_address *address, link_datagram **ret_self, error_record *error);
/* Makes a socket that speaks with one peer only. IO with the reason. */
dragoman_status link_datagram_connect(const struct sockaddr *to, socklen_t size, link_datagram **ret_self,
                                      error_record *error);
/* Closes and frees. NULL is allowed. */
void link_datagram_destroy(link_datagram *self);
/* The descriptor to watch. */
int link_datagram_descriptor(const link_datagram *self);
/* The port that it is bound to. */
uint16_t link_datagram_port(const link_datagram *self);
/* Whether it has one peer only. */
bool link_datagram_is_connected(const link_datagram *self);

/* Takes the next datagram. OK; NEED_MORE: none now; CLOSED: the only peer's machine says that nobody is there; IO. The
 * sender is remembered among the last LINK_HOSTS_MAX hosts. */
dragoman_status link_datagram_receive(link_datagram *self, uint8_t *to, size_t room, link_received *ret_received);
/* Sends one, to the only peer when `to` is NULL. OK; FULL: the system has no room now; CLOSED as above; IO (errno says
 * why). */
dragoman_status link_datagram_send(link_datagram *self, dragoman_bytes payload, const struct sockaddr *to,
                                   socklen_t size);
/* Whether a datagram came from this host lately, from any port of it. */
bool link_datagram_has_heard(const link_datagram *self, const struct sockaddr *host);
/* Writes "address:port" or "[address]:port". */
void link_datagram_name(const struct sockaddr *address, char to[LINK_DATAGRAM_FROM_BYTES]);

#endif
