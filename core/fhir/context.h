/*
 * Context events: admissions, moves, discharges and merges as Patient, Encounter and Location.
 *
 * Names follow HL7's v2-to-FHIR maps. Only what an event says is written: an Encounter needs the visit's number, and an
 * event that leaves its state open (an update, something announced or only suspected) writes none.
 */
#ifndef FHIR_CONTEXT_H
#define FHIR_CONTEXT_H

#include "fhir/writer.h"

/* Writes what context event `index` of the report says. NO_MEMORY. */
dragoman_status fhir_context_write(fhir_scene *scene, uint32_t index);
/* Writes the Locations of a place, outer ones first; *ret_inner is the innermost, or NULL for no place (location.c).
 * NO_MEMORY. */
dragoman_status fhir_location_write(fhir_scene *scene, const dragoman_place *place, const fhir_resource **ret_inner);

#endif
