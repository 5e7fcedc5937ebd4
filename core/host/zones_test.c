/* Offsets are assumed for every time of a report that states none, and for no other; what the adapter holds stays. */
#include "base/bytes.h"
#include "host/internal.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* 2024-07-03 10:00:00 and 2024-01-03 10:00:00, as a clock shows them. */
#define SUMMER_US INT64_C(1720000800000000)
#define WINTER_US INT64_C(1704276000000000)

typedef struct stage {
    arena memory;
    time_zone *berlin;
} stage;

static int set_up(void **state) {
    static stage self;
    self = (stage){.berlin = NULL};
    arena_init(&self.memory, (size_t)1 << 20);
    assert_int_equal(time_zone_create(DRAGOMAN_TEXT("Europe/Berlin"), &self.berlin, NULL), DRAGOMAN_OK);
    *state = &self;
    return 0;
}

static int tear_down(void **state) {
    stage *self = *state;
    time_zone_destroy(self->berlin);
    arena_fini(&self->memory);
    return 0;
}

static dragoman_time at(int64_t civil_us, int16_t offset_minutes) {
    return (dragoman_time){.civil_us = civil_us, .offset_minutes = offset_minutes, .precision = DRAGOMAN_TIME_SECOND};
}

static void expect(dragoman_time time, int offset_minutes, unsigned flags) {
    assert_int_equal(time.offset_minutes, offset_minutes);
    assert_int_equal(time.flags, flags);
}

static void every_time_without_an_offset_gets_one(void **state) {
    stage *self = *state;
    dragoman_time bare = at(SUMMER_US, DRAGOMAN_OFFSET_UNKNOWN);
    dragoman_value value = {.from = bare, .to = at(WINTER_US, DRAGOMAN_OFFSET_UNKNOWN)};
    dragoman_order order = {.collected_at = bare};
    dragoman_observation observations[] = {
        {.measured_at = bare, .measured_until = bare, .values = DRAGOMAN_LIST(&value, 1), .order = &order},
        {.measured_at = at(SUMMER_US, -300)},
    };
    dragoman_alert alert = {.occurred_at = bare};
    dragoman_context context = {.occurred_at = bare, .recorded_at = bare};
    dragoman_report report = {.struct_size = sizeof(report),
                              .sent_at = bare,
                              .observations = DRAGOMAN_LIST(observations, 2),
                              .alerts = DRAGOMAN_LIST(&alert, 1),
                              .contexts = DRAGOMAN_LIST(&context, 1)};
    const dragoman_report *with = host_assume_zones(&report, self->berlin, TIME_FOLLOWS, SUMMER_US, &self->memory);
    assert_non_null(with);
    const dragoman_observation *first = dragoman_list_at(&with->observations, 0);
    const dragoman_observation *second = dragoman_list_at(&with->observations, 1);
    const dragoman_value *range = dragoman_list_at(&first->values, 0);
    const dragoman_alert *alarm = dragoman_list_at(&with->alerts, 0);
    const dragoman_context *move = dragoman_list_at(&with->contexts, 0);
    expect(with->sent_at, 120, DRAGOMAN_TIME_ZONE_ASSUMED);
    expect(first->measured_at, 120, DRAGOMAN_TIME_ZONE_ASSUMED);
    expect(first->measured_until, 120, DRAGOMAN_TIME_ZONE_ASSUMED);
    expect(range->from, 120, DRAGOMAN_TIME_ZONE_ASSUMED);
    expect(range->to, 60, DRAGOMAN_TIME_ZONE_ASSUMED);
    expect(first->order->collected_at, 120, DRAGOMAN_TIME_ZONE_ASSUMED);
    expect(alarm->occurred_at, 120, DRAGOMAN_TIME_ZONE_ASSUMED);
    expect(move->occurred_at, 120, DRAGOMAN_TIME_ZONE_ASSUMED);
    expect(move->recorded_at, 120, DRAGOMAN_TIME_ZONE_ASSUMED);
    expect(second->measured_at, -300, 0);
    /* The adapter's own stays as it was. */
    expect(report.sent_at, DRAGOMAN_OFFSET_UNKNOWN, 0);
    expect(observations[0].measured_at, DRAGOMAN_OFFSET_UNKNOWN, 0);
    expect(value.from, DRAGOMAN_OFFSET_UNKNOWN, 0);
    expect(order.collected_at, DRAGOMAN_OFFSET_UNKNOWN, 0);
}

static const dragoman_report *sent(stage *self, const dragoman_report *report, const time_zone *zone,
                                   time_habit habit) {
    return host_assume_zones(report, zone, habit, SUMMER_US, &self->memory);
}

static void the_habit_of_the_clock_counts(void **state) {
    stage *self = *state;
    dragoman_report report = {.struct_size = sizeof(report), .sent_at = at(SUMMER_US, DRAGOMAN_OFFSET_UNKNOWN)};
    expect(sent(self, &report, self->berlin, TIME_NEVER)->sent_at, 60, DRAGOMAN_TIME_ZONE_ASSUMED);
    expect(sent(self, &report, NULL, TIME_UTC)->sent_at, 0, DRAGOMAN_TIME_ZONE_ASSUMED);
}

static void without_a_zone_nothing_is_assumed(void **state) {
    stage *self = *state;
    dragoman_report report = {.struct_size = sizeof(report), .sent_at = at(SUMMER_US, DRAGOMAN_OFFSET_UNKNOWN)};
    assert_ptr_equal(sent(self, &report, NULL, TIME_FOLLOWS), &report);
    report.sent_at = (dragoman_time){.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN};
    expect(sent(self, &report, self->berlin, TIME_FOLLOWS)->sent_at, DRAGOMAN_OFFSET_UNKNOWN, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(every_time_without_an_offset_gets_one), TEST(the_habit_of_the_clock_counts),
                                       TEST(without_a_zone_nothing_is_assumed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
