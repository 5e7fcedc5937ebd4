/*
 * The frames of Nonin's serial data formats 2 and 7, as a device sends them. Written from the format definitions;
 * shares nothing with the adapter.
 */
#ifndef SIMULATE_NONIN_FRAMES_H
#define SIMULATE_NONIN_FRAMES_H

#include "simulate/oximeter_player.h"

extern const oximeter_protocol nonin_format_2;
extern const oximeter_protocol nonin_format_7;

#endif
