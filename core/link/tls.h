/*
 * TLS settings of a link: made once from the site file's keys, shared by all connections of the link. TLS 1.2 at the
 * least; peers are verified unless the site says otherwise outright.
 */
#ifndef LINK_TLS_H
#define LINK_TLS_H

#include "base/error.h"

/* Paths of PEM files; NULL where the site names none. */
typedef struct link_tls_options {
    const char *certificate_file; /* with its chain; required to listen */
    const char *key_file;
    const char
        *authority_file; /* whom we trust; NULL: the system's authorities when connecting, nobody when listening */
    bool is_listener;
    bool verify_client; /* a listener asks for a client certificate and refuses without a good one */
    bool verify_server; /* a client checks the server's certificate and name */
} link_tls_options;

typedef struct link_tls link_tls;

/* Reads the files. INVALID names the file and what OpenSSL says of it. */
dragoman_status link_tls_create(const link_tls_options *options, link_tls **ret_tls, error_record *error);
/* Frees the settings; connections that use them may live on. NULL is allowed. */
void link_tls_destroy(link_tls *tls);

#endif
