/*
 * From a kept row to what a sink carries: decoded, its meanings concluded, written in the sink's format. One renderer a
 * thread; its memory is kept from row to row.
 */
#ifndef PUBLISH_RENDER_H
#define PUBLISH_RENDER_H

#include "fhir/fhir.h"
#include "sinks/sink.h"
#include "terms/terms.h"

/* What of a report goes out; zero: all of it. */
typedef struct renderer_choice {
    const uint32_t *left_out; /* indexes of observations that do not */
    uint32_t left_out_count;
    bool only_values; /* alerts and context events do not either */
} renderer_choice;

typedef struct renderer {
    sink_format format;
    fhir_writer *writer; /* FHIR formats only */
    const terms_book *book;
    arena memory;
    model_record record;
    terms_meanings meanings;
} renderer;

/* Prepares a renderer. `fhir` counts for FHIR formats only; its bundle must be FHIR_RESOURCES for single resources.
 * `book` must outlive it. */
dragoman_status renderer_init(renderer *self, sink_format format, const fhir_options *fhir, const terms_book *book,
                              error_record *error);
/* Frees its memory. */
void renderer_fini(renderer *self);

/* Decodes a row and concludes what it means, into the renderer, until the next row. CORRUPT: it is no report;
 * NO_MEMORY. */
dragoman_status renderer_read(renderer *self, dragoman_bytes row, error_record *error);
/* Appends the row that was read, or what `choice` leaves of it (FHIR formats); protobuf takes the bytes as they are.
 * Nothing is appended for a report that has nothing to say. NO_MEMORY. */
dragoman_status renderer_write(renderer *self, dragoman_bytes row, const renderer_choice *choice, buffer *to,
                               uint32_t *ret_resources, error_record *error);
/* What the report that was read is about. Borrowed from the renderer, until the next row. */
sink_subject renderer_subject(const renderer *self, uint64_t number);
/* Appends the report that was read as small JSON, a part for each observation and one for alerts and context events.
 * The parts are borrowed from the renderer, until the next row. NO_MEMORY. */
dragoman_status renderer_write_parts(renderer *self, buffer *to, const sink_part **ret_parts, uint32_t *ret_count,
                                     error_record *error);

#endif
