/*
 * The parts of `dragoman adapter`: what who writes an adapter needs outside of this tree.
 */
#ifndef APP_ADAPTER_H
#define APP_ADAPTER_H

#include "app/command.h"
#include "app/places.h"
#include <dragoman/base.h>

/* Names of adapters that `new` makes: C names as well. */
#define ADAPTER_NAME_BYTES_MAX 32

/* Writes the skeleton of an adapter into a folder of its name in the working folder, and says what to do next. Returns
 * the exit code; what was wrong has been said. */
int adapter_new(const char *name);

/* One thing that was looked at. */
typedef struct adapter_finding {
    const char *sample; /* the file, or NULL: the library itself */
    const char *clause;
    const char *detail; /* what to mend; empty when it is kept */
    bool is_kept;
} adapter_finding;

/* Is told of each finding; everything is borrowed. */
typedef void (*adapter_tell)(void *context, const adapter_finding *finding);

/* What a library asks of the system that an adapter must not have, and what it exports beside its descriptor: a finding
 * for each name, and one that is kept where there is none. Reads the file; does not load it. */
void adapter_check_symbols(const char *path, adapter_tell tell, void *context);

/* How a process ends that the address checker stopped. */
#define ADAPTER_CHECKER_EXIT 99

/* A library that was built with -fsanitize=address can only be loaded where the checker's own library came first:
 * starts this program anew in that way, with the same words of the command. Returns when the library was built without,
 * or the checker is there already; also when it cannot be done, and then loading says why. */
void adapter_check_under_checker(const char *path, int argc, char **argv);
/* Whether the address checker is in this process. It needs memory and system calls that no adapter gets in a process of
 * its own. */
bool adapter_checker_is_here(void);

/* Something that the device says. */
typedef struct adapter_sample {
    const char *path;
    bool is_capture; /* else the bytes of one stream or file */
} adapter_sample;

/* Holds the library at `path` to the contract of all adapters on each sample, in processes of their own: a crash or a
 * hang is a finding. `isolates`: as an adapter that a house runs in a process of its own. Returns how many clauses were
 * broken. */
uint32_t adapter_check(const char *path, const app_places *places, bool isolates, const adapter_sample *samples,
                       uint32_t sample_count, adapter_tell tell, void *context);

#endif
