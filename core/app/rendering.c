#include "app/rendering.h"

#include "app/text_table.h"
#include "model/json.h"
#include <stdlib.h>
#include <string.h>

struct rendering {
    rendering_form form;
    fhir_writer *writer; /* FHIR forms only */
};

static bool parse_word(const char *word, const char *const *words, int *ret_index) {
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(word, words[i]) == 0) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

bool rendering_form_parse(const char *word, rendering_form *ret_form) {
    static const char *const words[] = {"fhir", "ndjson", "protobuf", "text", "json", NULL};
    int index = 0;
    bool known = parse_word(word, words, &index);
    *ret_form = (rendering_form)index;
    return known;
}

bool rendering_shape_parse(const char *word, fhir_shape *ret_shape) {
    static const char *const words[] = {"pocd", "core", "phd", NULL};
    int index = 0;
    bool known = parse_word(word, words, &index);
    *ret_shape = (fhir_shape)index;
    return known;
}

bool rendering_bundle_parse(const char *word, fhir_bundle *ret_bundle) {
    static const char *const words[] = {"transaction", "batch", "collection", NULL};
    int index = 0;
    bool known = parse_word(word, words, &index);
    *ret_bundle = (fhir_bundle)index;
    return known;
}

dragoman_status rendering_create(const rendering_options *options, const terms_book *book, rendering **ret_rendering,
                                 error_record *error) {
    rendering *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for a renderer");
    }
    self->form = options->form;
    if (options->form == RENDERING_FHIR || options->form == RENDERING_NDJSON) {
        fhir_options fhir = options->fhir;
        if (options->form == RENDERING_NDJSON) {
            fhir.bundle = FHIR_RESOURCES;
        }
        dragoman_status status = fhir_writer_create(&fhir, book, &self->writer, error);
        if (status != DRAGOMAN_OK) {
            free(self);
            return status;
        }
    }
    *ret_rendering = self;
    return DRAGOMAN_OK;
}

void rendering_destroy(rendering *self) {
    if (self != NULL) {
        fhir_writer_destroy(self->writer);
        free(self);
    }
}

dragoman_status rendering_report(rendering *self, dragoman_bytes bytes, const model_record *record,
                                 const terms_meanings *meanings, buffer *to, fhir_count *ret_count) {
    *ret_count = (fhir_count){.resources = 1, .observations = record->report.observations.count};
    switch (self->form) {
    case RENDERING_FHIR:
    case RENDERING_NDJSON:
        return fhir_render(self->writer, record, meanings, to, ret_count);
    case RENDERING_PROTOBUF:
        buffer_append_delimited(to, bytes);
        break;
    case RENDERING_TEXT:
        text_table_write(record, meanings, to);
        break;
    case RENDERING_JSON:
        return model_write_json(record, to);
    }
    return to->failed ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
}
