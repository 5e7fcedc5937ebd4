/*
 * An adapter that tries to get out: in its constructor, while only loading is let through, and later in a call. A line
 * "CONSTRUCTOR" or "CALL" is answered with a line for what it tried: "NAME ERRNO", or "NAME GOT" when it got it. Other
 * lines write frames of their own onto the pipe, or emit a report with the device key that follows. For tests: built by
 * them, never installed.
 */
#include <dragoman/adapter.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIPE 3
#define SAID_BYTES 4096

typedef struct told {
    char text[SAID_BYTES];
    size_t size;
} told;

static told in_constructor;

static void note(told *to, const char *name, long result) {
    int problem = result >= 0 ? 0 : errno;
    to->size += (size_t)snprintf(to->text + to->size, sizeof(to->text) - to->size, problem == 0 ? "%s GOT;" : "%s %d;",
                                 name, problem);
}

static void *nothing(void *argument) {
    return argument;
}

static void try_files(told *to) {
    note(to, "read a file", syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0));
    note(to, "write a file", syscall(SYS_openat, AT_FDCWD, "/tmp/hostile-was-here", O_WRONLY | O_CREAT, 0600));
    note(to, "read the parent's memory file", syscall(SYS_openat, AT_FDCWD, "/proc/1/mem", O_RDONLY, 0));
    note(to, "read its own memory file", syscall(SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDWR, 0));
    note(to, "list a folder", syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY, 0));
    note(to, "remove a file", unlink("/tmp/isolation-canary"));
    note(to, "link a file", symlink("/etc/passwd", "/tmp/hostile-link"));
    note(to, "make a folder", mkdir("/tmp/hostile-folder", 0700));
    note(to, "change its root", chroot("/"));
    note(to, "make a memory file", syscall(SYS_memfd_create, "x", 0));
    note(to, "watch files", syscall(SYS_inotify_init1, 0));
    note(to, "mount", syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, ""));
}

static void try_network(told *to) {
    int pair[2];
    note(to, "TCP socket", socket(AF_INET, SOCK_STREAM, 0));
    note(to, "UDP socket", socket(AF_INET, SOCK_DGRAM, 0));
    note(to, "UDP socket over IPv6", socket(AF_INET6, SOCK_DGRAM, 0));
    note(to, "raw socket", socket(AF_INET, SOCK_RAW, 1));
    note(to, "packet socket", socket(AF_PACKET, SOCK_RAW, 0));
    note(to, "netlink socket", socket(AF_NETLINK, SOCK_RAW, 0));
    note(to, "local socket", socket(AF_UNIX, SOCK_STREAM, 0));
    note(to, "socket pair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    struct sockaddr_in port = {.sin_family = AF_INET, .sin_port = htons(9)};
    note(to, "connect the pipe elsewhere", connect(PIPE, (struct sockaddr *)&port, sizeof(port)));
    struct msghdr message = {0};
    note(to, "send descriptors", sendmsg(PIPE, &message, 0));
    note(to, "receive descriptors", recvmsg(PIPE, &message, MSG_DONTWAIT));
}

static void try_processes(told *to) {
    pthread_t thread;
    char *words[] = {"/bin/true", NULL};
    long child = syscall(SYS_fork);
    if (child == 0) {
        _exit(0);
    }
    note(to, "fork", child);
    child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        _exit(0);
    }
    note(to, "clone", child);
    note(to, "clone3", syscall(SYS_clone3, NULL, 0));
    errno = pthread_create(&thread, NULL, nothing, NULL);
    note(to, "thread", errno == 0 ? 0 : -1);
    note(to, "exec", execve(words[0], words, words + 1));
    note(to, "exec by descriptor", syscall(SYS_execveat, PIPE, "", words, NULL, AT_EMPTY_PATH));
    note(to, "ptrace the parent", ptrace(PTRACE_ATTACH, 1, NULL, NULL));
    note(to, "be traced", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
    char byte;
    struct iovec here = {&byte, 1};
    struct iovec there = {&byte, 1};
    note(to, "read another's memory", process_vm_readv(1, &here, 1, &there, 1, 0));
    note(to, "write another's memory", process_vm_writev(1, &here, 1, &there, 1, 0));
    note(to, "signal another", kill(1, 0));
    note(to, "signal itself", kill(getpid(), 0));
    note(to, "take another's descriptor", syscall(SYS_pidfd_getfd, PIPE, 0, 0));
    note(to, "open a process", syscall(SYS_pidfd_open, 1, 0));
    note(to, "other limits", syscall(SYS_prlimit64, 0, 7, NULL, &(uint64_t[2]){0}));
    note(to, "unshare", syscall(SYS_unshare, 0x10000000));
}

static void try_kernel(told *to) {
    char bytes[128] = "";
    note(to, "io_uring", syscall(SYS_io_uring_setup, 1, bytes));
    note(to, "bpf", syscall(SYS_bpf, 0, bytes, sizeof(bytes)));
    note(to, "userfaultfd", syscall(SYS_userfaultfd, 0));
    note(to, "perf_event_open", syscall(SYS_perf_event_open, bytes, 0, -1, -1, 0));
    note(to, "keys", syscall(SYS_keyctl, 0, 0));
    note(to, "load a module", syscall(SYS_init_module, bytes, 1, bytes));
    note(to, "set the time", syscall(SYS_clock_settime, 0, bytes));
    note(to, "privileges", syscall(SYS_setuid, 0));
    note(to, "double the pipe", syscall(SYS_dup, PIPE));
    note(to, "ioctl", syscall(SYS_ioctl, PIPE, 0x541B, bytes));
    long wrote = -1;
    for (int descriptor = 0; descriptor < 64 && wrote < 0; descriptor++) {
        wrote = descriptor == PIPE ? -1 : write(descriptor, "x", 1);
    }
    note(to, "write to another descriptor", wrote);
}

static void try_code(told *to) {
    void *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    note(to, "new code", code == MAP_FAILED ? -1 : 0);
    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    note(to, "memory into code", code == MAP_FAILED ? -1 : mprotect(code, 4096, PROT_READ | PROT_EXEC));
}

__attribute__((constructor)) static void constructor(void) {
    try_files(&in_constructor);
    try_network(&in_constructor);
    try_processes(&in_constructor);
    try_kernel(&in_constructor);
}

/* ---- the adapter */

typedef struct hostile {
    const dragoman_host *host;
    void *context;
    bool has_answer;
    told said;
} hostile;

static dragoman_status hostile_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                    void **ret_instance) {
    hostile *self = host->allocate(context, sizeof(*self));
    (void)start;
    if (self == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    self->host = host;
    self->context = context;
    *ret_instance = self;
    return DRAGOMAN_OK;
}

static void hostile_fini(void *instance) {
    (void)instance;
}

static void emit(hostile *self, dragoman_bytes key) {
    dragoman_value value = {.kind = DRAGOMAN_VALUE_DECIMAL, .number = {.mantissa = 666}};
    dragoman_code code = {DRAGOMAN_TEXT("T"), DRAGOMAN_TEXT("Temperature"), DRAGOMAN_TEXT("FAULTY")};
    dragoman_observation observation = {.path = {1, 1, 1, 1},
                                        .code = {.codings = &code, .coding_count = 1},
                                        .values = DRAGOMAN_LIST(&value, 1),
                                        .result = DRAGOMAN_RESULT_UNVALIDATED};
    dragoman_device device = {.struct_size = sizeof(device), .key = key};
    dragoman_report report = {
        .struct_size = sizeof(report), .device = &device, .observations = DRAGOMAN_LIST(&observation, 1)};
    (void)self->host->emit(self->context, &report);
}

/* A frame as the host's own code in this process would write it. */
static void write_frame(uint32_t kind, uint32_t instance, uint32_t size) {
    uint32_t frame[16] = {size, kind, instance};
    (void)!write(PIPE, frame, 16 + (size < 48 ? size : 48));
}

static void take(hostile *self, dragoman_bytes line) {
    char word[64] = "";
    memcpy(word, line.data, line.size < sizeof(word) ? line.size : sizeof(word) - 1);
    self->has_answer = true;
    self->said.size = 0;
    if (strcmp(word, "CONSTRUCTOR") == 0) {
        self->said = in_constructor;
    } else if (strcmp(word, "CALL") == 0) {
        try_files(&self->said);
        try_network(&self->said);
        try_processes(&self->said);
        try_kernel(&self->said);
        try_code(&self->said);
    } else if (strncmp(word, "FRAME ", 6) == 0) {
        unsigned kind = 0;
        unsigned instance = 0;
        unsigned size = 0;
        sscanf(word + 6, "%u %u %u", &kind, &instance, &size);
        write_frame(kind, instance, size);
    } else if (strncmp(word, "KEY ", 4) == 0) {
        emit(self, (dragoman_bytes){line.data + 4, line.size - 4});
    }
    self->said.text[self->said.size++] = '\n';
}

static dragoman_status hostile_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                      dragoman_progress *ret_progress) {
    (void)now;
    if (event->kind != DRAGOMAN_EVENT_BYTES) {
        return DRAGOMAN_OK;
    }
    dragoman_bytes unread = event->of.bytes.unread;
    const uint8_t *end = unread.size == 0 ? NULL : memchr(unread.data, '\n', unread.size);
    if (end == NULL) {
        return DRAGOMAN_NEED_MORE;
    }
    ret_progress->consumed = (size_t)(end - unread.data) + 1;
    take(instance, (dragoman_bytes){unread.data, (size_t)(end - unread.data)});
    return DRAGOMAN_OK;
}

static int64_t hostile_deadline(const void *instance) {
    (void)instance;
    return DRAGOMAN_NO_DEADLINE;
}

static dragoman_status hostile_expire(void *instance, const dragoman_now *now) {
    (void)instance;
    (void)now;
    return DRAGOMAN_OK;
}

static dragoman_status hostile_next(void *instance, dragoman_action *ret_action) {
    hostile *self = instance;
    if (!self->has_answer) {
        return DRAGOMAN_NOT_FOUND;
    }
    self->has_answer = false;
    ret_action->kind = DRAGOMAN_ACTION_SEND;
    ret_action->data = (dragoman_bytes){(const uint8_t *)self->said.text, self->said.size};
    return DRAGOMAN_OK;
}

static const dragoman_channel channels[] = {{.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM}};

DRAGOMAN_EXPORT const dragoman_adapter_descriptor dragoman_adapter = {
    .magic = DRAGOMAN_ABI_MAGIC,
    .abi_major = DRAGOMAN_ABI_MAJOR,
    .abi_minor = DRAGOMAN_ABI_MINOR,
    .struct_size = sizeof(dragoman_adapter_descriptor),
    .scope = DRAGOMAN_SCOPE_SESSION,
    .name = "hostile",
    .version = "1.0.0",
    .summary = "one that tries to get out",
    .channels = channels,
    .channel_count = 1,
    .init = hostile_init,
    .fini = hostile_fini,
    .handle = hostile_handle,
    .deadline = hostile_deadline,
    .expire = hostile_expire,
    .next = hostile_next,
};
