/*
 * Finds the module that serves an address and loads it. A module stays in memory once it is loaded: its constant data
 * may be referred to for the rest of the process.
 */
#ifndef PUBLISH_MODULE_H
#define PUBLISH_MODULE_H

#include "sinks/sink.h"

/* The descriptor of the sink that serves `to`. NULL with the reason: no scheme, no module of that name, or one of
 * another version. Any thread. */
const sink_descriptor *publish_module_find(const char *sinks_folder, dragoman_bytes to, error_record *error);

#endif
