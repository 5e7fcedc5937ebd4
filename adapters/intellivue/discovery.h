/*
 * Connect Indication: how a monitor that is not associated tells its network that it is there ("Device Discovery
 * Messages"), by broadcast to UDP port 24005.
 */
#ifndef INTELLIVUE_DISCOVERY_H
#define INTELLIVUE_DISCOVERY_H

#include "limits.h"
#include "wire.h"

/* Where a monitor takes requests when it does not say otherwise. */
#define INTELLIVUE_PORT 24105u

/* Reads the port for the data export protocol. False when the message is no connect indication. */
bool intellivue_connect_indication(dragoman_bytes message, uint16_t *ret_port);

/* Writes the host of "host:port" with another port. 0 when it is not of that form or too long. */
size_t intellivue_address_with_port(dragoman_bytes address, uint16_t port, char to[INTELLIVUE_ADDRESS_BYTES]);

#endif
