/*
 * The decoder's parts: each reads one message into a struct, which may already hold what an earlier occurrence of the
 * same message said (protobuf merges them). Private to the model.
 */
#ifndef MODEL_DECODE_H
#define MODEL_DECODE_H

#include "model/model.h"
#include "model/reader.h"

/* A time. One that was never begun is all zero. */
void decode_time(reader *self, dragoman_bytes from, dragoman_time *to);
/* A coding; its texts are borrowed from the encoded bytes. */
void decode_code(reader *self, dragoman_bytes from, dragoman_code *to);
/* An entry of the table of concepts. */
void decode_concept(reader *self, dragoman_bytes from, dragoman_concept *to);
/* An identifier. */
void decode_identifier(reader *self, dragoman_bytes from, dragoman_identifier *to);
/* One of a list of identifiers, which has room for *room. */
void decode_identifier_item(reader *self, dragoman_bytes from, dragoman_list *list, uint32_t *room);
/* A range. One that was never begun is all zero; an end that is not stated becomes NAN. */
void decode_range(reader *self, dragoman_bytes from, dragoman_range *to);
/* What a packed or unpacked path field says, behind the *count levels that are known. */
void decode_path(reader *self, const field *from, dragoman_path *to, unsigned *count);
/* A copy of the concept at an index of the table; index 0 is an empty one. */
void decode_concept_at(reader *self, const field *from, dragoman_concept *to);
/* A copy of the unit at an index of the table; index 0 is an empty one. */
void decode_unit_at(reader *self, const field *from, dragoman_code *to);
/* One value, into a zeroed struct. */
void decode_value(reader *self, dragoman_bytes from, dragoman_value *to);
/* One observation, into a zeroed struct; the reader's tables and base time are complete. */
void decode_observation(reader *self, dragoman_bytes from, dragoman_observation *to);

/* An entry of the table of orders. */
void decode_order(reader *self, dragoman_bytes from, dragoman_order *to);
/* A device. */
void decode_device(reader *self, dragoman_bytes from, dragoman_device *to);
/* A place. */
void decode_place(reader *self, dragoman_bytes from, dragoman_place *to);
/* A patient. */
void decode_patient(reader *self, dragoman_bytes from, dragoman_patient *to);
/* A node, into a zeroed struct. */
void decode_node(reader *self, dragoman_bytes from, dragoman_node *to);
/* An alert, into a zeroed struct. */
void decode_alert(reader *self, dragoman_bytes from, dragoman_alert *to);
/* A context event, into a zeroed struct. */
void decode_context(reader *self, dragoman_bytes from, dragoman_context *to);

#endif
