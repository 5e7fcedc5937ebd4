#include "control/address.h"

#include <string.h>
#include <sys/socket.h>

dragoman_status control_address(const char *path, struct sockaddr_un *ret_address, error_record *error) {
    size_t size = strlen(path);
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (size >= sizeof(ret_address->sun_path)) {
        return error_set(error, DRAGOMAN_LIMIT,
                         "%s: a socket's path may have %zu bytes: set `control` to a shorter one", path,
                         sizeof(ret_address->sun_path) - 1);
    }
    memcpy(ret_address->sun_path, path, size + 1);
    return DRAGOMAN_OK;
}
