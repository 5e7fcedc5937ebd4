/*
 * The sink of a house that has none: takes everything and carries it nowhere, so that the codes that devices send are
 * counted all the same. It has no name, and no position is kept for it.
 */
#ifndef PUBLISH_COUNTING_H
#define PUBLISH_COUNTING_H

#include "config/site.h"
#include "sinks/sink.h"

extern const site_publish counting_publish;
extern const sink_descriptor counting_sink;

#endif
