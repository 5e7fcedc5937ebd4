#include "tests/kit/fhir_kit.h"
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <errno.h>

#define RECEIVED_S INT64_C(1767607200) /* 2026-01-05T10:00:00Z */

dragoman_time kit_time(int64_t utc_s, int16_t offset_minutes) {
    return (dragoman_time){.civil_us = (utc_s + offset_minutes * 60) * 1000000,
                           .offset_minutes = offset_minutes,
                           .precision = DRAGOMAN_TIME_SECOND};
}

void kit_scene_init(kit_scene *self) {
    *self = (kit_scene){0};
    self->device_identifiers[0] = (dragoman_identifier){
        .value = bytes_of("0123456789ABCDEF"),
        .universal = bytes_of("0123456789ABCDEF"),
        .universal_type = bytes_of("EUI-64"),
    };
    self->device = (dragoman_device){
        .struct_size = sizeof self->device,
        .key = bytes_of("0123456789ABCDEF"),
        .identifiers = DRAGOMAN_LIST(self->device_identifiers, 1),
        .manufacturer = bytes_of("Example"),
        .model = bytes_of("M1"),
    };
    self->patient_identifier = (dragoman_identifier){
        .value = bytes_of("MRN-1001"), .authority = bytes_of("StExample"), .type = bytes_of("MR")};
    self->name = (dragoman_name){.family = bytes_of("Lange"), .given = bytes_of("Eva Maria"), .use = bytes_of("L")};
    self->patient = (dragoman_patient){
        .struct_size = sizeof self->patient,
        .identifiers = DRAGOMAN_LIST(&self->patient_identifier, 1),
        .names = DRAGOMAN_LIST(&self->name, 1),
        .sex = bytes_of("F"),
        .born_at = {.civil_us = INT64_C(-217728000) * 1000000,
                    .offset_minutes = DRAGOMAN_OFFSET_UNKNOWN,
                    .precision = DRAGOMAN_TIME_DAY}, /* 1963-02-07 */
    };
    self->record.report = (dragoman_report){
        .struct_size = sizeof self->record.report,
        .device = &self->device,
        .patient = &self->patient,
        .sent_at = kit_time(RECEIVED_S, 60),
        .message_id = bytes_of("M-17"),
    };
    self->record.stamp = (model_stamp){
        .link = bytes_of("test"), .device_key = bytes_of("0123456789ABCDEF"), .received_at_us = RECEIVED_S * 1000000};
    self->record.has_stamp = true;
}

dragoman_observation *kit_scene_add(kit_scene *self, const char *number, const char *refid, const char *unit,
                                    const char *unit_name, int64_t mantissa, int16_t exponent) {
    uint32_t index = self->observation_count++;
    assert_true(index < KIT_MOST_OBSERVATIONS);
    self->codings[index] = (dragoman_code){bytes_of(number), bytes_of(refid), bytes_of("MDC")};
    self->values[index] =
        (dragoman_value){.kind = DRAGOMAN_VALUE_DECIMAL, .number = {.mantissa = mantissa, .exponent = exponent}};
    self->observations[index] = (dragoman_observation){
        .path = {1, 2, 3, index + 1},
        .code = {.codings = &self->codings[index], .coding_count = 1},
        .unit = {bytes_of(unit), bytes_of(unit_name), bytes_of(*unit == '\0' ? "" : "MDC")},
        .values = DRAGOMAN_LIST(&self->values[index], 1),
        .measured_at = kit_time(RECEIVED_S - 2, 60),
        .result = DRAGOMAN_RESULT_UNVALIDATED,
    };
    self->record.report.observations = DRAGOMAN_LIST(self->observations, self->observation_count);
    return &self->observations[index];
}

const terms_book *kit_book(void) {
    static terms_book *book;
    if (book == NULL) {
        error_record error;
        assert_int_equal(terms_book_create("mappings", NULL, 0, &book, &error), DRAGOMAN_OK);
    }
    return book;
}

fhir_writer *kit_writer(const fhir_options *options) {
    static const fhir_options plain = {0};
    fhir_writer *writer = NULL;
    assert_int_equal(fhir_writer_create(options == NULL ? &plain : options, kit_book(), &writer, NULL), DRAGOMAN_OK);
    return writer;
}

static void assert_tidy(const buffer *text) {
    size_t begin = 0;
    for (size_t i = 0; i < text->size; i++) {
        if (text->data[i] == '\n') {
            yajl_val line = kit_json_parse((dragoman_bytes){text->data + begin, i - begin});
            if (line == NULL || !kit_json_is_tidy(line)) {
                print_error("no tidy JSON: %.*s\n", (int)(i - begin), (const char *)text->data + begin);
            }
            assert_non_null(line);
            assert_true(kit_json_is_tidy(line));
            yajl_tree_free(line);
            begin = i + 1;
        }
    }
    assert_int_equal(begin, text->size);
}

/* Leaves what was rendered in .dev/fhir, where ./dev conformance finds it: one file for each program and shape. */
static void leave(const fhir_options *options, const buffer *text) {
    static const char *const marks[] = {"", ".core", ".phd"};
    static FILE *files[3];
    /* Where entries name each other by identifier alone, the device guide's chain cannot be followed. */
    bool is_core = options != NULL && (options->shape == FHIR_SHAPE_CORE ||
                                       (options->bundle == FHIR_BUNDLE_BATCH && options->write == FHIR_WRITE_CREATE));
    bool is_personal = options != NULL && options->shape == FHIR_SHAPE_PHD;
    size_t shape = is_personal ? 2 : is_core;
    if (files[shape] == NULL) {
        char path[256];
        bool has_folder =
            (mkdir(".dev", 0777) == 0 || errno == EEXIST) && (mkdir(".dev/fhir", 0777) == 0 || errno == EEXIST);
        assert_true(has_folder);
        snprintf(path, sizeof path, ".dev/fhir/%s%s.ndjson", program_invocation_short_name, marks[shape]);
        files[shape] = fopen(path, "w");
        assert_non_null(files[shape]);
    }
    fwrite(text->data, 1, text->size, files[shape]);
    fflush(files[shape]);
}

char *kit_render(kit_scene *self, const fhir_options *options, fhir_writer *writer) {
    fhir_writer *used = writer == NULL ? kit_writer(options) : writer;
    arena memory;
    arena_init(&memory, (size_t)64 << 20);
    buffer text;
    buffer_init(&text);
    terms_meanings meanings;
    fhir_count count;
    assert_int_equal(terms_conclude(kit_book(), &self->record, &memory, &meanings), DRAGOMAN_OK);
    assert_int_equal(fhir_render(used, &self->record, &meanings, &text, &count), DRAGOMAN_OK);
    assert_tidy(&text);
    if (!self->is_random) {
        leave(options, &text);
    }
    buffer_append_byte(&text, '\0');
    assert_false(text.failed);
    arena_fini(&memory);
    if (writer == NULL) {
        fhir_writer_destroy(used);
    }
    return (char *)text.data;
}

yajl_val kit_bundle(kit_scene *self, const fhir_options *options) {
    char *text = kit_render(self, options, NULL);
    yajl_val bundle = kit_json_parse(bytes_of(text));
    free(text);
    assert_non_null(bundle);
    return bundle;
}

static bool has_code(yajl_val concept, const char *code) {
    for (size_t i = 0; i < kit_json_count(concept, "coding"); i++) {
        yajl_val coding = kit_json_at(concept, "coding")->u.array.values[i];
        if (strcmp(kit_json_text(coding, "code"), code) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_called(yajl_val resource, const char *code) {
    if (has_code(kit_json_at(resource, "code"), code) || has_code(kit_json_at(resource, "type"), code)) {
        return true;
    }
    for (size_t i = 0; i < kit_json_count(resource, "identifier"); i++) {
        yajl_val identifier = kit_json_at(resource, "identifier")->u.array.values[i];
        if (strcmp(kit_json_text(identifier, "value"), code) == 0) {
            return true;
        }
    }
    return false;
}

yajl_val kit_resource(yajl_val bundle, const char *type, const char *code, size_t n) {
    for (size_t i = 0; i < kit_json_count(bundle, "entry"); i++) {
        yajl_val resource = kit_json_at(kit_json_at(bundle, "entry")->u.array.values[i], "resource");
        bool fits =
            strcmp(kit_json_text(resource, "resourceType"), type) == 0 && (code == NULL || is_called(resource, code));
        if (fits && n-- == 0) {
            return resource;
        }
    }
    return NULL;
}

const char *kit_coding(yajl_val resource, const char *path, const char *system, size_t n) {
    yajl_val codings = kit_json_at(kit_json_at(resource, path), "coding");
    for (size_t i = 0; codings != NULL && i < codings->u.array.len; i++) {
        yajl_val coding = codings->u.array.values[i];
        if (strcmp(kit_json_text(coding, "system"), system) == 0 && n-- == 0) {
            return kit_json_text(coding, "code");
        }
    }
    return "";
}
