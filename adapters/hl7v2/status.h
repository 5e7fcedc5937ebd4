/*
 * OBX-8 and OBX-11: how far a value can be trusted and how finished it is. The tables are those of IHE DEC (PCD-01) for
 * OBX-8 and HL7 table 0085 for OBX-11; tokens of OBX-8 that are no status stay as interpretation flags.
 */
#ifndef HL7V2_STATUS_H
#define HL7V2_STATUS_H

#include "escape.h"
#include <dragoman/report.h>

typedef struct hl7v2_status {
    uint32_t bits;  /* DRAGOMAN_STATUS_... */
    uint8_t absent; /* dragoman_absent that the status gives cause for, or PRESENT */
    uint8_t result; /* dragoman_result */
    dragoman_concept flags;
} hl7v2_status;

/* Reads OBX-8 and OBX-11. `absent_x` is the reason that an OBX-11 of X stands for when OBX-8 gives none. */
void hl7v2_status_read(hl7v2_message *message, dragoman_bytes flags, dragoman_bytes result, uint8_t absent_x,
                       hl7v2_status *ret_status);

#endif
