/*
 * The waves that can be asked for, with their rates and scales (Record Specification, "Waveform data"). Waves whose
 * scale published readers disagree about are not among them.
 */
#ifndef DRI_WAVES_H
#define DRI_WAVES_H

#include <dragoman/base.h>

typedef struct dri_wave {
    const char *name;
    const char *unit; /* UCUM */
    uint16_t rate;    /* samples a second */
    uint8_t kind;     /* of the subrecord */
    int8_t exponent;  /* of a sample */
} dri_wave;

/* The wave with this name, as a site writes it. NULL: there is none. */
const dri_wave *dri_wave_named(dragoman_bytes name);

#endif
