#include "base/bytes.h"
#include "kit/random_report.h"
#include "model/model.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Expected ids were computed by another program from docs/decisions/ids.md with the xxhash package of PyPI. */

#define NOON_US (INT64_C(1721044800) * 1000000) /* 2024-07-15T12:00:00 */

typedef struct scene {
    dragoman_device device;
    dragoman_code coding;
    dragoman_value value;
    dragoman_order order;
    dragoman_observation observation;
    model_record record;
} scene;

/* One observation of device k1. */
static void set_up(scene *self, const dragoman_code *coding, dragoman_time time) {
    *self = (scene){.device = {.struct_size = sizeof self->device, .key = DRAGOMAN_TEXT("k1")},
                    .coding = *coding,
                    .value = {.kind = DRAGOMAN_VALUE_DECIMAL, .number = {.mantissa = 980, .exponent = -1}}};
    self->order.struct_size = sizeof self->order;
    self->observation.code = (dragoman_concept){.codings = &self->coding, .coding_count = 1};
    self->observation.unit.code = DRAGOMAN_TEXT("%");
    self->observation.values = DRAGOMAN_LIST(&self->value, 1);
    self->observation.measured_at = time;
    self->record.report.struct_size = sizeof self->record.report;
    self->record.report.device = &self->device;
    self->record.report.observations = DRAGOMAN_LIST(&self->observation, 1);
}

static void check_id(const scene *self, const char *expected) {
    char id[MODEL_ID_BYTES];
    assert_int_equal(model_observation_id(&self->record, 0, id), strlen(expected));
    assert_string_equal(id, expected);
}

static void observations_have_the_documented_ids(void **state) {
    (void)state;
    scene self;
    const dragoman_code saturation = {DRAGOMAN_TEXT("150456"), DRAGOMAN_TEXT("MDC_PULS_OXIM_SAT_O2"),
                                      DRAGOMAN_TEXT("MDC")};
    dragoman_time precise = {
        .civil_us = NOON_US + 5250000, .offset_minutes = 120, .precision = DRAGOMAN_TIME_SECOND, .fraction_digits = 2};
    set_up(&self, &saturation, precise);
    self.observation.path = (dragoman_path){1, 6, 1, 3};
    self.record.has_stamp = true;
    self.record.stamp.clock_epoch = 7;
    check_id(&self, "bdc7xymrdawgn8rv-20240715120005250000-2seqbwh3np5pp-0");

    const dragoman_code words = {.text = DRAGOMAN_TEXT("Heart rate")};
    dragoman_time coarse = {.civil_us = NOON_US, .offset_minutes = -300, .precision = DRAGOMAN_TIME_MINUTE};
    set_up(&self, &words, coarse);
    self.observation.sub_id = DRAGOMAN_TEXT("1a");
    check_id(&self, "bdc7xymrdawgn8rv-20240715120000-7jsxkadfy6cr4-0");

    const dragoman_code local = {.code = DRAGOMAN_TEXT("1")};
    set_up(&self, &local, (dragoman_time){0});
    self.record.has_stamp = true;
    self.record.stamp.received_at_us = NOON_US + 1;
    check_id(&self, "bdc7xymrdawgn8rv-20240715120000000001-0qen0hb0g2pr4-0");
}

static void own_ids_and_order_numbers_take_the_place_of_values(void **state) {
    (void)state;
    scene self;
    const dragoman_code local = {.code = DRAGOMAN_TEXT("1")};
    dragoman_time minutes = {
        .civil_us = NOON_US, .offset_minutes = DRAGOMAN_OFFSET_UNKNOWN, .precision = DRAGOMAN_TIME_MINUTE};
    set_up(&self, &local, (dragoman_time){.civil_us = 1, .precision = 6, .flags = DRAGOMAN_TIME_OF_DAY});
    self.record.report.sent_at = minutes;
    minutes.civil_us += 60000000;
    self.observation.measured_until = minutes;
    self.observation.instance = (dragoman_identifier){.value = DRAGOMAN_TEXT("I-9"), .authority = DRAGOMAN_TEXT("LAB")};
    self.order.filler = (dragoman_identifier){.value = DRAGOMAN_TEXT("F-1"), .universal = DRAGOMAN_TEXT("1.2.3")};
    self.observation.order = &self.order;
    check_id(&self, "bdc7xymrdawgn8rv-20240715120000-aw1j6pfte8yn9-0");
    self.value.number.mantissa = 990;
    check_id(&self, "bdc7xymrdawgn8rv-20240715120000-aw1j6pfte8yn9-0");
}

/* Two values of one second are two; two of different fractions are known by those. */
static void values_of_one_second_are_told_apart(void **state) {
    (void)state;
    scene self;
    char first[MODEL_ID_BYTES];
    char second[MODEL_ID_BYTES];
    const dragoman_code local = {.code = DRAGOMAN_TEXT("1")};
    dragoman_time whole = {.civil_us = NOON_US, .offset_minutes = 0, .precision = DRAGOMAN_TIME_SECOND};
    set_up(&self, &local, whole);
    (void)model_observation_id(&self.record, 0, first);
    self.value.number.mantissa = 990;
    (void)model_observation_id(&self.record, 0, second);
    assert_string_not_equal(first, second);
    dragoman_time fine = whole;
    fine.fraction_digits = 3;
    set_up(&self, &local, fine);
    (void)model_observation_id(&self.record, 0, first);
    self.value.number.mantissa = 990;
    (void)model_observation_id(&self.record, 0, second);
    assert_string_equal(first, second);
}

/* The same value at the same time for another patient is another observation. */
static void patients_are_told_apart(void **state) {
    (void)state;
    scene self;
    char ids[3][MODEL_ID_BYTES];
    const dragoman_code local = {.code = DRAGOMAN_TEXT("1")};
    const dragoman_identifier people[] = {{.value = DRAGOMAN_TEXT("1"), .authority = DRAGOMAN_TEXT("H")},
                                          {.value = DRAGOMAN_TEXT("2"), .authority = DRAGOMAN_TEXT("H")}};
    dragoman_time time = {
        .civil_us = NOON_US, .offset_minutes = 0, .precision = DRAGOMAN_TIME_SECOND, .fraction_digits = 3};
    set_up(&self, &local, time);
    for (int i = 0; i < 3; i++) {
        dragoman_patient patient = {.struct_size = sizeof(patient), .identifiers = DRAGOMAN_LIST(people + i % 2, 1)};
        self.record.report.patient = &patient;
        (void)model_observation_id(&self.record, 0, ids[i]);
    }
    assert_string_not_equal(ids[0], ids[1]);
    assert_string_equal(ids[0], ids[2]);
}

static void the_other_ids_are_the_documented_ones(void **state) {
    (void)state;
    char id[MODEL_ID_BYTES];
    dragoman_identifier patient = {
        .value = DRAGOMAN_TEXT("12345"), .authority = DRAGOMAN_TEXT("HOSP"), .type = DRAGOMAN_TEXT("MR")};
    assert_int_equal(model_patient_id(&patient, id), 26);
    assert_string_equal(id, "b7y9mpkpfthydbkg8zzapwvwka");
    patient.type = (dragoman_bytes){0};
    (void)model_patient_id(&patient, id);
    assert_string_equal(id, "b7y9mpkpfthydbkg8zzapwvwka");
    patient.type = DRAGOMAN_TEXT("VN");
    (void)model_patient_id(&patient, id);
    assert_string_equal(id, "7at18ymm8n5tn2xrvgc00vv0jw");

    scene self;
    const dragoman_code local = {.code = DRAGOMAN_TEXT("1")};
    set_up(&self, &local, (dragoman_time){0});
    assert_int_equal(model_device_id(&self.record, id), 16);
    assert_string_equal(id, "bdc7xymrdawgn8rv");
    (void)model_node_id(&self.record, (dragoman_path){1, 6, 0, 0}, DRAGOMAN_TEXT("69854"), id);
    assert_string_equal(id, "bdc7xymrdawgn8rv-5yfh7fvejw4w6");

    dragoman_alert phases[2] = {{.phase = DRAGOMAN_PHASE_START}, {.phase = DRAGOMAN_PHASE_END}};
    phases[0].id = (dragoman_identifier){.value = DRAGOMAN_TEXT("A-1"), .authority = DRAGOMAN_TEXT("MON")};
    phases[1].id.value = DRAGOMAN_TEXT("A-2");
    phases[1].parent = phases[0].id;
    self.record.report.alerts = DRAGOMAN_LIST(phases, 2);
    for (uint32_t i = 0; i < 2; i++) {
        (void)model_alert_id(&self.record, i, id);
        assert_string_equal(id, "bdc7xymrdawgn8rv-eh0pmykq1cb321gyq1a0rbkhqq");
    }
}

static void a_resend_has_the_same_id_whenever_it_comes(void **state) {
    (void)state;
    scene self;
    const dragoman_code local = {.code = DRAGOMAN_TEXT("1")};
    dragoman_time time = {.civil_us = NOON_US, .offset_minutes = 120, .precision = DRAGOMAN_TIME_SECOND};
    set_up(&self, &local, time);
    char first[MODEL_ID_BYTES];
    char later[MODEL_ID_BYTES];
    self.record.has_stamp = true;
    self.record.stamp.device_key = DRAGOMAN_TEXT("k1");
    self.record.stamp.received_at_us = NOON_US;
    (void)model_observation_id(&self.record, 0, first);
    self.record.stamp.received_at_us = NOON_US + 3600000000;
    (void)model_observation_id(&self.record, 0, later);
    assert_string_equal(first, later);
    self.record.stamp.clock_epoch = 1;
    (void)model_observation_id(&self.record, 0, later);
    assert_string_not_equal(first, later);
    self.record.stamp.clock_epoch = 0;
    self.observation.measured_at.offset_minutes = 60;
    (void)model_observation_id(&self.record, 0, later);
    assert_string_not_equal(first, later);
}

static void ids_of_a_report_are_different_and_both_ways_agree(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 256 << 20);
    char(*ids)[MODEL_ID_BYTES] = NULL;
    for (uint64_t seed = 0; seed < 300; seed++) {
        arena_reset(&memory);
        model_record record = {.report = *kit_random_report(seed, &memory)};
        uint32_t count = record.report.observations.count;
        const model_identity *identities = NULL;
        assert_int_equal(model_identities(&record, &memory, &identities), DRAGOMAN_OK);
        ids = arena_allocate_zeroed(&memory, (count + 1) * sizeof *ids);
        for (uint32_t i = 0; i < count; i++) {
            char other[MODEL_ID_BYTES];
            size_t length = model_observation_id(&record, i, ids[i]);
            assert_in_range(length, 47, 64);
            assert_int_equal(strlen(ids[i]), length);
            assert_int_equal(strspn(ids[i], "0123456789abcdefghjkmnpqrstvwxyz-"), length);
            (void)model_identity_id(&record, i, identities[i], other);
            assert_string_equal(ids[i], other);
            for (uint32_t n = 0; n < i; n++) {
                assert_string_not_equal(ids[i], ids[n]);
            }
        }
    }
    arena_fini(&memory);
}

static void the_same_said_twice_in_a_report_is_counted(void **state) {
    (void)state;
    scene self;
    const dragoman_code local = {.code = DRAGOMAN_TEXT("1")};
    dragoman_time time = {.civil_us = NOON_US, .offset_minutes = 120, .precision = DRAGOMAN_TIME_SECOND};
    set_up(&self, &local, time);
    dragoman_observation twice[3] = {self.observation, self.observation, self.observation};
    twice[1].measured_at.civil_us++;
    self.record.report.observations = DRAGOMAN_LIST(twice, 3);
    char first[MODEL_ID_BYTES];
    char third[MODEL_ID_BYTES];
    size_t length = model_observation_id(&self.record, 0, first);
    (void)model_observation_id(&self.record, 2, third);
    assert_memory_equal(first, third, length - 1);
    assert_int_equal(first[length - 1], '0');
    assert_int_equal(third[length - 1], '1');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(observations_have_the_documented_ids),
        cmocka_unit_test(own_ids_and_order_numbers_take_the_place_of_values),
        cmocka_unit_test(values_of_one_second_are_told_apart),
        cmocka_unit_test(patients_are_told_apart),
        cmocka_unit_test(the_other_ids_are_the_documented_ones),
        cmocka_unit_test(a_resend_has_the_same_id_whenever_it_comes),
        cmocka_unit_test(ids_of_a_report_are_different_and_both_ways_agree),
        cmocka_unit_test(the_same_said_twice_in_a_report_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
