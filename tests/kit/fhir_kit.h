/*
 * Reports built by hand, what they mean, and the FHIR that comes of them. For tests.
 */
#ifndef KIT_FHIR_KIT_H
#define KIT_FHIR_KIT_H

#include "fhir/fhir.h"
#include "tests/kit/json_tree.h"

#define KIT_MOST_OBSERVATIONS 32

/* A report under construction: a monitor with the EUI-64 0123456789ABCDEF, a patient MRN-1001 of authority StExample.
 */
typedef struct kit_scene {
    dragoman_device device;
    dragoman_identifier device_identifiers[2];
    dragoman_patient patient;
    dragoman_identifier patient_identifier;
    dragoman_name name;
    dragoman_observation observations[KIT_MOST_OBSERVATIONS];
    dragoman_value values[KIT_MOST_OBSERVATIONS];
    dragoman_code codings[KIT_MOST_OBSERVATIONS];
    uint32_t observation_count;
    model_record record;
    bool is_random; /* words and codes that no device says: not left for the validator */
} kit_scene;

/* Starts a report with device and patient, received at 2026-01-05T10:00:00Z. Nothing is allocated. */
void kit_scene_init(kit_scene *self);
/* Adds an observation with one MDC coding `number^refid^MDC` at 1.2.3.`metric`, an MDC unit (code and name, both may be
 * ""), a number, time 2026-01-05T10:59:58+01:00 and result UNVALIDATED. Returns it, to be changed at will. */
dragoman_observation *kit_scene_add(kit_scene *self, const char *number, const char *refid, const char *unit,
                                    const char *unit_name, int64_t mantissa, int16_t exponent);
/* Concludes and renders with `options` (NULL: pocd transaction with PUT) into a fresh text, which must be freed. Stops
 * the test when that fails or the text is no tidy JSON. `writer` may be NULL: a new one.
 * What was rendered is left in .dev/fhir for the validator. */
char *kit_render(kit_scene *self, const fhir_options *options, fhir_writer *writer);
/* Renders and parses a Bundle. Free it with yajl_tree_free. */
yajl_val kit_bundle(kit_scene *self, const fhir_options *options);
/* A writer over the shipped tables. */
fhir_writer *kit_writer(const fhir_options *options);
/* The shipped tables, loaded once. */
const terms_book *kit_book(void);
/* The n-th (from 0) resource of a type in a Bundle whose code, type or identifier contains `code` (NULL: any); NULL:
 * none. */
yajl_val kit_resource(yajl_val bundle, const char *type, const char *code, size_t n);
/* The n-th coding with that system in the CodeableConcept at `path`: its code, or "". */
const char *kit_coding(yajl_val resource, const char *path, const char *system, size_t n);
/* A time with offset in minutes and second precision. */
dragoman_time kit_time(int64_t utc_s, int16_t offset_minutes);

#endif
