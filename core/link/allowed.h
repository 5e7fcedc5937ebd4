/*
 * Where an adapter may send or connect of its own will: what the site file's `allow_open` names. Pure functions.
 */
#ifndef LINK_ALLOWED_H
#define LINK_ALLOWED_H

#include <dragoman/base.h>
#include <sys/socket.h>

typedef struct allowed_target {
    struct sockaddr_storage address;
    socklen_t size;
} allowed_target;

/* Reads the target of an action: "10.0.0.9:24105", "[fe80::1]:24105". INVALID: it is none, or it has a name, which
 * could lead anywhere. */
dragoman_status allowed_target_parse(dragoman_bytes text, allowed_target *ret_target);
/* Whether one of the patterns names the target; a '*' stands for any characters: "10.1.2.*:24105", "*:6024". */
bool allowed_by(const dragoman_bytes *patterns, uint32_t count, dragoman_bytes target);

#endif
