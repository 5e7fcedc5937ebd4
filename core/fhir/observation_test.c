/* Observations against FHIR R4's Observation, its vital-signs profiles and HL7's device guides. */
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
#define UCUM "http://unitsofmeasure.org"
#define CATEGORY "http://terminology.hl7.org/CodeSystem/observation-category"
#define DAR "http://terminology.hl7.org/CodeSystem/data-absent-reason"
#define V3 "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
#define MEASUREMENT "http://terminology.hl7.org/CodeSystem/measurement-status"

static kit_scene scene;

static dragoman_observation *heart_rate(int64_t mantissa, int16_t exponent) {
    kit_scene_init(&scene);
    return kit_scene_add(&scene, "147842", "MDC_ECG_HEART_RATE", "264864", "MDC_DIM_BEAT_PER_MIN", mantissa, exponent);
}

static void heart_rate_meets_its_profile(void **state) {
    (void)state;
    heart_rate(980, -1);
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val it = kit_resource(bundle, "Observation", "147842", 0);
    assert_string_equal(kit_coding(it, "code", LOINC, 0), "8867-4");
    assert_string_equal(kit_coding(it, "code", MDC, 0), "147842");
    assert_string_equal(kit_json_text(it, "code.coding.0.display"), "MDC_ECG_HEART_RATE");
    assert_string_equal(kit_coding(it, "category.0", CATEGORY, 0), "vital-signs");
    assert_string_equal(kit_json_text(it, "valueQuantity.value"), "98.0");
    assert_string_equal(kit_json_text(it, "valueQuantity.system"), UCUM);
    assert_string_equal(kit_json_text(it, "valueQuantity.code"), "/min");
    assert_string_not_equal(kit_json_text(it, "valueQuantity.unit"), "");
    assert_string_equal(kit_json_text(it, "effectiveDateTime"), "2026-01-05T10:59:58+01:00");
    assert_string_equal(kit_json_text(it, "status"), "preliminary");
    assert_string_equal(kit_json_text(it, "meta.security.0.code"), "RELIABLE");
    char subject[128];
    snprintf(subject, sizeof subject, "Patient/%s", kit_json_text(kit_resource(bundle, "Patient", NULL, 0), "id"));
    assert_string_equal(kit_json_text(it, "subject.reference"), subject);
    assert_string_equal(kit_json_text(it, "identifier.0.value"), kit_json_text(it, "id"));
    yajl_tree_free(bundle);
}

static void saturation_carries_both_codes(void **state) {
    (void)state;
    kit_scene_init(&scene);
    kit_scene_add(&scene, "150456", "MDC_PULS_OXIM_SAT_O2", "262688", "MDC_DIM_PERCENT", 97, 0);
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val it = kit_resource(bundle, "Observation", "150456", 0);
    assert_string_equal(kit_coding(it, "code", LOINC, 0), "2708-6");
    assert_string_equal(kit_coding(it, "code", LOINC, 1), "59408-5");
    assert_string_equal(kit_json_text(it, "valueQuantity.code"), "%");
    yajl_tree_free(bundle);
}

static void site_of_temperature_stands_beside_body_temperature(void **state) {
    (void)state;
    kit_scene_init(&scene);
    kit_scene_add(&scene, "188424", "MDC_TEMP_ORAL", "268192", "MDC_DIM_DEGC", 372, -1);
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val it = kit_resource(bundle, "Observation", "188424", 0);
    assert_string_equal(kit_coding(it, "code", LOINC, 0), "8310-5");
    assert_string_equal(kit_coding(it, "code", LOINC, 1), "8331-1");
    assert_string_equal(kit_json_text(it, "valueQuantity.value"), "37.2");
    assert_string_equal(kit_json_text(it, "valueQuantity.code"), "Cel");
    yajl_tree_free(bundle);
}

static void nobody_known_means_mdc_only_and_the_device(void **state) {
    (void)state;
    heart_rate(80, 0);
    scene.record.report.patient = NULL;
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val it = kit_resource(bundle, "Observation", "147842", 0);
    assert_string_equal(kit_coding(it, "code", LOINC, 0), "");
    assert_null(kit_json_at(it, "category"));
    assert_null(kit_resource(bundle, "Patient", NULL, 0));
    assert_int_equal(strncmp(kit_json_text(it, "subject.reference"), "Device/", 7), 0);
    assert_string_equal(kit_json_text(it, "valueQuantity.value"), "80");
    yajl_tree_free(bundle);
}

static void a_name_without_number_is_nobody(void **state) {
    (void)state;
    heart_rate(80, 0);
    scene.patient_identifier.value = bytes_of(" ");
    yajl_val bundle = kit_bundle(&scene, NULL);
    assert_null(kit_resource(bundle, "Patient", NULL, 0));
    yajl_tree_free(bundle);
}

static void spoken_magic_loinc_without_patient_stays_local(void **state) {
    (void)state;
    heart_rate(80, 0);
    scene.record.report.patient = NULL;
    scene.codings[0] = (dragoman_code){bytes_of("8867-4"), bytes_of("Heart rate"), bytes_of("LN")};
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val it = kit_resource(bundle, "Observation", "8867-4", 0);
    assert_string_equal(kit_coding(it, "code", LOINC, 0), "");
    assert_string_equal(kit_coding(it, "code", "urn:dragoman:local:code:LN", 0), "8867-4");
    yajl_tree_free(bundle);
}

static void spoken_loinc_of_a_laboratory_stays_loinc(void **state) {
    (void)state;
    dragoman_observation *it = heart_rate(142, 0);
    scene.codings[0] = (dragoman_code){bytes_of("2951-2"), bytes_of("Sodium"), bytes_of("LN")};
    it->unit = (dragoman_code){bytes_of("mmol/L"), bytes_of(""), bytes_of("UCUM")};
    it->domain = DRAGOMAN_DOMAIN_LABORATORY;
    it->result = DRAGOMAN_RESULT_FINAL;
    it->normal_range = (dragoman_range){{.mantissa = 136}, {.mantissa = 145}, bytes_of("136-145")};
    dragoman_code flag = {.code = bytes_of("N")};
    it->flags = (dragoman_concept){.codings = &flag, .coding_count = 1};
    dragoman_order order = {.struct_size = sizeof order,
                            .placer = {.value = bytes_of("P-1"), .authority = bytes_of("LAB")},
                            .specimen = {.value = bytes_of("S-1"), .authority = bytes_of("LAB")},
                            .specimen_type = {.text = bytes_of("serum")}};
    it->order = &order;
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val found = kit_resource(bundle, "Observation", "2951-2", 0);
    assert_string_equal(kit_coding(found, "code", LOINC, 0), "2951-2");
    assert_string_equal(kit_coding(found, "category.0", CATEGORY, 0), "laboratory");
    assert_string_equal(kit_json_text(found, "status"), "final");
    assert_string_equal(kit_json_text(found, "valueQuantity.code"), "mmol/L");
    assert_string_equal(kit_json_text(found, "referenceRange.0.low.value"), "136");
    assert_string_equal(kit_json_text(found, "referenceRange.0.high.code"), "mmol/L");
    assert_string_equal(kit_coding(found, "interpretation.0", V3, 0), "N");
    assert_string_equal(kit_json_text(found, "basedOn.0.identifier.value"), "P-1");
    char specimen[128];
    snprintf(specimen, sizeof specimen, "Specimen/%s", kit_json_text(kit_resource(bundle, "Specimen", NULL, 0), "id"));
    assert_string_equal(kit_json_text(found, "specimen.reference"), specimen);
    assert_null(kit_json_at(found, "meta"));
    assert_null(kit_resource(bundle, "DeviceMetric", NULL, 0));
    yajl_tree_free(bundle);
}

static void unmapped_codes_and_units_travel_on(void **state) {
    (void)state;
    dragoman_observation *it = heart_rate(3, 0);
    scene.codings[0] = (dragoman_code){bytes_of("X 17"), bytes_of("Pump \"A\""), bytes_of("99ACME pumps")};
    it->unit = (dragoman_code){bytes_of("drops/min"), bytes_of(""), bytes_of("99ACME")};
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val found = kit_resource(bundle, "Observation", "X 17", 0);
    assert_string_equal(kit_coding(found, "code", "urn:dragoman:local:code:99ACME%20pumps", 0), "X 17");
    assert_string_equal(kit_json_text(found, "code.text"), "Pump \"A\"");
    assert_string_equal(kit_json_text(found, "valueQuantity.unit"), "drops/min");
    assert_null(kit_json_at(found, "valueQuantity.code"));
    assert_null(kit_json_at(found, "valueQuantity.system"));
    yajl_tree_free(bundle);
}

/* OBX-8 of IHE PCD and its place in FHIR, from HL7's point-of-care device guide. */
static void state_of_measurement_follows_the_guide(void **state) {
    (void)state;
    static const struct {
        uint32_t bits;
        const char *absent, *system, *interpretation, *security;
    } rows[] = {
        {DRAGOMAN_STATUS_INVALID, "error", "", "", "UNRELIABLE"},
        {DRAGOMAN_STATUS_QUESTIONABLE, "", MEASUREMENT, "questionable", "UNCERTREL"},
        {DRAGOMAN_STATUS_NOT_AVAILABLE, "temp-unknown", "", "", ""},
        {DRAGOMAN_STATUS_CALIBRATING, "", MEASUREMENT, "calibration-ongoing", "UNCERTREL"},
        {DRAGOMAN_STATUS_TEST_DATA, "", "", "", "HTEST"},
        {DRAGOMAN_STATUS_DEMO_DATA, "", "", "", "HTEST"},
        {DRAGOMAN_STATUS_VALIDATED, "", MEASUREMENT, "validated-data", "HRELIABLE"},
        {DRAGOMAN_STATUS_EARLY, "", MEASUREMENT, "early-indication", ""},
        {DRAGOMAN_STATUS_ONGOING, "temp-unknown", MEASUREMENT, "msmt-ongoing", ""},
        {DRAGOMAN_STATUS_IN_ALARM, "", MEASUREMENT, "in-alarm", ""},
        {DRAGOMAN_STATUS_ALARM_INHIBITED, "", MEASUREMENT, "alarm-inhibited", ""},
        {DRAGOMAN_STATUS_NO_INFORMATION, "unknown", "", "", ""},
        {DRAGOMAN_STATUS_PROBE_OFF, "not-performed", "", "", ""},
        {DRAGOMAN_STATUS_OVERFLOW, "", V3, ">", ""},
        {DRAGOMAN_STATUS_UNDERFLOW, "", V3, "<", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        heart_rate(80, 0)->status = rows[i].bits;
        yajl_val bundle = kit_bundle(&scene, NULL);
        yajl_val it = kit_resource(bundle, "Observation", "147842", 0);
        assert_string_equal(kit_coding(it, "dataAbsentReason", DAR, 0), rows[i].absent);
        assert_string_equal(kit_json_text(it, "valueQuantity.value"), *rows[i].absent == '\0' ? "80" : "");
        assert_string_equal(kit_coding(it, "interpretation.0", rows[i].system, 0), rows[i].interpretation);
        assert_string_equal(kit_json_text(it, "meta.security.0.code"), rows[i].security);
        yajl_tree_free(bundle);
    }
}

static void result_status_is_never_better_than_said(void **state) {
    (void)state;
    static const struct {
        uint8_t result;
        uint32_t bits;
        bool final;
        const char *status;
    } rows[] = {
        {DRAGOMAN_RESULT_UNSTATED, 0, true, "unknown"},
        {DRAGOMAN_RESULT_FINAL, 0, false, "final"},
        {DRAGOMAN_RESULT_FINAL, DRAGOMAN_STATUS_EARLY, false, "preliminary"},
        {DRAGOMAN_RESULT_PRELIMINARY, 0, true, "preliminary"},
        {DRAGOMAN_RESULT_UNVALIDATED, 0, false, "preliminary"},
        {DRAGOMAN_RESULT_UNVALIDATED, 0, true, "final"},
        {DRAGOMAN_RESULT_UNVALIDATED, DRAGOMAN_STATUS_VALIDATED, false, "final"},
        {DRAGOMAN_RESULT_CORRECTED, 0, false, "corrected"},
        {DRAGOMAN_RESULT_AMENDED, 0, false, "amended"},
        {DRAGOMAN_RESULT_WRONG, 0, false, "entered-in-error"},
        {DRAGOMAN_RESULT_CANCELLED, 0, false, "cancelled"},
        {DRAGOMAN_RESULT_PENDING, 0, false, "registered"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        dragoman_observation *it = heart_rate(80, 0);
        it->result = rows[i].result;
        it->status = rows[i].bits;
        fhir_options options = {.unvalidated_is_final = rows[i].final};
        yajl_val bundle = kit_bundle(&scene, &options);
        assert_string_equal(kit_json_text(kit_resource(bundle, "Observation", NULL, 0), "status"), rows[i].status);
        yajl_tree_free(bundle);
    }
}

static void special_numbers_are_reasons(void **state) {
    (void)state;
    static const struct {
        uint8_t special;
        const char *reason;
    } rows[] = {{DRAGOMAN_NAN, "not-a-number"},
                {DRAGOMAN_NRES, "error"},
                {DRAGOMAN_POSITIVE_INFINITY, "positive-infinity"},
                {DRAGOMAN_NEGATIVE_INFINITY, "negative-infinity"},
                {DRAGOMAN_RESERVED, "error"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        heart_rate(0, 0);
        scene.values[0].number.special = rows[i].special;
        yajl_val bundle = kit_bundle(&scene, NULL);
        yajl_val it = kit_resource(bundle, "Observation", "147842", 0);
        assert_string_equal(kit_coding(it, "dataAbsentReason", DAR, 0), rows[i].reason);
        assert_string_equal(kit_coding(it, "code", LOINC, 0), "8867-4");
        assert_null(kit_json_at(it, "valueQuantity"));
        yajl_tree_free(bundle);
    }
}

static void a_wrong_unit_takes_the_profile_away(void **state) {
    (void)state;
    kit_scene_init(&scene);
    kit_scene_add(&scene, "147842", "MDC_ECG_HEART_RATE", "266016", "MDC_DIM_MMHG", 80, 0);
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val it = kit_resource(bundle, "Observation", "147842", 0);
    assert_string_equal(kit_coding(it, "code", LOINC, 0), "");
    assert_null(kit_json_at(it, "category"));
    assert_string_equal(kit_json_text(it, "valueQuantity.code"), "mm[Hg]");
    yajl_tree_free(bundle);
}

static void without_a_time_the_moment_of_receipt_counts(void **state) {
    (void)state;
    heart_rate(80, 0)->measured_at = (dragoman_time){0};
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val it = kit_resource(bundle, "Observation", "147842", 0);
    assert_string_equal(kit_json_text(it, "effectiveDateTime"), "2026-01-05T10:00:00.000000Z");
    yajl_tree_free(bundle);
}

static void a_mean_over_time_has_a_period_unless_it_is_a_vital_sign(void **state) {
    (void)state;
    kit_scene_init(&scene);
    dragoman_observation *rate = kit_scene_add(&scene, "147842", "MDC_ECG_HEART_RATE", "264864", "", 80, 0);
    dragoman_observation *pump = kit_scene_add(&scene, "157993", "MDC_VOL_FLUID_DELIV", "263762", "", 125, -1);
    rate->measured_until = kit_time(INT64_C(1767607200), 60);
    pump->measured_until = rate->measured_until;
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val vital = kit_resource(bundle, "Observation", "147842", 0);
    yajl_val other = kit_resource(bundle, "Observation", "157993", 0);
    assert_string_equal(kit_json_text(vital, "effectiveDateTime"), "2026-01-05T10:59:58+01:00");
    assert_string_equal(kit_json_text(other, "effectivePeriod.start"), "2026-01-05T10:59:58+01:00");
    assert_string_equal(kit_json_text(other, "effectivePeriod.end"), "2026-01-05T11:00:00+01:00");
    yajl_tree_free(bundle);
}

static void alarm_limits_say_that_they_are(void **state) {
    (void)state;
    heart_rate(80, 0)->alarm_limits = (dragoman_range){{.mantissa = 50}, {.mantissa = 120}, bytes_of("50-120")};
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val it = kit_resource(bundle, "Observation", "147842", 0);
    assert_string_equal(kit_json_text(it, "referenceRange.0.low.value"), "50");
    assert_string_equal(kit_json_text(it, "referenceRange.0.high.code"), "/min");
    assert_string_equal(kit_json_text(it, "referenceRange.0.type.text"), "alarm limits");
    yajl_tree_free(bundle);
}

static void only_repetitions_are_left_out(void **state) {
    (void)state;
    heart_rate(80, 0);
    kit_scene_add(&scene, "150456", "MDC_PULS_OXIM_SAT_O2", "262688", "", 97, 0);
    uint32_t repeated[] = {0, 1};
    scene.record.stamp.repeated = repeated;
    scene.record.stamp.repeated_count = 1;
    yajl_val bundle = kit_bundle(&scene, NULL);
    assert_null(kit_resource(bundle, "Observation", "147842", 0));
    assert_non_null(kit_resource(bundle, "Observation", "150456", 0));
    yajl_tree_free(bundle);
    fhir_options archive = {.repeats_are_written = true};
    bundle = kit_bundle(&scene, &archive);
    assert_non_null(kit_resource(bundle, "Observation", "147842", 0));
    yajl_tree_free(bundle);
    scene.record.stamp.repeated_count = 2;
    char *nothing = kit_render(&scene, NULL, NULL);
    assert_string_equal(nothing, "");
    free(nothing);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heart_rate_meets_its_profile),
        cmocka_unit_test(saturation_carries_both_codes),
        cmocka_unit_test(site_of_temperature_stands_beside_body_temperature),
        cmocka_unit_test(nobody_known_means_mdc_only_and_the_device),
        cmocka_unit_test(a_name_without_number_is_nobody),
        cmocka_unit_test(spoken_magic_loinc_without_patient_stays_local),
        cmocka_unit_test(spoken_loinc_of_a_laboratory_stays_loinc),
        cmocka_unit_test(unmapped_codes_and_units_travel_on),
        cmocka_unit_test(state_of_measurement_follows_the_guide),
        cmocka_unit_test(result_status_is_never_better_than_said),
        cmocka_unit_test(special_numbers_are_reasons),
        cmocka_unit_test(a_wrong_unit_takes_the_profile_away),
        cmocka_unit_test(without_a_time_the_moment_of_receipt_counts),
        cmocka_unit_test(a_mean_over_time_has_a_period_unless_it_is_a_vital_sign),
        cmocka_unit_test(alarm_limits_say_that_they_are),
        cmocka_unit_test(only_repetitions_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
