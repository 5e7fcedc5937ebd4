/*
 * DeviceMetrics: one for each metric of a device, and one for each pressure panel (of the group's type, since the
 * panel's Observation has the group's code and the device guide wants both to agree). Their members have none of their
 * own.
 */
#ifndef FHIR_METRIC_H
#define FHIR_METRIC_H

#include "fhir/writer.h"

typedef struct fhir_metric_source {
    dragoman_path path;
    const dragoman_concept *code;
    const terms_meaning *meaning; /* of the code, and of the unit unless is_enumeration */
    const char *category;         /* measurement, setting, calculation */
    bool is_enumeration;          /* code, text, bits: the guide forbids a unit */
} fhir_metric_source;

/* A metric and the devices above it. All NULL where there is none (core shape, or no path). */
typedef struct fhir_metric {
    fhir_resource *vmd;
    fhir_resource *channel;
    fhir_resource *metric;
} fhir_metric;

/* The category of a metric. */
const char *fhir_metric_category(uint8_t obtained, uint32_t mdc);
/* Whether an observation of this domain, path and MDC term gets a DeviceMetric under the writer's shape: the guide
 * wants an MDC type, so a code that nobody mapped stays with the device. */
bool fhir_metric_is_due(const fhir_writer *writer, dragoman_path path, uint8_t domain, uint32_t mdc);
/* The DeviceMetric and its chain, from the cache where it was seen before. NO_MEMORY. */
dragoman_status fhir_metric_find(fhir_scene *scene, const fhir_metric_source *source, fhir_metric *ret_metric);
/* Writes the chain and the metric, outer ones first. */
void fhir_metric_write(fhir_scene *scene, const fhir_metric *metric);

#endif
