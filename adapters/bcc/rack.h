/*
 * What is known of the rack at the other end and of its pumps, and the reports that are made of what it tells: one for
 * each pump of a frame. Everything goes out under the protocol's names; what they mean is the profile's.
 */
#ifndef BCC_RACK_H
#define BCC_RACK_H

#include "frame.h"
#include <dragoman/adapter.h>

/* Coding systems of ours for parameters, and for the alarms among them. */
#define BCC_SYSTEM_PARAMETER "urn:dragoman:bcc:parameter"
#define BCC_SYSTEM_ALARM "urn:dragoman:bcc:alarm"

/* A text that is kept. */
typedef struct bcc_text {
    uint8_t size;
    uint8_t bytes[BCC_NAME_MOST];
} bcc_text;

typedef struct bcc_pump {
    bcc_text address;
    bcc_text serial; /* empty: it did not tell it yet */
    bcc_text model;
    uint32_t alarms;              /* bit n: INA(n+1) stands */
    uint32_t told_again;          /* since the line came back */
    int64_t since_us[BCC_ALARMS]; /* our wall clock when it was first seen; names it */
} bcc_pump;

typedef struct bcc_rack {
    const dragoman_host *host;
    void *context;
    uint32_t pump_count;
    bcc_pump pumps[BCC_PUMPS];
    bcc_pump stranger; /* one that finds no room: forgotten after its report */
} bcc_rack;

/* A new connection: standing alarms are told again. */
void bcc_rack_begin(bcc_rack *rack);
/* Takes a frame. INVALID: a block in it has not the form of one; the others were taken. Else what emit said. */
dragoman_status bcc_rack_take(bcc_rack *rack, const bcc_frame *frame, const dragoman_now *now);

#endif
