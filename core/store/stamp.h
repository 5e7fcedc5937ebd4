/*
 * Stamping without a database: what the committer does to a report at commit, for `dragoman translate`, benchmarks and
 * tests. The registry and the memory of episodic values live only as long as the stamper. Single-threaded.
 */
#ifndef STORE_STAMP_H
#define STORE_STAMP_H

#include "base/buffer.h"
#include "store/store.h"

typedef struct store_stamper store_stamper;

/* Makes a stamper that knows no device. */
dragoman_status store_stamper_create(store_stamper **ret_stamper, error_record *error);
/* Frees it. NULL is allowed. */
void store_stamper_destroy(store_stamper *self);
/* Appends a message's report and its stamp to `to`. NO_MEMORY, LIMIT. */
dragoman_status store_stamp(store_stamper *self, const store_message *message, const store_report *report, buffer *to);
/* Remembers the message's state changes. */
dragoman_status store_stamper_state_put(store_stamper *self, const store_message *message);
/* The value of an adapter's key into `memory`. NOT_FOUND. */
dragoman_status store_stamper_state_get(store_stamper *self, dragoman_bytes link, dragoman_bytes key, arena *memory,
                                        dragoman_bytes *ret_value);

#endif
