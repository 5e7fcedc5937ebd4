#include "link/allowed.h"

#include "base/bytes.h"
#include "link/address.h"
#include <netdb.h>

dragoman_status allowed_target_parse(dragoman_bytes text, allowed_target *ret_target) {
    link_address address;
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    if (link_address_parse_target(text, LINK_TCP, &address, NULL) != DRAGOMAN_OK ||
        getaddrinfo(address.host, address.port, &hints, &found) != 0) {
        return DRAGOMAN_INVALID;
    }
    *ret_target = (allowed_target){.size = found->ai_addrlen};
    memcpy(&ret_target->address, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return DRAGOMAN_OK;
}

/* Tries the text behind the last star once more, one character later, until it fits or ends. */
static bool fits(dragoman_bytes pattern, dragoman_bytes text) {
    size_t at = 0;
    size_t star = SIZE_MAX;
    size_t again = 0;
    size_t i = 0;
    while (i < text.size) {
        if (at < pattern.size && pattern.data[at] == '*') {
            star = at++;
            again = i;
        } else if (at < pattern.size && pattern.data[at] == text.data[i]) {
            at++;
            i++;
        } else if (star != SIZE_MAX) {
            at = star + 1;
            i = ++again;
        } else {
            return false;
        }
    }
    while (at < pattern.size && pattern.data[at] == '*') {
        at++;
    }
    return at == pattern.size;
}

bool allowed_by(const dragoman_bytes *patterns, uint32_t count, dragoman_bytes target) {
    for (uint32_t i = 0; i < count; i++) {
        if (fits(patterns[i], target)) {
            return true;
        }
    }
    return false;
}
