/*
 * Observations, one by one: the text that every observation of a metric shares, and around it what varies: id, subject,
 * time, value, and what only some carry.
 */
#ifndef FHIR_OBSERVATION_H
#define FHIR_OBSERVATION_H

#include "fhir/metric.h"
#include "fhir/value.h"
#include "fhir/vitals.h"

/* What all observations with the same code, device part, unit, state and ranges share. */
typedef struct fhir_block {
    dragoman_bytes key;       /* of fhir_item_key */
    dragoman_bytes middle;    /* members from `meta` to `referenceRange`, each with its comma */
    dragoman_bytes unit_tail; /* of a valueQuantity behind its number: `,"unit":...}`, and its comma */
    fhir_unit unit;
    fhir_plan plan;
    fhir_metric metric;
} fhir_block;

/* The time of an observation as members; equal times of a report are written once. */
typedef struct fhir_effective {
    dragoman_time at;
    dragoman_time until;
    bool is_vital;
    bool is_known; /* there is at least a day */
    size_t size;
    char text[128]; /* `"effectiveDateTime":"...",` or effectivePeriod, or nothing */
} fhir_effective;

/* An observation on its way. */
typedef struct fhir_item {
    const dragoman_observation *observation;
    const terms_meaning *meaning;
    const dragoman_value *value; /* the only one, or NULL */
    const char *absent;          /* data-absent reason, or NULL */
    fhir_value_class value_class;
    uint32_t index;
    bool is_vital_possible;
    bool is_repeated;           /* only repeats an earlier episodic value */
    bool is_member;             /* of a pressure panel */
    struct fhir_panel *panel;   /* that is written in this item's place, or NULL */
    const fhir_resource *media; /* that holds an attachment, or NULL */
    fhir_block *block;          /* NULL: a member, or left out */
} fhir_item;

/* Looks at observation `index`: its value, whether there is one. */
void fhir_item_make(const fhir_scene *scene, uint32_t index, fhir_item *ret_item);
/* Finds or renders the block of an item. NO_MEMORY. */
dragoman_status fhir_block_find(fhir_scene *scene, fhir_item *item);
/* Writes one observation with its frame. */
void fhir_observation_write(fhir_scene *scene, const fhir_item *item, fhir_effective *effective);

/* The members in front of subject that blocks and panels share: meta, status, category. `profile` is the PHD guide's to
 * claim, or NULL. */
void fhir_observation_start(fhir_scene *scene, buffer *to, const dragoman_observation *observation, uint32_t status,
                            const char *category, const char *profile);
/* bodySite, method (unless its codes go out as supplemental types) and device. */
void fhir_observation_place(fhir_scene *scene, buffer *to, const dragoman_observation *observation,
                            const fhir_metric *metric, bool has_supplements);
/* Ends the identifiers that fhir_frame_head opened, and writes the extensions. */
void fhir_identifiers_end(fhir_scene *scene, const dragoman_observation *observation);
/* The time members of an observation. `effective` is kept between calls of a scene. */
void fhir_effective_make(const fhir_scene *scene, const dragoman_observation *observation, bool is_vital,
                         fhir_effective *effective);
/* Whether a time of at least a day will be there. */
bool fhir_effective_is_known(const fhir_scene *scene, const dragoman_observation *observation);
/* Writes what stands in front of an Observation's members, its first identifier open. One that may replace an earlier
 * one is `is_update`. */
void fhir_frame_head(fhir_scene *scene, const char *id, size_t id_size, bool is_update);
/* Ends the Observation that fhir_frame_head began, and counts it. */
void fhir_frame_tail(fhir_scene *scene, const char *id, size_t id_size, bool is_update);
/* Whether a result may replace an earlier one under the same id. */
bool fhir_result_is_update(uint8_t result);
/* Appends to a key everything that a block depends on (item_key.c). */
void fhir_item_key(buffer *key, const fhir_item *item, uint32_t device_number);
/* Whether fhir_item_key would give exactly `key`. */
bool fhir_item_matches(dragoman_bytes key, const fhir_item *item, uint32_t device_number);
/* The subject members of an observation. */
dragoman_bytes fhir_subject_of(const fhir_scene *scene, const dragoman_observation *observation);

#endif
