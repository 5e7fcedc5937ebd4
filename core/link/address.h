/*
 * Where a link goes: "tcp://host:port", "tls://host:port", "udp://host:port", "tcp://[::1]:2575", a serial port
 * "serial:/dev/ttyS0" or "serial:usb=0403:6001", one of a terminal server "rfc2217://host:port", or a broker
 * "mqtts://host", "mqtt://host:port".
 */
#ifndef LINK_ADDRESS_H
#define LINK_ADDRESS_H

#include "base/error.h"
#include <dragoman/adapter.h>

typedef enum link_scheme {
    LINK_TCP = 1,
    LINK_TLS = 2,
    LINK_UDP = 3,
    LINK_SERIAL = 4,
    LINK_RFC2217 = 5,
    LINK_MQTT = 6,
    LINK_MQTTS = 7,
} link_scheme;

#define LINK_HOST_BYTES 256 /* the longest DNS name or device path, and a NUL */

typedef struct link_address {
    link_scheme scheme;
    char host[LINK_HOST_BYTES]; /* name or number, without brackets; LINK_SERIAL: a place for serial_open */
    char port[6];               /* empty with LINK_SERIAL */
} link_address;

/* Reads an address. INVALID with what is wrong and how it should look. */
dragoman_status link_address_parse(dragoman_bytes text, link_address *ret_address, error_record *error);
/* Whether it goes over TLS. */
static inline bool link_address_is_tls(const link_address *address) {
    return address->scheme == LINK_TLS || address->scheme == LINK_MQTTS;
}

/* What an address carries: a dragoman_channel_kind. */
uint32_t link_address_kind(const link_address *address);
/* Reads "host:port" without a scheme, as the targets of actions are written; `scheme` is taken as given. */
dragoman_status link_address_parse_target(dragoman_bytes text, link_scheme scheme, link_address *ret_address,
                                          error_record *error);

#endif
