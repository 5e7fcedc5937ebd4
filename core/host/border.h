/*
 * A watched adapter: a descriptor that passes every call on to another one and looks at what crosses the border. For
 * the contract suite.
 *
 * What the adapter is given lies in memory of its own size that is overwritten and given back when the call returns,
 * so that a pointer that it keeps shows something else the next time, and a look beyond the end is seen where addresses
 * are checked. What it takes from the host is counted.
 */
#ifndef HOST_BORDER_H
#define HOST_BORDER_H

#include "host/adapter.h"

typedef struct border_watch {
    const dragoman_adapter_descriptor *adapter;
    bool is_plain;            /* the input is passed as it is: for who measures */
    uint8_t gone;             /* what memory shows that is not the adapter's any more */
    uint64_t calls;           /* of handle and expire */
    uint64_t allocations;     /* of allocate and batch */
    size_t live_bytes;        /* of allocate, not released yet, in all instances */
    uint64_t refused_reports; /* that emit answered with INVALID */
} border_watch;

/* Gives back the memory that is still kept to show that it is gone. After the last call. */
void border_close(void);

/* A descriptor whose instances are those of the adapter, watched. It is good until the next call of this function: one
 * adapter is watched at a time. `watch` must outlive its instances. One that runs elsewhere (host/far.h) is not
 * watched: nothing crosses this border but copies. */
const dragoman_adapter_descriptor *border_of(const host_adapter *adapter, border_watch *watch);

#endif
