/*
 * How fast reports become FHIR text on one core, beside memcpy of the same text.
 *
 *     fhir_render [--seconds N] [--observations N]
 *
 * Prints for reports of 1, 20 and 200 observations of eight monitors with a patient each, for a transaction and for a
 * stream of resources: observations a second and GB of text a second, for rendering alone, for concluding and
 * rendering, and for decoding, concluding and rendering. Values and times change from report to report.
 */
#include "fhir/fhir.h"
#include "loop/clock.h"
#include "tests/kit/random_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MONITORS = 8, ROUNDS_MIN = 20 };

typedef enum stage { RENDER, CONCLUDE, DECODE, COPY, STAGE_COUNT } stage;

typedef struct bed {
    arena memory;
    model_record record;
    terms_meanings meanings;
    buffer encoded;
    dragoman_device device;
    dragoman_patient patient;
    dragoman_identifier identifier;
    char key[32], number[32];
} bed;

static void stop(const char *what) {
    fprintf(stderr, "fhir_render: %s\n", what);
    exit(1);
}

static void bed_init(bed *self, uint32_t index, uint32_t count, const terms_book *book) {
    *self = (bed){0};
    arena_init(&self->memory, (size_t)1 << 28);
    dragoman_report *report = kit_monitor_report(count, &self->memory);
    self->device = *report->device;
    snprintf(self->key, sizeof self->key, "00122100000000%02u", index);
    snprintf(self->number, sizeof self->number, "MRN-%u", 1000 + index);
    self->device.key = (dragoman_bytes){(const uint8_t *)self->key, strlen(self->key)};
    self->identifier = (dragoman_identifier){.value = {(const uint8_t *)self->number, strlen(self->number)},
                                             .authority = DRAGOMAN_TEXT("StExample"),
                                             .type = DRAGOMAN_TEXT("MR")};
    self->patient =
        (dragoman_patient){.struct_size = sizeof self->patient, .identifiers = DRAGOMAN_LIST(&self->identifier, 1)};
    report->device = &self->device;
    report->patient = &self->patient;
    self->record = (model_record){.report = *report, .has_stamp = true};
    self->record.stamp.device_key = self->device.key;
    self->record.stamp.received_at_us = INT64_C(1721037600000000);
    buffer_init(&self->encoded);
    if (model_encode(report, &self->encoded) != DRAGOMAN_OK ||
        model_encode_stamp(&self->record.stamp, &self->encoded) != DRAGOMAN_OK ||
        terms_conclude(book, &self->record, &self->memory, &self->meanings) != DRAGOMAN_OK) {
        stop("no memory");
    }
}

static void bed_fini(bed *self) {
    buffer_fini(&self->encoded);
    arena_fini(&self->memory);
}

/* The next report of the bed: a second later, with other numbers. */
static void advance(bed *self) {
    const dragoman_list *list = &self->record.report.observations;
    for (uint32_t i = 0; i < list->count; i++) {
        dragoman_observation *item = (dragoman_observation *)(uintptr_t)dragoman_list_at(list, i);
        dragoman_value *value = (dragoman_value *)(uintptr_t)item->values.items;
        item->measured_at.civil_us += 1000000;
        value->number.mantissa = 360 + (value->number.mantissa * 7 + i) % 600;
    }
}

typedef struct rate {
    double observations, gigabytes;
} rate;

static void one(bed *self, stage at, const terms_book *book, fhir_writer *writer, arena *memory, buffer *text,
                const buffer *source, fhir_count *count) {
    const model_record *record = &self->record;
    const terms_meanings *meanings = &self->meanings;
    model_record decoded;
    terms_meanings concluded;
    dragoman_status status = DRAGOMAN_OK;
    arena_reset(memory);
    buffer_reset(text);
    if (at == COPY) {
        buffer_append(text, source->data, source->size);
        return;
    }
    if (at == DECODE) {
        status = model_decode(buffer_bytes(&self->encoded), memory, &decoded, NULL);
        record = &decoded;
    }
    if (status == DRAGOMAN_OK && at != RENDER) {
        status = terms_conclude(book, record, memory, &concluded);
        meanings = &concluded;
    }
    if (status != DRAGOMAN_OK || fhir_render(writer, record, meanings, text, count) != DRAGOMAN_OK) {
        stop("a report cannot be rendered");
    }
}

static rate measure(bed *beds, stage at, const terms_book *book, fhir_bundle bundle, int64_t seconds) {
    fhir_options options = {.bundle = bundle};
    fhir_writer *writer = NULL;
    arena memory;
    buffer text;
    buffer source;
    fhir_count count = {0};
    arena_init(&memory, (size_t)1 << 28);
    buffer_init(&text);
    buffer_init(&source);
    if (fhir_writer_create(&options, book, &writer, NULL) != DRAGOMAN_OK) {
        stop("no memory");
    }
    for (uint32_t i = 0; i < MONITORS; i++) { /* fill the caches */
        one(&beds[i], RENDER, book, writer, &memory, &source, NULL, &count);
    }
    one(&beds[0], RENDER, book, writer, &memory, &source, NULL, &count);
    uint64_t observations = 0;
    uint64_t bytes = 0;
    int64_t begin = clock_now().monotonic_us;
    int64_t now = begin;
    for (uint32_t round = 0; round < ROUNDS_MIN || now < begin + seconds * 1000000; round++) {
        for (uint32_t i = 0; i < MONITORS; i++) {
            if (at != COPY) {
                advance(&beds[i]);
            }
            one(&beds[i], at, book, writer, &memory, &text, &source, &count);
            observations += beds[i].record.report.observations.count;
            bytes += text.size;
        }
        now = clock_now().monotonic_us;
    }
    double elapsed = (double)(now - begin) / 1e6;
    fhir_writer_destroy(writer);
    buffer_fini(&source);
    buffer_fini(&text);
    arena_fini(&memory);
    return (rate){(double)observations / elapsed, (double)bytes / elapsed / 1e9};
}

int main(int argc, char **argv) {
    static const char *const stages[] = {"render", "conclude, render", "decode, conclude, render",
                                         "memcpy of the same text"};
    static const uint32_t sizes[] = {1, 20, 200};
    int64_t seconds = 1;
    uint32_t only = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        long long number = strtoll(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--seconds") == 0) {
            seconds = number;
        } else if (strcmp(argv[i], "--observations") == 0) {
            only = (uint32_t)number;
        } else {
            stop("usage: fhir_render [--seconds N] [--observations 1|20|200]");
        }
    }
    terms_book *book = NULL;
    if (terms_book_create("mappings", NULL, 0, &book, NULL) != DRAGOMAN_OK) {
        stop("run it from the checkout: there is no mappings/ here");
    }
    for (int form = 0; form < 2; form++) {
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            if (only != 0 && only != sizes[k]) {
                continue;
            }
            bed beds[MONITORS];
            for (uint32_t i = 0; i < MONITORS; i++) {
                bed_init(&beds[i], i, sizes[k], book);
            }
            printf("%s, %" PRIu32 " observations a report\n", form == 0 ? "transaction" : "stream of resources",
                   sizes[k]);
            for (int at = 0; at < STAGE_COUNT; at++) {
                fhir_bundle bundle = form == 0 ? FHIR_BUNDLE_TRANSACTION : FHIR_RESOURCES;
                rate measured = measure(beds, (stage)at, book, bundle, seconds);
                printf("  %-26s %6.2f million observations/s  %6.2f GB/s\n", stages[at], measured.observations / 1e6,
                       measured.gigabytes);
            }
            for (uint32_t i = 0; i < MONITORS; i++) {
                bed_fini(&beds[i]);
            }
        }
    }
    terms_book_destroy(book);
    return 0;
}
