/*
 * Parameters: what is known of some of their names ("Parameters" of the interface specification). All others travel on
 * with their name and value.
 */
#ifndef BCC_PARAMETER_H
#define BCC_PARAMETER_H

#include <dragoman/base.h>

typedef enum bcc_sort {
    BCC_SORT_VALUE = 0,   /* a number, or a text when it is none */
    BCC_SORT_SETTING = 1, /* the same, and somebody chose it */
    BCC_SORT_TEXT = 2,    /* a text that may look like a number */
    BCC_SORT_LABEL = 3,   /* the same, and somebody chose it */
    BCC_SORT_ALARM = 4,   /* 1 while it stands */
    BCC_SORT_SERIAL = 5,
    BCC_SORT_MODEL = 6,
    BCC_SORT_NEW = 7, /* another pump has this address now */
    BCC_SORT_PATIENT = 8,
    BCC_SORT_PRIVATE = 9, /* names somebody who is not the patient of this pump for sure: not told */
    BCC_SORT_ADMINISTRATIVE = 10,
    BCC_SORT_CONCENTRATION = 11, /* settings that tell their unit in a parameter of its own */
    BCC_SORT_CONCENTRATION_UNIT = 12,
    BCC_SORT_DOSE = 13,
    BCC_SORT_DOSE_UNIT = 14,
} bcc_sort;

/* What sort of parameter this is. */
bcc_sort bcc_sort_of(dragoman_bytes name);
/* The number of an alarm parameter, from 0; at least BCC_ALARMS: it is none. */
uint32_t bcc_alarm_number(dragoman_bytes name);

#endif
