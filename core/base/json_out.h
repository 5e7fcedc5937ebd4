/*
 * Small JSON written for people and scripts (status, check): a few calls over yajl's generator. Not for the FHIR
 * stream.
 */
#ifndef BASE_JSON_OUT_H
#define BASE_JSON_OUT_H

#include "base/buffer.h"

typedef struct json_out {
    void *generator; /* yajl_gen */
    buffer *to;
} json_out;

/* Starts a text that will be appended to `to`; `is_pretty` indents it. False: no memory. */
bool json_out_init(json_out *self, buffer *to, bool is_pretty);
/* Ends the text with a line end and frees the generator. */
void json_out_fini(json_out *self);
/* Objects and arrays; `key` NULL inside arrays and at the top. */
void json_out_object(json_out *self, const char *key);
/* Ends the innermost object. */
void json_out_object_end(json_out *self);
/* Begins an array. */
void json_out_array(json_out *self, const char *key);
/* Ends the innermost array. */
void json_out_array_end(json_out *self);
/* A text; bytes that are not UTF-8 become U+FFFD. */
void json_out_text(json_out *self, const char *key, dragoman_bytes text);
/* A whole number. */
void json_out_number(json_out *self, const char *key, int64_t number);
/* A number of digits that the caller vouches for: valid JSON, written as it is. */
void json_out_digits(json_out *self, const char *key, dragoman_bytes digits);
/* true or false. */
void json_out_boolean(json_out *self, const char *key, bool value);

#endif
