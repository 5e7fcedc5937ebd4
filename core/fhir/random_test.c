/* Reports of any shape the model allows come out as tidy JSON in every form, and the same each time. */
#include "base/bytes.h"
#include "tests/kit/fhir_kit.h"
#include "tests/kit/random_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define SEEDS 300u

static void any_report_is_tidy(void **state) {
    (void)state;
    static const fhir_options forms[] = {
        {.bundle = FHIR_BUNDLE_TRANSACTION},
        {.bundle = FHIR_RESOURCES, .repeats_are_written = true},
        {.bundle = FHIR_BUNDLE_COLLECTION, .shape = FHIR_SHAPE_CORE},
        {.bundle = FHIR_BUNDLE_TRANSACTION, .write = FHIR_WRITE_CREATE},
        {.bundle = FHIR_BUNDLE_BATCH, .write = FHIR_WRITE_CREATE},
    };
    arena memory;
    arena_init(&memory, (size_t)1 << 28);
    for (size_t form = 0; form < sizeof forms / sizeof *forms; form++) {
        fhir_writer *writer = kit_writer(&forms[form]);
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            static kit_scene scene;
            kit_scene_init(&scene);
            scene.record.report = *kit_random_report(seed, &memory);
            scene.is_random = true;
            char *warm = kit_render(&scene, &forms[form], writer);
            char *fresh = kit_render(&scene, &forms[form], NULL);
            if (forms[form].bundle != FHIR_RESOURCES) {
                assert_string_equal(warm, fresh);
            }
            free(warm);
            free(fresh);
            arena_reset(&memory);
        }
        fhir_writer_destroy(writer);
    }
    arena_fini(&memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_report_is_tidy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
