/*
 * Devices that speak in text at the end of a line: oximeters and a monitor that send lines by themselves, ventilators
 * that answer a command. Written from the documents that the profiles name; they share nothing with the adapter.
 */
#ifndef SIMULATE_TEXT_DEVICE_H
#define SIMULATE_TEXT_DEVICE_H

#include "simulate/line_player.h"

/* Their names, which are those of the profiles that read them; NULL ends them. */
extern const char *const text_device_names[];
/* What each does, in the same order. */
extern const line_protocol *const text_device_protocols[];

#endif
