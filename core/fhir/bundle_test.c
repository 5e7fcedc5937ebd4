/* Bundles and streams of resources against R4's Bundle and the HTTP chapter; the device chain against the device guide.
 */
#include "base/bytes.h"
#include "tests/kit/fhir_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MDC "urn:iso:std:iso:11073:10101"

static kit_scene scene;

static void one_heart_rate(void) {
    kit_scene_init(&scene);
    kit_scene_add(&scene, "147842", "MDC_ECG_HEART_RATE", "264864", "MDC_DIM_BEAT_PER_MIN", 80, 0);
}

static const char *reference_to(yajl_val resource) {
    static char text[160];
    snprintf(text, sizeof text, "%s/%s", kit_json_text(resource, "resourceType"), kit_json_text(resource, "id"));
    return text;
}

/* The device whose reference stands at `path` of `from`. */
static yajl_val follow(yajl_val bundle, yajl_val from, const char *path) {
    for (size_t i = 0; i < kit_json_count(bundle, "entry"); i++) {
        yajl_val entry = kit_json_at(bundle, "entry")->u.array.values[i];
        yajl_val resource = kit_json_at(entry, "resource");
        const char *wanted = kit_json_text(from, path);
        if (strcmp(wanted, reference_to(resource)) == 0 || strcmp(wanted, kit_json_text(entry, "fullUrl")) == 0) {
            return resource;
        }
    }
    return NULL;
}

static void a_metric_hangs_on_its_chain(void **state) {
    (void)state;
    one_heart_rate();
    dragoman_code types[3] = {{bytes_of("69965"), bytes_of("MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS"), bytes_of("MDC")},
                              {bytes_of("69798"), bytes_of("MDC_DEV_ECG_VMD"), bytes_of("MDC")},
                              {bytes_of("69799"), bytes_of("MDC_DEV_ECG_CHAN"), bytes_of("MDC")}};
    dragoman_node nodes[3] = {{.path = {1, 0, 0, 0}, .type = {.codings = &types[0], .coding_count = 1}},
                              {.path = {1, 2, 0, 0}, .type = {.codings = &types[1], .coding_count = 1}},
                              {.path = {1, 2, 3, 0}, .type = {.codings = &types[2], .coding_count = 1}}};
    scene.record.report.nodes = DRAGOMAN_LIST(nodes, 3);
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val metric = follow(bundle, kit_resource(bundle, "Observation", NULL, 0), "device.reference");
    assert_string_equal(kit_json_text(metric, "resourceType"), "DeviceMetric");
    assert_string_equal(kit_coding(metric, "type", MDC, 0), "147842");
    assert_string_equal(kit_coding(metric, "unit", MDC, 0), "264864");
    assert_string_equal(kit_json_text(metric, "category"), "measurement");
    yajl_val channel = follow(bundle, metric, "parent.reference");
    yajl_val vmd = follow(bundle, channel, "parent.reference");
    yajl_val mds = follow(bundle, vmd, "parent.reference");
    assert_string_equal(kit_coding(channel, "type", MDC, 0), "69799");
    assert_string_equal(kit_coding(vmd, "type", MDC, 0), "69798");
    assert_string_equal(kit_coding(mds, "type", MDC, 0), "69965");
    assert_null(kit_json_at(mds, "parent"));
    assert_ptr_equal(follow(bundle, metric, "source.reference"), mds);
    assert_string_equal(kit_json_text(mds, "manufacturer"), "Example");
    assert_string_equal(kit_json_text(mds, "identifier.1.system"), "urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680");
    assert_string_equal(kit_json_text(mds, "identifier.1.value"), "01-23-45-67-89-AB-CD-EF");
    assert_null(kit_resource(bundle, "Device", NULL, 3));
    yajl_tree_free(bundle);
}

static void missing_levels_become_bare_devices(void **state) {
    (void)state;
    one_heart_rate();
    scene.observations[0].path = (dragoman_path){1, 0, 0, 7};
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val metric = follow(bundle, kit_resource(bundle, "Observation", NULL, 0), "device.reference");
    yajl_val channel = follow(bundle, metric, "parent.reference");
    yajl_val vmd = follow(bundle, channel, "parent.reference");
    yajl_val mds = follow(bundle, vmd, "parent.reference");
    assert_non_null(mds);
    assert_string_equal(kit_coding(mds, "type", MDC, 0), "65569");
    yajl_tree_free(bundle);
}

static void without_path_the_device_is_all_there_is(void **state) {
    (void)state;
    one_heart_rate();
    scene.observations[0].path = (dragoman_path){0};
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val device = follow(bundle, kit_resource(bundle, "Observation", NULL, 0), "device.reference");
    assert_string_equal(kit_json_text(device, "resourceType"), "Device");
    assert_null(kit_resource(bundle, "DeviceMetric", NULL, 0));
    yajl_tree_free(bundle);
}

static void core_shape_has_one_device(void **state) {
    (void)state;
    one_heart_rate();
    fhir_options options = {.shape = FHIR_SHAPE_CORE};
    yajl_val bundle = kit_bundle(&scene, &options);
    yajl_val device = follow(bundle, kit_resource(bundle, "Observation", NULL, 0), "device.reference");
    assert_string_equal(kit_json_text(device, "resourceType"), "Device");
    assert_null(kit_resource(bundle, "Device", NULL, 1));
    assert_null(kit_resource(bundle, "DeviceMetric", NULL, 0));
    yajl_tree_free(bundle);
}

static void settings_and_enumerations_say_so(void **state) {
    (void)state;
    kit_scene_init(&scene);
    kit_scene_add(&scene, "16929196", "MDC_VENT_VOL_TIDAL_SETTING", "263762", "MDC_DIM_MILLI_L", 450, 0);
    kit_scene_add(&scene, "184327", "MDC_ECG_STAT_RHY", "", "", 0, 0);
    scene.values[1] = (dragoman_value){.kind = DRAGOMAN_VALUE_TEXT, .text = bytes_of("paced")};
    yajl_val bundle = kit_bundle(&scene, NULL);
    assert_string_equal(kit_json_text(kit_resource(bundle, "DeviceMetric", "16929196", 0), "category"), "setting");
    yajl_val enumeration = kit_resource(bundle, "DeviceMetric", "184327", 0);
    assert_null(kit_json_at(enumeration, "unit"));
    assert_string_equal(kit_json_text(kit_resource(bundle, "Observation", "184327", 0), "valueString"), "paced");
    yajl_tree_free(bundle);
}

static void a_transaction_puts_by_id(void **state) {
    (void)state;
    one_heart_rate();
    yajl_val bundle = kit_bundle(&scene, NULL);
    assert_string_equal(kit_json_text(bundle, "type"), "transaction");
    assert_string_equal(kit_json_text(bundle, "identifier.value"), "M-17");
    assert_string_equal(kit_json_text(bundle, "timestamp"), "2026-01-05T11:00:00+01:00");
    for (size_t i = 0; i < kit_json_count(bundle, "entry"); i++) {
        yajl_val entry = kit_json_at(bundle, "entry")->u.array.values[i];
        const char *reference = reference_to(kit_json_at(entry, "resource"));
        char url[256];
        snprintf(url, sizeof url, FHIR_DEFAULT_BASE_URL "/%s", reference);
        assert_string_equal(kit_json_text(entry, "request.method"), "PUT");
        assert_string_equal(kit_json_text(entry, "request.url"), reference);
        assert_string_equal(kit_json_text(entry, "fullUrl"), url);
    }
    yajl_tree_free(bundle);
}

static void where_the_receiver_gives_ids_identifiers_find_resources(void **state) {
    (void)state;
    one_heart_rate();
    fhir_options options = {.write = FHIR_WRITE_CREATE};
    yajl_val bundle = kit_bundle(&scene, &options);
    bool has_observation = false;
    for (size_t i = 0; i < kit_json_count(bundle, "entry"); i++) {
        yajl_val entry = kit_json_at(bundle, "entry")->u.array.values[i];
        yajl_val resource = kit_json_at(entry, "resource");
        bool is_observation = strcmp(kit_json_text(resource, "resourceType"), "Observation") == 0;
        has_observation |= is_observation;
        assert_null(kit_json_at(resource, "id"));
        assert_string_equal(kit_json_text(entry, "request.method"), is_observation ? "POST" : "PUT");
        const char *condition = kit_json_text(entry, is_observation ? "request.ifNoneExist" : "request.url");
        assert_non_null(strstr(condition, "identifier="));
        if (is_observation) {
            assert_int_equal(strncmp(kit_json_text(resource, "subject.reference"), "urn:uuid:", 9), 0);
            assert_string_equal(kit_json_text(follow(bundle, resource, "subject.reference"), "resourceType"),
                                "Patient");
            assert_string_equal(kit_json_text(follow(bundle, resource, "device.reference"), "resourceType"),
                                "DeviceMetric");
        }
    }
    assert_true(has_observation);
    yajl_tree_free(bundle);
}

static void a_correction_replaces_where_the_receiver_gives_ids(void **state) {
    (void)state;
    one_heart_rate();
    scene.observations[0].result = DRAGOMAN_RESULT_CORRECTED;
    fhir_options options = {.write = FHIR_WRITE_CREATE};
    char *text = kit_render(&scene, &options, NULL);
    assert_non_null(strstr(text, "\"method\":\"PUT\",\"url\":\"Observation?identifier=urn:dragoman:local|"));
    free(text);
}

static void entries_of_a_batch_do_not_lean_on_each_other(void **state) {
    (void)state;
    one_heart_rate();
    fhir_options options = {.bundle = FHIR_BUNDLE_BATCH, .write = FHIR_WRITE_CREATE};
    yajl_val bundle = kit_bundle(&scene, &options);
    yajl_val it = kit_resource(bundle, "Observation", NULL, 0);
    assert_null(kit_json_at(it, "subject.reference"));
    assert_string_equal(kit_json_text(it, "subject.identifier.value"), "MRN-1001");
    assert_string_equal(kit_json_text(it, "subject.type"), "Patient");
    yajl_tree_free(bundle);
}

static void a_collection_asks_for_nothing(void **state) {
    (void)state;
    one_heart_rate();
    fhir_options options = {.bundle = FHIR_BUNDLE_COLLECTION};
    yajl_val bundle = kit_bundle(&scene, &options);
    assert_string_equal(kit_json_text(bundle, "type"), "collection");
    assert_null(kit_json_at(bundle, "entry.0.request"));
    yajl_tree_free(bundle);
}

static size_t lines_with(const char *text, const char *words) {
    size_t count = 0;
    for (const char *at = strstr(text, words); at != NULL; at = strstr(at + 1, words)) {
        count++;
    }
    return count;
}

static void a_stream_repeats_devices_only_when_they_change(void **state) {
    (void)state;
    fhir_options options = {.bundle = FHIR_RESOURCES};
    fhir_writer *writer = kit_writer(&options);
    one_heart_rate();
    static const struct {
        const char *model;
        bool forget;
        size_t devices;
    } reports[] = {{"M1", false, 3}, {"M1", false, 0}, {"M2", false, 1}, {"M1", false, 1}, {"M1", true, 3}};
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
        scene.device.model = bytes_of(reports[i].model);
        if (reports[i].forget) {
            fhir_writer_forget(writer);
        }
        char *text = kit_render(&scene, &options, writer);
        assert_int_equal(lines_with(text, "{\"resourceType\":\"Device\","), reports[i].devices);
        assert_int_equal(lines_with(text, "{\"resourceType\":\"Observation\","), 1);
        free(text);
    }
    fhir_writer_destroy(writer);
}

static void a_bundle_is_whole_every_time(void **state) {
    (void)state;
    fhir_writer *writer = kit_writer(NULL);
    one_heart_rate();
    char *first = kit_render(&scene, NULL, writer);
    char *second = kit_render(&scene, NULL, writer);
    assert_string_equal(first, second);
    free(first);
    free(second);
    fhir_writer_destroy(writer);
}

static void a_metric_twice_in_a_report_is_one_entry(void **state) {
    (void)state;
    one_heart_rate();
    kit_scene_add(&scene, "147842", "MDC_ECG_HEART_RATE", "264864", "MDC_DIM_BEAT_PER_MIN", 81, 0);
    scene.observations[1].path = scene.observations[0].path;
    scene.observations[1].measured_at.civil_us += 1000000;
    yajl_val bundle = kit_bundle(&scene, NULL);
    assert_non_null(kit_resource(bundle, "Observation", NULL, 1));
    assert_null(kit_resource(bundle, "DeviceMetric", NULL, 1));
    yajl_tree_free(bundle);
}

static void patient_says_what_the_message_said(void **state) {
    (void)state;
    one_heart_rate();
    scene.patient_identifier.universal = bytes_of("2.999.17");
    scene.patient_identifier.universal_type = bytes_of("ISO");
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val patient = kit_resource(bundle, "Patient", NULL, 0);
    assert_string_equal(kit_json_text(patient, "identifier.0.system"), "urn:oid:2.999.17");
    assert_string_equal(kit_json_text(patient, "identifier.0.value"), "MRN-1001");
    assert_string_equal(kit_json_text(patient, "identifier.0.type.coding.0.code"), "MR");
    assert_string_equal(kit_json_text(patient, "name.0.family"), "Lange");
    assert_string_equal(kit_json_text(patient, "name.0.given.1"), "Maria");
    assert_string_equal(kit_json_text(patient, "name.0.use"), "official");
    assert_string_equal(kit_json_text(patient, "gender"), "female");
    assert_string_equal(kit_json_text(patient, "birthDate"), "1963-02-07");
    yajl_tree_free(bundle);
}

static void text_of_any_kind_stays_json(void **state) {
    (void)state;
    one_heart_rate();
    scene.name.family = bytes_of("  O\"Neill\\\x01 \xC3\xA9\t");
    scene.observations[0].note = bytes_of("line one\nline two\r\n");
    yajl_val bundle = kit_bundle(&scene, NULL);
    assert_string_equal(kit_json_text(kit_resource(bundle, "Patient", NULL, 0), "name.0.family"),
                        "O\"Neill\\\xEF\xBF\xBD \xC3\xA9");
    assert_string_equal(kit_json_text(kit_resource(bundle, "Observation", NULL, 0), "note.0.text"),
                        "line one\nline two");
    yajl_tree_free(bundle);
}

static void an_option_that_is_no_uri_is_refused(void **state) {
    (void)state;
    fhir_options options = {.identifier_base = bytes_of("my hospital")};
    fhir_writer *writer = NULL;
    error_record error;
    assert_int_equal(fhir_writer_create(&options, kit_book(), &writer, &error), DRAGOMAN_INVALID);
    assert_non_null(strstr(error.text, "identifier_base"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_metric_hangs_on_its_chain),
        cmocka_unit_test(missing_levels_become_bare_devices),
        cmocka_unit_test(without_path_the_device_is_all_there_is),
        cmocka_unit_test(core_shape_has_one_device),
        cmocka_unit_test(settings_and_enumerations_say_so),
        cmocka_unit_test(a_transaction_puts_by_id),
        cmocka_unit_test(where_the_receiver_gives_ids_identifiers_find_resources),
        cmocka_unit_test(a_correction_replaces_where_the_receiver_gives_ids),
        cmocka_unit_test(entries_of_a_batch_do_not_lean_on_each_other),
        cmocka_unit_test(a_collection_asks_for_nothing),
        cmocka_unit_test(a_stream_repeats_devices_only_when_they_change),
        cmocka_unit_test(a_bundle_is_whole_every_time),
        cmocka_unit_test(a_metric_twice_in_a_report_is_one_entry),
        cmocka_unit_test(patient_says_what_the_message_said),
        cmocka_unit_test(text_of_any_kind_stays_json),
        cmocka_unit_test(an_option_that_is_no_uri_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
