/* Templates that are cut or damaged: nothing crashes, and what comes out is always a YAML text. What good ones become
 * is held to by tests/e2e/test_import.py. */
#include "app/input.h"
#include "app/iomt.h"
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static uint32_t told;

static void tell(void *context, mistake_place place, const char *sentence) {
    (void)context;
    assert_non_null(place.file);
    assert_true(*sentence != '\0');
    told++;
}

static iomt_count import_text(dragoman_bytes text) {
    mistake_list mistakes = {.report = tell};
    yaml_tree tree;
    yaml_tree made;
    iomt_count count = {0};
    buffer profile;
    buffer_init(&profile);
    if (yaml_tree_init(&tree, "templates", text, &mistakes)) {
        iomt_write_profile(&tree, 1, "x", &profile, &count);
        assert_true(yaml_tree_init(&made, "profile", buffer_bytes(&profile), &mistakes));
        yaml_tree_fini(&made);
    }
    yaml_tree_fini(&tree);
    buffer_fini(&profile);
    return count;
}

static void damaged_templates_do_no_harm(void **state) {
    static const char *const files[] = {"examples/iomt-fhir/devicecontent.json", "examples/iomt-fhir/fhirmapping.json"};
    static const char signs[] = "{]\"'\\@$.\n";
    (void)state;
    for (size_t f = 0; f < 2; f++) {
        input_bytes input;
        error_record error;
        assert_int_equal(input_read(files[f], &input, &error), DRAGOMAN_OK);
        uint8_t *copy = malloc(input.bytes.size);
        assert_non_null(copy);
        memcpy(copy, input.bytes.data, input.bytes.size);
        for (size_t at = 1; at < input.bytes.size; at++) {
            import_text((dragoman_bytes){copy, at});
            copy[at] = (uint8_t)signs[at % (sizeof signs - 1)];
            import_text((dragoman_bytes){copy, input.bytes.size});
            copy[at] = input.bytes.data[at];
        }
        free(copy);
        input_free(&input);
    }
    assert_true(told > 0);
}

/* What a profile can say of an expression: documentation of iomt-fhir, docs/Configuration.md. */
static void expressions_become_ways_or_nothing(void **state) {
    static const struct {
        const char *expression, *way;
    } cases[] = {{"$.heartRate", "\"$.heartRate\""},
                 {"$.Body.heartRate", "\"$.heartRate\""},
                 {"$['a b'][0].c", "\"$['a b'][0].c\""},
                 {"$..heartRate", ""},
                 {"$.a[*]", ""},
                 {"$.a[?(@.b)]", ""},
                 {"$.SystemProperties.id", ""},
                 {"heartRate", ""},
                 {"$.Bodyweight", "\"$.Bodyweight\""}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buffer to;
        buffer_init(&to);
        bool is_said = iomt_way(bytes_of(cases[i].expression), (dragoman_bytes){NULL, 0}, &to);
        assert_int_equal(is_said, *cases[i].way != '\0');
        assert_true(!is_said || bytes_is(buffer_bytes(&to), cases[i].way));
        buffer_fini(&to);
    }
}

static void match_expressions_become_conditions(void **state) {
    static const struct {
        const char *expression, *conditions;
    } cases[] = {{"$..[?(@heartRate)]", "\"$.heartRate\", "},
                 {"$..[?(@systolic && @.diastolic)]", "\"$.systolic\", \"$.diastolic\", "},
                 {"$..[?(@Body.kind == 'fall')]", "\"$.kind=fall\", "},
                 {"$..[?(@a || @b)]", NULL},
                 {"$..[?(@a > 3)]", NULL},
                 {"$..a", NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buffer to;
        buffer prefix;
        buffer_init(&to);
        buffer_init(&prefix);
        bool is_said = iomt_conditions(bytes_of(cases[i].expression), &to, &prefix);
        assert_int_equal(is_said, cases[i].conditions != NULL);
        assert_true(!is_said || bytes_is(buffer_bytes(&to), cases[i].conditions));
        buffer_fini(&to);
        buffer_fini(&prefix);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_become_ways_or_nothing),
        cmocka_unit_test(match_expressions_become_conditions),
        cmocka_unit_test(damaged_templates_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
