#include "link/stream.h"

#include "base/bytes.h"
#include "link/tls_internal.h"
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

/* A subject longer than this is cut: it is shown and compared, never parsed. */
#define SUBJECT_BYTES 512

struct link_stream {
    int descriptor;
    bool is_socket; /* else it is a serial port */
    SSL *tls;
    bool is_shaken; /* the TLS handshake is done */
    bool wants_read, wants_write;
    buffer unsent;
    size_t sent; /* of unsent */
    char subject[SUBJECT_BYTES];
    uint8_t fingerprint[LINK_FINGERPRINT_BYTES];
    bool has_peer;
};

static dragoman_status fail_tls(error_record *error, const char *what) {
    char reason[256] = "the connection broke";
    unsigned long code = ERR_peek_last_error();
    if (code != 0) {
        ERR_error_string_n(code, reason, sizeof(reason));
    }
    ERR_clear_error();
    return error_set(error, DRAGOMAN_DENIED, "%s: %s", what, reason);
}

/* The server's certificate must carry the name or number that was connected to. */
static bool expect_host(SSL *tls, const char *host) {
    uint8_t number[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET, host, number) == 1 || inet_pton(AF_INET6, host, number) == 1) {
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host) == 1;
    }
    return SSL_set_tlsext_host_name(tls, host) == 1 && SSL_set1_host(tls, host) == 1;
}

static dragoman_status start_tls(link_stream *stream, link_tls *tls, bool is_initiator, const char *host,
                                 error_record *error) {
    stream->tls = SSL_new(tls->context);
    if (stream->tls == NULL || SSL_set_fd(stream->tls, stream->descriptor) != 1) {
        return fail_tls(error, "TLS cannot start");
    }
    if (is_initiator) {
        SSL_set_connect_state(stream->tls);
        if (host != NULL && tls->verify_server && !expect_host(stream->tls, host)) {
            return fail_tls(error, "the host's name cannot be checked");
        }
    } else {
        SSL_set_accept_state(stream->tls);
    }
    return DRAGOMAN_OK;
}

dragoman_status link_stream_create(int descriptor, link_tls *tls, bool is_initiator, const char *host,
                                   link_stream **ret_stream, error_record *error) {
    link_stream *stream = calloc(1, sizeof(*stream));
    if (stream == NULL) {
        close(descriptor);
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for another connection");
    }
    int type = 0;
    socklen_t size = sizeof(type);
    stream->descriptor = descriptor;
    stream->is_socket = getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
    buffer_init(&stream->unsent);
    stream->is_shaken = tls == NULL;
    if (tls != NULL) {
        dragoman_status status = start_tls(stream, tls, is_initiator, host, error);
        if (status != DRAGOMAN_OK) {
            link_stream_destroy(stream);
            return status;
        }
    }
    *ret_stream = stream;
    return DRAGOMAN_OK;
}

void link_stream_destroy(link_stream *stream) {
    if (stream == NULL) {
        return;
    }
    if (stream->tls != NULL) {
        if (stream->is_shaken) {
            SSL_shutdown(stream->tls);
        }
        SSL_free(stream->tls);
        ERR_clear_error();
    }
    if (!stream->is_socket) {
        /* Else the close would wait for a port that flow control has stopped. */
        tcflush(stream->descriptor, TCIOFLUSH);
    }
    close(stream->descriptor);
    buffer_fini(&stream->unsent);
    free(stream);
}

void link_stream_finish(link_stream *stream) {
    if (stream->tls != NULL && stream->is_shaken) {
        SSL_shutdown(stream->tls);
        ERR_clear_error();
    }
    if (stream->is_socket) {
        shutdown(stream->descriptor, SHUT_WR);
    }
}

bool link_stream_is_quiet(const link_stream *stream) {
    int unread = 0;
    int on_the_way = 0;
    bool is_known =
        ioctl(stream->descriptor, FIONREAD, &unread) == 0 && ioctl(stream->descriptor, TIOCOUTQ, &on_the_way) == 0;
    return is_known && unread == 0 && on_the_way == 0;
}

int link_stream_descriptor(const link_stream *stream) {
    return stream->descriptor;
}

static void learn_peer(link_stream *stream) {
    X509 *certificate = SSL_get1_peer_certificate(stream->tls);
    if (certificate == NULL || SSL_get_verify_result(stream->tls) != X509_V_OK) {
        X509_free(certificate);
        return;
    }
    BIO *text = BIO_new(BIO_s_mem());
    if (text != NULL) {
        X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
        int size = BIO_read(text, stream->subject, SUBJECT_BYTES - 1);
        stream->subject[size > 0 ? size : 0] = '\0';
        BIO_free(text);
    }
    unsigned int size = LINK_FINGERPRINT_BYTES;
    stream->has_peer = X509_digest(certificate, EVP_sha256(), stream->fingerprint, &size) == 1;
    X509_free(certificate);
}

/* Turns what SSL_* returned into a status and notes what TLS waits for. */
static dragoman_status tls_status(link_stream *stream, int result) {
    stream->wants_read = false;
    stream->wants_write = false;
    switch (SSL_get_error(stream->tls, result)) {
    case SSL_ERROR_NONE:
        return DRAGOMAN_OK;
    case SSL_ERROR_WANT_READ:
        stream->wants_read = true;
        return DRAGOMAN_NEED_MORE;
    case SSL_ERROR_WANT_WRITE:
        stream->wants_write = true;
        return DRAGOMAN_NEED_MORE;
    case SSL_ERROR_ZERO_RETURN:
        return DRAGOMAN_CLOSED;
    default:
        return DRAGOMAN_IO;
    }
}

dragoman_status link_stream_handshake(link_stream *stream, error_record *error) {
    if (stream->is_shaken) {
        return DRAGOMAN_OK;
    }
    ERR_clear_error();
    int result = SSL_do_handshake(stream->tls);
    if (result == 1) {
        stream->is_shaken = true;
        stream->wants_read = stream->wants_write = false;
        learn_peer(stream);
        return DRAGOMAN_OK;
    }
    dragoman_status status = tls_status(stream, result);
    return status == DRAGOMAN_NEED_MORE ? status : fail_tls(error, "the TLS handshake failed");
}

dragoman_status link_stream_read(link_stream *stream, uint8_t *to, size_t room, size_t *ret_size) {
    if (stream->tls != NULL) {
        ERR_clear_error();
        dragoman_status status = tls_status(stream, SSL_read_ex(stream->tls, to, room, ret_size));
        /* Whether to wait for more is the caller's to say: a session that is held back must not be read. */
        stream->wants_read = false;
        return status;
    }
    ssize_t size = read(stream->descriptor, to, room);
    if (size > 0) {
        *ret_size = (size_t)size;
        return DRAGOMAN_OK;
    }
    if (size == 0) {
        /* A serial port has no end but being pulled out. */
        return stream->is_socket ? DRAGOMAN_CLOSED : DRAGOMAN_IO;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? DRAGOMAN_NEED_MORE : DRAGOMAN_IO;
}

/* Offers bytes to the socket; ret_size is how many it took. */
static dragoman_status offer(link_stream *stream, dragoman_bytes bytes, size_t *ret_size) {
    *ret_size = 0;
    if (stream->tls != NULL) {
        ERR_clear_error();
        return tls_status(stream, SSL_write_ex(stream->tls, bytes.data, bytes.size, ret_size));
    }
    ssize_t size = stream->is_socket ? send(stream->descriptor, bytes.data, bytes.size, MSG_NOSIGNAL)
                                     : write(stream->descriptor, bytes.data, bytes.size);
    if (size >= 0) {
        *ret_size = (size_t)size;
        return DRAGOMAN_OK;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? DRAGOMAN_NEED_MORE : DRAGOMAN_IO;
}

dragoman_status link_stream_flush(link_stream *stream) {
    while (stream->sent < stream->unsent.size) {
        dragoman_bytes rest = {stream->unsent.data + stream->sent, stream->unsent.size - stream->sent};
        size_t size = 0;
        dragoman_status status = offer(stream, rest, &size);
        if (status != DRAGOMAN_OK) {
            return status;
        }
        stream->sent += size;
    }
    buffer_fini(&stream->unsent);
    buffer_init(&stream->unsent);
    stream->sent = 0;
    return DRAGOMAN_OK;
}

dragoman_status link_stream_write(link_stream *stream, dragoman_bytes bytes) {
    if (stream->unsent.size == 0) {
        while (bytes.size > 0) {
            size_t size = 0;
            dragoman_status status = offer(stream, bytes, &size);
            bytes.data += size;
            bytes.size -= size;
            if (status == DRAGOMAN_NEED_MORE) {
                break;
            }
            if (status != DRAGOMAN_OK) {
                return status;
            }
        }
    }
    if (bytes.size == 0) {
        return DRAGOMAN_OK;
    }
    if (stream->unsent.size - stream->sent + bytes.size > LINK_UNSENT_BYTES_MAX) {
        return DRAGOMAN_LIMIT;
    }
    buffer_append_bytes(&stream->unsent, bytes);
    return stream->unsent.failed ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
}

void link_stream_wants(const link_stream *stream, bool *ret_read, bool *ret_write) {
    *ret_read = stream->wants_read;
    *ret_write = stream->wants_write || stream->unsent.size > stream->sent;
}

size_t link_stream_unsent(const link_stream *stream) {
    return stream->unsent.size - stream->sent;
}

bool link_stream_has_pending(const link_stream *stream) {
    return stream->tls != NULL && SSL_pending(stream->tls) > 0;
}

void link_stream_peer(const link_stream *stream, dragoman_bytes *ret_subject, dragoman_bytes *ret_fingerprint) {
    *ret_subject = stream->has_peer ? bytes_of(stream->subject) : (dragoman_bytes){NULL, 0};
    *ret_fingerprint =
        stream->has_peer ? (dragoman_bytes){stream->fingerprint, LINK_FINGERPRINT_BYTES} : (dragoman_bytes){NULL, 0};
}
