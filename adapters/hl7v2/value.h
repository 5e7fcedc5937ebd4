/*
 * OBX-5 in the light of OBX-2: one field to the model's values.
 */
#ifndef HL7V2_VALUE_H
#define HL7V2_VALUE_H

#include "code.h"

/* What became of a field. */
typedef struct hl7v2_values {
    dragoman_list list;        /* dragoman_value; at least one */
    bool is_odd;               /* a part is not of the type that OBX-2 names: it stands there as text */
    bool is_too_long;          /* more repetitions or samples than the limit: the list is not complete */
    dragoman_samples *samples; /* NA and MA: the block, so that rate and scale can be added; else NULL */
} hl7v2_values;

/* Reads OBX-5 as `kind` (OBX-2) says; a kind that nobody knows is text. An empty field, HL7's null and the usual signs
 * for "no value" give one value of kind NONE. `zone` is for times without one. */
void hl7v2_values_read(hl7v2_message *message, dragoman_bytes kind, dragoman_bytes field, int16_t zone,
                       hl7v2_values *ret_values);

/* One value in the message's memory as a list. */
dragoman_list hl7v2_values_one(hl7v2_message *message, const dragoman_value *value);

/* A value that is absent for `reason`. */
dragoman_list hl7v2_values_absent(hl7v2_message *message, uint8_t reason);

/* Reads a range as OBX-7 has it: "60-120", "-10--5", "<5", ">=5", "60^120"; else only its text. */
dragoman_range hl7v2_range_read(hl7v2_message *message, dragoman_bytes field);

/* NA and MA (samples.c). As hl7v2_values_read. */
void hl7v2_samples_read(hl7v2_message *message, dragoman_bytes field, bool is_multiplexed, hl7v2_values *ret_values);

/* ED (attachment.c): one repetition, decoded. False when its data is not in the encoding it names. */
bool hl7v2_embedded_read(hl7v2_message *message, dragoman_bytes repetition, dragoman_value *ret_value);
/* RP (attachment.c): one repetition: where the data is. */
bool hl7v2_reference_read(hl7v2_message *message, dragoman_bytes repetition, dragoman_value *ret_value);

#endif
