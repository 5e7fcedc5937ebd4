/*
 * What a recording says of the setting in which it was made: everything that an instance is made with, but secrets.
 */
#ifndef HOST_RECORDING_H
#define HOST_RECORDING_H

#include "capture/capture.h"
#include "host/instance.h"

/* Fills the facts of a header: adapter and its version, link, profile, zone and habit, channels, settings. Slices are
 * borrowed from the arguments and from `memory`. `zone` is the name of the link's zone, or empty. NO_MEMORY. */
dragoman_status host_recording_describe(const host_adapter *adapter, const host_instance_options *options,
                                        dragoman_bytes zone, arena *memory, capture_header *ret_header);
/* The word for a dragoman_channel_kind ("stream"), or "". */
const char *host_channel_word(uint32_t kind);

#endif
