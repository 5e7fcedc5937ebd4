#include "isolate/process.h"

#include "isolate/sandbox.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the pipe holds in each direction: some reads of a line. The kernel may give less. */
#define PIPE_BYTES (1 << 20)

static int spawn(const process_options *options, int end, pid_t *ret_pid) {
    char memory[32];
    /* posix_spawn takes texts that it does not change, without saying so. */
    char *arguments[] = {(char *)(uintptr_t)options->program, (char *)(uintptr_t)options->library, memory,
                         (char *)(uintptr_t)(options->needs_landlock ? "1" : "0"), NULL};
    char *nothing[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    snprintf(memory, sizeof(memory), "%llu", (unsigned long long)options->memory_max);
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, end, SANDBOX_PIPE);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    int problem = posix_spawn(ret_pid, options->program, &actions, &attributes, arguments, nothing);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return problem;
}

dragoman_status process_start(const process_options *options, process *ret_process, error_record *error) {
    int ends[2];
    int size = PIPE_BYTES;
    pid_t pid = 0;
    *ret_process = PROCESS_NONE;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return error_set(error, DRAGOMAN_IO, "no pipe for an adapter's process: %s", strerror(errno));
    }
    for (int i = 0; i < 2; i++) {
        setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    }
    int problem = fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0 ? errno : spawn(options, ends[1], &pid);
    close(ends[1]);
    int pidfd = problem == 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
    if (pidfd < 0) {
        problem = problem != 0 ? problem : errno;
        close(ends[0]);
        if (pid > 0) {
            kill(pid, SIGKILL);
            waitpid(pid, NULL, 0);
        }
        return error_set(error, DRAGOMAN_IO, "%s cannot be started: %s", options->program, strerror(problem));
    }
    *ret_process = (process){.pid = pid, .descriptor = ends[0], .pidfd = pidfd};
    return DRAGOMAN_OK;
}

void process_kill(const process *self) {
    if (self->pid > 0) {
        kill(self->pid, SIGKILL);
    }
}

bool process_reap(process *self, int *ret_status) {
    if (self->pid <= 0 || waitpid(self->pid, ret_status, WNOHANG) != self->pid) {
        return false;
    }
    close(self->pidfd);
    self->pid = 0;
    self->pidfd = -1;
    return true;
}

void process_close(process *self) {
    if (self->descriptor >= 0) {
        close(self->descriptor);
    }
    self->descriptor = -1;
}
