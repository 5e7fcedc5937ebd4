/* Which values go out under `every`, and when. */
#include "publish/thin.h"

#include "base/bytes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SECOND_US = 1000000, EVERY_US = 60 * SECOND_US, VALUES_MAX = 8 };

/* 2024-03-01T12:00:00Z: the beginning of a minute. */
static const int64_t noon_us = INT64_C(1709294400000000);

typedef struct fixture {
    terms_book *book;
    renderer reading;
    thin *thin;
    buffer bytes;
    uint64_t number;
    dragoman_observation observations[VALUES_MAX];
    dragoman_value values[VALUES_MAX];
    dragoman_code codes[VALUES_MAX];
    uint32_t count;
    dragoman_alert alert;
    uint32_t alert_count;
} fixture;

static int set_up(void **state) {
    fixture *self = calloc(1, sizeof *self);
    assert_int_equal(terms_book_create("mappings", NULL, 0, &self->book, NULL), DRAGOMAN_OK);
    fhir_options options = {.bundle = FHIR_RESOURCES};
    assert_int_equal(renderer_init(&self->reading, SINK_FORMAT_RESOURCES, &options, self->book, NULL), DRAGOMAN_OK);
    self->thin = thin_create(EVERY_US);
    buffer_init(&self->bytes);
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    fixture *self = *state;
    thin_destroy(self->thin);
    renderer_fini(&self->reading);
    terms_book_destroy(self->book);
    buffer_fini(&self->bytes);
    free(self);
    return 0;
}

static dragoman_observation *say(fixture *self, const char *code, uint32_t metric, int64_t number) {
    dragoman_observation *observation = &self->observations[self->count];
    dragoman_value *value = &self->values[self->count];
    self->codes[self->count] = (dragoman_code){.code = bytes_of(code), .system = DRAGOMAN_TEXT("MDC")};
    *value = (dragoman_value){.kind = DRAGOMAN_VALUE_DECIMAL, .number = {.mantissa = number}};
    *observation = (dragoman_observation){.path = {1, 1, 1, metric},
                                          .code = {.codings = &self->codes[self->count], .coding_count = 1},
                                          .values = DRAGOMAN_LIST(value, 1)};
    self->count++;
    return observation;
}

static void say_heart_rate(fixture *self, int64_t number) {
    say(self, "147842", 1, number);
}

static void say_saturation(fixture *self, int64_t number) {
    say(self, "150456", 2, number);
}

static void say_nothing_for_heart_rate(fixture *self) {
    say_heart_rate(self, 0);
    self->values[self->count - 1] = (dragoman_value){.kind = DRAGOMAN_VALUE_NONE, .absent = DRAGOMAN_ABSENT_UNKNOWN};
}

/* The report with what was said, of this device, received so many seconds after noon. */
static void report(fixture *self, uint64_t device, int64_t second) {
    dragoman_device of = {.struct_size = sizeof of, .key = DRAGOMAN_TEXT("bed")};
    dragoman_report made = {.struct_size = sizeof made,
                            .device = &of,
                            .observations = DRAGOMAN_LIST(self->observations, self->count),
                            .alerts = DRAGOMAN_LIST(&self->alert, self->alert_count)};
    model_stamp stamp = {.device_key = DRAGOMAN_TEXT("bed"), .received_at_us = noon_us + second * SECOND_US};
    buffer_reset(&self->bytes);
    assert_int_equal(model_encode(&made, &self->bytes), DRAGOMAN_OK);
    assert_int_equal(model_encode_stamp(&stamp, &self->bytes), DRAGOMAN_OK);
    store_row row = {.number = ++self->number,
                     .device = device,
                     .received_at_us = stamp.received_at_us,
                     .bytes = buffer_bytes(&self->bytes)};
    assert_int_equal(renderer_read(&self->reading, row.bytes, NULL), DRAGOMAN_OK);
    assert_int_equal(thin_take(self->thin, &row, &self->reading), DRAGOMAN_OK);
    self->count = 0;
    self->alert_count = 0;
}

/* What is due, as "NUMBER:values,values " with '+' where alerts and context go too. */
static void assert_due(fixture *self, const char *expected) {
    char text[512] = "";
    size_t size = 0;
    for (thin_row *row; (row = thin_next(self->thin)) != NULL; free(row)) {
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%llu%s:", size == 0 ? "" : " ",
                                 (unsigned long long)row->row.number, row->choice.only_values ? "" : "+");
        assert_int_equal(renderer_read(&self->reading, row->row.bytes, NULL), DRAGOMAN_OK);
        const dragoman_list *all = &self->reading.record.report.observations;
        const char *comma = "";
        for (uint32_t i = 0; i < all->count; i++) {
            bool is_left_out = false;
            for (uint32_t n = 0; n < row->choice.left_out_count; n++) {
                is_left_out |= row->choice.left_out[n] == i;
            }
            const dragoman_observation *one = dragoman_list_at(all, i);
            const dragoman_value *value = dragoman_list_at(&one->values, 0);
            if (!is_left_out && value->kind == DRAGOMAN_VALUE_NONE) {
                size += (size_t)snprintf(text + size, sizeof text - size, "%s-", comma);
                comma = ",";
            } else if (!is_left_out) {
                size += (size_t)snprintf(text + size, sizeof text - size, "%s%lld", comma,
                                         (long long)value->number.mantissa);
                comma = ",";
            }
        }
    }
    assert_string_equal(text, expected);
}

static void the_last_value_of_a_stretch_goes_out_when_it_is_over(void **state) {
    fixture *self = *state;
    for (int second = 0; second < 60; second += 10) {
        say_heart_rate(self, 60 + second);
        report(self, 1, second);
    }
    assert_due(self, "");
    assert_int_equal(thin_oldest(self->thin), 6);
    say_heart_rate(self, 200);
    report(self, 1, 60);
    assert_due(self, "6:110");
    assert_int_equal(thin_oldest(self->thin), 7);
}

static void each_metric_counts_for_itself(void **state) {
    fixture *self = *state;
    say_heart_rate(self, 60);
    say_saturation(self, 97);
    report(self, 1, 0);
    say_heart_rate(self, 61);
    report(self, 1, 20);
    assert_int_equal(thin_oldest(self->thin), 1);
    thin_close_until(self->thin, noon_us + 61 * SECOND_US);
    assert_due(self, "");
    thin_close_until(self->thin, noon_us + 62 * SECOND_US);
    assert_due(self, "1:97 2:61");
    assert_int_equal(thin_oldest(self->thin), UINT64_MAX);
    assert_int_equal(thin_next_close_us(self->thin), INT64_MAX);
}

static void devices_do_not_disturb_each_other(void **state) {
    fixture *self = *state;
    say_heart_rate(self, 60);
    report(self, 1, 0);
    say_heart_rate(self, 70);
    report(self, 2, 1);
    say_heart_rate(self, 61);
    report(self, 1, 60);
    assert_due(self, "1:60");
    thin_close_until(self->thin, noon_us + 125 * SECOND_US);
    assert_due(self, "2:70 3:61");
}

static void single_measurements_and_alerts_go_at_once(void **state) {
    fixture *self = *state;
    say_heart_rate(self, 60);
    say(self, "150021", 5, 120); /* MDC_PRESS_BLD_NONINV_SYS */
    report(self, 1, 0);
    assert_due(self, "1+:120");
    say_heart_rate(self, 61);
    self->alert_count = 1;
    report(self, 1, 1);
    assert_due(self, "2+:");
    say_heart_rate(self, 62);
    self->observations[0].obtained = DRAGOMAN_OBTAINED_MANUAL;
    report(self, 1, 2);
    assert_due(self, "3+:62");
    say_heart_rate(self, 63);
    self->observations[0].domain = DRAGOMAN_DOMAIN_LABORATORY;
    report(self, 1, 3);
    assert_due(self, "4+:63");
    thin_close_until(self->thin, noon_us + 62 * SECOND_US);
    assert_due(self, "2:61");
}

static void no_value_does_not_take_the_place_of_one(void **state) {
    fixture *self = *state;
    say_heart_rate(self, 60);
    report(self, 1, 0);
    say_nothing_for_heart_rate(self);
    report(self, 1, 10);
    say_nothing_for_heart_rate(self);
    report(self, 1, 60);
    assert_due(self, "1:60");
    say_nothing_for_heart_rate(self);
    report(self, 1, 70);
    thin_close_until(self->thin, noon_us + 122 * SECOND_US);
    assert_due(self, "4:-");
}

static void what_comes_after_its_stretch_was_closed_counts_to_the_next(void **state) {
    fixture *self = *state;
    say_heart_rate(self, 60);
    report(self, 1, 0);
    thin_close_until(self->thin, noon_us + 62 * SECOND_US);
    assert_due(self, "1:60");
    say_heart_rate(self, 61);
    report(self, 1, 59);
    thin_close_until(self->thin, noon_us + 119 * SECOND_US);
    assert_due(self, "");
    say_heart_rate(self, 62);
    report(self, 1, 61);
    thin_close_until(self->thin, noon_us + 122 * SECOND_US);
    assert_due(self, "3:62");
}

static void after_a_restart_the_same_values_are_chosen(void **state) {
    fixture *self = *state;
    for (int round = 0; round < 2; round++) {
        self->number = 0;
        for (int second = 0; second < 150; second += 7) {
            say_heart_rate(self, second);
            report(self, 1, second);
        }
        assert_due(self, "9:56 18:119");
        thin_destroy(self->thin);
        self->thin = thin_create(EVERY_US);
    }
}

#define THIN_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        THIN_TEST(the_last_value_of_a_stretch_goes_out_when_it_is_over),
        THIN_TEST(each_metric_counts_for_itself),
        THIN_TEST(devices_do_not_disturb_each_other),
        THIN_TEST(single_measurements_and_alerts_go_at_once),
        THIN_TEST(no_value_does_not_take_the_place_of_one),
        THIN_TEST(what_comes_after_its_stretch_was_closed_counts_to_the_next),
        THIN_TEST(after_a_restart_the_same_values_are_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
