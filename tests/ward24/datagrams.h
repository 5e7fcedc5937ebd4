/*
 * A cable for datagrams, which are whole or not there: they are lost, come twice, or come behind the next one.
 */
#ifndef WARD24_DATAGRAMS_H
#define WARD24_DATAGRAMS_H

#include "ward24/cable.h"

typedef struct datagrams datagrams;

/* Makes it, pulled. NULL: no memory, or no port. */
datagrams *datagrams_create(loop *on, const cable_options *options);
/* Ends it. NULL is allowed. */
void datagrams_destroy(datagrams *self);
/* Pulls it, or plugs it in. */
void datagrams_plug(datagrams *self, bool is_in);
/* Faults so far. */
uint64_t datagrams_faults(const datagrams *self);

#endif
