/* Context events and alerts as Patient, Encounter, Location and Observation. Names follow HL7's v2-to-FHIR maps; an
 * alert's facets are those of IHE ACM. */
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
static dragoman_context event;
static dragoman_place place;
static dragoman_place before;
static dragoman_patient prior;
static dragoman_identifier prior_identifier;

static void start_event(uint8_t kind) {
    kit_scene_init(&scene);
    scene.patient.visit = (dragoman_identifier){.value = bytes_of("V-9"), .authority = bytes_of("StExample")};
    scene.patient.visit_class = bytes_of("I");
    place = (dragoman_place){.point_of_care = bytes_of("ICU"),
                             .room = bytes_of("12"),
                             .bed = bytes_of("A"),
                             .facility = bytes_of("StExample")};
    before = (dragoman_place){.point_of_care = bytes_of("ICU"),
                              .room = bytes_of("12"),
                              .bed = bytes_of("B"),
                              .facility = bytes_of("StExample")};
    prior_identifier = (dragoman_identifier){.value = bytes_of("MRN-0999"), .authority = bytes_of("StExample")};
    prior = (dragoman_patient){.struct_size = sizeof prior, .identifiers = DRAGOMAN_LIST(&prior_identifier, 1)};
    event = (dragoman_context){
        .kind = kind, .patient = &scene.patient, .place = &place, .occurred_at = kit_time(INT64_C(1767600000), 60)};
    scene.record.report.device = NULL;
    scene.record.report.contexts = DRAGOMAN_LIST(&event, 1);
}

static void every_event_gives_its_state(void **state) {
    (void)state;
    static const struct {
        uint8_t kind;
        const char *status, *start, *end;
    } rows[] = {
        {DRAGOMAN_CONTEXT_ADMIT, "in-progress", "2026-01-05T09:00:00+01:00", ""},
        {DRAGOMAN_CONTEXT_PREADMIT, "planned", "", ""},
        {DRAGOMAN_CONTEXT_TRANSFER, "in-progress", "", ""},
        {DRAGOMAN_CONTEXT_DISCHARGE, "finished", "", "2026-01-05T09:00:00+01:00"},
        {DRAGOMAN_CONTEXT_LEAVE, "onleave", "", ""},
        {DRAGOMAN_CONTEXT_RETURN, "in-progress", "", ""},
        {DRAGOMAN_CONTEXT_CANCEL_ADMIT, "cancelled", "", ""},
        {DRAGOMAN_CONTEXT_CANCEL_TRANSFER, "in-progress", "", ""},
        {DRAGOMAN_CONTEXT_CANCEL_DISCHARGE, "in-progress", "", ""},
        {DRAGOMAN_CONTEXT_UPDATE, "", "", ""},
        {DRAGOMAN_CONTEXT_PENDING, "", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        start_event(rows[i].kind);
        yajl_val bundle = kit_bundle(&scene, NULL);
        yajl_val visit = kit_resource(bundle, "Encounter", NULL, 0);
        assert_non_null(kit_resource(bundle, "Patient", "MRN-1001", 0));
        assert_string_equal(kit_json_text(visit, "status"), rows[i].status);
        assert_string_equal(kit_json_text(visit, "period.start"), rows[i].start);
        assert_string_equal(kit_json_text(visit, "period.end"), rows[i].end);
        if (visit != NULL) {
            assert_string_equal(kit_json_text(visit, "class.code"), "IMP");
            assert_string_equal(kit_json_text(visit, "identifier.0.value"), "V-9");
            assert_string_equal(kit_json_text(visit, "identifier.0.type.coding.0.code"), "VN");
        }
        yajl_tree_free(bundle);
    }
}

static void a_suspicion_moves_nobody(void **state) {
    (void)state;
    start_event(DRAGOMAN_CONTEXT_TRANSFER);
    event.suspected = 1;
    yajl_val bundle = kit_bundle(&scene, NULL);
    assert_null(kit_resource(bundle, "Encounter", NULL, 0));
    yajl_tree_free(bundle);
}

static void without_visit_number_there_is_no_encounter(void **state) {
    (void)state;
    start_event(DRAGOMAN_CONTEXT_ADMIT);
    scene.patient.visit = (dragoman_identifier){0};
    yajl_val bundle = kit_bundle(&scene, NULL);
    assert_null(kit_resource(bundle, "Encounter", NULL, 0));
    assert_non_null(kit_resource(bundle, "Patient", NULL, 0));
    yajl_tree_free(bundle);
}

static yajl_val by_reference(yajl_val bundle, const char *type, const char *reference) {
    for (size_t i = 0; kit_resource(bundle, type, NULL, i) != NULL; i++) {
        yajl_val resource = kit_resource(bundle, type, NULL, i);
        char own[128];
        snprintf(own, sizeof own, "%s/%s", type, kit_json_text(resource, "id"));
        if (strcmp(own, reference) == 0) {
            return resource;
        }
    }
    return NULL;
}

static void a_transfer_leaves_one_bed_for_another(void **state) {
    (void)state;
    start_event(DRAGOMAN_CONTEXT_TRANSFER);
    event.prior_place = &before;
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val visit = kit_resource(bundle, "Encounter", NULL, 0);
    assert_string_equal(kit_json_text(visit, "location.0.status"), "completed");
    assert_string_equal(kit_json_text(visit, "location.1.status"), "active");
    yajl_val bed = by_reference(bundle, "Location", kit_json_text(visit, "location.1.location.reference"));
    assert_string_equal(kit_json_text(bed, "name"), "A");
    assert_string_equal(kit_json_text(bed, "physicalType.coding.0.code"), "bd");
    yajl_val room = by_reference(bundle, "Location", kit_json_text(bed, "partOf.reference"));
    assert_string_equal(kit_json_text(room, "name"), "12");
    yajl_val ward = by_reference(bundle, "Location", kit_json_text(room, "partOf.reference"));
    assert_string_equal(kit_json_text(ward, "name"), "ICU");
    /* Both beds are in one room: facility, ward, room and two beds. */
    assert_non_null(kit_resource(bundle, "Location", NULL, 4));
    assert_null(kit_resource(bundle, "Location", NULL, 5));
    yajl_tree_free(bundle);
}

static void a_merge_replaces_the_old_record(void **state) {
    (void)state;
    start_event(DRAGOMAN_CONTEXT_MERGE);
    event.prior_patient = &prior;
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val old = kit_resource(bundle, "Patient", "MRN-0999", 0);
    yajl_val now = kit_resource(bundle, "Patient", "MRN-1001", 0);
    assert_string_equal(kit_json_text(old, "active"), "false");
    assert_string_equal(kit_json_text(old, "link.0.type"), "replaced-by");
    assert_ptr_equal(by_reference(bundle, "Patient", kit_json_text(old, "link.0.other.reference")), now);
    assert_null(kit_json_at(now, "active"));
    yajl_tree_free(bundle);
}

static void a_merge_into_oneself_replaces_nobody(void **state) {
    (void)state;
    start_event(DRAGOMAN_CONTEXT_MERGE);
    prior_identifier = scene.patient_identifier;
    event.prior_patient = &prior;
    yajl_val bundle = kit_bundle(&scene, NULL);
    assert_null(kit_json_at(kit_resource(bundle, "Patient", NULL, 0), "link"));
    assert_null(kit_resource(bundle, "Patient", NULL, 1));
    yajl_tree_free(bundle);
}

static void a_swap_moves_both(void **state) {
    (void)state;
    start_event(DRAGOMAN_CONTEXT_SWAP);
    prior.visit = (dragoman_identifier){.value = bytes_of("V-8"), .authority = bytes_of("StExample")};
    event.prior_patient = &prior;
    event.prior_place = &before;
    yajl_val bundle = kit_bundle(&scene, NULL);
    static const char *const visits[2][2] = {{"V-9", "A"}, {"V-8", "B"}};
    for (size_t i = 0; i < 2; i++) {
        yajl_val visit = kit_resource(bundle, "Encounter", visits[i][0], 0);
        yajl_val bed = by_reference(bundle, "Location", kit_json_text(visit, "location.0.location.reference"));
        assert_string_equal(kit_json_text(bed, "name"), visits[i][1]);
    }
    /* The second patient's class was not sent: Encounter.class is required and says that it is unknown. */
    assert_string_equal(kit_json_text(kit_resource(bundle, "Encounter", "V-8", 0), "class.extension.0.valueCode"),
                        "unknown");
    yajl_tree_free(bundle);
}

static void an_alert_carries_its_facets(void **state) {
    (void)state;
    kit_scene_init(&scene);
    dragoman_code code = {bytes_of("196648"), bytes_of("MDC_EVT_HI"), bytes_of("MDC")};
    dragoman_code source = {bytes_of("150037"), bytes_of("MDC_PRESS_BLD_ART_ABP_SYS"), bytes_of("MDC")};
    dragoman_value value = {.kind = DRAGOMAN_VALUE_DECIMAL, .number = {.mantissa = 119}};
    dragoman_alert alert = {
        .path = {1, 1, 1, 1},
        .id = {.value = bytes_of("9001")},
        .event = {.codings = &code, .coding_count = 1},
        .source = {.codings = &source, .coding_count = 1},
        .source_values = DRAGOMAN_LIST(&value, 1),
        .source_unit = {bytes_of("266016"), bytes_of("MDC_DIM_MMHG"), bytes_of("MDC")},
        .limits = {{.mantissa = 90}, {.mantissa = 110}, bytes_of("90-110")},
        .text = bytes_of("**ABPs 119>110"),
        .occurred_at = kit_time(INT64_C(1767600000), 60),
        .priority = DRAGOMAN_PRIORITY_MEDIUM,
        .kind = DRAGOMAN_ALERT_PHYSIOLOGICAL,
        .phase = DRAGOMAN_PHASE_START,
        .state = DRAGOMAN_STATE_ACTIVE,
        .inactivation = DRAGOMAN_ALERT_AUDIO_PAUSED,
    };
    scene.record.report.alerts = DRAGOMAN_LIST(&alert, 1);
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val it = kit_resource(bundle, "Observation", "196648", 0);
    static const struct {
        const char *code, *word;
    } facets[] = {{"68481", "start"}, {"68482", "active"}, {"68483", "audio-paused"}, {"68484", "PM"}, {"68485", "SP"}};
    assert_null(kit_json_at(it, "category"));
    assert_string_equal(kit_json_text(it, "status"), "preliminary");
    assert_string_equal(kit_json_text(it, "valueString"), "**ABPs 119>110");
    assert_string_equal(kit_json_text(it, "effectiveDateTime"), "2026-01-05T09:00:00+01:00");
    assert_string_equal(kit_coding(it, "component.0.code", MDC, 0), "68480");
    assert_string_equal(kit_coding(it, "component.0.valueCodeableConcept", MDC, 0), "150037");
    assert_string_equal(kit_coding(it, "component.0.valueCodeableConcept", LOINC, 0), "");
    assert_string_equal(kit_json_text(it, "component.1.valueQuantity.value"), "119");
    assert_string_equal(kit_json_text(it, "component.1.referenceRange.0.high.value"), "110");
    for (size_t i = 0; i < sizeof facets / sizeof *facets; i++) {
        char path[64];
        snprintf(path, sizeof path, "component.%zu.code", i + 2);
        assert_string_equal(kit_coding(it, path, MDC, 0), facets[i].code);
        snprintf(path, sizeof path, "component.%zu.valueString", i + 2);
        assert_string_equal(kit_json_text(it, path), facets[i].word);
    }
    yajl_tree_free(bundle);
    alert.phase = DRAGOMAN_PHASE_END;
    bundle = kit_bundle(&scene, NULL);
    assert_string_equal(kit_json_text(kit_resource(bundle, "Observation", "196648", 0), "status"), "final");
    yajl_tree_free(bundle);
}

static void an_alert_in_a_vendors_words_is_an_alarm_event(void **state) {
    (void)state;
    kit_scene_init(&scene);
    dragoman_code code = {bytes_of("LOFF"), bytes_of("Leads off"), bytes_of("99ACME")};
    dragoman_alert alert = {.event = {.codings = &code, .coding_count = 1}};
    scene.record.report.alerts = DRAGOMAN_LIST(&alert, 1);
    yajl_val bundle = kit_bundle(&scene, NULL);
    yajl_val it = kit_resource(bundle, "Observation", "196616", 0);
    assert_string_equal(kit_coding(it, "code", "urn:dragoman:local:code:99ACME", 0), "LOFF");
    assert_string_equal(kit_json_text(it, "code.text"), "Leads off");
    yajl_tree_free(bundle);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_gives_its_state),
        cmocka_unit_test(a_suspicion_moves_nobody),
        cmocka_unit_test(without_visit_number_there_is_no_encounter),
        cmocka_unit_test(a_transfer_leaves_one_bed_for_another),
        cmocka_unit_test(a_merge_replaces_the_old_record),
        cmocka_unit_test(a_merge_into_oneself_replaces_nobody),
        cmocka_unit_test(a_swap_moves_both),
        cmocka_unit_test(an_alert_carries_its_facets),
        cmocka_unit_test(an_alert_in_a_vendors_words_is_an_alarm_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
