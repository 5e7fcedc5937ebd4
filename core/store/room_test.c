/* What goes and what stays: holds, sinks that are behind, the size limit and its two policies, the space kept for ADT
 * and alerts. */
#include "kit/store_kit.h"

#include "base/bytes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1700000000000000)
#define HOUR INT64_C(3600000000)

typedef struct fixture {
    char folder[256];
    char path[300];
    store_options options;
    store *store;
    int64_t now_us;
    char text[3001];
} fixture;

static int64_t now_of(void *context) {
    return ((const fixture *)context)->now_us;
}

static void open_store(fixture *self) {
    error_record error = {0};
    if (store_open(&self->options, &self->store, &error) != DRAGOMAN_OK) {
        fail_msg("%s", error.text);
    }
}

static int set_up(void **state) {
    fixture *self = calloc(1, sizeof *self);
    store_kit_folder(self->folder, sizeof self->folder);
    snprintf(self->path, sizeof self->path, "%s/store.db", self->folder);
    memset(self->text, 'r', sizeof self->text - 1);
    self->now_us = NOW;
    self->options = (store_options){.path = self->path, .wall_us = now_of, .clock_context = self};
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    fixture *self = *state;
    store_close(self->store);
    store_kit_remove(self->folder);
    free(self);
    return 0;
}

static store_kit_answer send(fixture *self, store_class which) {
    store_kit_message message;
    store_kit_message_init(&message, NULL, 0);
    store_kit_message_report(&message, self->text, "bed1", which);
    message.message.received_at_us = self->now_us;
    store_kit_submit(self->store, &message);
    store_kit_answer answer = store_kit_wait(&message);
    store_kit_message_fini(&message);
    return answer;
}

static void send_many(fixture *self, store_class which, int count) {
    for (int i = 0; i < count; i++) {
        store_kit_answer answer = send(self, which);
        if (answer.settlement != DRAGOMAN_DURABLE) {
            fail_msg("message %d: %s", i, answer.reason);
        }
    }
}

static store_health health_of(fixture *self) {
    store_health health;
    store_health_get(self->store, &health);
    return health;
}

static bool has_row(fixture *self, uint64_t number) {
    store_reader *reader = NULL;
    store_row row;
    assert_int_equal(store_reader_open(self->store, &reader, NULL), DRAGOMAN_OK);
    dragoman_status status = store_reader_row(reader, number, &row, NULL);
    store_reader_close(reader);
    return status == DRAGOMAN_OK;
}

static void each_class_has_its_own_hold(void **state) {
    fixture *self = *state;
    self->options.hold_us[STORE_VALUES] = 2 * HOUR;
    self->options.hold_us[STORE_WAVES] = HOUR;
    open_store(self);
    send_many(self, STORE_VALUES, 1);  /* 1 */
    send_many(self, STORE_WAVES, 1);   /* 2 */
    send_many(self, STORE_CONTEXT, 1); /* 3 */
    send_many(self, STORE_WAVES, 1);   /* 4 */
    self->now_us = NOW + HOUR + 1;
    store_kit_settle(self->store);
    assert_true(has_row(self, 1));
    assert_false(has_row(self, 2));
    assert_true(has_row(self, 3));
    assert_false(has_row(self, 4));
    self->now_us = NOW + 2 * HOUR + 1;
    store_kit_settle(self->store);
    assert_false(has_row(self, 1));
    assert_true(has_row(self, 3)); /* no hold was set: kept until the size limit */
    assert_int_equal(health_of(self).rows, 1);
    assert_int_equal(health_of(self).dropped, 0);
    assert_int_equal(health_of(self).oldest_us, NOW);
}

static void rows_that_a_sink_has_not_passed_stay(void **state) {
    fixture *self = *state;
    self->options.hold_us[STORE_VALUES] = HOUR;
    open_store(self);
    send_many(self, STORE_VALUES, 4);
    store_position_put(self->store, "fast", &(store_position){.low_water = 4});
    store_position_put(self->store, "slow", &(store_position){.low_water = 2});
    store_kit_settle(self->store);
    self->now_us = NOW + HOUR + 1;
    store_kit_settle(self->store);
    assert_false(has_row(self, 2));
    assert_true(has_row(self, 3));
    store_position_forget(self->store, "slow");
    store_kit_settle(self->store);
    store_kit_settle(self->store);
    assert_int_equal(health_of(self).rows, 0);
}

static void a_parked_row_stays_until_it_is_unparked(void **state) {
    fixture *self = *state;
    self->options.hold_us[STORE_VALUES] = HOUR;
    open_store(self);
    send_many(self, STORE_VALUES, 3);
    assert_int_equal(store_park(self->store, "ehr", 2, DRAGOMAN_TEXT("patient not known yet")), DRAGOMAN_OK);
    store_position_put(self->store, "ehr", &(store_position){.low_water = 3});
    store_kit_settle(self->store);
    self->now_us = NOW + HOUR + 1;
    store_kit_settle(self->store);
    assert_false(has_row(self, 1));
    assert_true(has_row(self, 2));
    assert_false(has_row(self, 3));
    assert_int_equal(health_of(self).parked, 1);
    store_reader *reader = NULL;
    arena memory;
    const uint64_t *numbers = NULL;
    size_t count = 0;
    arena_init(&memory, 1 << 16);
    assert_int_equal(store_reader_open(self->store, &reader, NULL), DRAGOMAN_OK);
    assert_int_equal(store_reader_parked(reader, "ehr", 0, 10, &memory, &numbers, &count, NULL), DRAGOMAN_OK);
    assert_int_equal(count, 1);
    assert_int_equal(numbers[0], 2);
    store_reader_close(reader);
    arena_fini(&memory);
    store_unpark(self->store, "ehr", 2);
    store_flush(self->store);
    store_kit_settle(self->store);
    store_kit_settle(self->store);
    assert_false(has_row(self, 2));
    assert_int_equal(health_of(self).parked, 0);
}

static void retirement_keeps_up_with_what_comes_in(void **state) {
    fixture *self = *state;
    self->options.hold_us[STORE_VALUES] = HOUR;
    open_store(self);
    for (int hour = 0; hour < 30; hour++) {
        send_many(self, STORE_VALUES, 100);
        self->now_us += HOUR;
    }
    assert_in_range(health_of(self).rows, 100, 300);
    /* Pages of old rows are used again: the file does not grow with what passed through it. */
    assert_in_range(health_of(self).bytes + health_of(self).free_bytes, 0, 400 * 8192);
}

static void values_are_refused_at_the_limit_alerts_and_context_are_not(void **state) {
    fixture *self = *state;
    self->options.refuse_when_full = true;
    self->options.max_bytes_total = 4 << 20;
    open_store(self);
    store_kit_answer answer = {.settlement = DRAGOMAN_DURABLE};
    int kept = 0;
    while (answer.status == DRAGOMAN_OK && kept < 5000) {
        answer = send(self, STORE_VALUES);
        kept += answer.settlement == DRAGOMAN_DURABLE;
    }
    assert_int_equal(answer.settlement, DRAGOMAN_NOT_KEPT);
    assert_int_equal(answer.status, DRAGOMAN_FULL);
    assert_non_null(strstr(answer.reason, "store.max_size"));
    assert_int_equal(health_of(self).status, DRAGOMAN_FULL);
    assert_true(health_of(self).refused > 0);
    assert_int_equal(send(self, STORE_WAVES).status, DRAGOMAN_FULL);
    assert_int_equal(send(self, STORE_ALERTS).settlement, DRAGOMAN_DURABLE);
    assert_int_equal(send(self, STORE_CONTEXT).settlement, DRAGOMAN_DURABLE);
    assert_in_range(health_of(self).bytes, 3 << 20, 4 << 20);
    assert_int_equal(health_of(self).rows, kept + 2);
    assert_int_equal(health_of(self).dropped, 0);
}

static void values_are_taken_again_when_old_ones_have_gone(void **state) {
    fixture *self = *state;
    self->options.refuse_when_full = true;
    self->options.max_bytes_total = 1 << 20;
    self->options.hold_us[STORE_VALUES] = HOUR;
    open_store(self);
    while (send(self, STORE_VALUES).status == DRAGOMAN_OK) {
    }
    self->now_us += HOUR + 1;
    /* The refused message's own commit takes away old rows. */
    send(self, STORE_VALUES);
    send(self, STORE_VALUES);
    assert_int_equal(send(self, STORE_VALUES).settlement, DRAGOMAN_DURABLE);
    assert_int_equal(health_of(self).status, DRAGOMAN_OK);
}

static void the_oldest_values_are_dropped_and_counted_when_the_site_says_so(void **state) {
    fixture *self = *state;
    self->options.max_bytes_total = 2 << 20;
    open_store(self);
    send_many(self, STORE_CONTEXT, 5);
    send_many(self, STORE_ALERTS, 5);
    store_position_put(self->store, "slow", &(store_position){.low_water = 10});
    send_many(self, STORE_VALUES, 1500);
    store_health health = health_of(self);
    assert_in_range(health.bytes, 1 << 20, 2 << 20);
    assert_true(health.dropped > 0);
    assert_int_equal(health.dropped, 1510 - health.rows);
    assert_int_equal(health.class_dropped[STORE_VALUES], health.dropped);
    assert_int_equal(health.status, DRAGOMAN_OK);
    assert_non_null(strstr(health.reason, "drops its oldest values"));
    for (uint64_t number = 1; number <= 10; number++) {
        assert_true(has_row(self, number));
    }
    assert_false(has_row(self, 11));
    assert_true(has_row(self, 1510));
    store_close(self->store);
    open_store(self);
    assert_int_equal(health_of(self).dropped, health.dropped);
    assert_int_equal(health_of(self).next_number, 1511);
}

static void a_row_from_the_future_does_not_keep_those_behind_it(void **state) {
    fixture *self = *state;
    self->options.hold_us[STORE_VALUES] = HOUR;
    open_store(self);
    self->now_us = NOW + 10000 * HOUR; /* our clock is wrong for a while */
    send_many(self, STORE_VALUES, 1);
    self->now_us = NOW;
    send_many(self, STORE_VALUES, 3);
    self->now_us = NOW + HOUR + 1;
    store_kit_settle(self->store);
    assert_true(has_row(self, 1));
    assert_false(has_row(self, 2));
    assert_false(has_row(self, 4));
}

static void a_class_has_a_limit_of_its_own(void **state) {
    fixture *self = *state;
    self->options.refuse_when_full = true;
    self->options.max_bytes[STORE_WAVES] = 30000;
    open_store(self);
    int kept = 0;
    while (send(self, STORE_WAVES).settlement == DRAGOMAN_DURABLE) {
        kept++;
    }
    assert_in_range(kept, 8, 10);
    assert_int_equal(send(self, STORE_VALUES).settlement, DRAGOMAN_DURABLE);
}

static void numbers_are_never_used_again(void **state) {
    fixture *self = *state;
    self->options.hold_us[STORE_VALUES] = HOUR;
    open_store(self);
    send_many(self, STORE_VALUES, 3);
    self->now_us += HOUR + 1;
    store_kit_settle(self->store);
    assert_int_equal(health_of(self).rows, 0);
    store_close(self->store);
    open_store(self);
    send_many(self, STORE_VALUES, 1);
    assert_true(has_row(self, 4));
    assert_false(has_row(self, 1));
}

int main(void) {
#define IN_A_FOLDER(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(each_class_has_its_own_hold),
        IN_A_FOLDER(rows_that_a_sink_has_not_passed_stay),
        IN_A_FOLDER(a_parked_row_stays_until_it_is_unparked),
        IN_A_FOLDER(retirement_keeps_up_with_what_comes_in),
        IN_A_FOLDER(values_are_refused_at_the_limit_alerts_and_context_are_not),
        IN_A_FOLDER(values_are_taken_again_when_old_ones_have_gone),
        IN_A_FOLDER(the_oldest_values_are_dropped_and_counted_when_the_site_says_so),
        IN_A_FOLDER(a_row_from_the_future_does_not_keep_those_behind_it),
        IN_A_FOLDER(a_class_has_a_limit_of_its_own),
        IN_A_FOLDER(numbers_are_never_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
