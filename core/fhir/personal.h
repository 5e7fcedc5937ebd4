/*
 * Personal health devices as HL7's Personal Health Device guide wants them: the device with its specialisations, the
 * gateway that stands between it and the receiver, and the observation that says how their clocks stood to each other.
 *
 * Only a device that keeps a specialisation of IEEE 11073-10400 ff. and has a system-id (EUI-64) is one; in the phd
 * shape any other device goes out as in the core shape.
 */
#ifndef FHIR_PERSONAL_H
#define FHIR_PERSONAL_H

#include "fhir/observation.h"

#define FHIR_SYSTEM_ID_BYTES 24 /* "FE-ED-AB-EE-DE-AD-77-C3" and its NUL */

/* Whether the report is to be written as the guide wants it. */
bool fhir_personal_is(const fhir_options *options, const dragoman_report *report);
/* Reads an EUI-64: 16 hexadecimal digits, with or without dashes or colons between. False when it is none. */
bool fhir_system_id_read(dragoman_bytes text, char to[FHIR_SYSTEM_ID_BYTES]);
/* Renders the device of the report (PhdDevice). NULL: no memory. */
fhir_resource *fhir_personal_device(fhir_scene *scene, const dragoman_device *device);
/* Renders this gateway (PhgDevice). NULL: no memory. */
fhir_resource *fhir_personal_gateway(fhir_scene *scene);
/* Writes the coincident time stamp, if the report says what the device's clock showed. NO_MEMORY. */
dragoman_status fhir_personal_clock_write(fhir_scene *scene);
/* What an Observation of the guide has beside the members of all: behind its first identifier, with that array open,
 * the guide's own one, the array's end and the extensions. */
void fhir_personal_members(fhir_scene *scene, const dragoman_observation *observation);
/* The guide's profile of an observation: its canonical's last part. */
const char *fhir_personal_profile(const dragoman_observation *observation);
/* The components for supplemental types; `components` are open. */
void fhir_personal_supplements(fhir_scene *scene, const dragoman_observation *observation);

#endif
