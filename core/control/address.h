/*
 * The address of a control socket.
 */
#ifndef CONTROL_ADDRESS_H
#define CONTROL_ADDRESS_H

#include "base/error.h"
#include <sys/un.h>

/* Fills the address of the socket file `path`. LIMIT: the path is longer than a socket's name may be. */
dragoman_status control_address(const char *path, struct sockaddr_un *ret_address, error_record *error);

#endif
