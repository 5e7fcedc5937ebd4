/*
 * The frames of Nonin's serial data formats 2 and 7, as a device sends them. Written from the format definitions;
 * shares nothing with the adapter.
 */
#ifndef SIMULATE_NONIN_FRAMES_H
#define SIMULATE_NONIN_FRAMES_H

#include "simulate/line_player.h"

extern const line_protocol nonin_format_2;
extern const line_protocol nonin_format_7;

#endif
