/*
 * FHIR R4's vital-signs profiles: which LOINC codes call for which profile, and what it then wants.
 *
 * A receiver's validator applies a profile to every Observation that carries such a code, whether or not the profile is
 * claimed; so a code is only sent where the profile can be met. Constant data (R4 "Observation Vital Signs Panel" and
 * the longer list that HL7's validator keeps).
 */
#ifndef FHIR_VITALS_H
#define FHIR_VITALS_H

#include "fhir/writer.h"

typedef struct fhir_vital {
    const char *profile;  /* id of the R4 profile */
    const char *loinc;    /* the code that it demands */
    const char *units[3]; /* UCUM codes that it allows, best first; NULL ends it */
    bool is_added;        /* its code may be added where only a special one of its codes is paired */
} fhir_vital;

/* The profile that a LOINC code calls for, or NULL. */
const fhir_vital *fhir_vital_of(dragoman_bytes loinc);

/* What kind of value an Observation has, as far as LOINC and profiles care. */
typedef enum fhir_value_class {
    FHIR_VALUE_ABSENT,  /* none; a data-absent reason */
    FHIR_VALUE_NUMBER,  /* one number */
    FHIR_VALUE_OTHER,   /* text, code, several values ... */
    FHIR_VALUE_SAMPLES, /* a wave */
} fhir_value_class;

/* What is claimed for an observation. */
typedef struct fhir_plan {
    bool has_loinc;            /* the LOINC codes that the tables pair with it are written */
    const fhir_vital *vital;   /* the profile that is met then, or NULL */
    const char *category;      /* observation-category code of a pairing, or NULL */
    bool is_part;              /* of a panel: the profile's own code stands at the panel */
    dragoman_bytes convert_to; /* UCUM unit that numbers are converted into; empty: as sent */
} fhir_plan;

/* Draws the plan of an observation that is no pressure panel. `is_possible`: the patient is known and the time is at
 * least a day. `spoken` are the codes as sent. */
fhir_plan fhir_plan_make(const terms_meaning *meaning, const dragoman_concept *spoken, fhir_value_class value,
                         bool is_possible);
/* The plan of a pressure panel whose numbers stand in these units; has_loinc is false when one does not fit. */
fhir_plan fhir_plan_panel(const terms_meaning *const *meanings, const fhir_value_class *values, uint32_t count,
                          bool is_possible);
/* Whether the MDC code is a blood pressure group that the panel profile is for. */
bool fhir_is_panel_group(const terms_book *book, uint32_t mdc);

#endif
