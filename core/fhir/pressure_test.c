/* Blood pressure panels against R4's `bp` profile and the device guide. */
#include "base/bytes.h"
#include "tests/kit/fhir_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MDC "urn:iso:std:iso:11073:10101"
#define LOINC "http://loinc.org"

static kit_scene scene;

static void add_cuff(const char *unit) {
    kit_scene_add(&scene, "150021", "MDC_PRESS_BLD_NONINV_SYS", unit, "", 120, 0);
    kit_scene_add(&scene, "150022", "MDC_PRESS_BLD_NONINV_DIA", unit, "", 80, 0);
    kit_scene_add(&scene, "150023", "MDC_PRESS_BLD_NONINV_MEAN", unit, "", 93, 0);
}

static void cuff_becomes_one_panel(void **state) {
    (void)state;
    kit_scene_init(&scene);
    add_cuff("266016");
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val it = kit_resource(bundle, "Observation", "150020", 0);
    static const char *const parts[3][4] = {
        {"150021", "8480-6", "120", "0"}, {"150022", "8462-4", "80", "1"}, {"150023", "8478-0", "93", "2"}};
    assert_string_equal(kit_coding(it, "code", LOINC, 0), "85354-9");
    assert_string_equal(kit_json_text(it, "category.0.coding.0.code"), "vital-signs");
    assert_null(kit_json_at(it, "valueQuantity"));
    assert_int_equal(kit_json_count(it, "component"), 3);
    for (size_t i = 0; i < 3; i++) {
        char path[64];
        snprintf(path, sizeof path, "component.%s.code", parts[i][3]);
        assert_string_equal(kit_coding(it, path, MDC, 0), parts[i][0]);
        assert_string_equal(kit_coding(it, path, LOINC, 0), parts[i][1]);
        assert_string_equal(kit_coding(it, path, LOINC, 1), "");
        snprintf(path, sizeof path, "component.%s.valueQuantity.value", parts[i][3]);
        assert_string_equal(kit_json_text(it, path), parts[i][2]);
        snprintf(path, sizeof path, "component.%s.valueQuantity.code", parts[i][3]);
        assert_string_equal(kit_json_text(it, path), "mm[Hg]");
        assert_null(kit_resource(bundle, "Observation", parts[i][0], 0));
    }
    /* The metric that the panel points at is of the panel's type. */
    yajl_val metric = kit_resource(bundle, "DeviceMetric", "150020", 0);
    char reference[128];
    snprintf(reference, sizeof reference, "DeviceMetric/%s", kit_json_text(metric, "id"));
    assert_string_equal(kit_json_text(it, "device.reference"), reference);
    assert_null(kit_resource(bundle, "DeviceMetric", NULL, 1));
    yajl_tree_free(bundle);
}

static void the_senders_ids_of_the_parts_stay(void **state) {
    (void)state;
    kit_scene_init(&scene);
    add_cuff("266016");
    scene.observations[0].instance = (dragoman_identifier){.value = bytes_of("R-1"), .authority = bytes_of("MON")};
    scene.observations[2].instance = (dragoman_identifier){.value = bytes_of("R-3"), .authority = bytes_of("MON")};
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val it = kit_resource(bundle, "Observation", "150020", 0);
    assert_int_equal(kit_json_count(it, "identifier"), 3);
    assert_string_equal(kit_json_text(it, "identifier.1.value"), "R-1");
    assert_string_equal(kit_json_text(it, "identifier.2.value"), "R-3");
    yajl_tree_free(bundle);
}

static void an_absent_part_says_why(void **state) {
    (void)state;
    kit_scene_init(&scene);
    add_cuff("266016");
    scene.observations[1].status = DRAGOMAN_STATUS_INVALID;
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val it = kit_resource(bundle, "Observation", "150020", 0);
    assert_string_equal(kit_json_text(it, "component.1.dataAbsentReason.coding.0.code"), "error");
    assert_null(kit_json_at(it, "component.1.valueQuantity"));
    assert_string_equal(kit_coding(it, "component.1.code", LOINC, 0), "8462-4");
    yajl_tree_free(bundle);
}

static void kilopascal_is_converted_for_the_panel(void **state) {
    (void)state;
    kit_scene_init(&scene);
    add_cuff("265987");
    scene.values[0].number = (dragoman_decimal){.mantissa = 160, .exponent = -1};
    scene.values[1].number = (dragoman_decimal){.mantissa = 107, .exponent = -1};
    scene.values[2].number = (dragoman_decimal){.mantissa = 124, .exponent = -1};
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val it = kit_resource(bundle, "Observation", "150020", 0);
    /* 16.0 kPa x 7.50062 = 120.0; 10.7 kPa = 80.26 (three digits); 12.4 kPa = 93.01 */
    assert_string_equal(kit_json_text(it, "component.0.valueQuantity.value"), "120");
    assert_string_equal(kit_json_text(it, "component.1.valueQuantity.value"), "80.3");
    assert_string_equal(kit_json_text(it, "component.2.valueQuantity.value"), "93.0");
    assert_string_equal(kit_json_text(it, "component.0.valueQuantity.code"), "mm[Hg]");
    yajl_tree_free(bundle);
}

static void without_patient_the_panel_has_mdc_only(void **state) {
    (void)state;
    kit_scene_init(&scene);
    add_cuff("266016");
    scene.record.report.patient = NULL;
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val it = kit_resource(bundle, "Observation", "150020", 0);
    assert_string_equal(kit_coding(it, "code", LOINC, 0), "");
    assert_string_equal(kit_coding(it, "component.0.code", LOINC, 0), "");
    assert_string_equal(kit_coding(it, "component.0.code", MDC, 0), "150021");
    yajl_tree_free(bundle);
}

static void a_lone_systolic_or_mean_has_no_loinc(void **state) {
    (void)state;
    kit_scene_init(&scene);
    kit_scene_add(&scene, "150021", "MDC_PRESS_BLD_NONINV_SYS", "266016", "", 120, 0);
    kit_scene_add(&scene, "150039", "MDC_PRESS_BLD_ART_ABP_MEAN", "266016", "", 93, 0);
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val systolic = kit_resource(bundle, "Observation", "150021", 0);
    yajl_val mean = kit_resource(bundle, "Observation", "150039", 0);
    assert_string_equal(kit_coding(systolic, "code", LOINC, 0), "");
    assert_string_equal(kit_json_text(systolic, "valueQuantity.value"), "120");
    assert_string_equal(kit_coding(mean, "code", LOINC, 0), "");
    assert_null(kit_resource(bundle, "Observation", "150020", 0));
    yajl_tree_free(bundle);
}

static void other_places_and_times_are_other_panels(void **state) {
    (void)state;
    kit_scene_init(&scene);
    add_cuff("266016");
    add_cuff("266016");
    add_cuff("266016");
    for (uint32_t i = 3; i < 6; i++) {
        scene.observations[i].measured_at.civil_us += 60000000;
    }
    for (uint32_t i = 6; i < 9; i++) {
        scene.observations[i].path.channel = 9;
    }
    yajl_val bundle = kit_bundle(&scene, NULL);
    assert_non_null(kit_resource(bundle, "Observation", "150020", 2));
    assert_null(kit_resource(bundle, "Observation", NULL, 3));
    yajl_tree_free(bundle);
}

static void pulmonary_pressure_never_poses_as_systemic(void **state) {
    (void)state;
    kit_scene_init(&scene);
    kit_scene_add(&scene, "150045", "MDC_PRESS_BLD_ART_PULM_SYS", "266016", "", 30, 0);
    kit_scene_add(&scene, "150046", "MDC_PRESS_BLD_ART_PULM_DIA", "266016", "", 12, 0);
    kit_scene_add(&scene, "150087", "MDC_PRESS_BLD_VEN_CENT_MEAN", "266016", "", 6, 0);
    yajl_val bundle = kit_bundle(&scene, NULL);
    assert_string_equal(kit_coding(kit_resource(bundle, "Observation", "150045", 0), "code", LOINC, 0), "8440-0");
    for (size_t i = 0; i < 3; i++) {
        yajl_val it = kit_resource(bundle, "Observation", NULL, i);
        assert_string_not_equal(kit_coding(it, "code", LOINC, 0), "8480-6");
        assert_string_not_equal(kit_coding(it, "code", LOINC, 0), "8462-4");
        assert_null(kit_json_at(it, "component"));
    }
    yajl_tree_free(bundle);
}

static void a_compound_as_sent_is_a_panel(void **state) {
    (void)state;
    kit_scene_init(&scene);
    dragoman_observation *it = kit_scene_add(&scene, "150020", "MDC_PRESS_BLD_NONINV", "", "", 0, 0);
    dragoman_code codes[2] = {{bytes_of("150021"), bytes_of("MDC_PRESS_BLD_NONINV_SYS"), bytes_of("MDC")},
                              {bytes_of("150022"), bytes_of("MDC_PRESS_BLD_NONINV_DIA"), bytes_of("MDC")}};
    dragoman_value values[2] = {{.kind = DRAGOMAN_VALUE_DECIMAL, .number = {.mantissa = 118}},
                                {.kind = DRAGOMAN_VALUE_DECIMAL, .number = {.mantissa = 76}}};
    dragoman_code unit = {bytes_of("266016"), bytes_of("MDC_DIM_MMHG"), bytes_of("MDC")};
    dragoman_component components[2] = {
        {.code = {.codings = &codes[0], .coding_count = 1}, .unit = unit, .values = DRAGOMAN_LIST(&values[0], 1)},
        {.code = {.codings = &codes[1], .coding_count = 1}, .unit = unit, .values = DRAGOMAN_LIST(&values[1], 1)}};
    it->values = (dragoman_list){0};
    it->components = DRAGOMAN_LIST(components, 2);
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val panel = kit_resource(bundle, "Observation", "150020", 0);
    assert_string_equal(kit_coding(panel, "code", LOINC, 0), "85354-9");
    assert_string_equal(kit_coding(panel, "component.1.code", LOINC, 0), "8462-4");
    assert_string_equal(kit_json_text(panel, "component.1.valueQuantity.value"), "76");
    yajl_tree_free(bundle);
}

static void a_repeated_cuff_is_left_out_whole(void **state) {
    (void)state;
    kit_scene_init(&scene);
    add_cuff("266016");
    kit_scene_add(&scene, "147842", "MDC_ECG_HEART_RATE", "264864", "", 80, 0);
    uint32_t repeated[] = {0, 1, 2};
    scene.record.stamp.repeated = repeated;
    scene.record.stamp.repeated_count = 3;
    yajl_val bundle = kit_bundle(&scene, NULL);
    assert_null(kit_resource(bundle, "Observation", "150020", 0));
    assert_non_null(kit_resource(bundle, "Observation", "147842", 0));
    yajl_tree_free(bundle);
    /* One part is new: the whole measurement is. */
    scene.record.stamp.repeated_count = 2;
    bundle = kit_bundle(&scene, NULL);
    assert_int_equal(kit_json_count(kit_resource(bundle, "Observation", "150020", 0), "component"), 3);
    yajl_tree_free(bundle);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuff_becomes_one_panel),
        cmocka_unit_test(the_senders_ids_of_the_parts_stay),
        cmocka_unit_test(an_absent_part_says_why),
        cmocka_unit_test(kilopascal_is_converted_for_the_panel),
        cmocka_unit_test(without_patient_the_panel_has_mdc_only),
        cmocka_unit_test(a_lone_systolic_or_mean_has_no_loinc),
        cmocka_unit_test(other_places_and_times_are_other_panels),
        cmocka_unit_test(pulmonary_pressure_never_poses_as_systemic),
        cmocka_unit_test(a_compound_as_sent_is_a_panel),
        cmocka_unit_test(a_repeated_cuff_is_left_out_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
