#include "link/address.h"

#include "base/bytes.h"
#include "link/serial.h"
#include <stdio.h>

static const struct {
    const char *prefix;
    link_scheme scheme;
} schemes[] = {{"tcp://", LINK_TCP},         {"tls://", LINK_TLS},   {"udp://", LINK_UDP},    {"serial:", LINK_SERIAL},
               {"rfc2217://", LINK_RFC2217}, {"mqtt://", LINK_MQTT}, {"mqtts://", LINK_MQTTS}};

static dragoman_status fail(error_record *error, dragoman_bytes text, const char *why) {
    return error_set(error, DRAGOMAN_INVALID,
                     "\"%.*s\": %s; write tcp://HOST:PORT, tls://HOST:PORT, udp://HOST:PORT, serial:/dev/NAME, "
                     "serial:usb=VID:PID[:SERIAL], rfc2217://HOST:PORT or mqtts://HOST",
                     BYTES_FORMAT(text), why);
}

static bool port_is_good(const uint8_t *digits, size_t size) {
    unsigned long port = 0;
    if (size == 0 || size > 5) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (digits[i] < '0' || digits[i] > '9') {
            return false;
        }
        port = port * 10 + (unsigned long)(digits[i] - '0');
    }
    return port <= 65535;
}

static dragoman_status split_host(dragoman_bytes text, dragoman_bytes rest, link_address *address,
                                  error_record *error) {
    size_t colon = rest.size;
    while (colon > 0 && rest.data[colon - 1] != ':') {
        colon--;
    }
    if (colon == 0) {
        return fail(error, text, "the port is missing");
    }
    if (!port_is_good(rest.data + colon, rest.size - colon)) {
        return fail(error, text, "the port must be a number from 0 to 65535");
    }
    dragoman_bytes host = {rest.data, colon - 1};
    if (host.size >= 2 && host.data[0] == '[' && host.data[host.size - 1] == ']') {
        host.data++;
        host.size -= 2;
    } else if (memchr(host.data, ':', host.size) != NULL) {
        return fail(error, text, "an IPv6 address stands in brackets");
    }
    if (host.size == 0 || host.size >= LINK_HOST_BYTES) {
        return fail(error, text, host.size == 0 ? "the host is missing" : "the host's name is too long");
    }
    memcpy(address->host, host.data, host.size);
    memcpy(address->port, rest.data + colon, rest.size - colon);
    return DRAGOMAN_OK;
}

static dragoman_status take_place(dragoman_bytes text, dragoman_bytes rest, link_address *address,
                                  error_record *error) {
    serial_usb usb;
    bool is_usb = bytes_starts_with(rest, "usb=");
    if (is_usb && !serial_usb_parse((dragoman_bytes){rest.data + 4, rest.size - 4}, &usb)) {
        return fail(error, text, "a USB identity is two hexadecimal numbers, as lsusb shows them");
    }
    if (!is_usb && (rest.size == 0 || rest.data[0] != '/')) {
        return fail(error, text, "the path of the port is missing");
    }
    if (rest.size >= LINK_HOST_BYTES) {
        return fail(error, text, "the path is too long");
    }
    memcpy(address->host, rest.data, rest.size);
    return DRAGOMAN_OK;
}

/* Brokers have a port of their own (IANA: mqtt 1883, secure-mqtt 8883); others do not. */
static bool must_have_port(dragoman_bytes rest, link_scheme scheme) {
    if (scheme != LINK_MQTT && scheme != LINK_MQTTS) {
        return true;
    }
    const uint8_t *bracket = rest.size == 0 ? NULL : memrchr(rest.data, ']', rest.size);
    size_t host = bracket == NULL ? 0 : (size_t)(bracket - rest.data);
    return rest.size > 0 && memchr(rest.data + host, ':', rest.size - host) != NULL;
}

static dragoman_status split_host_alone(dragoman_bytes text, dragoman_bytes rest, link_address *address,
                                        error_record *error) {
    char whole[LINK_HOST_BYTES + 8];
    int size =
        snprintf(whole, sizeof(whole), "%.*s:%s", BYTES_FORMAT(rest), address->scheme == LINK_MQTT ? "1883" : "8883");
    if (size < 0 || (size_t)size >= sizeof(whole)) {
        return fail(error, text, "the host's name is too long");
    }
    return split_host(text, bytes_of(whole), address, error);
}

static dragoman_status take_rest(dragoman_bytes text, dragoman_bytes rest, link_address *address, error_record *error) {
    if (address->scheme == LINK_SERIAL) {
        return take_place(text, rest, address, error);
    }
    return must_have_port(rest, address->scheme) ? split_host(text, rest, address, error)
                                                 : split_host_alone(text, rest, address, error);
}

dragoman_status link_address_parse(dragoman_bytes text, link_address *ret_address, error_record *error) {
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (!bytes_starts_with(text, schemes[i].prefix)) {
            continue;
        }
        size_t skip = strlen(schemes[i].prefix);
        dragoman_bytes rest = {text.data + skip, text.size - skip};
        link_address address = {.scheme = schemes[i].scheme};
        dragoman_status status = take_rest(text, rest, &address, error);
        if (status == DRAGOMAN_OK) {
            *ret_address = address;
        }
        return status;
    }
    return fail(error, text, "it begins with no scheme known here");
}

uint32_t link_address_kind(const link_address *address) {
    switch (address->scheme) {
    case LINK_UDP:
        return DRAGOMAN_CHANNEL_DATAGRAM;
    case LINK_MQTT:
    case LINK_MQTTS:
        return DRAGOMAN_CHANNEL_MESSAGE;
    default:
        return DRAGOMAN_CHANNEL_STREAM;
    }
}

dragoman_status link_address_parse_target(dragoman_bytes text, link_scheme scheme, link_address *ret_address,
                                          error_record *error) {
    *ret_address = (link_address){.scheme = scheme};
    return split_host(text, text, ret_address, error);
}
