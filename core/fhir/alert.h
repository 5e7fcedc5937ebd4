/*
 * Alerts: what a device alarmed about, as Observations.
 *
 * R4 has no resource for device alarms and no guide to follow. So: an Observation of the event, in core elements alone,
 * with the facets of IHE ACM as components under their MDC attribute codes, the facets' own words as values. All phases
 * of one alert have one id: preliminary while it goes on, final when it is over. It has no category, least of all
 * vital-signs.
 */
#ifndef FHIR_ALERT_H
#define FHIR_ALERT_H

#include "fhir/writer.h"

/* Writes alert `index` of the report. */
void fhir_alert_write(fhir_scene *scene, uint32_t index);

#endif
