#include "link/tls_internal.h"

#include <openssl/err.h>
#include <stdlib.h>

/* The most telling line of OpenSSL's error stack. */
static dragoman_status fail(error_record *error, const char *what, const char *file) {
    char reason[256] = "unknown reason";
    unsigned long code = ERR_peek_last_error();
    if (code != 0) {
        ERR_error_string_n(code, reason, sizeof(reason));
    }
    ERR_clear_error();
    return error_set(error, DRAGOMAN_INVALID, "%s: %s: %s", file == NULL ? "TLS" : file, what, reason);
}

static dragoman_status load_identity(SSL_CTX *context, const link_tls_options *options, error_record *error) {
    if (options->certificate_file == NULL) {
        return options->is_listener
                   ? error_set(error, DRAGOMAN_INVALID,
                               "a tls:// listener needs a certificate: set tls.certificate and tls.key to PEM files")
                   : DRAGOMAN_OK;
    }
    if (SSL_CTX_use_certificate_chain_file(context, options->certificate_file) != 1) {
        return fail(error, "no certificate could be read", options->certificate_file);
    }
    const char *key = options->key_file == NULL ? options->certificate_file : options->key_file;
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
        return fail(error, "no private key could be read", key);
    }
    if (SSL_CTX_check_private_key(context) != 1) {
        return fail(error, "the key does not belong to the certificate", key);
    }
    return DRAGOMAN_OK;
}

static dragoman_status load_trust(SSL_CTX *context, const link_tls_options *options, error_record *error) {
    if (options->authority_file != NULL) {
        if (SSL_CTX_load_verify_locations(context, options->authority_file, NULL) != 1) {
            return fail(error, "no certificate authority could be read", options->authority_file);
        }
        if (options->is_listener) {
            SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(options->authority_file));
        }
    } else if (!options->is_listener) {
        SSL_CTX_set_default_verify_paths(context);
    } else if (options->verify_client) {
        return error_set(
            error, DRAGOMAN_INVALID,
            "tls.verify_client needs tls.authority: the PEM file of whoever signs the clients' certificates");
    }
    int mode = SSL_VERIFY_NONE;
    if (options->is_listener && options->verify_client) {
        mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    } else if (!options->is_listener && options->verify_server) {
        mode = SSL_VERIFY_PEER;
    }
    SSL_CTX_set_verify(context, mode, NULL);
    /* Without it OpenSSL ends the handshake of a verified client that comes back with its last session. */
    static const unsigned char name[] = "dragoman";
    SSL_CTX_set_session_id_context(context, name, sizeof(name) - 1);
    return DRAGOMAN_OK;
}

dragoman_status link_tls_create(const link_tls_options *options, link_tls **ret_tls, error_record *error) {
    link_tls *tls = calloc(1, sizeof(*tls));
    if (tls == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for TLS settings");
    }
    tls->verify_server = options->verify_server;
    tls->context = SSL_CTX_new(options->is_listener ? TLS_server_method() : TLS_client_method());
    if (tls->context == NULL) {
        free(tls);
        return fail(error, "OpenSSL would not start", NULL);
    }
    SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION);
    /* Idle connections give their buffers back. */
    SSL_CTX_set_mode(tls->context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    dragoman_status status = load_identity(tls->context, options, error);
    if (status == DRAGOMAN_OK) {
        status = load_trust(tls->context, options, error);
    }
    if (status != DRAGOMAN_OK) {
        link_tls_destroy(tls);
        return status;
    }
    *ret_tls = tls;
    return DRAGOMAN_OK;
}

void link_tls_destroy(link_tls *tls) {
    if (tls != NULL) {
        SSL_CTX_free(tls->context);
        free(tls);
    }
}
