/*
 * The field numbers of schemas/dragoman.proto by name, as nanopb's generator wrote them. Private to the model.
 */
#ifndef MODEL_FIELDS_H
#define MODEL_FIELDS_H

#include <dragoman.pb.h>

/* The number of a field: FIELD(Observation, code). */
#define FIELD(message, field) ((uint32_t)dragoman_v1_##message##_##field##_tag)

#endif
