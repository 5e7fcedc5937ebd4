/* The shape of HL7's Personal Health Device guide, held to what the guide's profiles (PhdBaseObservation and those on
 * it, PhdDevice, PhgDevice, PhdCoincidentTimeStampObservation) demand. */
#include "base/bytes.h"
#include "tests/kit/fhir_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MDC "urn:iso:std:iso:11073:10101"
#define GUIDE "http://hl7.org/fhir/uv/phd/"
#define EUI_SYSTEM "urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680"

static kit_scene scene;
static const fhir_options phd = {
    .shape = FHIR_SHAPE_PHD, .gateway_id = {(const uint8_t *)"ecde3d4e58532d31", 16}, .unvalidated_is_final = false};

/* An oximeter by 10404, version 1, with firmware "r2.1". */
static dragoman_code type = {.code = {(const uint8_t *)"528388", 6}, .system = {(const uint8_t *)"MDC", 3}};
static dragoman_version versions[2];

static void an_oximeter(void) {
    kit_scene_init(&scene);
    versions[0] = (dragoman_version){bytes_of("firmware"), bytes_of("r2.1")};
    versions[1] = (dragoman_version){bytes_of("IEEE 11073-10404"), bytes_of("1")};
    scene.device.type = (dragoman_concept){.codings = &type, .coding_count = 1};
    scene.device.versions = DRAGOMAN_LIST(versions, 2);
    scene.device.manufacturer = bytes_of("Nonin Medical");
    scene.device.model = bytes_of("Model 3230");
}

static yajl_val rendered(void) {
    return kit_bundle(&scene, &phd);
}

static const char *profile_of(yajl_val resource) {
    const char *url = kit_json_text(resource, "meta.profile.0");
    const char *last = strrchr(url, '/');
    return last == NULL ? url : last + 1;
}

static const char *coded(yajl_val resource, const char *path, const char *system) {
    return kit_coding(resource, path, system, 0);
}

static yajl_val device_of(yajl_val bundle, const char *profile) {
    for (size_t n = 0; kit_resource(bundle, "Device", NULL, n) != NULL; n++) {
        if (strcmp(profile_of(kit_resource(bundle, "Device", NULL, n)), profile) == 0) {
            return kit_resource(bundle, "Device", NULL, n);
        }
    }
    return NULL;
}

static void a_device_tells_its_specialisation(void **state) {
    (void)state;
    an_oximeter();
    kit_scene_add(&scene, "149530", "MDC_PULS_OXIM_PULS_RATE", "264864", "", 72, 0);
    yajl_val bundle = rendered();
    yajl_val device = device_of(bundle, "PhdDevice");
    assert_non_null(device);
    assert_string_equal(kit_json_text(device, "identifier.1.system"), EUI_SYSTEM);
    assert_string_equal(kit_json_text(device, "identifier.1.value"), "01-23-45-67-89-AB-CD-EF");
    assert_string_equal(coded(device, "identifier.1.type", GUIDE "CodeSystem/ContinuaDeviceIdentifiers"), "SYSID");
    assert_string_equal(coded(device, "type", MDC), "65573");
    assert_string_equal(coded(device, "specialization.0.systemType", MDC), "528388");
    assert_string_equal(kit_json_text(device, "specialization.0.version"), "1");
    assert_string_equal(coded(device, "version.0.type", MDC), "531976");
    assert_string_equal(kit_json_text(device, "version.0.value"), "r2.1");
    assert_null(kit_json_at(device, "parent"));
    yajl_val gateway = device_of(bundle, "PhgDevice");
    assert_non_null(gateway);
    assert_string_equal(coded(gateway, "type", MDC), "531981");
    assert_string_equal(kit_json_text(gateway, "identifier.1.value"), "EC-DE-3D-4E-58-53-2D-31");
    assert_int_equal(kit_json_count(gateway, "specialization"), 1);
    assert_int_equal(kit_json_count(gateway, "version"), 1);
    yajl_tree_free(bundle);
}

static void a_number_follows_the_base_profile(void **state) {
    (void)state;
    an_oximeter();
    dragoman_observation *made = kit_scene_add(&scene, "149530", "MDC_PULS_OXIM_PULS_RATE", "264864", "", 480, -1);
    made->time_is_own = 1;
    made->status = DRAGOMAN_STATUS_QUESTIONABLE;
    yajl_val bundle = rendered();
    yajl_val it = kit_resource(bundle, "Observation", "149530", 0);
    assert_string_equal(profile_of(it), "PhdNumericObservation");
    assert_string_equal(kit_json_text(it, "status"), "final");
    assert_string_equal(coded(it, "category.0", GUIDE "CodeSystem/PhdObservationCategories"), "phd-observation");
    assert_string_equal(kit_json_text(it, "valueQuantity.value"), "48.0");
    assert_string_equal(kit_json_text(it, "extension.0.url"),
                        "http://hl7.org/fhir/StructureDefinition/observation-gatewayDevice");
    char reference[128];
    snprintf(reference, sizeof reference, "Device/%s", kit_json_text(device_of(bundle, "PhgDevice"), "id"));
    assert_string_equal(kit_json_text(it, "extension.0.valueReference.reference"), reference);
    assert_string_equal(coded(it, "interpretation.0", "http://hl7.org/fhir/uv/pocd/CodeSystem/measurement-status"),
                        "questionable");
    /* The guide's key: system-id, patient and its system, type, the device's time. No system, no type. */
    assert_null(kit_json_at(it, "identifier.1.system"));
    assert_string_equal(kit_json_text(it, "identifier.1.value"),
                        "0123456789ABCDEF-MRN-1001-urn:dragoman:local:id:StExample-149530-20260105105958.00");
    snprintf(reference, sizeof reference, "Device/%s", kit_json_text(device_of(bundle, "PhdDevice"), "id"));
    assert_string_equal(kit_json_text(it, "device.reference"), reference);
    yajl_tree_free(bundle);
}

static void each_kind_of_value_has_its_profile(void **state) {
    (void)state;
    an_oximeter();
    scene.record.report.sent_at = (dragoman_time){0};
    static const struct {
        dragoman_value value;
        const char *profile;
    } kinds[] = {
        {{.kind = DRAGOMAN_VALUE_DECIMAL, .number = {.special = DRAGOMAN_NAN}}, "PhdNumericObservation"},
        {{.kind = DRAGOMAN_VALUE_TEXT, .text = {(const uint8_t *)"on", 2}}, "PhdStringEnumerationObservation"},
        {{.kind = DRAGOMAN_VALUE_BITS, .bits = 4, .bit_count = 16}, "PhdBitsEnumerationObservation"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char code[8];
        snprintf(code, sizeof code, "%u", (unsigned)(150604 + i));
        kit_scene_add(&scene, code, "", "", "", 0, 0);
        scene.codings[i].code = bytes_of(i == 0 ? "150604" : i == 1 ? "150605" : "150606");
        scene.values[i] = kinds[i].value;
    }
    yajl_val bundle = rendered();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        assert_string_equal(profile_of(kit_resource(bundle, "Observation", NULL, i)), kinds[i].profile);
    }
    yajl_val nothing = kit_resource(bundle, "Observation", NULL, 0);
    assert_string_equal(coded(nothing, "dataAbsentReason", "http://terminology.hl7.org/CodeSystem/data-absent-reason"),
                        "not-a-number");
    yajl_val bits = kit_resource(bundle, "Observation", NULL, 2);
    assert_string_equal(coded(bits, "component.2.code", GUIDE "CodeSystem/ASN1ToHL7"), "150606.2");
    yajl_tree_free(bundle);
}

static void a_clock_that_was_read_is_told(void **state) {
    (void)state;
    an_oximeter();
    kit_scene_add(&scene, "149530", "MDC_PULS_OXIM_PULS_RATE", "264864", "", 72, 0);
    scene.record.report.sent_at = kit_time(1767607192, 60);
    scene.record.report.sent_at.flags = DRAGOMAN_TIME_ZONE_ASSUMED;
    yajl_val bundle = rendered();
    yajl_val it = kit_resource(bundle, "Observation", "67975", 0);
    assert_non_null(it);
    assert_string_equal(profile_of(it), "PhdCoincidentTimeStampObservation");
    assert_string_equal(kit_json_text(it, "status"), "final");
    assert_string_equal(kit_json_text(it, "valueDateTime"), "2026-01-05T10:59:52+01:00");
    assert_string_equal(kit_json_text(it, "effectiveDateTime"), "2026-01-05T10:00:00.000000Z");
    assert_null(kit_json_at(it, "category"));
    assert_null(kit_json_at(it, "extension"));
    char reference[128];
    snprintf(reference, sizeof reference, "Observation/%s", kit_json_text(it, "id"));
    yajl_val rate = kit_resource(bundle, "Observation", "149530", 0);
    assert_string_equal(kit_json_text(rate, "extension.1.url"),
                        GUIDE "StructureDefinition/CoincidentTimeStampReference");
    assert_string_equal(kit_json_text(rate, "extension.1.valueReference.reference"), reference);
    yajl_tree_free(bundle);
}

static void supplemental_types_are_components_where_they_may_be(void **state) {
    (void)state;
    an_oximeter();
    static dragoman_code spot = {.code = {(const uint8_t *)"150588", 6}, .system = {(const uint8_t *)"MDC", 3}};
    const char *const codes[] = {"149530", "150604"}; /* a vital sign; none */
    for (size_t i = 0; i < 2; i++) {
        dragoman_observation *made = kit_scene_add(&scene, codes[i], "", i == 0 ? "264864" : "262656", "", 72, 0);
        made->method = (dragoman_concept){.codings = &spot, .coding_count = 1};
    }
    yajl_val bundle = rendered();
    yajl_val vital = kit_resource(bundle, "Observation", "149530", 0);
    assert_null(kit_json_at(vital, "component"));
    assert_string_equal(coded(vital, "method", MDC), "150588");
    assert_string_equal(coded(vital, "code", "http://loinc.org"), "8867-4");
    yajl_val other = kit_resource(bundle, "Observation", "150604", 0);
    assert_null(kit_json_at(other, "method"));
    assert_string_equal(coded(other, "component.0.code", MDC), "68193");
    assert_string_equal(coded(other, "component.0.valueCodeableConcept", MDC), "150588");
    yajl_tree_free(bundle);
}

static void other_devices_go_out_as_core(void **state) {
    (void)state;
    kit_scene_init(&scene);
    kit_scene_add(&scene, "147842", "MDC_ECG_HEART_RATE", "264864", "", 80, 0);
    yajl_val bundle = rendered();
    assert_null(device_of(bundle, "PhdDevice"));
    assert_null(kit_json_at(kit_resource(bundle, "Observation", NULL, 0), "extension"));
    assert_null(kit_resource(bundle, "DeviceMetric", NULL, 0));
    yajl_tree_free(bundle);
}

static void what_the_guide_cannot_have_is_refused(void **state) {
    (void)state;
    fhir_options options = {.shape = FHIR_SHAPE_PHD, .bundle = FHIR_BUNDLE_BATCH, .write = FHIR_WRITE_CREATE};
    fhir_writer *writer = NULL;
    error_record error = {0};
    assert_int_equal(fhir_writer_create(&options, kit_book(), &writer, &error), DRAGOMAN_INVALID);
    static const char *const bad[] = {"1", "ecde3d4e58532d3", "ecde3d4e58532d3101", "ecde3d4e58532dxx",
                                      "-cde3d4e58532d31"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        options = (fhir_options){.shape = FHIR_SHAPE_PHD, .gateway_id = bytes_of(bad[i])};
        assert_int_equal(fhir_writer_create(&options, kit_book(), &writer, &error), DRAGOMAN_INVALID);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_tells_its_specialisation),
        cmocka_unit_test(a_number_follows_the_base_profile),
        cmocka_unit_test(each_kind_of_value_has_its_profile),
        cmocka_unit_test(a_clock_that_was_read_is_told),
        cmocka_unit_test(supplemental_types_are_components_where_they_may_be),
        cmocka_unit_test(other_devices_go_out_as_core),
        cmocka_unit_test(what_the_guide_cannot_have_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
