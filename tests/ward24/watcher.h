/*
 * Looks at everything that leaves the house, and says what is wrong: a value that no device said, a gap that nobody is
 * told of, a device that is said to be away and is not, a link that delivers nothing though its device is well. On the
 * house's loop.
 */
#ifndef WARD24_WATCHER_H
#define WARD24_WATCHER_H

#include "app/house_inside.h"
#include "ward24/bedside.h"

/* What is written in the site file of every link. */
#define WATCHER_STALE_US 15000000

typedef struct watcher watcher;

typedef struct watcher_figures {
    uint64_t reports, values, checked, stale, gone, back;
    uint64_t fhir_bytes;
    uint64_t wrong;
} watcher_figures;

/* Makes one that waits for the house's sinks at two ports. NULL: no memory, or a port cannot be had. */
watcher *watcher_create(house *of, uint16_t reports_port, uint16_t fhir_port);
/* Ends it. NULL is allowed. */
void watcher_destroy(watcher *self);
/* Shows it the devices, in the order of their kinds. */
void watcher_begin(watcher *self, bedside *const devices[BEDSIDE_KINDS]);
/* What it saw; borrowed. */
const watcher_figures *watcher_seen(const watcher *self);

#endif
