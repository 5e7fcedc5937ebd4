/*
 * The canonical model as JSON, for people and scripts: one line a report, every member (docs/json.md). Not for the FHIR
 * stream and not built for speed.
 */
#ifndef MODEL_JSON_H
#define MODEL_JSON_H

#include "model/model.h"

/* Appends one line with everything that the record says. Decimals stand as they were sent. NO_MEMORY. */
dragoman_status model_write_json(const model_record *record, buffer *to);
/* Appends one line for observation `index` alone: its member of "observations", with what its metric is called before
 * it and when it was received behind it. `identity` as model_identities gave it. NO_MEMORY. */
dragoman_status model_write_observation_json(const model_record *record, uint32_t index, model_identity identity,
                                             dragoman_bytes metric, buffer *to);

#endif
