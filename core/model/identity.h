/*
 * Hashes of what an observation is and of what it says. Private to the model. Their values are kept (in ids and in the
 * store's memory of episodic values): they never change. Pure functions.
 */
#ifndef MODEL_IDENTITY_H
#define MODEL_IDENTITY_H

#include "model/model.h"

/* Which metric: path, source code and sub-id. The publisher thins out by it too. */
uint64_t identity_metric(const dragoman_observation *observation);
/* What it says: values, components, units and status. */
uint64_t identity_value(const dragoman_observation *observation);
/* The patient of a record, as a word of all its observations' identities. */
uint64_t identity_patient(const model_record *record);
/* Everything that observation `index` of a record is known by, but its occurrence; `patient` from identity_patient. */
uint64_t identity_observation(const model_record *record, uint32_t index, uint64_t patient);

#endif
