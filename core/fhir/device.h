/*
 * Devices: the MDS that a report comes from, and the VMDs and channels between it and its metrics.
 *
 * In the core shape there is the MDS alone. In the pocd shape every metric hangs on a whole chain MDS - VMD - Channel,
 * as the device guide wants it: a level that the path names but no row of the message describes, or that the path
 * leaves out (0), becomes a bare device that says no more than its place.
 */
#ifndef FHIR_DEVICE_H
#define FHIR_DEVICE_H

#include "fhir/writer.h"

/* The device of the report and the parts that its rows state; from the cache where its content was seen before.
 * *ret_device is NULL when the report has none. NO_MEMORY. */
dragoman_status fhir_device_find(fhir_scene *scene, fhir_device **ret_device);
/* The VMD (channel_wanted false) or channel that `path` lies in. NULL: no memory. */
fhir_resource *fhir_device_part(fhir_scene *scene, dragoman_path path, bool channel_wanted);

#endif
