/*
 * What a measurement's state means for its Observation: status, interpretation, security label, and why there is no
 * value. The table is the device guides' (HL7 PoCD "mapping" pages for OBX-8, MeasurementStatus and SDC validity).
 */
#ifndef FHIR_STATUS_H
#define FHIR_STATUS_H

#include "fhir/writer.h"

/* FHIR's code for the result status. */
const char *fhir_result_status(const fhir_writer *writer, uint8_t result, uint32_t status);
/* The data-absent-reason code, or NULL when there is a value to write. `value` may be NULL (none was sent).
 * `profile_absent` is terms_meaning.absent. */
const char *fhir_absent_reason(uint32_t status, uint8_t result, const dragoman_value *value, uint8_t profile_absent);
/* Writes `dataAbsentReason`. */
void fhir_absent(buffer *to, const char *reason);
/* Writes `meta` with the profile (NULL: none is claimed) and its security labels, if any. The RELIABLE family is given
 * for device values only. */
void fhir_meta(buffer *to, const char *profile, uint32_t status, uint8_t domain);
/* Writes `interpretation` from the status bits and the interpretation codes as sent. */
void fhir_interpretation(const fhir_writer *writer, buffer *to, uint32_t status, const dragoman_concept *flags);

#endif
