/*
 * An anaesthesia monitor with an S/5 Computer Interface: it takes transmission requests and then sends by itself.
 * Written from the interface's and the record specification (M1017617, 8005313); shares nothing with the adapter.
 */
#ifndef SIMULATE_DRI_H
#define SIMULATE_DRI_H

#include "simulate/line_player.h"

extern const line_protocol dri_protocol;

#endif
