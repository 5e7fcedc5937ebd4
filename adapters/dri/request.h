/*
 * All that may ever be said to a monitor: what it shall send and how often. Nothing here sets, silences or starts
 * anything there. The requests are made from a table that nothing can add to, and this is the only place that writes
 * onto the line.
 */
#ifndef DRI_REQUEST_H
#define DRI_REQUEST_H

#include "limits.h"
#include <dragoman/base.h>

typedef enum dri_request {
    DRI_REQUEST_DISPLAYED = 0, /* what the monitor shows now */
    DRI_REQUEST_TREND_10 = 1,  /* means of ten seconds */
    DRI_REQUEST_TREND_60 = 2,  /* means of a minute */
    DRI_REQUEST_AUXILIARY = 3, /* when cuff, output and wedge were measured */
    DRI_REQUEST_ALARMS = 4,    /* alarms as they stand */
    DRI_REQUEST_CHANGES = 5,   /* alarms whenever they change */
    DRI_REQUEST_WAVES = 6,
    DRI_REQUESTS = 7,
} dri_request;

typedef struct dri_outbox {
    size_t size;
    size_t lent; /* bytes at the beginning that the host was given and has not come back for */
    uint8_t bytes[DRI_OUTBOX];
} dri_outbox;

/* Appends a request in its frame. `interval_s`: for values and auxiliary information, at most 32767. `waves`: kinds of
 * waves, only with WAVES, at most DRI_WAVES. LIMIT: no room. */
dragoman_status dri_request_put(dri_outbox *outbox, dri_request request, uint32_t interval_s, dragoman_bytes waves);
/* Takes out what was lent before, and lends the rest. Empty: there is nothing. */
dragoman_bytes dri_outbox_lend(dri_outbox *outbox);
/* Forgets everything. */
void dri_outbox_reset(dri_outbox *outbox);

#endif
