/*
 * value[x]: one value of an observation, component or alert source as FHIR writes it.
 */
#ifndef FHIR_VALUE_H
#define FHIR_VALUE_H

#include "fhir/writer.h"

/* The unit that numbers stand in. */
typedef struct fhir_unit {
    dragoman_bytes ucum; /* UCUM code, or empty: only the text is known */
    dragoman_bytes text;
    dragoman_bytes from; /* UCUM code that numbers are converted from, or empty: they are written as sent */
} fhir_unit;

/* The unit of an observation: what it means, else what was sent. */
fhir_unit fhir_unit_of(const terms_meaning *meaning, const dragoman_code *sent);
/* Members `unit`, `system`, `code` of a Quantity. */
void fhir_unit_members(buffer *to, const fhir_unit *unit);
/* A Quantity member; nothing when the number is not finite. */
void fhir_quantity(buffer *to, const char *name, dragoman_decimal number, uint8_t comparator, const fhir_unit *unit);
/* The FHIR comparator, or NULL for DRAGOMAN_EQUAL. */
const char *fhir_comparator(uint8_t comparator);
/* The comparator that status bits imply: a value off the scale stands at its end. */
uint8_t fhir_comparator_of(uint8_t stated, uint32_t status);
/* Writes value[x]; for a value that FHIR R4 cannot hold or that says nothing, a dataAbsentReason instead. `mdc` numbers
 * the bits of a bit set. Always writes something. */
void fhir_value(const fhir_writer *writer, buffer *to, const dragoman_value *value, const fhir_unit *unit,
                uint32_t status);
/* Writes a bit set as components, one for each bit; `mdc` is its term or 0. */
void fhir_bits(buffer *to, const dragoman_value *value, uint32_t mdc);
/* Writes `referenceRange` with a normal range and alarm limits, each if it was sent. */
void fhir_ranges(buffer *to, const dragoman_range *normal, const dragoman_range *alarm, const fhir_unit *unit);
/* Appends the data of a wave as valueSampledData (samples.c). */
void fhir_samples(buffer *to, const dragoman_samples *samples, const fhir_unit *unit);

#endif
