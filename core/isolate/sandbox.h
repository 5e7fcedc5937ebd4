/*
 * What an adapter's process is held by: limits, no_new_privs, Landlock, and two system-call filters: one for loading,
 * and the strict one for the rest of its life. docs/decisions/isolation.md says what each lets through.
 */
#ifndef ISOLATE_SANDBOX_H
#define ISOLATE_SANDBOX_H

#include "base/error.h"

/* How the process is held by the kernel, in words: "seccomp, Landlock 7". */
#define SANDBOX_HELD_BYTES 64
/* The pipe's descriptor in a child. */
#define SANDBOX_PIPE 3

typedef struct sandbox_options {
    const char *library; /* the file that will be loaded */
    uint64_t memory_max; /* bytes of address space */
    bool needs_landlock; /* a kernel without it is refused */
} sandbox_options;

/* Closes everything but the pipe, sets the limits and lets nothing through but what loading needs. UNSUPPORTED: the
 * kernel cannot. `ret_held` is empty before. */
dragoman_status sandbox_enter(const sandbox_options *options, char ret_held[SANDBOX_HELD_BYTES], error_record *error);
/* The strict filter: only the pipe, memory and the end. False with the reason. */
bool sandbox_seal(error_record *error);

#endif
