/*
 * An adapter's process as the house sees it: a pid, and our end of its pipe. It gets no environment, no descriptor but
 * its end, no terminal, and none of our signals.
 */
#ifndef ISOLATE_PROCESS_H
#define ISOLATE_PROCESS_H

#include "base/error.h"
#include <sys/types.h>

typedef struct process_options {
    const char *program; /* adapter-host */
    const char *library;
    uint64_t memory_max;
    bool needs_landlock;
} process_options;

typedef struct process {
    pid_t pid;      /* 0: none */
    int descriptor; /* our end, not blocking; -1: none */
    int pidfd;      /* readable once it has ended; -1: none */
} process;

#define PROCESS_NONE ((process){.descriptor = -1, .pidfd = -1})

/* Starts one. IO with the reason. */
dragoman_status process_start(const process_options *options, process *ret_process, error_record *error);
/* Ends it at once; process_reap tells when it is gone. */
void process_kill(const process *self);
/* Whether it has ended; then its place is taken away and `ret_status` is as of waitpid. Its pipe stays until
 * process_close. */
bool process_reap(process *self, int *ret_status);
/* Closes our end. */
void process_close(process *self);

#endif
