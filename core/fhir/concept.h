/*
 * Codes and identifiers as FHIR names them: which URI a coding system or an authority has.
 *
 * Well-known systems get their canonical URI; what only the sender knows stays under the writer's identifier base, so
 * that a local code never poses as one of a standard. Nothing is kept between calls.
 */
#ifndef FHIR_CONCEPT_H
#define FHIR_CONCEPT_H

#include "fhir/writer.h"

#define FHIR_MDC "urn:iso:std:iso:11073:10101"
#define FHIR_LOINC "http://loinc.org"
#define FHIR_UCUM "http://unitsofmeasure.org"

/* Whether `code` is said to be LOINC and can be. */
bool fhir_is_loinc(const dragoman_code *code);
/* The number of an MDC coding, or 0 when `code` is no numeric MDC coding. */
uint32_t fhir_mdc_number(const dragoman_code *code);
/* A coding element of MDC; `display` may be empty. */
void fhir_mdc_coding(buffer *to, uint32_t mdc, dragoman_bytes display);
/* A coding element with given system and code; display may be empty. */
void fhir_plain_coding(buffer *to, const char *system, dragoman_bytes code, dragoman_bytes display);
/* A coding element of what was sent. With `as_local` the system stays under our base even if it is well known. */
void fhir_coding(const fhir_writer *writer, buffer *to, const dragoman_code *code, bool as_local);
/* A CodeableConcept member (or element, name NULL) of what was sent; nothing when it is empty. */
void fhir_concept(const fhir_writer *writer, buffer *to, const char *name, const dragoman_concept *concept);
/* The same with the MDC term that `meaning` found for it in front. `meaning` may be NULL. */
void fhir_meant_concept(const fhir_writer *writer, buffer *to, const char *name, const dragoman_concept *concept,
                        const terms_meaning *meaning);
/* The words of a concept: its text, else its first coding's. */
dragoman_bytes fhir_concept_words(const dragoman_concept *concept);
/* Appends `base:kind:name` (or with slashes where the base is an http URI); `name` is percent-encoded, "" leaves it
 * out. */
void fhir_append_local_uri(const fhir_writer *writer, buffer *to, const char *kind, dragoman_bytes name);
/* Appends the URI of an identifier's authority. */
void fhir_append_authority(const fhir_writer *writer, buffer *to, const dragoman_identifier *identifier);
/* An Identifier element or member; nothing when it has no value. */
void fhir_identifier(const fhir_writer *writer, buffer *to, const char *name, const dragoman_identifier *identifier);

#endif
