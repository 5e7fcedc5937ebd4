#include "isolate/sandbox.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Landlock grew after the headers that we are built with: what a newer kernel adds is named here.
 * https://docs.kernel.org/userspace-api/landlock.html */
#define FILES_OF_1 ((UINT64_C(1) << 13) - 1)
#define FILES_REFER (UINT64_C(1) << 13)    /* since 2 */
#define FILES_TRUNCATE (UINT64_C(1) << 14) /* since 3 */
#define NET_TCP (UINT64_C(3))              /* since 4: bind, connect */
#define FILES_IOCTL (UINT64_C(1) << 15)    /* since 5 */
#define SCOPES (UINT64_C(3))               /* since 6: abstract sockets, signals */
/* Descriptors while loading: the pipe, and a library at a time. */
#define DESCRIPTORS_MAX 16
/* The stack, which counts as memory too. */
#define STACK_BYTES_MAX ((rlim_t)8 << 20)

typedef struct ruleset_attributes {
    uint64_t files;
    uint64_t net;
    uint64_t scopes;
} ruleset_attributes;

static bool set_limit(int what, rlim_t value) {
    struct rlimit limit = {value, value};
    return setrlimit((__rlimit_resource_t)what, &limit) == 0;
}

static bool set_limits(uint64_t memory_max) {
    return set_limit(RLIMIT_AS, memory_max) && set_limit(RLIMIT_STACK, STACK_BYTES_MAX) && set_limit(RLIMIT_CORE, 0) &&
           set_limit(RLIMIT_FSIZE, 0) && set_limit(RLIMIT_NOFILE, DESCRIPTORS_MAX) && set_limit(RLIMIT_MEMLOCK, 0) &&
           set_limit(RLIMIT_NPROC, 0) && set_limit(RLIMIT_MSGQUEUE, 0);
}

/* ---- Landlock */

static long landlock_version(void) {
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static bool may_read(int ruleset, const char *path) {
    int descriptor = open(path, O_PATH | O_CLOEXEC);
    if (descriptor < 0) {
        /* What is not there needs no rule. */
        return true;
    }
    struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE, .parent_fd = descriptor};
    bool is_added = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    close(descriptor);
    return is_added;
}

/* The folder that a function's library lies in: where the system's libraries are, and the character sets below. */
static bool may_read_beside(int ruleset, const void *function) {
    Dl_info info;
    char *path = dladdr(function, &info) == 0 ? NULL : realpath(info.dli_fname, NULL);
    char *slash = path == NULL ? NULL : strrchr(path, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
    bool is_added = slash != NULL && may_read(ruleset, path);
    free(path);
    return is_added;
}

/* 0 and the version, or a negative number when the kernel has none; false when it has and does not take it. */
static bool enter_landlock(const char *library, long *ret_version) {
    long version = landlock_version();
    *ret_version = version;
    if (version < 1) {
        return true;
    }
    ruleset_attributes attributes = {.files = FILES_OF_1};
    attributes.files |= version >= 2 ? FILES_REFER : 0;
    attributes.files |= version >= 3 ? FILES_TRUNCATE : 0;
    attributes.files |= version >= 5 ? FILES_IOCTL : 0;
    attributes.net = version >= 4 ? NET_TCP : 0;
    attributes.scopes = version >= 6 ? SCOPES : 0;
    size_t size = version >= 6   ? sizeof(attributes)
                  : version >= 4 ? offsetof(ruleset_attributes, scopes)
                                 : offsetof(ruleset_attributes, net);
    long ruleset = syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
    if (ruleset < 0) {
        return false;
    }
    /* malloc lies in libc, wherever that is. */
    bool is_good = may_read((int)ruleset, library) && may_read((int)ruleset, "/etc/ld.so.cache") &&
                   may_read_beside((int)ruleset, (const void *)(uintptr_t)&malloc) &&
                   syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close((int)ruleset);
    return is_good;
}

/* ---- seccomp */

/* What the rest of its life needs: memory without code, time, its end. */
static const int common_calls[] = {
    SCMP_SYS(futex),      SCMP_SYS(munmap),        SCMP_SYS(mremap),          SCMP_SYS(brk),
    SCMP_SYS(madvise),    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),    SCMP_SYS(exit),
    SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn),  SCMP_SYS(restart_syscall),
};

/* What loading needs beside: libraries are read and mapped, and the strict filter is put on top. Where files may lie is
 * Landlock's. */
static const int loading_calls[] = {
    SCMP_SYS(read),           SCMP_SYS(pread64),         SCMP_SYS(close),
    SCMP_SYS(fstat),          SCMP_SYS(newfstatat),      SCMP_SYS(lseek),
    SCMP_SYS(mmap),           SCMP_SYS(mprotect),        SCMP_SYS(seccomp),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
    SCMP_SYS(readlink),       SCMP_SYS(readlinkat),      SCMP_SYS(getrandom),
    SCMP_SYS(access),         SCMP_SYS(faccessat),       SCMP_SYS(faccessat2),
};

static bool allow(scmp_filter_ctx filter, const int *calls, size_t count) {
    bool is_good = true;
    for (size_t i = 0; i < count; i++) {
        /* A call that this machine does not have needs no rule. */
        int status = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, calls[i], 0, NULL);
        is_good = is_good && (status == 0 || calls[i] < 0);
    }
    return is_good;
}

static bool allow_on_pipe(scmp_filter_ctx filter, int call) {
    struct scmp_arg_cmp on_pipe = {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = SANDBOX_PIPE};
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &on_pipe) == 0;
}

/* The pipe only; sendto and recvfrom without an address are send and recv. */
static bool allow_pipe(scmp_filter_ctx filter, bool has_read) {
    return allow_on_pipe(filter, SCMP_SYS(sendto)) && allow_on_pipe(filter, SCMP_SYS(recvfrom)) &&
           allow_on_pipe(filter, SCMP_SYS(write)) && (has_read || allow_on_pipe(filter, SCMP_SYS(read)));
}

static bool allow_reading_files(scmp_filter_ctx filter) {
    struct scmp_arg_cmp only_reads = {
        .arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = O_ACCMODE | O_CREAT | O_TRUNC, .datum_b = O_RDONLY};
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, &only_reads) == 0;
}

/* Memory of its own that never becomes code. */
static bool allow_memory(scmp_filter_ctx filter) {
    struct scmp_arg_cmp plain[] = {
        {.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = 0},
        {.arg = 3, .op = SCMP_CMP_MASKED_EQ, .datum_a = MAP_ANONYMOUS, .datum_b = MAP_ANONYMOUS}};
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, plain) == 0 &&
           seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, plain) == 0;
}

static bool load_filter(bool is_strict) {
    /* What is not let through fails with EPERM: an adapter that tries goes without, and says so. */
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter == NULL) {
        return false;
    }
    /* no_new_privs is set already, and setting it again is not let through. */
    bool is_good = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0) == 0 &&
                   allow(filter, common_calls, sizeof(common_calls) / sizeof(common_calls[0])) &&
                   allow_pipe(filter, !is_strict);
    if (is_strict) {
        is_good = is_good && allow_memory(filter);
    } else {
        is_good = is_good && allow(filter, loading_calls, sizeof(loading_calls) / sizeof(loading_calls[0])) &&
                  allow_reading_files(filter);
    }
    is_good = is_good && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return is_good;
}

/* ---- both */

dragoman_status sandbox_enter(const sandbox_options *options, char ret_held[SANDBOX_HELD_BYTES], error_record *error) {
    long version = 0;
    bool is_alone = close_range(0, SANDBOX_PIPE - 1, 0) == 0 && close_range(SANDBOX_PIPE + 1, ~0u, 0) == 0;
    if (!is_alone || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !set_limits(options->memory_max)) {
        return error_set(error, DRAGOMAN_UNSUPPORTED, "a process cannot be held apart here: %s", strerror(errno));
    }
    if (!enter_landlock(options->library, &version)) {
        return error_set(error, DRAGOMAN_UNSUPPORTED, "Landlock refuses: %s", strerror(errno));
    }
    if (version < 1 && options->needs_landlock) {
        return error_set(
            error, DRAGOMAN_UNSUPPORTED,
            "this kernel has no Landlock (5.13 and newer have it, when `lsm=` names it): `isolate: process` "
            "cannot be kept");
    }
    if (!load_filter(false)) {
        return error_set(error, DRAGOMAN_UNSUPPORTED, "this kernel takes no system-call filter: %s", strerror(errno));
    }
    if (version < 1) {
        snprintf(ret_held, SANDBOX_HELD_BYTES, "seccomp, no Landlock");
    } else {
        snprintf(ret_held, SANDBOX_HELD_BYTES, "seccomp, Landlock %ld", version);
    }
    return DRAGOMAN_OK;
}

bool sandbox_seal(error_record *error) {
    if (load_filter(true)) {
        return true;
    }
    error_set(error, DRAGOMAN_UNSUPPORTED, "the strict system-call filter cannot be set: %s", strerror(errno));
    return false;
}
