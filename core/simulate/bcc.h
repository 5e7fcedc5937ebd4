/*
 * A rack of two Space pumps behind a SpaceCom that speaks BCC: it answers requests, one frame for each pump and the
 * next once the one before was acknowledged, and counts what only a controller would send without obeying it. Written
 * from the interface specification (I0022_000030); shares nothing with the adapter.
 */
#ifndef SIMULATE_BCC_H
#define SIMULATE_BCC_H

#include "simulate/line_player.h"

extern const line_protocol bcc_protocol;

#endif
