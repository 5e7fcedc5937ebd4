/* Stands in front of libc's functions that read and write, and counts what goes through sockets and terminals. */
#include "ward24/clock_carried.h"

#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static _Atomic int64_t carried;
static _Atomic uint64_t changes;

static bool is_line(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 && (S_ISSOCK(status.st_mode) || S_ISCHR(status.st_mode));
}

static ssize_t note(int descriptor, ssize_t size, int sign) {
    if (size > 0 && is_line(descriptor)) {
        atomic_fetch_add(&carried, sign * size);
        atomic_fetch_add(&changes, 1);
    }
    return size;
}

bool clock_is_carrying(int64_t now_ns) {
    static uint64_t seen;
    static int64_t since_ns;
    uint64_t before = atomic_load(&changes);
    if (atomic_load(&carried) <= 0) {
        atomic_store(&carried, 0);
        return false;
    }
    if (before != seen) {
        seen = before;
        since_ns = now_ns;
    }
    if (now_ns - since_ns > CARRIED_PATIENCE_NS) {
        atomic_store(&carried, 0);
        return false;
    }
    return true;
}

static ssize_t count_received(int descriptor, void *data, size_t size, int flags, struct sockaddr *from,
                              socklen_t *from_size) {
    ssize_t got = syscall(SYS_recvfrom, descriptor, data, size, flags, from, from_size);
    return (flags & MSG_PEEK) != 0 ? got : note(descriptor, got, -1);
}

#pragma GCC visibility push(default)

ssize_t write(int descriptor, const void *data, size_t size) {
    return note(descriptor, syscall(SYS_write, descriptor, data, size), 1);
}

ssize_t read(int descriptor, void *data, size_t size) {
    return note(descriptor, syscall(SYS_read, descriptor, data, size), -1);
}

ssize_t sendto(int descriptor, const void *data, size_t size, int flags, __CONST_SOCKADDR_ARG to, socklen_t to_size) {
    return note(descriptor, syscall(SYS_sendto, descriptor, data, size, flags, to.__sockaddr__, to_size), 1);
}

ssize_t send(int descriptor, const void *data, size_t size, int flags) {
    return note(descriptor, syscall(SYS_sendto, descriptor, data, size, flags, NULL, 0), 1);
}

ssize_t recvfrom(int descriptor, void *data, size_t size, int flags, __SOCKADDR_ARG from, socklen_t *from_size) {
    return count_received(descriptor, data, size, flags, from.__sockaddr__, from_size);
}

ssize_t recv(int descriptor, void *data, size_t size, int flags) {
    return count_received(descriptor, data, size, flags, NULL, NULL);
}

ssize_t recvmsg(int descriptor, struct msghdr *message, int flags) {
    return note(descriptor, syscall(SYS_recvmsg, descriptor, message, flags), -1);
}
