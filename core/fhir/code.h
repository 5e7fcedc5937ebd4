/*
 * What an observation is of: Observation.code and component.code from MDC, LOINC and the sender's own codings.
 */
#ifndef FHIR_CODE_H
#define FHIR_CODE_H

#include "fhir/vitals.h"

/* Writes member `name`: the MDC term, the LOINC pairings that `plan` allows, then what was sent, and the words that
 * stood with it. A LOINC code that was sent but calls for a profile which `plan` does not meet stays under our own base
 * as a local code. */
void fhir_code(const fhir_writer *writer, buffer *to, const char *name, const dragoman_concept *concept,
               const terms_meaning *meaning, const fhir_plan *plan);
/* The words for a code whose number and name disagree: both, for a note. Appends a `note`'s text element. */
void fhir_mismatch_note(buffer *to, const dragoman_concept *concept, const terms_meaning *meaning);

#endif
