/*
 * One envelope becomes a report, or a change of what is remembered of its device.
 */
#ifndef GATT_TRANSLATE_H
#define GATT_TRANSLATE_H

#include "envelope.h"

typedef struct gatt_outcome {
    const char *fault; /* why it could not be read; NULL: it could. Nothing was emitted or put then */
    bool is_idle;      /* it says nothing that is published */
    bool is_odd;       /* a time in it is none */
} gatt_outcome;

/* Translates an envelope inside of the host's open message. Any failure is ours: memory, or a limit of the host. */
dragoman_status gatt_translate(const dragoman_host *host, void *context, const gatt_envelope *envelope,
                               gatt_outcome *ret_outcome);

#endif
