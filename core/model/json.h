/*
 * The canonical model as JSON, for people and scripts: one line a report, every member (docs/json.md). Not for the FHIR
 * stream and not built for speed.
 */
#ifndef MODEL_JSON_H
#define MODEL_JSON_H

#include "model/model.h"

/* Appends one line with everything that the record says. Decimals stand as they were sent. NO_MEMORY. */
dragoman_status model_write_json(const model_record *record, buffer *to);

#endif
