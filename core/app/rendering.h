/*
 * The forms in which a report leaves: FHIR bundles or resources, protobuf, the canonical JSON, a table for people.
 */
#ifndef APP_RENDERING_H
#define APP_RENDERING_H

#include "fhir/fhir.h"

typedef enum rendering_form {
    RENDERING_FHIR = 0,
    RENDERING_NDJSON = 1,
    RENDERING_PROTOBUF = 2,
    RENDERING_TEXT = 3,
    RENDERING_JSON = 4,
} rendering_form;

typedef struct rendering_options {
    rendering_form form;
    fhir_options fhir;
} rendering_options;

typedef struct rendering rendering;

/* Reads the word of an option; false when there is none such. */
bool rendering_form_parse(const char *word, rendering_form *ret_form);
/* Reads pocd or core; false for another word. */
bool rendering_shape_parse(const char *word, fhir_shape *ret_shape);
/* Reads transaction, batch or collection; false for another word. */
bool rendering_bundle_parse(const char *word, fhir_bundle *ret_bundle);

/* Makes a renderer; `book` must outlive it. */
dragoman_status rendering_create(const rendering_options *options, const terms_book *book, rendering **ret_rendering,
                                 error_record *error);
/* Frees it. NULL is allowed. */
void rendering_destroy(rendering *self);
/* Appends one stamped report (`bytes`, decoded as `record`) in the renderer's form. NO_MEMORY. */
dragoman_status rendering_report(rendering *self, dragoman_bytes bytes, const model_record *record,
                                 const terms_meanings *meanings, buffer *to, fhir_count *ret_count);

#endif
