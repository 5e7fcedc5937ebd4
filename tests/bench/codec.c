/*
 * How fast reports are encoded, decoded, checked, widened and named, beside nanopb doing the same and beside memcpy of
 * the same bytes. One core, warm caches; each line is the best of many rounds that are shorter than a time slice.
 *
 *     zig-out/bench/codec [OBSERVATIONS]      observations a report, 20 by default
 */
#include "kit/nanopb_report.h"
#include "kit/random_report.h"
#include "model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 400
#define ROUND_SECONDS 0.002

typedef struct scene {
    const dragoman_report *report;
    const dragoman_v1_Report *message;
    buffer bytes;
    buffer out;
    arena memory;
    model_record record;
} scene;

typedef void (*work)(scene *self);

static void must(bool holds) {
    if (!holds) {
        fprintf(stderr, "codec: a step failed\n");
        exit(1);
    }
}

static void run_encode(scene *self) {
    buffer_reset(&self->out);
    must(model_encode(self->report, &self->out) == DRAGOMAN_OK);
}

static void run_check(scene *self) {
    must(model_check(self->report, NULL) == DRAGOMAN_OK);
}

static void run_widen(scene *self) {
    const dragoman_report *wide = NULL;
    must(model_widen(self->report, &self->memory, &wide) == DRAGOMAN_OK && wide == self->report);
}

static void run_decode(scene *self) {
    arena_reset(&self->memory);
    must(model_decode(buffer_bytes(&self->bytes), &self->memory, &self->record, NULL) == DRAGOMAN_OK);
}

static void run_ids(scene *self) {
    char id[MODEL_ID_BYTES];
    const model_identity *identities = NULL;
    model_record record = {.report = *self->report};
    arena_reset(&self->memory);
    must(model_identities(&record, &self->memory, &identities) == DRAGOMAN_OK);
    for (uint32_t i = 0; i < record.report.observations.count; i++) {
        must(model_identity_id(&record, i, identities[i], id) > 0);
    }
}

/* nanopb's own encoder over structs that are filled already: sizing is part of it, filling is not. */
static void run_nanopb(scene *self) {
    buffer_reset(&self->out);
    must(kit_nanopb_encode(self->message, &self->out));
}

static void run_copy(scene *self) {
    buffer_reset(&self->out);
    buffer_append_bytes(&self->out, buffer_bytes(&self->bytes));
    __asm__ volatile("" : : "r"(self->out.data) : "memory");
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void measure(scene *self, const char *name, work step) {
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t count = 0;
        double start = now();
        double spent = 0;
        while (spent < ROUND_SECONDS) {
            for (int i = 0; i < 4; i++) {
                step(self);
            }
            count += 4;
            spent = now() - start;
        }
        double each = spent / (double)count;
        best = each < best ? each : best;
    }
    double observations = self->report->observations.count;
    printf("%-24s %9.2f M observations/s %9.1f MB/s\n", name, observations / best / 1e6,
           (double)self->bytes.size / best / 1e6);
}

int main(int count, char **arguments) {
    uint32_t observations = count > 1 ? (uint32_t)strtoul(arguments[1], NULL, 10) : 20;
    arena memory;
    arena_init(&memory, SIZE_MAX);
    scene self = {0};
    arena_init(&self.memory, SIZE_MAX);
    buffer_init(&self.bytes);
    buffer_init(&self.out);
    self.report = kit_monitor_report(observations, &memory);
    self.message = kit_nanopb_report(self.report, &memory);
    must(model_encode(self.report, &self.bytes) == DRAGOMAN_OK);
    printf("%u observations, %zu bytes encoded\n", observations, self.bytes.size);
    measure(&self, "encode", run_encode);
    measure(&self, "encode, nanopb", run_nanopb);
    measure(&self, "decode", run_decode);
    measure(&self, "check", run_check);
    measure(&self, "widen (nothing to do)", run_widen);
    measure(&self, "ids", run_ids);
    measure(&self, "memcpy", run_copy);
    buffer_fini(&self.bytes);
    buffer_fini(&self.out);
    arena_fini(&self.memory);
    arena_fini(&memory);
    return 0;
}
