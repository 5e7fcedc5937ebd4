/*
 * The local socket behind `dragoman status`, `store` and the like: one request line in, one answer out, then the
 * connection ends.
 *
 * Only the user who runs dragoman (and root) may connect: the socket file has mode 0600. The server lives on a loop's
 * thread; the client blocks.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "base/buffer.h"
#include "loop/loop.h"

/* A request is a word or two. */
#define CONTROL_REQUEST_BYTES 1024
/* People and scripts that ask at the same time. */
#define CONTROL_CLIENTS_MAX 16
/* How long a client may take to send its request or read the answer, and how long we wait for one. */
#define CONTROL_TIMEOUT_US 10000000
/* Wait before taking clients in again when there was no descriptor for one. */
#define CONTROL_ACCEPT_PAUSE_US 500000

typedef struct control_server control_server;

/* Listens on the socket file `path` (an old file that nobody listens on is replaced). `answer` appends the answer to a
 * request line (without its end) on the loop's thread. EXISTS: another dragoman listens there. IO, LIMIT: with the
 * mend. */
dragoman_status control_server_create(loop *on, const char *path,
                                      void (*answer)(void *context, dragoman_bytes request, buffer *to), void *context,
                                      control_server **ret_server, error_record *error);
/* Closes, and removes the socket file. NULL is allowed. */
void control_server_destroy(control_server *server);

/* Asks the dragoman that listens on `path` and appends its answer. NOT_FOUND: nobody listens there. TIMED_OUT, IO. */
dragoman_status control_ask(const char *path, const char *request, buffer *to, error_record *error);

#endif
