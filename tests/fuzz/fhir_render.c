/* Any report that the model takes becomes tidy JSON in every form, by a cold writer and by a warm one. The input is a
 * stored report's bytes behind one byte that chooses the form. */
#include "fhir/fhir.h"
#include "tests/kit/json_tree.h"

#include <stdlib.h>

#define MEMORY_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
    if (!holds) {
        abort();
    }
}

static void must_be_tidy(const buffer *text) {
    size_t begin = 0;
    for (size_t i = 0; i < text->size; i++) {
        if (text->data[i] == '\n') {
            yajl_val line = kit_json_parse((dragoman_bytes){text->data + begin, i - begin});
            must(line != NULL && kit_json_is_tidy(line));
            yajl_tree_free(line);
            begin = i + 1;
        }
    }
    must(begin == text->size);
}

static void render(const fhir_options *options, const terms_book *book, const model_record *record, arena *memory) {
    fhir_writer *writer = NULL;
    terms_meanings meanings;
    buffer cold;
    buffer warm;
    fhir_count count;
    buffer_init(&cold);
    buffer_init(&warm);
    bool is_ready = terms_conclude(book, record, memory, &meanings) == DRAGOMAN_OK &&
                    fhir_writer_create(options, book, &writer, NULL) == DRAGOMAN_OK;
    if (is_ready && fhir_render(writer, record, &meanings, &cold, &count) == DRAGOMAN_OK) {
        must_be_tidy(&cold);
        must(fhir_render(writer, record, &meanings, &warm, &count) == DRAGOMAN_OK);
        must_be_tidy(&warm);
        bool is_whole = options->bundle != FHIR_RESOURCES;
        must(!is_whole || (cold.size == warm.size && (cold.size == 0 || memcmp(cold.data, warm.data, cold.size) == 0)));
    }
    fhir_writer_destroy(writer);
    buffer_fini(&cold);
    buffer_fini(&warm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static terms_book *book;
    if (book == NULL) {
        must(terms_book_create("mappings", NULL, 0, &book, NULL) == DRAGOMAN_OK);
    }
    if (size == 0) {
        return 0;
    }
    fhir_options options = {
        .shape = data[0] & 1u ? FHIR_SHAPE_CORE : FHIR_SHAPE_POCD,
        .write = data[0] & 2u ? FHIR_WRITE_CREATE : FHIR_WRITE_PUT,
        .bundle = (fhir_bundle)(data[0] >> 2 & 3u),
        .repeats_are_written = (data[0] & 16u) != 0,
        .unvalidated_is_final = (data[0] & 32u) != 0,
    };
    arena memory;
    model_record record;
    arena_init(&memory, MEMORY_MAX);
    bool is_report = model_decode((dragoman_bytes){data + 1, size - 1}, &memory, &record, NULL) == DRAGOMAN_OK &&
                     model_check(&record.report, NULL) == DRAGOMAN_OK;
    if (is_report) {
        render(&options, book, &record, &memory);
    }
    arena_fini(&memory);
    return 0;
}
