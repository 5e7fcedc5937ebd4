/*
 * The packets of Contec's CMS50 finger clips, as a device sends them, and how one of V7.0 answers. Written from
 * published descriptions of both protocols; shares nothing with the adapter.
 */
#ifndef SIMULATE_CONTEC_FRAMES_H
#define SIMULATE_CONTEC_FRAMES_H

#include "simulate/line_player.h"

extern const line_protocol contec_first;
extern const line_protocol contec_v7;

#endif
