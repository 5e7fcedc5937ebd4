#include "control/address.h"
#include "control/control.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_BYTES_MAX ((size_t)64 << 20)

static dragoman_status read_answer(int descriptor, const char *path, buffer *to, error_record *error) {
    for (;;) {
        uint8_t *room = buffer_reserve(to, 65536);
        if (room == NULL || to->size > ANSWER_BYTES_MAX) {
            return error_set(error, DRAGOMAN_NO_MEMORY, "%s: the answer is too long", path);
        }
        ssize_t size = read(descriptor, room, 65536);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            bool is_late = errno == EAGAIN;
            return error_set(error, is_late ? DRAGOMAN_TIMED_OUT : DRAGOMAN_IO, "%s: no answer: %s", path,
                             is_late ? "it takes too long" : strerror(errno));
        }
        if (size == 0) {
            return DRAGOMAN_OK;
        }
        to->size += (size_t)size;
    }
}

dragoman_status control_ask(const char *path, const char *request, buffer *to, error_record *error) {
    struct sockaddr_un address;
    dragoman_status status = control_address(path, &address, error);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof(address)) != 0) {
        int reason = errno;
        if (descriptor >= 0) {
            close(descriptor);
        }
        return error_set(error, reason == EACCES ? DRAGOMAN_DENIED : DRAGOMAN_NOT_FOUND,
                         "%s: no dragoman listens here (%s): is `dragoman run` going with this site?", path,
                         strerror(reason));
    }
    struct timeval wait = {.tv_sec = CONTROL_TIMEOUT_US / 1000000};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    size_t size = strlen(request);
    if (send(descriptor, request, size, MSG_NOSIGNAL) != (ssize_t)size ||
        send(descriptor, "\n", 1, MSG_NOSIGNAL) != 1) {
        status = error_set(error, DRAGOMAN_IO, "%s: it takes no request: %s", path, strerror(errno));
    } else {
        status = read_answer(descriptor, path, to, error);
    }
    close(descriptor);
    return status;
}
