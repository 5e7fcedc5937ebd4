#include "base/bytes.h"
#include "base/limits.h"
#include "kit/random_report.h"
#include "model/model.h"
#include "model/ticket.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

static void random_reports_keep_the_rules(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 64 << 20);
    for (uint64_t seed = 0; seed < 500; seed++) {
        arena_reset(&memory);
        error_record error = {0};
        if (model_check(kit_random_report(seed, &memory), &error) != DRAGOMAN_OK) {
            fail_msg("seed %llu: %s", (unsigned long long)seed, error.text);
        }
    }
    arena_fini(&memory);
}

typedef struct scene {
    dragoman_device device;
    dragoman_code coding;
    dragoman_value value;
    dragoman_samples samples;
    dragoman_observation observation;
    dragoman_alert alert;
    dragoman_context context;
    dragoman_report report;
} scene;

static void set_up(scene *self) {
    *self = (scene){.device = {.struct_size = sizeof self->device, .key = DRAGOMAN_TEXT("k1")},
                    .coding = {.code = DRAGOMAN_TEXT("150456"), .text = DRAGOMAN_TEXT("MDC_PULS_OXIM_SAT_O2")},
                    .value = {.kind = DRAGOMAN_VALUE_DECIMAL, .number = {.mantissa = 98}}};
    self->samples = (dragoman_samples){.struct_size = sizeof self->samples,
                                       .sample_bytes = 2,
                                       .data = "abcd",
                                       .count = 2,
                                       .dimensions = 1,
                                       .period_ns = 1};
    self->observation.code = (dragoman_concept){.codings = &self->coding, .coding_count = 1};
    self->observation.values = DRAGOMAN_LIST(&self->value, 1);
    self->alert.text = DRAGOMAN_TEXT("lead off");
    self->context.kind = DRAGOMAN_CONTEXT_ADMIT;
    self->report.struct_size = sizeof self->report;
    self->report.device = &self->device;
    self->report.observations = DRAGOMAN_LIST(&self->observation, 1);
}

/* Breaks one rule in a sound report. */
typedef void (*breaker)(scene *self);

static void no_device(scene *self) {
    self->report.device = NULL;
}
static void no_key(scene *self) {
    self->device.key = (dragoman_bytes){0};
}
static void state_of_nobody(scene *self) {
    no_device(self);
    self->report.observations.count = 0;
    self->report.alerts.count = 0;
    self->report.device_state = DRAGOMAN_DEVICE_STALE;
}
static void state_without_name(scene *self) {
    self->report.device_state = DRAGOMAN_DEVICE_GONE + 1;
}
static void no_value(scene *self) {
    self->observation.values.count = 0;
}
static void absent_without_reason(scene *self) {
    self->value.kind = DRAGOMAN_VALUE_NONE;
}
static void there_and_absent(scene *self) {
    self->value.absent = DRAGOMAN_ABSENT_ERROR;
}
static void exponent(scene *self) {
    self->value.number.exponent = 128;
}
static void special_with_digits(scene *self) {
    self->value.number.special = DRAGOMAN_NAN;
}
static void kind(scene *self) {
    self->value.kind = 11;
}
static void latin_1(scene *self) {
    self->observation.note = DRAGOMAN_TEXT("R\xF6ntgen");
}
static void reversed_limits(scene *self) {
    self->observation.alarm_limits.low.mantissa = 100;
    self->observation.alarm_limits.high = (dragoman_decimal){.mantissa = 999, .exponent = -1};
}
static void year_10000(scene *self) {
    self->observation.measured_at =
        (dragoman_time){.civil_us = INT64_C(253402300800) * 1000000, .precision = DRAGOMAN_TIME_SECOND};
}
static void fraction_of_a_day(scene *self) {
    self->observation.measured_at = (dragoman_time){.precision = DRAGOMAN_TIME_DAY, .fraction_digits = 1};
}
static void samples_missing(scene *self) {
    self->value.kind = DRAGOMAN_VALUE_SAMPLES;
}
static void samples_with_negative_period(scene *self) {
    self->value.kind = DRAGOMAN_VALUE_SAMPLES;
    self->value.samples = &self->samples;
    self->samples.period_ns = -1;
}
static void bit_beyond(scene *self) {
    self->value.kind = DRAGOMAN_VALUE_BITS;
    self->value.bit_count = 16;
    self->value.bits = 1u << 16;
}
static void codings_missing(scene *self) {
    self->observation.code.codings = NULL;
}
static void items_missing(scene *self) {
    self->observation.components.count = 1;
}
static void result(scene *self) {
    self->observation.result = 10;
}
static void silent_alert(scene *self) {
    self->alert.text = (dragoman_bytes){0};
    self->report.alerts = DRAGOMAN_LIST(&self->alert, 1);
}
static void context_of_no_kind(scene *self) {
    self->context.kind = 0;
    self->report.contexts = DRAGOMAN_LIST(&self->context, 1);
}

static void each_broken_rule_is_named(void **state) {
    (void)state;
    static const struct {
        breaker breaks;
        const char *says;
    } cases[] = {
        {no_device, "the report's device: observations, alerts and its state need one with a key"},
        {no_key, "the report's device: observations, alerts and its state need one with a key"},
        {state_of_nobody, "the report's device: observations, alerts and its state need one with a key"},
        {state_without_name, "its state is none of those there are"},
        {no_value, "neither a value"},
        {absent_without_reason, "no reason why"},
        {there_and_absent, "there and said to be absent"},
        {exponent, "the report's observation 1 (MDC_PULS_OXIM_SAT_O2): an exponent is outside of -128 to 127"},
        {special_with_digits, "special and has digits"},
        {kind, "unknown kind"},
        {latin_1, "a note is not valid UTF-8"},
        {reversed_limits, "low end is above its high end"},
        {year_10000, "years 1 to 9999"},
        {fraction_of_a_day, "fraction digits"},
        {samples_missing, "a value of samples has none"},
        {samples_with_negative_period, "period of samples is negative"},
        {bit_beyond, "a bit is set beyond"},
        {codings_missing, "counts codings that are not there"},
        {items_missing, "counts items that are not there"},
        {result, "result status"},
        {silent_alert, "the report's alert 1: it says neither"},
        {context_of_no_kind, "the report's context event 1: its kind is unknown"},
    };
    scene self;
    set_up(&self);
    assert_int_equal(model_check(&self.report, NULL), DRAGOMAN_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        error_record error = {0};
        set_up(&self);
        cases[i].breaks(&self);
        assert_int_equal(model_check(&self.report, &error), DRAGOMAN_INVALID);
        if (strstr(error.text, cases[i].says) == NULL) {
            fail_msg("\"%s\" does not say \"%s\"", error.text, cases[i].says);
        }
    }
}

static void limits_are_kept(void **state) {
    (void)state;
    scene self;
    set_up(&self);
    self.report.observations.count = LIMIT_OBSERVATIONS + 1;
    assert_int_equal(model_check(&self.report, NULL), DRAGOMAN_LIMIT);
    set_up(&self);
    self.observation.values.count = LIMIT_PARTS + 1;
    assert_int_equal(model_check(&self.report, NULL), DRAGOMAN_LIMIT);
}

/* A value and an observation as another minor might have them. */
typedef struct longer_value {
    dragoman_value known;
    uint64_t appended;
} longer_value;

static void containers_of_a_newer_minor_are_cut(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 1 << 20);
    scene self;
    set_up(&self);
    longer_value values[2] = {{.known = self.value, .appended = UINT64_MAX}, {.known = self.value}};
    values[1].known.number.mantissa = 99;
    self.observation.values = DRAGOMAN_LIST(values, 2);
    const dragoman_report *wide = NULL;
    assert_int_equal(model_widen(&self.report, &memory, &wide), DRAGOMAN_OK);
    assert_ptr_not_equal(wide, &self.report);
    const dragoman_observation *observation = dragoman_list_at(&wide->observations, 0);
    assert_int_equal(observation->values.item_size, sizeof(dragoman_value));
    const dragoman_value *second = dragoman_list_at(&observation->values, 1);
    assert_int_equal(second->number.mantissa, 99);
    assert_true(bytes_is(observation->code.codings[0].code, "150456"));
    assert_int_equal(model_check(wide, NULL), DRAGOMAN_OK);
    arena_fini(&memory);
}

static void containers_of_an_older_minor_are_filled_with_nothing(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 1 << 20);
    scene self;
    set_up(&self);
    /* An adapter whose observations end before `order` and whose device ends before `serial`, in memory of exactly that
     * size. */
    size_t size = offsetof(dragoman_observation, order);
    uint8_t *short_observation = malloc(size);
    uint8_t *short_device = malloc(offsetof(dragoman_device, serial));
    assert_non_null(short_observation);
    assert_non_null(short_device);
    memcpy(short_observation, &self.observation, size);
    self.device.struct_size = offsetof(dragoman_device, serial);
    memcpy(short_device, &self.device, self.device.struct_size);
    self.report.observations = (dragoman_list){short_observation, 1, (uint32_t)size};
    self.report.device = (const dragoman_device *)(const void *)short_device;
    const dragoman_report *wide = NULL;
    assert_int_equal(model_widen(&self.report, &memory, &wide), DRAGOMAN_OK);
    const dragoman_observation *observation = dragoman_list_at(&wide->observations, 0);
    assert_null(observation->order);
    assert_int_equal(observation->note.size, 0);
    assert_int_equal(wide->device->struct_size, sizeof(dragoman_device));
    assert_true(bytes_is(wide->device->key, "k1"));
    assert_int_equal(wide->device->serial.size, 0);
    free(short_observation);
    free(short_device);
    arena_fini(&memory);
}

static void our_own_reports_are_not_copied(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 64 << 20);
    for (uint64_t seed = 0; seed < 50; seed++) {
        const dragoman_report *report = kit_random_report(seed, &memory);
        const dragoman_report *wide = NULL;
        assert_int_equal(model_widen(report, &memory, &wide), DRAGOMAN_OK);
        assert_ptr_equal(wide, report);
    }
    arena_fini(&memory);
}

/* Every container in a larger one, and back: the same bytes come out. */
static void widening_keeps_everything_known(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 64 << 20);
    buffer plain;
    buffer widened;
    buffer_init(&plain);
    buffer_init(&widened);
    for (uint64_t seed = 0; seed < 100; seed++) {
        arena_reset(&memory);
        buffer_reset(&plain);
        buffer_reset(&widened);
        dragoman_report *report = kit_random_report(seed, &memory);
        assert_int_equal(model_encode(report, &plain), DRAGOMAN_OK);
        struct {
            dragoman_report known;
            uint64_t appended;
        } larger = {.known = *report};
        larger.known.struct_size = sizeof larger;
        const dragoman_report *wide = NULL;
        assert_int_equal(model_widen(&larger.known, &memory, &wide), DRAGOMAN_OK);
        assert_int_equal(wide->struct_size, sizeof(dragoman_report));
        assert_int_equal(model_encode(wide, &widened), DRAGOMAN_OK);
        assert_true(bytes_equal(buffer_bytes(&plain), buffer_bytes(&widened)));
    }
    buffer_fini(&plain);
    buffer_fini(&widened);
    arena_fini(&memory);
}

static void containers_without_size_or_items_are_refused(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 1 << 20);
    scene self;
    const dragoman_report *wide = NULL;
    set_up(&self);
    self.observation.values.item_size = 0;
    assert_int_equal(model_widen(&self.report, &memory, &wide), DRAGOMAN_INVALID);
    set_up(&self);
    self.observation.values.items = NULL;
    assert_int_equal(model_widen(&self.report, &memory, &wide), DRAGOMAN_INVALID);
    set_up(&self);
    self.device.struct_size = 0;
    assert_int_equal(model_widen(&self.report, &memory, &wide), DRAGOMAN_INVALID);
    arena_fini(&memory);
    arena_init(&memory, 16);
    set_up(&self);
    self.report.struct_size += 8;
    assert_int_equal(model_widen(&self.report, &memory, &wide), DRAGOMAN_NO_MEMORY);
    arena_fini(&memory);
}

static bool all_are_episodic(void *context, const dragoman_report *report, const dragoman_observation *observation) {
    (void)report;
    (void)observation;
    ++*(unsigned *)context;
    return true;
}

static void a_ticket_says_what_the_committer_needs(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 1 << 20);
    scene self;
    set_up(&self);
    dragoman_identifier eui = {.value = DRAGOMAN_TEXT("0012210000000001"), .universal_type = DRAGOMAN_TEXT("EUI-64")};
    self.device.identifiers = DRAGOMAN_LIST(&eui, 1);
    dragoman_observation observations[3] = {self.observation, self.observation, self.observation};
    observations[0].time_is_own = 1;
    observations[0].measured_at =
        (dragoman_time){.civil_us = 7200000000, .offset_minutes = 120, .precision = DRAGOMAN_TIME_SECOND};
    observations[1].measured_at = (dragoman_time){
        .civil_us = 9000000000, .offset_minutes = DRAGOMAN_OFFSET_UNKNOWN, .precision = DRAGOMAN_TIME_SECOND};
    self.report.observations = DRAGOMAN_LIST(observations, 3);
    self.report.sent_at = (dragoman_time){.civil_us = 99000000000, .precision = DRAGOMAN_TIME_SECOND};
    unsigned asked = 0;
    model_ticket ticket = {0};
    assert_int_equal(model_ticket_make(&self.report, all_are_episodic, &asked, &memory, &ticket), DRAGOMAN_OK);
    assert_true(bytes_is(ticket.device_key, "k1"));
    assert_ptr_not_equal(ticket.device_key.data, self.device.key.data);
    const dragoman_identifier *alias = dragoman_list_at(&ticket.identifiers, 0);
    assert_true(bytes_is(alias->universal_type, "EUI-64"));
    assert_int_equal(ticket.stated_at_us, 0);
    assert_int_equal(asked, 2);
    assert_int_equal(ticket.candidate_count, 2);
    assert_int_equal(ticket.candidates[0].index, 1);
    assert_int_equal(ticket.candidates[0].metric, ticket.candidates[1].metric);
    assert_int_equal(ticket.candidates[0].value, ticket.candidates[1].value);
    assert_int_equal(ticket.store_class, MODEL_VALUES);

    uint64_t value = ticket.candidates[1].value;
    observations[2].unit.code = DRAGOMAN_TEXT("%");
    observations[0].measured_at = (dragoman_time){0};
    assert_int_equal(model_ticket_make(&self.report, all_are_episodic, &asked, &memory, &ticket), DRAGOMAN_OK);
    assert_int_equal(ticket.candidates[1].index, 2);
    assert_int_not_equal(ticket.candidates[1].value, value);
    assert_int_equal(ticket.stated_at_us, 99000000000);
    assert_int_equal(model_ticket_make(&self.report, NULL, NULL, &memory, &ticket), DRAGOMAN_OK);
    assert_int_equal(ticket.candidate_count, 0);
    arena_fini(&memory);
}

static void the_most_precious_part_decides_the_class(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 1 << 20);
    scene self;
    set_up(&self);
    model_ticket ticket = {0};
    self.value.kind = DRAGOMAN_VALUE_SAMPLES;
    self.value.samples = &self.samples;
    assert_int_equal(model_ticket_make(&self.report, NULL, NULL, &memory, &ticket), DRAGOMAN_OK);
    assert_int_equal(ticket.store_class, MODEL_WAVES);
    self.report.alerts = DRAGOMAN_LIST(&self.alert, 1);
    assert_int_equal(model_ticket_make(&self.report, NULL, NULL, &memory, &ticket), DRAGOMAN_OK);
    assert_int_equal(ticket.store_class, MODEL_ALERTS);
    self.report.contexts = DRAGOMAN_LIST(&self.context, 1);
    assert_int_equal(model_ticket_make(&self.report, NULL, NULL, &memory, &ticket), DRAGOMAN_OK);
    assert_int_equal(ticket.store_class, MODEL_CONTEXT);
    arena_fini(&memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_reports_keep_the_rules),
        cmocka_unit_test(each_broken_rule_is_named),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(containers_of_a_newer_minor_are_cut),
        cmocka_unit_test(containers_of_an_older_minor_are_filled_with_nothing),
        cmocka_unit_test(our_own_reports_are_not_copied),
        cmocka_unit_test(widening_keeps_everything_known),
        cmocka_unit_test(containers_without_size_or_items_are_refused),
        cmocka_unit_test(a_ticket_says_what_the_committer_needs),
        cmocka_unit_test(the_most_precious_part_decides_the_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
