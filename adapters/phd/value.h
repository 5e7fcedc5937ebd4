/*
 * Observed values of numerics, enumerations and sample arrays (IEEE 11073-20601 clauses 6.3.4 to 6.3.6, A.3.3 to
 * A.3.5, A.11.7) as values of the model.
 */
#ifndef PHD_VALUE_H
#define PHD_VALUE_H

#include "number.h"
#include "observe.h"

/* A BIT STRING's first bit is the most significant of the `count` bits as sent; in the model bit n is 1 << n. */
uint64_t phd_bits_of(uint32_t sent, uint8_t count);
/* MeasurementStatus as the model has it; bits that the standard gives no meaning are left out. */
uint32_t phd_status_of(uint16_t sent);
/* Puts the measured value, its unit and its parts into an observation. `type` is what it measures; an observed value
 * that names that itself changes it. False when the value is not of its type. */
bool phd_value_add(phd_report *report, const phd_object *object, const phd_measure *measure, phd_type *type,
                   dragoman_observation *observation);
/* Puts Simple-Sa-Observed-Value into a value (samples.c). False when the bytes are no whole samples. */
bool phd_samples_add(phd_report *report, const phd_object *object, dragoman_bytes sent, dragoman_value *value);

#endif
