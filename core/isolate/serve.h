/*
 * The other side: runs the instances of one adapter with the host's own code, in a process that has nothing but a pipe.
 * What the host would do with a message is written to the pipe; what it would look up is asked for.
 *
 * Opens nothing but the adapter's character sets, before it is sealed.
 */
#ifndef ISOLATE_SERVE_H
#define ISOLATE_SERVE_H

#include "host/adapter.h"

typedef struct isolate_serving {
    int descriptor; /* a blocking stream socket */
    const host_adapter *adapter;
    dragoman_bytes held; /* in words, how the process is held: for the status */
    /* Takes away what only loading needed; false: it cannot, and `error` says why. NULL: nothing is taken away. */
    bool (*seal)(error_record *error);
} isolate_serving;

/* Says hello and serves until the pipe ends. OK: the house hung up. */
dragoman_status isolate_serve(const isolate_serving *options);
/* Says why there is no adapter. */
void isolate_refuse(int descriptor, dragoman_bytes sentence);

#endif
