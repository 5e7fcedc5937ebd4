#include "capture/packets.h"

#include "base/bytes.h"
#include "base/time.h"
#include <arpa/inet.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_VLAN = 0x8100,     /* IEEE 802.1Q */
    ETHERTYPE_PROVIDER = 0x88a8, /* IEEE 802.1ad */
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
};

/* Tags in front of one another: two in practice. */
#define VLANS_MAX 4
/* Extension headers of IPv6 (RFC 8200, 4.1): each should come once, and there are six. */
#define EXTENSIONS_MAX 8

typedef struct reading {
    int link_type;
    void (*take)(void *context, const packets_segment *segment);
    void *context;
    packets_count *count;
} reading;

bool packets_is_one(dragoman_bytes start) {
    static const uint8_t magics[][4] = {{0xa1, 0xb2, 0xc3, 0xd4},
                                        {0xd4, 0xc3, 0xb2, 0xa1},
                                        {0xa1, 0xb2, 0x3c, 0x4d},
                                        {0x4d, 0x3c, 0xb2, 0xa1},
                                        {0x0a, 0x0d, 0x0d, 0x0a}};
    for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
        if (start.size >= 24 && memcmp(start.data, magics[i], 4) == 0) {
            return true;
        }
    }
    return false;
}

static uint32_t big(const uint8_t *at, unsigned size) {
    uint32_t number = 0;
    for (unsigned i = 0; i < size; i++) {
        number = number << 8 | at[i];
    }
    return number;
}

static bool skip(dragoman_bytes *rest, size_t size) {
    if (rest->size < size) {
        return false;
    }
    *rest = (dragoman_bytes){rest->data + size, rest->size - size};
    return true;
}

/* RFC 9293, 3.1. */
static bool read_tcp(dragoman_bytes rest, packets_segment *to) {
    if (rest.size < 20) {
        return false;
    }
    const uint8_t *at = rest.data;
    to->is_tcp = true;
    to->from.port = (uint16_t)big(at, 2);
    to->to.port = (uint16_t)big(at + 2, 2);
    to->sequence = big(at + 4, 4);
    to->acknowledged = big(at + 8, 4);
    to->flags = at[13];
    size_t header = (size_t)(at[12] >> 4) * 4;
    if (header < 20 || !skip(&rest, header)) {
        return false;
    }
    to->payload = rest;
    return true;
}

/* RFC 768. */
static bool read_udp(dragoman_bytes rest, packets_segment *to) {
    if (rest.size < 8) {
        return false;
    }
    to->from.port = (uint16_t)big(rest.data, 2);
    to->to.port = (uint16_t)big(rest.data + 2, 2);
    size_t size = big(rest.data + 4, 2);
    if (size < 8 || size > rest.size) {
        return false;
    }
    to->payload = (dragoman_bytes){rest.data + 8, size - 8};
    return true;
}

static void read_transport(reading *self, unsigned protocol, dragoman_bytes rest, packets_segment *segment) {
    bool is_known = protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP;
    if (!is_known) {
        self->count->other++;
    } else if (protocol == PROTOCOL_TCP ? read_tcp(rest, segment) : read_udp(rest, segment)) {
        self->take(self->context, segment);
    } else {
        self->count->cut++;
    }
}

static void map_ipv4(const uint8_t *address, uint8_t *to) {
    memset(to, 0, 10);
    memset(to + 10, 0xff, 2);
    memcpy(to + 12, address, 4);
}

/* RFC 791, 3.1. */
static void read_ipv4(reading *self, dragoman_bytes rest, packets_segment *segment) {
    const uint8_t *at = rest.data;
    size_t header = rest.size < 20 ? 0 : (size_t)(at[0] & 15) * 4;
    size_t total = rest.size < 20 ? 0 : big(at + 2, 2);
    /* Network cards that cut segments themselves leave the total at 0. */
    total = total == 0 ? rest.size : total;
    if (header < 20 || total < header || total > rest.size) {
        self->count->cut++;
        return;
    }
    if ((big(at + 6, 2) & 0x3fff) != 0) {
        self->count->fragments++;
        return;
    }
    map_ipv4(at + 12, segment->from.address);
    map_ipv4(at + 16, segment->to.address);
    /* A subnet's own broadcast address ends in 255 where the net is one of 256. */
    segment->is_to_many = at[16] >= 224 || at[19] == 255;
    read_transport(self, at[9], (dragoman_bytes){at + header, total - header}, segment);
}

/* RFC 8200, 3 and 4. */
static void read_ipv6(reading *self, dragoman_bytes rest, packets_segment *segment) {
    const uint8_t *at = rest.data;
    if (rest.size < 40) {
        self->count->cut++;
        return;
    }
    unsigned next = at[6];
    size_t size = big(at + 4, 2);
    memcpy(segment->from.address, at + 8, 16);
    memcpy(segment->to.address, at + 24, 16);
    segment->is_to_many = at[24] == 0xff;
    skip(&rest, 40);
    if (size > rest.size) {
        self->count->cut++;
        return;
    }
    rest.size = size == 0 ? rest.size : size;
    for (int i = 0; i < EXTENSIONS_MAX && (next == 0 || next == 43 || next == 60); i++) {
        size_t length = rest.size < 8 ? SIZE_MAX : ((size_t)rest.data[1] + 1) * 8;
        next = rest.size < 8 ? next : rest.data[0];
        if (!skip(&rest, length)) {
            self->count->cut++;
            return;
        }
    }
    if (next == 44) {
        self->count->fragments++;
        return;
    }
    read_transport(self, next, rest, segment);
}

/* The network packet inside a frame and what it is; false when there is none. */
static bool open_frame(int link_type, dragoman_bytes *rest, uint32_t *ret_type) {
    size_t header = link_type == DLT_EN10MB       ? 14
                    : link_type == DLT_LINUX_SLL  ? 16
                    : link_type == DLT_LINUX_SLL2 ? 20
                                                  : 0;
    bool is_null = link_type == DLT_NULL || link_type == DLT_LOOP;
    if (rest->size < header + 4) {
        return false;
    }
    if (is_null || link_type == DLT_RAW || link_type == DLT_IPV4 || link_type == DLT_IPV6) {
        /* BSD's loopback puts the address family in front, in an order of its own: the version nibble tells. */
        skip(rest, is_null ? 4 : 0);
        *ret_type = rest->size > 0 && rest->data[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
        return rest->size > 0;
    }
    if (header == 0) {
        return false;
    }
    *ret_type = big(rest->data + (link_type == DLT_LINUX_SLL2 ? 0 : header - 2), 2);
    skip(rest, header);
    for (int i = 0; i < VLANS_MAX && (*ret_type == ETHERTYPE_VLAN || *ret_type == ETHERTYPE_PROVIDER); i++) {
        if (rest->size < 4) {
            return false;
        }
        *ret_type = big(rest->data + 2, 2);
        skip(rest, 4);
    }
    return true;
}

/* A file may claim any seconds; beyond the year 9999 they are none. */
static int64_t wall_us_of(const struct pcap_pkthdr *head) {
    bool is_time = head->ts.tv_sec >= 0 && head->ts.tv_sec <= TIME_LARGEST_US / 1000000 - 1 && head->ts.tv_usec >= 0 &&
                   head->ts.tv_usec < 1000000;
    return is_time ? (int64_t)head->ts.tv_sec * 1000000 + head->ts.tv_usec : 0;
}

static void read_packet(reading *self, const struct pcap_pkthdr *head, const uint8_t *data) {
    packets_segment segment = {.wall_us = wall_us_of(head)};
    dragoman_bytes rest = {data, head->caplen};
    uint32_t type = 0;
    self->count->packets++;
    if (!open_frame(self->link_type, &rest, &type) || (type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6)) {
        self->count->other++;
    } else if (type == ETHERTYPE_IPV4) {
        read_ipv4(self, rest, &segment);
    } else {
        read_ipv6(self, rest, &segment);
    }
}

static dragoman_status set_filter(pcap_t *from, const char *filter, error_record *error) {
    struct bpf_program program;
    if (filter == NULL) {
        return DRAGOMAN_OK;
    }
    if (pcap_compile(from, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        return error_set(error, DRAGOMAN_INVALID, "--filter %s: %s", filter, pcap_geterr(from));
    }
    int outcome = pcap_setfilter(from, &program);
    pcap_freecode(&program);
    return outcome == 0 ? DRAGOMAN_OK : error_set(error, DRAGOMAN_INVALID, "--filter: %s", pcap_geterr(from));
}

dragoman_status packets_read(dragoman_bytes file, const char *filter,
                             void (*take)(void *context, const packets_segment *segment), void *context,
                             packets_count *ret_count, error_record *error) {
    char problem[PCAP_ERRBUF_SIZE] = "";
    *ret_count = (packets_count){0};
    FILE *stream = fmemopen((void *)(uintptr_t)file.data, file.size, "rb");
    if (stream == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory to read packets");
    }
    pcap_t *from = pcap_fopen_offline(stream, problem);
    if (from == NULL) {
        fclose(stream);
        return error_set(error, DRAGOMAN_INVALID, "no file of packets that libpcap reads: %s", problem);
    }
    reading self = {.link_type = pcap_datalink(from), .take = take, .context = context, .count = ret_count};
    dragoman_status status = set_filter(from, filter, error);
    struct pcap_pkthdr *head;
    const uint8_t *data;
    while (status == DRAGOMAN_OK && pcap_next_ex(from, &head, &data) == 1) {
        if (head->caplen <= PACKETS_BYTES_MAX) {
            read_packet(&self, head, data);
        }
    }
    pcap_close(from);
    return status;
}

bool packets_same_end(const packets_end *a, const packets_end *b) {
    return a->port == b->port && memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

static bool is_mapped(const packets_end *end) {
    static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return memcmp(end->address, prefix, sizeof(prefix)) == 0;
}

void packets_write_end(const packets_end *end, char *to) {
    char address[INET6_ADDRSTRLEN] = "";
    bool is_short = is_mapped(end);
    inet_ntop(is_short ? AF_INET : AF_INET6, end->address + (is_short ? 12 : 0), address, sizeof(address));
    snprintf(to, PACKETS_END_TEXT_BYTES, is_short ? "%s:%u" : "[%s]:%u", address, end->port);
}

bool packets_parse_end(const char *text, packets_end *ret_end) {
    char address[PACKETS_END_TEXT_BYTES];
    unsigned long port = 0;
    bool is_bracketed = text[0] == '[';
    const char *end = is_bracketed ? strchr(text, ']') : strchr(text, ':');
    bool is_bare_ipv6 = !is_bracketed && end != NULL && strchr(end + 1, ':') != NULL;
    size_t size = end == NULL || is_bare_ipv6 ? strlen(text) : (size_t)(end - text);
    const char *colon = end == NULL || is_bare_ipv6 ? NULL : is_bracketed ? end + 1 : end;
    if (size >= sizeof(address) || (is_bracketed && end == NULL)) {
        return false;
    }
    snprintf(address, sizeof(address), "%.*s", (int)(size - (is_bracketed ? 1 : 0)), text + (is_bracketed ? 1 : 0));
    if (colon != NULL && *colon == ':') {
        char *rest = NULL;
        port = strtoul(colon + 1, &rest, 10);
        if (rest == colon + 1 || *rest != '\0' || port == 0 || port > UINT16_MAX) {
            return false;
        }
    }
    uint8_t four[4];
    *ret_end = (packets_end){.port = (uint16_t)port};
    if (inet_pton(AF_INET, address, four) == 1) {
        map_ipv4(four, ret_end->address);
        return true;
    }
    return inet_pton(AF_INET6, address, ret_end->address) == 1;
}
