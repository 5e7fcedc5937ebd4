/* Values of every kind against R4's data types and HL7's v2-to-FHIR maps. */
#include "base/bytes.h"
#include "tests/kit/fhir_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define DAR "http://terminology.hl7.org/CodeSystem/data-absent-reason"

static kit_scene scene;
static yajl_val bundle;

/* The Observation of one value under a code that is no vital sign, in mL. */
static yajl_val of_value(dragoman_value value) {
    kit_scene_init(&scene);
    kit_scene_add(&scene, "157993", "MDC_VOL_FLUID_DELIV", "263762", "MDC_DIM_MILLI_L", 0, 0);
    scene.values[0] = value;
    yajl_tree_free(bundle);
    bundle = kit_bundle(&scene, NULL);
    return kit_resource(bundle, "Observation", NULL, 0);
}

static dragoman_decimal number(int64_t mantissa, int16_t exponent) {
    return (dragoman_decimal){.mantissa = mantissa, .exponent = exponent};
}

static void decimals_keep_their_digits(void **state) {
    (void)state;
    static const struct {
        dragoman_decimal number;
        const char *text;
    } rows[] = {{{.mantissa = 980, .exponent = -1}, "98.0"},
                {{.mantissa = 72, .exponent = 1}, "720"},
                {{.mantissa = -5, .exponent = -2}, "-0.05"},
                {{.mantissa = 0, .exponent = -2}, "0.00"},
                {{.mantissa = INT64_C(123456789012345678), .exponent = -9}, "123456789.012345678"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        yajl_val it = of_value((dragoman_value){.kind = DRAGOMAN_VALUE_DECIMAL, .number = rows[i].number});
        assert_string_equal(kit_json_text(it, "valueQuantity.value"), rows[i].text);
        assert_string_equal(kit_json_text(it, "valueQuantity.code"), "mL");
    }
}

static void comparators_stay(void **state) {
    (void)state;
    static const char *const texts[] = {"", "<", "<=", ">", ">="};
    for (uint8_t i = 0; i < 5; i++) {
        yajl_val it =
            of_value((dragoman_value){.kind = DRAGOMAN_VALUE_DECIMAL, .comparator = i, .number = number(20, 0)});
        assert_string_equal(kit_json_text(it, "valueQuantity.comparator"), texts[i]);
        assert_string_equal(kit_json_text(it, "valueQuantity.value"), "20");
    }
}

static void texts_codes_and_times(void **state) {
    (void)state;
    yajl_val it = of_value((dragoman_value){.kind = DRAGOMAN_VALUE_TEXT, .text = bytes_of(" on hold ")});
    assert_string_equal(kit_json_text(it, "valueString"), "on hold");
    dragoman_code code = {bytes_of("pump-status-infusing"), bytes_of("infusing"), bytes_of("99P")};
    it = of_value((dragoman_value){.kind = DRAGOMAN_VALUE_CODE, .concept = {.codings = &code, .coding_count = 1}});
    assert_string_equal(kit_coding(it, "valueCodeableConcept", "urn:dragoman:local:code:99P", 0),
                        "pump-status-infusing");
    assert_string_equal(kit_json_text(it, "valueCodeableConcept.text"), "infusing");
    it = of_value((dragoman_value){.kind = DRAGOMAN_VALUE_TIME, .from = kit_time(INT64_C(1466828289), 0)});
    assert_string_equal(kit_json_text(it, "valueDateTime"), "2016-06-25T04:18:09Z");
    dragoman_time clock = {.civil_us = INT64_C(4) * 3600000000 + 18 * 60000000,
                           .offset_minutes = DRAGOMAN_OFFSET_UNKNOWN,
                           .precision = DRAGOMAN_TIME_MINUTE,
                           .flags = DRAGOMAN_TIME_OF_DAY};
    it = of_value((dragoman_value){.kind = DRAGOMAN_VALUE_TIME, .from = clock});
    assert_string_equal(kit_json_text(it, "valueTime"), "04:18:00");
    it = of_value((dragoman_value){.kind = DRAGOMAN_VALUE_PERIOD,
                                   .from = kit_time(INT64_C(1466828289), 0),
                                   .to = kit_time(INT64_C(1466828349), 0)});
    assert_string_equal(kit_json_text(it, "valuePeriod.end"), "2016-06-25T04:19:09Z");
}

static void ranges_and_ratios(void **state) {
    (void)state;
    yajl_val it = of_value(
        (dragoman_value){.kind = DRAGOMAN_VALUE_RANGE, .number = number(10, -1), .other_number = number(2, 0)});
    assert_string_equal(kit_json_text(it, "valueRange.low.value"), "1.0");
    assert_string_equal(kit_json_text(it, "valueRange.high.code"), "mL");
    it = of_value((dragoman_value){
        .kind = DRAGOMAN_VALUE_RANGE, .number = {.special = DRAGOMAN_NAN}, .other_number = number(2, 0)});
    assert_null(kit_json_at(it, "valueRange.low"));
    assert_string_equal(kit_json_text(it, "valueRange.high.value"), "2");
    /* FHIR's rng-2 forbids a low above the high: the words stay. */
    it = of_value((dragoman_value){.kind = DRAGOMAN_VALUE_RANGE, .number = number(3, 0), .other_number = number(2, 0)});
    assert_string_equal(kit_json_text(it, "valueString"), "3 - 2");
    it = of_value(
        (dragoman_value){.kind = DRAGOMAN_VALUE_RATIO, .number = number(1, 0), .other_number = number(128, 0)});
    assert_string_equal(kit_json_text(it, "valueRatio.numerator.value"), "1");
    assert_string_equal(kit_json_text(it, "valueRatio.denominator.value"), "128");
}

static void reasons_for_no_value(void **state) {
    (void)state;
    static const char *const reasons[] = {"unknown",           "unknown",        "temp-unknown", "not-asked",
                                          "not-performed",     "error",          "not-a-number", "positive-infinity",
                                          "negative-infinity", "not-applicable", "unsupported",  "masked"};
    for (uint8_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        yajl_val it = of_value((dragoman_value){.kind = DRAGOMAN_VALUE_NONE, .absent = i});
        assert_string_equal(kit_coding(it, "dataAbsentReason", DAR, 0), reasons[i]);
    }
    assert_string_equal(kit_coding(of_value((dragoman_value){.kind = DRAGOMAN_VALUE_TEXT, .text = bytes_of("  ")}),
                                   "dataAbsentReason", DAR, 0),
                        "unknown");
}

static void samples_are_sampled_data(void **state) {
    (void)state;
    static const int16_t data[] = {100, -20, 32767, 4000, -4000, 7};
    dragoman_samples samples = {.struct_size = sizeof samples,
                                .sample_bytes = 2,
                                .has_missing = 1,
                                .data = data,
                                .count = 3,
                                .dimensions = 2,
                                .period_ns = 4000000,
                                .scale = number(5, -3),
                                .origin = number(0, 0),
                                .low = number(-10, 0),
                                .high = number(10, 0),
                                .missing = 32767};
    yajl_val it = of_value((dragoman_value){.kind = DRAGOMAN_VALUE_SAMPLES, .samples = &samples});
    assert_string_equal(kit_json_text(it, "valueSampledData.data"), "100 -20 E U L 7");
    assert_string_equal(kit_json_text(it, "valueSampledData.period"), "4");
    assert_string_equal(kit_json_text(it, "valueSampledData.factor"), "0.005");
    assert_string_equal(kit_json_text(it, "valueSampledData.origin.value"), "0");
    assert_string_equal(kit_json_text(it, "valueSampledData.origin.code"), "mL");
    assert_string_equal(kit_json_text(it, "valueSampledData.lowerLimit"), "-10");
    assert_string_equal(kit_json_text(it, "valueSampledData.dimensions"), "2");
    /* A third of a kilohertz: the period is told as exactly as it is known. */
    samples.period_ns = 3333333;
    samples.low = (dragoman_decimal){.special = DRAGOMAN_NAN};
    samples.high = samples.low;
    it = of_value((dragoman_value){.kind = DRAGOMAN_VALUE_SAMPLES, .samples = &samples});
    assert_string_equal(kit_json_text(it, "valueSampledData.period"), "3.333333");
    assert_string_equal(kit_json_text(it, "valueSampledData.data"), "100 -20 E 4000 -4000 7");
    assert_null(kit_json_at(it, "valueSampledData.upperLimit"));
    /* At the ends of the scale a sample is still a sample: 2000 x 0.005 is 10. */
    static const int32_t edge[] = {2000, 2001, -2000, -2001};
    samples = (dragoman_samples){.sample_bytes = 4,
                                 .data = edge,
                                 .count = 4,
                                 .dimensions = 1,
                                 .period_ns = 1000000,
                                 .scale = number(5, -3),
                                 .low = number(-10, 0),
                                 .high = number(10, 0)};
    it = of_value((dragoman_value){.kind = DRAGOMAN_VALUE_SAMPLES, .samples = &samples});
    assert_string_equal(kit_json_text(it, "valueSampledData.data"), "2000 U -2000 L");
}

static void repetitions_are_components(void **state) {
    (void)state;
    kit_scene_init(&scene);
    dragoman_observation *it =
        kit_scene_add(&scene, "157993", "MDC_VOL_FLUID_DELIV", "263762", "MDC_DIM_MILLI_L", 0, 0);
    dragoman_value values[2] = {{.kind = DRAGOMAN_VALUE_DECIMAL, .number = number(1, 0)},
                                {.kind = DRAGOMAN_VALUE_NONE, .absent = DRAGOMAN_ABSENT_MASKED}};
    it->values = DRAGOMAN_LIST(values, 2);
    yajl_tree_free(bundle);
    bundle = kit_bundle(&scene, NULL);
    yajl_val found = kit_resource(bundle, "Observation", NULL, 0);
    assert_null(kit_json_at(found, "valueQuantity"));
    assert_string_equal(kit_json_text(found, "component.0.valueQuantity.value"), "1");
    assert_string_equal(kit_coding(found, "component.1.dataAbsentReason", DAR, 0), "masked");
    assert_string_equal(kit_json_text(found, "component.0.code.coding.0.code"), "157993");
}

static void bits_are_components(void **state) {
    (void)state;
    yajl_val it = of_value((dragoman_value){.kind = DRAGOMAN_VALUE_BITS, .bit_count = 3, .bits = 4});
    assert_int_equal(kit_json_count(it, "component"), 3);
    assert_string_equal(kit_json_text(it, "component.0.valueCodeableConcept.coding.0.code"), "N");
    assert_string_equal(kit_json_text(it, "component.2.valueCodeableConcept.coding.0.code"), "Y");
    assert_string_equal(kit_json_text(it, "component.2.code.coding.0.code"), "157993.2");
}

static void attachments_are_media(void **state) {
    (void)state;
    yajl_val it = of_value((dragoman_value){
        .kind = DRAGOMAN_VALUE_ATTACHMENT, .text = bytes_of("application/pdf"), .data = bytes_of("hello")});
    yajl_val media = kit_resource(bundle, "Media", NULL, 0);
    char reference[128];
    snprintf(reference, sizeof reference, "Media/%s", kit_json_text(media, "id"));
    assert_string_equal(kit_json_text(it, "derivedFrom.0.reference"), reference);
    assert_string_equal(kit_json_text(media, "content.contentType"), "application/pdf");
    assert_string_equal(kit_json_text(media, "content.data"), "aGVsbG8=");
    assert_string_equal(kit_coding(it, "dataAbsentReason", DAR, 0), "unsupported");
    it = of_value((dragoman_value){.kind = DRAGOMAN_VALUE_ATTACHMENT, .reference = bytes_of("http://pacs.example/1")});
    assert_non_null(kit_json_at(it, "derivedFrom"));
    assert_string_equal(kit_json_text(kit_resource(bundle, "Media", NULL, 0), "content.url"), "http://pacs.example/1");
}

static int free_bundle(void **state) {
    (void)state;
    yajl_tree_free(bundle);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_keep_their_digits), cmocka_unit_test(comparators_stay),
        cmocka_unit_test(texts_codes_and_times),      cmocka_unit_test(ranges_and_ratios),
        cmocka_unit_test(reasons_for_no_value),       cmocka_unit_test(samples_are_sampled_data),
        cmocka_unit_test(repetitions_are_components), cmocka_unit_test(bits_are_components),
        cmocka_unit_test(attachments_are_media),
    };
    return cmocka_run_group_tests(tests, NULL, free_bundle);
}
