/*
 * A syringe pump that speaks the protocol of Alaris Asena pumps: it answers queries, and counts what only a controller
 * would send without obeying it. Written from what published readers of the protocol say; shares nothing with the
 * adapter.
 */
#ifndef SIMULATE_ASENA_H
#define SIMULATE_ASENA_H

#include "simulate/line_player.h"

extern const line_protocol asena_protocol;

#endif
