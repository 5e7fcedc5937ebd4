/*
 * Patients and places: PID, PV1, MRG.
 */
#ifndef HL7V2_PERSON_H
#define HL7V2_PERSON_H

#include "code.h"

/* The segments that speak of one patient. Those with count == 0 were not sent. */
typedef struct hl7v2_claim {
    hl7v2_segment pid;
    hl7v2_segment pv1;
    hl7v2_segment mrg;
} hl7v2_claim;

/* The patient of a claim in the message's memory, or NULL when nothing that names a person was sent. */
const dragoman_patient *hl7v2_patient_read(hl7v2_message *message, const hl7v2_claim *claim);

/* The patient that MRG names: identifiers, account, visit and name as far as they were sent. NULL without MRG. */
const dragoman_patient *hl7v2_prior_read(hl7v2_message *message, const hl7v2_claim *claim);

/* A PL: point of care ^ room ^ bed ^ facility ^ status ^ kind ^ building ^ floor. NULL when the field is empty; a place
 * without parts when it is HL7's null: the patient is in none. */
const dragoman_place *hl7v2_place_read(hl7v2_message *message, dragoman_bytes field);

#endif
