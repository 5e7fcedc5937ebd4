/*
 * What a laboratory result hangs on: the order, named by its number, and the specimen.
 */
#ifndef FHIR_LABORATORY_H
#define FHIR_LABORATORY_H

#include "fhir/writer.h"

/* Writes the Specimen of an order, if it has a number. NO_MEMORY. */
dragoman_status fhir_specimen_write(fhir_scene *scene, const dragoman_order *order);
/* Members `basedOn` and `specimen` of an Observation. */
void fhir_laboratory_members(fhir_scene *scene, buffer *to, const dragoman_order *order);

#endif
