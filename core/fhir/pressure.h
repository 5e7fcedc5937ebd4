/*
 * Blood pressure panels: systolic, diastolic and mean of one group, from one place of one device at one time, as one
 * Observation with components.
 *
 * Only where systolic and diastolic both stand there: a lone systolic or mean goes out by itself with its MDC code. The
 * panel's id is made of those of its parts. Pulmonary, venous and other pressures are no members:
 * their groups have no panel profile.
 */
#ifndef FHIR_PRESSURE_H
#define FHIR_PRESSURE_H

#include "fhir/observation.h"

#define FHIR_PANEL_PARTS 3 /* systolic, diastolic, mean */

/* How many unfinished panels are remembered while a report is searched: members stand together in real messages, and a
 * hostile message shall not make the search quadratic. */
#define FHIR_OPEN_PANELS 32u

/* One part: a metric of its own, or a component of what the device sent as a compound. */
typedef struct fhir_part {
    const dragoman_concept *code; /* NULL: this part is missing */
    const terms_meaning *meaning;
    const dragoman_code *unit;
    const dragoman_value *value;
    const char *absent;
    const dragoman_range *normal;
    const dragoman_range *alarm;
    const dragoman_identifier *instance; /* the sender's own id for it, or NULL */
    dragoman_bytes note;
    uint32_t status;
    fhir_value_class value_class;
} fhir_part;

typedef struct fhir_panel_block fhir_panel_block;

typedef struct fhir_panel {
    const fhir_item *lead; /* whose time, place and method it takes */
    /* Indexes of the parts' observations; the lead's own where a part is missing, and throughout in a compound. */
    uint32_t indexes[FHIR_PANEL_PARTS];
    const dragoman_concept *code;
    terms_meaning meaning; /* of the group */
    fhir_part parts[FHIR_PANEL_PARTS];
    uint32_t status; /* bits of all parts */
    const fhir_panel_block *block;
} fhir_panel;

/* Finds the panels among `count` items, into `panels` (room for count). Items that went into one get is_member set, and
 * the one it is written in place of gets `panel`. Returns how many there are. */
uint32_t fhir_panels_find(const fhir_scene *scene, fhir_item *items, uint32_t count, fhir_panel *panels);
/* Finds or renders what all panels like this one share. NO_MEMORY. */
dragoman_status fhir_panel_prepare(fhir_scene *scene, fhir_panel *panel);
/* Writes the DeviceMetric of a panel and the devices above it. */
void fhir_panel_metric_write(fhir_scene *scene, const fhir_panel *panel);
/* Writes one panel. */
void fhir_panel_write(fhir_scene *scene, const fhir_panel *panel, fhir_effective *effective);

#endif
