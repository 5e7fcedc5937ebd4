/* Devices that become quiet, go and come back, on a clock of the test's. */
#include "host/presence.h"

#include "base/bytes.h"
#include "host/internal.h"
#include "kit/puppet.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define STALE_AFTER_US 5000000

static bool connected;

static bool is_connected(void *context, dragoman_bytes link) {
    (void)context;
    assert_true(bytes_is(link, "link"));
    return connected;
}

static void look_after(puppet_bench *self, int64_t later_us) {
    self->now.monotonic_us += later_us;
    self->now.wall_us += later_us;
    host_presence_watch(self->environment, &self->now, is_connected, self);
}

/* What the message that was kept last says of the device; it must say nothing else. */
static uint32_t said(const puppet_bench *self) {
    const store_message *message = &self->kept[self->kept_count - 1]->store;
    arena memory;
    model_record record;
    arena_init(&memory, SIZE_MAX);
    assert_int_equal(message->report_count, 1);
    assert_int_equal(model_decode(message->reports[0].bytes, &memory, &record, NULL), DRAGOMAN_OK);
    assert_int_equal(record.report.observations.count + record.report.alerts.count + record.report.contexts.count, 0);
    assert_non_null(record.report.device);
    assert_true(record.report.device->key.size > 0);
    uint32_t state = record.report.device_state;
    assert_int_equal(message->reports[0].ticket.store_class, MODEL_CONTEXT);
    assert_true(bytes_is(message->link, "link") && bytes_is(message->adapter, "puppet"));
    arena_fini(&memory);
    return state;
}

static uint32_t state_of(const puppet_bench *self) {
    host_device_health health;
    assert_true(host_presence_get(self->environment, 0, &health));
    assert_true(bytes_is(health.link, "link"));
    assert_false(host_presence_get(self->environment, 1, &health));
    return health.state;
}

static void settle_all(puppet_bench *self) {
    for (size_t i = 0; i < self->kept_count; i++) {
        puppet_settle(self, i, DRAGOMAN_DURABLE);
    }
    host_environment_settle(self->environment, &self->now, puppet_told, self);
}

static void a_device_is_quiet_then_gone_then_back(void **state) {
    puppet_bench *self = *state;
    self->instance->stale_after_us = STALE_AFTER_US;
    connected = true;
    puppet_tell(self, "r");
    assert_int_equal(self->kept_count, 1);
    look_after(self, STALE_AFTER_US);
    assert_int_equal(self->kept_count, 1);
    assert_int_equal(state_of(self), DRAGOMAN_DEVICE_LIVE);
    look_after(self, 1);
    assert_int_equal(self->kept_count, 2);
    assert_int_equal(said(self), DRAGOMAN_DEVICE_STALE);
    look_after(self, STALE_AFTER_US);
    assert_int_equal(self->kept_count, 2);
    connected = false;
    look_after(self, 1);
    assert_int_equal(self->kept_count, 3);
    assert_int_equal(said(self), DRAGOMAN_DEVICE_GONE);
    assert_int_equal(state_of(self), DRAGOMAN_DEVICE_GONE);
    puppet_tell(self, "r");
    assert_int_equal(self->kept_count, 5);
    assert_int_equal(state_of(self), DRAGOMAN_DEVICE_LIVE);
    /* First that it is back, then what it says. */
    self->kept_count = 4;
    assert_int_equal(said(self), DRAGOMAN_DEVICE_LIVE);
    self->kept_count = 5;
    settle_all(self);
    /* What the host said is settled to nobody. */
    assert_int_equal(self->told, 2);
}

static void a_link_that_is_never_stale_has_no_states(void **state) {
    puppet_bench *self = *state;
    host_device_health health;
    puppet_tell(self, "r");
    look_after(self, INT64_C(1000000000000));
    assert_int_equal(self->kept_count, 1);
    assert_false(host_presence_get(self->environment, 0, &health));
    settle_all(self);
}

/* The state that a message puts under the host's own key; empty when it puts none. */
static dragoman_bytes kept_of(const puppet_bench *self, size_t index) {
    const store_message *message = &self->kept[index]->store;
    for (uint32_t i = 0; i < message->state_count; i++) {
        if (bytes_starts_with(message->states[i].key, HOST_PRESENCE_KEYS)) {
            return message->states[i].value;
        }
    }
    return (dragoman_bytes){NULL, 0};
}

static void what_was_not_kept_is_said_again(void **state) {
    puppet_bench *self = *state;
    self->instance->stale_after_us = STALE_AFTER_US;
    connected = true;
    puppet_tell(self, "r");
    look_after(self, STALE_AFTER_US + 1);
    assert_int_equal(self->kept_count, 2);
    puppet_settle(self, 0, DRAGOMAN_DURABLE);
    puppet_settle(self, 1, DRAGOMAN_NOT_KEPT);
    host_environment_settle(self->environment, &self->now, puppet_told, self);
    assert_int_equal(state_of(self), DRAGOMAN_DEVICE_LIVE);
    look_after(self, 1);
    assert_int_equal(self->kept_count, 3);
    assert_int_equal(said(self), DRAGOMAN_DEVICE_STALE);
    puppet_settle(self, 2, DRAGOMAN_DURABLE);
    host_environment_settle(self->environment, &self->now, puppet_told, self);
    look_after(self, STALE_AFTER_US);
    assert_int_equal(self->kept_count, 3);
}

/* Another environment, as after a restart, that knows what was kept with message `index`. */
static puppet_bench *restart(void **state, size_t index) {
    puppet_bench *self = *state;
    uint8_t room[4096];
    dragoman_bytes kept = kept_of(self, index);
    dragoman_bytes copy = {room, kept.size};
    assert_in_range(kept.size, 9, sizeof(room));
    memcpy(room, kept.data, kept.size);
    host_presence_origin origin = {self->instance->adapter, DRAGOMAN_TEXT("link"), {NULL, 0}, STALE_AFTER_US};
    settle_all(self);
    puppet_tear_down(state);
    puppet_set_up(state);
    self = *state;
    self->instance->stale_after_us = STALE_AFTER_US;
    self->now.monotonic_us = 1000;
    assert_true(host_presence_restore(self->environment, &origin, copy, &self->now));
    /* Cut, it is none. */
    assert_false(host_presence_restore(self->environment, &origin, (dragoman_bytes){room, 8}, &self->now));
    return self;
}

static void a_device_that_stays_away_after_a_restart_is_said_to(void **state) {
    puppet_bench *self = *state;
    self->instance->stale_after_us = STALE_AFTER_US;
    connected = false;
    puppet_tell(self, "r");
    assert_int_equal(kept_of(self, 0).size > 0, true);
    /* Once is enough while nothing changes. */
    puppet_tell(self, "r");
    assert_int_equal(kept_of(self, 1).size, 0);
    self = restart(state, 0);
    assert_int_equal(state_of(self), DRAGOMAN_DEVICE_LIVE);
    look_after(self, STALE_AFTER_US);
    assert_int_equal(self->kept_count, 0);
    look_after(self, 1);
    assert_int_equal(self->kept_count, 1);
    assert_int_equal(said(self), DRAGOMAN_DEVICE_GONE);
    /* The next start says nothing again until the device does. */
    self = restart(state, 0);
    look_after(self, STALE_AFTER_US + 1);
    assert_int_equal(self->kept_count, 0);
    assert_int_equal(state_of(self), DRAGOMAN_DEVICE_GONE);
    puppet_tell(self, "r");
    assert_int_equal(self->kept_count, 2);
    assert_int_equal(state_of(self), DRAGOMAN_DEVICE_LIVE);
    settle_all(self);
}

static void a_device_that_is_away_for_a_month_is_not_kept_any_more(void **state) {
    puppet_bench *self = *state;
    self->instance->stale_after_us = STALE_AFTER_US;
    connected = false;
    puppet_tell(self, "r");
    look_after(self, STALE_AFTER_US + 1);
    look_after(self, INT64_C(30) * 86400 * 1000000);
    assert_int_equal(self->kept_count, 2);
    look_after(self, 1);
    assert_int_equal(self->kept_count, 3);
    assert_int_equal(self->kept[2]->store.report_count, 0);
    assert_int_equal(self->kept[2]->store.state_count, 1);
    assert_int_equal(self->kept[2]->store.states[0].value.size, 0);
    look_after(self, 1);
    assert_int_equal(self->kept_count, 3);
    settle_all(self);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_device_is_quiet_then_gone_then_back, puppet_set_up, puppet_tear_down),
        cmocka_unit_test_setup_teardown(what_was_not_kept_is_said_again, puppet_set_up, puppet_tear_down),
        cmocka_unit_test_setup_teardown(a_device_that_stays_away_after_a_restart_is_said_to, puppet_set_up,
                                        puppet_tear_down),
        cmocka_unit_test_setup_teardown(a_device_that_is_away_for_a_month_is_not_kept_any_more, puppet_set_up,
                                        puppet_tear_down),
        cmocka_unit_test_setup_teardown(a_link_that_is_never_stale_has_no_states, puppet_set_up, puppet_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
