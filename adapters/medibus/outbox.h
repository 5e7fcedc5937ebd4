/*
 * What waits to be sent. The only place that writes onto the line: commands outside of the list in code.h are refused
 * here, whoever asks.
 */
#ifndef MEDIBUS_OUTBOX_H
#define MEDIBUS_OUTBOX_H

#include "code.h"
#include "limits.h"

typedef struct medibus_outbox {
    size_t size;
    size_t lent; /* bytes at the beginning that the host was given and has not come back for */
    uint8_t bytes[MEDIBUS_OUTBOX];
} medibus_outbox;

/* Appends a command with its checksum. UNSUPPORTED: not one that we may send. LIMIT: no room. */
dragoman_status medibus_send_command(medibus_outbox *outbox, uint8_t code, dragoman_bytes argument);
/* Appends a response with its checksum. LIMIT: no room. */
dragoman_status medibus_send_response(medibus_outbox *outbox, uint8_t code, dragoman_bytes data);
/* Appends the sync-command that enables the streams of `mask` (bit 0: stream 1) and no others: "Sync-Commands". LIMIT:
 * no room. */
dragoman_status medibus_send_streams(medibus_outbox *outbox, uint32_t mask);
/* Takes out what was lent before, and lends the rest. Empty: there is nothing. */
dragoman_bytes medibus_outbox_lend(medibus_outbox *outbox);
/* Forgets everything. */
void medibus_outbox_reset(medibus_outbox *outbox);

#endif
