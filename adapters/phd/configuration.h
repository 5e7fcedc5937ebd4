/*
 * Configurations: what objects an agent has and in what form it reports them (IEEE 11073-20601 clause 8.8). Standard
 * ones are known by their number (the table in standard.c); others the agent sends once, and they are remembered.
 */
#ifndef PHD_CONFIGURATION_H
#define PHD_CONFIGURATION_H

#include "object.h"
#include <dragoman/adapter.h>

/* A standard configuration as its specialisation prints it. */
typedef struct phd_standard {
    uint16_t id;
    const phd_object *objects;
    uint32_t count;
} phd_standard;

/* The standard configuration with this number, or NULL: then the agent has to send it. */
const phd_standard *phd_standard_find(uint16_t id);

/* A device specialisation, IEEE 11073-104zz. */
typedef struct phd_specialisation {
    uint16_t code;         /* MDC_DEV_SPEC_PROFILE_..., partition 8 */
    uint16_t first_config; /* its standard configurations are the 100 numbers from here on */
    const char *standard;  /* "IEEE 11073-10404" */
    const char *name;      /* the code's reference identifier */
} phd_specialisation;

/* The specialisation with this code, or NULL. */
const phd_specialisation *phd_specialisation_find(uint16_t code);
/* The specialisation that a standard configuration number belongs to, or NULL. */
const phd_specialisation *phd_specialisation_of_config(uint16_t config_id);

/* Fills an empty configuration with a standard one. NO_MEMORY is the only failure. */
dragoman_status phd_configuration_standard(phd_configuration *configuration, const dragoman_host *host, void *context,
                                           const phd_standard *standard);
/* Fills an empty configuration from the bytes of a ConfigObjectList, which are copied. INVALID: broken, an object
 * twice, or an object with the MDS's handle. LIMIT: more than PHD_OBJECTS. */
dragoman_status phd_configuration_read(phd_configuration *configuration, const dragoman_host *host, void *context,
                                       dragoman_bytes list);
/* Gives its memory back and empties it. */
void phd_configuration_clear(phd_configuration *configuration, const dragoman_host *host, void *context);

#endif
