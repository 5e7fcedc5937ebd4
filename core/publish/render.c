#include "publish/render.h"

#include "base/limits.h"
#include "model/json.h"

dragoman_status renderer_init(renderer *self, sink_format format, const fhir_options *fhir, const terms_book *book,
                              error_record *error) {
    *self = (renderer){.format = format, .book = book};
    arena_init(&self->memory, LIMIT_DECODED_BYTES);
    bool is_fhir = format == SINK_FORMAT_BUNDLES || format == SINK_FORMAT_RESOURCES;
    return is_fhir ? fhir_writer_create(fhir, book, &self->writer, error) : DRAGOMAN_OK;
}

void renderer_fini(renderer *self) {
    fhir_writer_destroy(self->writer);
    arena_fini(&self->memory);
    *self = (renderer){0};
}

dragoman_status renderer_read(renderer *self, dragoman_bytes row, error_record *error) {
    arena_reset(&self->memory);
    dragoman_status status = model_decode(row, &self->memory, &self->record, error);
    if (status == DRAGOMAN_OK) {
        status = terms_conclude(self->book, &self->record, &self->memory, &self->meanings);
        if (status != DRAGOMAN_OK) {
            error_set(error, status, "no memory to conclude what a report means");
        }
    }
    return status;
}

/* FHIR leaves out what only repeats, and keeps the ids of the rest as they are: so is it with what a policy leaves
 * out. */
static bool choose(renderer *self, const renderer_choice *choice, model_record *record) {
    if (choice->only_values) {
        record->report.alerts.count = 0;
        record->report.contexts.count = 0;
    }
    if (choice->left_out_count == 0) {
        return true;
    }
    uint32_t count = record->stamp.repeated_count;
    uint32_t *all = arena_allocate(&self->memory, (count + (size_t)choice->left_out_count) * sizeof *all);
    if (all == NULL) {
        return false;
    }
    if (count > 0) {
        memcpy(all, record->stamp.repeated, count * sizeof *all);
    }
    memcpy(all + count, choice->left_out, choice->left_out_count * sizeof *all);
    record->stamp.repeated = all;
    record->stamp.repeated_count = count + choice->left_out_count;
    return true;
}

dragoman_status renderer_write(renderer *self, dragoman_bytes row, const renderer_choice *choice, buffer *to,
                               uint32_t *ret_resources, error_record *error) {
    fhir_count count = {.resources = 1};
    size_t before = to->size;
    dragoman_status status = DRAGOMAN_OK;
    if (self->format == SINK_FORMAT_PROTOBUF) {
        buffer_append_delimited(to, row);
    } else if (self->format == SINK_FORMAT_JSON) {
        status = model_write_json(&self->record, to);
    } else {
        model_record record = self->record;
        status = choose(self, choice, &record) ? fhir_render(self->writer, &record, &self->meanings, to, &count)
                                               : DRAGOMAN_NO_MEMORY;
    }
    if (status == DRAGOMAN_OK && to->failed) {
        status = DRAGOMAN_NO_MEMORY;
    }
    if (status != DRAGOMAN_OK) {
        to->size = before;
        to->failed = false;
        return error_set(error, status, "no memory to write a report");
    }
    *ret_resources = count.resources;
    return DRAGOMAN_OK;
}
