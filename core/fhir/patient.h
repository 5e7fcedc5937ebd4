/*
 * Patients, by identifier only: a message that names nobody, or gives a name without a number, makes no Patient.
 */
#ifndef FHIR_PATIENT_H
#define FHIR_PATIENT_H

#include "fhir/writer.h"

/* How a Patient stands to another one. */
typedef enum fhir_patient_link {
    FHIR_PATIENT_ALONE,
    FHIR_PATIENT_REPLACED, /* its record went into the other's: inactive */
    FHIR_PATIENT_SEE_ALSO,
} fhir_patient_link;

/* The Patient resource, from the cache where it was seen before; *ret_patient is NULL when there is no identifier. With
 * a link, `other` is the other Patient. NO_MEMORY. */
dragoman_status fhir_patient_find(fhir_scene *scene, const dragoman_patient *patient, fhir_patient_link link,
                                  const fhir_resource *other, fhir_resource **ret_patient);

#endif
