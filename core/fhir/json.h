/*
 * JSON text, member by member.
 *
 * Every member and element ends with a comma; closing an object or array takes the last comma back, and takes the whole
 * member back when nothing was written into it, because FHIR knows no empty object, array or string. Texts are UTF-8 as
 * the model's check leaves them. Nothing here is kept between calls.
 */
#ifndef FHIR_JSON_H
#define FHIR_JSON_H

#include "base/buffer.h"

/* Appends a text literal. */
#define JSON_APPEND(to, literal) buffer_append((to), (literal), sizeof(literal) - 1)

/* Opens a member (name, without quotes) or an element (NULL) with '{' or '['. Returns where it began, for json_close.
 */
size_t json_open(buffer *to, const char *name, char bracket);
/* Closes what json_open began. Returns false when it was empty and has been taken back. */
bool json_close(buffer *to, size_t begin);
/* Takes back the comma behind the last member. */
static inline void json_trim_comma(buffer *to) {
    if (to->size > 0 && to->data[to->size - 1] == ',') {
        to->size--;
    }
}

/* Appends text with what JSON needs escaped. Characters that FHIR's string forbids (below 32 but tab and line ends)
 * become U+FFFD. No quotes are added. */
void json_escape(buffer *to, dragoman_bytes text);
/* A string member or element (name NULL), without the blanks around it; nothing when nothing is left. */
void json_text(buffer *to, const char *name, dragoman_bytes text);
/* As json_text for FHIR's code: a run of blanks within becomes a single one. */
void json_code(buffer *to, const char *name, dragoman_bytes text);
/* A string member or element of a trusted constant without anything to escape; nothing for NULL or "". */
void json_constant(buffer *to, const char *name, const char *text);
/* A number member; nothing when it is not finite. */
void json_decimal(buffer *to, const char *name, dragoman_decimal number);
/* A whole number member. */
void json_unsigned(buffer *to, const char *name, uint64_t number);
/* A boolean member. */
void json_boolean(buffer *to, const char *name, bool value);
/* `text` without the white space around it. Borrowed from `text`. */
dragoman_bytes json_trimmed(dragoman_bytes text);
/* Appends `text` for use inside a URI: all but letters, digits, "-._~" and the characters of `also` become %XX. */
void json_percent(buffer *to, dragoman_bytes text, const char *also);

#endif
