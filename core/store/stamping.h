/*
 * How a report gets its stamp: the device it is from, that device's clock epoch, and which of its observations only
 * repeat an earlier episodic value. Single-threaded: the committer's, or a stamper's.
 */
#ifndef STORE_STAMPING_H
#define STORE_STAMPING_H

#include "base/buffer.h"
#include "store/episodic.h"
#include "store/registry.h"
#include "store/store.h"

typedef struct store_stamping {
    store_registry *registry;
    store_episodic *episodic;
    buffer *repeated; /* scratch: uint32_t indexes */
} store_stamping;

/* Appends a report's bytes and its stamp to `to`. ret_lane is its device's lane, 0 for a report without one. LIMIT: too
 * many devices or too long a key. NO_MEMORY. On failure `to` is as it was. */
dragoman_status store_stamp_report(const store_stamping *with, const store_message *message, const store_report *report,
                                   buffer *to, uint64_t *ret_lane);

#endif
