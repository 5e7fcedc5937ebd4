/*
 * What a file of network packets (pcap, pcapng) holds for us: TCP segments and UDP datagrams over IPv4 and IPv6, out of
 * Ethernet, Linux cooked and raw frames. libpcap reads the file; nothing is sent or listened to.
 */
#ifndef CAPTURE_PACKETS_H
#define CAPTURE_PACKETS_H

#include "base/error.h"
#include <dragoman/base.h>

/* Bytes of one packet: the largest that libpcap lets pass (its MAXIMUM_SNAPLEN). */
#define PACKETS_BYTES_MAX ((size_t)256 << 10)

/* One end, for comparing: IPv4 addresses are mapped into IPv6 ones. */
typedef struct packets_end {
    uint8_t address[16];
    uint16_t port;
} packets_end;

#define PACKETS_TCP_FIN 0x01u
#define PACKETS_TCP_SYN 0x02u
#define PACKETS_TCP_RST 0x04u
#define PACKETS_TCP_ACK 0x10u

typedef struct packets_segment {
    int64_t wall_us;
    packets_end from, to;
    bool is_tcp;
    bool is_to_many; /* to a broadcast or multicast address */
    uint8_t flags;   /* PACKETS_TCP_... */
    uint32_t sequence, acknowledged;
    dragoman_bytes payload; /* borrowed for the call */
} packets_segment;

/* What was passed over. */
typedef struct packets_count {
    uint64_t packets;   /* in the file */
    uint64_t fragments; /* of IP: they are not put together */
    uint64_t cut;       /* the file holds only a part of them */
    uint64_t other;     /* neither TCP nor UDP over IP */
} packets_count;

/* Whether some input begins as a file of packets does. */
bool packets_is_one(dragoman_bytes start);
/* Calls `take` with each segment in the order of the file, those that match `filter` (in the language of libpcap; NULL:
 * all). INVALID: a filter or file that libpcap does not understand; a file that ends in the middle of a packet is no
 * error. */
dragoman_status packets_read(dragoman_bytes file, const char *filter,
                             void (*take)(void *context, const packets_segment *segment), void *context,
                             packets_count *ret_count, error_record *error);

/* Whether both are the same. */
bool packets_same_end(const packets_end *a, const packets_end *b);
#define PACKETS_END_TEXT_BYTES 64
/* Writes "10.0.0.9:2575", "[2001:db8::1]:2575" into `to` (PACKETS_END_TEXT_BYTES). */
void packets_write_end(const packets_end *end, char *to);
/* Reads an address with or without a port ("10.0.0.9", "10.0.0.9:2575", "[2001:db8::1]:24105"); port 0: any. */
bool packets_parse_end(const char *text, packets_end *ret_end);

#endif
