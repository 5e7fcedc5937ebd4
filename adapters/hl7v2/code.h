/*
 * Coded elements (CE, CWE, CNE, CF) and identifiers (EI, CX, HD): from fields to the model's concepts and identifiers.
 * Codes, names and systems stay as sent.
 */
#ifndef HL7V2_CODE_H
#define HL7V2_CODE_H

#include "escape.h"
#include <dragoman/report.h>

/* The concept of a split coded element: its triplets that have a code, and the words (CWE.9, else the name of a triplet
 * without a code). */
dragoman_concept hl7v2_concept_of(hl7v2_message *message, const hl7v2_components *components);

/* The concept in the first repetition of a field. */
dragoman_concept hl7v2_concept_read(hl7v2_message *message, dragoman_bytes field);

/* A concept of one bare code (IS, ID); the code is unescaped already. */
dragoman_concept hl7v2_concept_of_word(hl7v2_message *message, dragoman_bytes code);

/* The first triplet of a coded element that says anything. */
dragoman_code hl7v2_code_read(hl7v2_message *message, dragoman_bytes field);

/* An EI: value ^ namespace ^ universal id ^ its type. */
dragoman_identifier hl7v2_entity_read(hl7v2_message *message, dragoman_bytes field);

/* A CX repetition: value ^ check digit ^ scheme ^ authority (namespace & universal id & its type) ^ kind. */
dragoman_identifier hl7v2_extended_read(hl7v2_message *message, dragoman_bytes repetition);

/* Whether an identifier says anything. */
static inline bool hl7v2_identifier_is_set(const dragoman_identifier *identifier) {
    return identifier->value.size > 0 || identifier->universal.size > 0;
}

/* Whether both are the same thing's identifiers, part for part. */
bool hl7v2_identifier_same(const dragoman_identifier *a, const dragoman_identifier *b);

/* The number of a concept's first coding of the system MDC; 0 when there is none. */
uint32_t hl7v2_mdc_of(const dragoman_concept *concept);

/* Copies the parts, `separator` (0: nothing) between those that are not empty, into the message's memory. */
dragoman_bytes hl7v2_join(hl7v2_message *message, const dragoman_bytes *parts, size_t count, char separator);

#endif
