/*
 * Observations made from what objects measured: one report of the model under construction, in batch memory.
 */
#ifndef PHD_OBSERVE_H
#define PHD_OBSERVE_H

#include "device.h"

typedef struct phd_report {
    const dragoman_host *host;
    void *context;
    const phd_facts *facts;
    phd_anchor relative;    /* how RelativeTime stamps of this report are to be placed */
    dragoman_time entry_at; /* what counts for a measure without a stamp of its own (a stored entry's header); NONE */
    dragoman_observation *observations;
    uint32_t count, capacity;
    uint32_t unstamped;  /* observations of no stated time */
    uint32_t odd_values; /* values and times that are not of the type they claim */
    bool failed;         /* out of memory */
} phd_report;

/* Begins a report of this device. */
void phd_report_begin(phd_report *report, const dragoman_host *host, void *context, const phd_facts *facts);
/* Adds what an object measured; nothing when the measure holds no value. False when the value is not of its type: it
 * is left out then. */
bool phd_report_add(phd_report *report, const phd_object *object, const phd_measure *measure);
/* Adds what the MDS says of itself: battery and power. */
void phd_report_add_facts(phd_report *report);
/* Hands the report on, in the open message, as one about `person` (PHD_PERSON_UNKNOWN: nobody is said). Nothing
 * happens when it is empty and `is_due` is false. The report is empty afterwards. */
dragoman_status phd_report_emit(phd_report *report, uint16_t person, bool is_due);

/* A code as the model has it: the decimal number of partition and term. NULL parts when there is no memory. */
dragoman_code phd_code(phd_report *report, uint16_t partition, uint16_t term);

#endif
