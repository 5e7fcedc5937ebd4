/*
 * What an agent says of itself in its MDS object (IEEE 11073-20601 clause 6.3.2), and how its counters stand to our
 * clock.
 */
#ifndef PHD_DEVICE_H
#define PHD_DEVICE_H

#include "clock.h"
#include "configuration.h"

#define PHD_SYSTEM_ID_BYTES 8
#define PHD_SYSTEM_NAME_BYTES (2 * PHD_SYSTEM_ID_BYTES)

/* A ProdSpecEntry. */
typedef struct phd_production {
    uint16_t kind;
    dragoman_bytes text;
} phd_production;

typedef struct phd_version_of {
    uint16_t code;
    uint16_t version;
} phd_version_of;

typedef struct phd_facts {
    char name[PHD_SYSTEM_NAME_BYTES]; /* the system-id in hexadecimal digits: the device's key */
    uint16_t config_id;
    dragoman_bytes bytes; /* the attributes as sent, ours; what follows borrows from it */
    dragoman_bytes manufacturer, model, serial;
    phd_production production[PHD_PRODUCTION_SPECS];
    uint32_t production_count;
    phd_version_of specialisations[PHD_SPECIALISATIONS];
    uint32_t specialisation_count;
    uint16_t time_capability;
    phd_anchor relative, hires;
    dragoman_time clock; /* Date-and-Time or Base-Offset-Time when it was asked; NONE: no clock */
    dragoman_bytes battery, battery_remaining, power; /* as sent; empty: not sent */
} phd_facts;

/* Writes the system-id as its name. */
void phd_facts_name(phd_facts *facts, dragoman_bytes system_id);
/* Takes the AttributeList of a get response of the MDS: copies it, reads it. INVALID: it is broken; LIMIT: larger than
 * PHD_FACTS_BYTES. What was known before is kept then. */
dragoman_status phd_facts_read(phd_facts *facts, const dragoman_host *host, void *context, dragoman_bytes list,
                               const dragoman_now *now);
/* Forgets the device and gives the memory back. */
void phd_facts_clear(phd_facts *facts, const dragoman_host *host, void *context);

#endif
