/*
 * Templates of Microsoft's iomt-fhir (device content and FHIR mapping) as a profile for the adapter that reads JSON
 * messages.
 *
 * The templates are read by their published documentation. What a profile cannot say is told as a mistake at its place:
 * nothing is left out silently, and nothing is guessed.
 */
#ifndef APP_IOMT_H
#define APP_IOMT_H

#include "base/buffer.h"
#include "base/yaml_tree.h"

#define IOMT_FILES_MAX 16 /* two are usual: device content and FHIR mapping */

typedef struct iomt_count {
    uint32_t messages;
    uint32_t values;
} iomt_count;

/* Writes the profile `name` of templates that were read from `count` files. `tell` each file's own list of mistakes. */
void iomt_write_profile(yaml_tree *files, size_t count, const char *name, buffer *to, iomt_count *ret_count);

/* Turns an expression of a template into a way of a profile: what stands behind `prefix` of the part that was matched.
 * False: it cannot be said there (iomt_expression.c). */
bool iomt_way(dragoman_bytes expression, dragoman_bytes prefix, buffer *to);
/* Turns a type match expression into conditions, each appended as a quoted YAML text with a comma. `prefix` is the way
 * to the part that later expressions begin at. False: it cannot be said. */
bool iomt_conditions(dragoman_bytes expression, buffer *to, buffer *prefix);
/* Appends a text in double quotes as YAML and JSON take it. */
void iomt_quote(buffer *to, dragoman_bytes text);

#endif
