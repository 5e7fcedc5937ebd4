/*
 * The inside of link_tls, for the streams that use it.
 */
#ifndef LINK_TLS_INTERNAL_H
#define LINK_TLS_INTERNAL_H

#include "link/tls.h"
#include <openssl/ssl.h>

struct link_tls {
    SSL_CTX *context;
    bool verify_server;
};

#endif
