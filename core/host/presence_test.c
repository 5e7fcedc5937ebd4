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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_device_is_quiet_then_gone_then_back, puppet_set_up, puppet_tear_down),
        cmocka_unit_test_setup_teardown(a_link_that_is_never_stale_has_no_states, puppet_set_up, puppet_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
