/*
 * Loading adapters: one `.so`, one exported descriptor, checked on every path that loads. A bad one is refused by name
 * and number, and the rest of the house starts anyway.
 *
 * A host_adapter is immutable once made and may be shared by threads; instances of it must be gone before it is closed.
 */
#ifndef HOST_ADAPTER_H
#define HOST_ADAPTER_H

#include "base/error.h"
#include <dragoman/adapter.h>

/* How an adapter that runs elsewhere is reached: host/far.h. */
typedef struct host_far host_far;

typedef struct host_adapter {
    const dragoman_adapter_descriptor *descriptor;
    void *library;       /* NULL when it was linked in */
    const host_far *far; /* NULL: it runs here */
    char path[512];
} host_adapter;

/* Loads the adapter in the file `path`. NOT_FOUND: no such file. INVALID: no library, no `dragoman_adapter` symbol, or
 * a descriptor with other numbers or without required members. */
dragoman_status host_adapter_load(const char *path, host_adapter *ret_adapter, error_record *error);

/* Who loads a file: host_adapter_load, or somebody who lets it run elsewhere. */
typedef struct host_loader {
    void *context;
    dragoman_status (*load)(void *context, const char *path, host_adapter *ret_adapter, error_record *error);
} host_loader;

/* Loads `name`.so from `folder`; `loader` NULL: here. */
dragoman_status host_adapter_load_named(const host_loader *loader, const char *folder, dragoman_bytes name,
                                        host_adapter *ret_adapter, error_record *error);

/* Whether the adapter takes `start` for its protocol: as dragoman_adapter_descriptor.recognise. */
uint32_t host_adapter_recognise(const host_adapter *adapter, dragoman_bytes start);
/* Tells the mistakes of a profile's device section: as dragoman_adapter_descriptor.check_profile. */
void host_adapter_check_profile(const host_adapter *adapter, const dragoman_list *profile, dragoman_mistake_teller tell,
                                void *context);

/* Whether there is such a file: NOT_FOUND with a sentence. Nothing of it is loaded. */
dragoman_status host_adapter_find(const char *path, error_record *error);
/* Why a descriptor cannot be used: INVALID with both numbers, the file and the mend. */
dragoman_status host_adapter_judge(const dragoman_adapter_descriptor *descriptor, const char *path,
                                   error_record *error);

/* Closes the library. */
void host_adapter_close(host_adapter *adapter);

/* Calls `visit` for each `*.so` in `folder` in the order of their names, with the adapter or with why it was refused
 * (adapter NULL). The visitor may keep a copy of the adapter (and closes it then, by returning true); else it is closed
 * after the visit. */
dragoman_status host_adapter_visit(const host_loader *loader, const char *folder,
                                   bool (*visit)(void *context, const char *file, const host_adapter *adapter,
                                                 const error_record *refusal),
                                   void *context, error_record *error);

#endif
