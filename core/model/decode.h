/*
 * The decoder's parts: each reads one message into a struct, which may already hold what an earlier occurrence of the
 * same message said (protobuf merges them). Private to the model.
 */
#ifndef MODEL_DECODE_H
#define MODEL_DECODE_H

#include "model/model.h"
#include "model/reader.h"

/* The leaves. A time or range that was never begun is all zero. */
void decode_time(reader *self, dragoman_bytes from, dragoman_time *to);
void decode_code(reader *self, dragoman_bytes from, dragoman_code *to);
void decode_concept(reader *self, dragoman_bytes from, dragoman_concept *to);
void decode_identifier(reader *self, dragoman_bytes from, dragoman_identifier *to);
void decode_range(reader *self, dragoman_bytes from, dragoman_range *to);
/* Adds what a packed or unpacked path field says to *count levels. */
void decode_path(reader *self, const field *from, dragoman_path *to, unsigned *count);
/* Copies of table entries; an index of 0 is an empty one. */
void decode_concept_at(reader *self, const field *from, dragoman_concept *to);
void decode_unit_at(reader *self, const field *from, dragoman_code *to);
/* Where a repeated `decode_identifier` goes: appends to the list. */
void decode_identifier_item(reader *self, dragoman_bytes from, dragoman_list *list, uint32_t *room);
/* One value. */
void decode_value(reader *self, dragoman_bytes from, dragoman_value *to);
/* One observation; tables and base time of the reader are complete. */
void decode_observation(reader *self, dragoman_bytes from, dragoman_observation *to);

/* The rest of a report. */
void decode_order(reader *self, dragoman_bytes from, dragoman_order *to);
void decode_device(reader *self, dragoman_bytes from, dragoman_device *to);
void decode_place(reader *self, dragoman_bytes from, dragoman_place *to);
void decode_patient(reader *self, dragoman_bytes from, dragoman_patient *to);
void decode_node(reader *self, dragoman_bytes from, dragoman_node *to);
void decode_alert(reader *self, dragoman_bytes from, dragoman_alert *to);
void decode_context(reader *self, dragoman_bytes from, dragoman_context *to);

#endif
