/*
 * One stream of bytes, without blocking: a connected socket, plain or TLS, or an open serial port. Owns its descriptor.
 * One thread.
 */
#ifndef LINK_STREAM_H
#define LINK_STREAM_H

#include "base/buffer.h"
#include "base/error.h"
#include "link/tls.h"

/* Unsent bytes that a stream keeps: acknowledgements are small, so a peer that reads none of this much is stuck. */
#define LINK_UNSENT_BYTES_MAX ((size_t)4 << 20)
#define LINK_FINGERPRINT_BYTES 32

typedef struct link_stream link_stream;

/* Takes a connected (or connecting) non-blocking socket or an open serial port over. `tls` NULL: plain. `host` is the
 * name that a server's certificate must carry (may be NULL). Closes the descriptor on failure too. */
dragoman_status link_stream_create(int descriptor, link_tls *tls, bool is_initiator, const char *host,
                                   link_stream **ret_stream, error_record *error);
/* Closes and frees. NULL is allowed. */
void link_stream_destroy(link_stream *stream);
/* Says that nothing more is sent. What the peer sends is still read. */
void link_stream_finish(link_stream *stream);
/* Whether nothing is on its way: nothing that came is unread, and the peer's system has all that was sent. */
bool link_stream_is_quiet(const link_stream *stream);
/* The descriptor to watch. */
int link_stream_descriptor(const link_stream *stream);

/* Goes on with the TLS handshake. OK: done (always for plain streams). NEED_MORE: call again when link_stream_wants
 * says so. DENIED: the peer's certificate or protocol was refused. */
dragoman_status link_stream_handshake(link_stream *stream, error_record *error);
/* Reads up to `room` bytes. OK with ret_size > 0; NEED_MORE: none now; CLOSED: the peer ended it properly; IO: it
 * broke. */
dragoman_status link_stream_read(link_stream *stream, uint8_t *to, size_t room, size_t *ret_size);
/* Sends bytes, keeping what the peer does not take yet. LIMIT: the peer reads too little; IO: it broke. */
dragoman_status link_stream_write(link_stream *stream, dragoman_bytes bytes);
/* Sends what was kept. NEED_MORE while some is left. */
dragoman_status link_stream_flush(link_stream *stream);
/* What the socket must become ready for; reading is asked for by the caller, `ret_write` says that something waits to
 * leave, `ret_read` that TLS must read first. */
void link_stream_wants(const link_stream *stream, bool *ret_read, bool *ret_write);
/* How many bytes the peer has not taken yet. */
size_t link_stream_unsent(const link_stream *stream);
/* Whether TLS holds bytes already that no socket readiness will announce. */
bool link_stream_has_pending(const link_stream *stream);
/* The verified client certificate's subject (RFC 2253) and SHA-256 fingerprint; empty ones without. Borrowed from the
 * stream. */
void link_stream_peer(const link_stream *stream, dragoman_bytes *ret_subject, dragoman_bytes *ret_fingerprint);

#endif
