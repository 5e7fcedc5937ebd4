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

typedef struct host_adapter {
    const dragoman_adapter_descriptor *descriptor;
    void *library; /* NULL when it was linked in */
    char path[512];
} host_adapter;

/* Loads the adapter in the file `path`. NOT_FOUND: no such file. INVALID: no library, no `dragoman_adapter` symbol, or
 * a descriptor with other numbers or without required members. */
dragoman_status host_adapter_load(const char *path, host_adapter *ret_adapter, error_record *error);

/* Loads `name`.so from `folder`. */
dragoman_status host_adapter_load_named(const char *folder, dragoman_bytes name, host_adapter *ret_adapter,
                                        error_record *error);

/* Closes the library. */
void host_adapter_close(host_adapter *adapter);

/* Calls `visit` for each `*.so` in `folder` in the order of their names, with the adapter or with why it was refused
 * (adapter NULL). The visitor may keep a copy of the adapter (and closes it then, by returning true); else it is closed
 * after the visit. */
dragoman_status host_adapter_visit(const char *folder,
                                   bool (*visit)(void *context, const char *file, const host_adapter *adapter,
                                                 const error_record *refusal),
                                   void *context, error_record *error);

#endif
