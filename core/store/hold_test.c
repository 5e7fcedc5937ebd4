/* How long a store holds. Expected figures are worked out by hand beside each case. */
#include "store/hold.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HOUR UINT64_C(3600000000)

static void a_3_kb_message_takes_a_page(void **state) {
    (void)state;
    /* 8 beds, one message a second each: 28,800 pages of 4 kB an hour = 117,964,800 bytes. 20 GiB less a sixteenth are
     * 20,132,659,200 bytes: 170 hours and some. 72 hours are 8,493,465,600 bytes, and a fifteenth more: 9,059,696,640.
     */
    store_hold_plan plan = {
        .messages_per_hour = 28800, .bytes_per_message = 3000, .max_bytes = UINT64_C(20) << 30, .hold_us = 72 * HOUR};
    store_hold_answer answer = store_hold_compute(&plan);
    assert_int_equal(answer.hours, 170);
    assert_int_equal(answer.needed_bytes, UINT64_C(9059696640));
    assert_true(answer.fits);
    plan.hold_us = 171 * HOUR;
    assert_false(store_hold_compute(&plan).fits);
    plan.hold_us = 170 * HOUR + 1; /* the begun hour counts */
    assert_false(store_hold_compute(&plan).fits);
    plan.hold_us = 170 * HOUR;
    assert_true(store_hold_compute(&plan).fits);
}

static void small_messages_share_a_page(void **state) {
    (void)state;
    /* 152 bytes and 48 around them: 200 bytes; 1,000 an hour; 1,600,000 less a sixteenth are 1,500,000: 7.5 hours. */
    store_hold_plan plan = {.messages_per_hour = 1000, .bytes_per_message = 152, .max_bytes = 1600000};
    assert_int_equal(store_hold_compute(&plan).hours, 7);
}

static void the_disk_counts_when_it_is_smaller(void **state) {
    (void)state;
    /* 17 MiB of disk less 16 MiB for the log: 1 MiB, of which 983,040 bytes are for values: 4 hours of 200,000. */
    store_hold_plan plan = {.messages_per_hour = 1000,
                            .bytes_per_message = 152,
                            .max_bytes = 1600000,
                            .disk_bytes = UINT64_C(17) << 20,
                            .hold_us = 5 * HOUR};
    assert_int_equal(store_hold_compute(&plan).hours, 4);
    assert_false(store_hold_compute(&plan).fits);
    plan.disk_bytes = 1000;
    assert_int_equal(store_hold_compute(&plan).hours, 0);
}

static void without_limits_everything_fits(void **state) {
    (void)state;
    store_hold_plan plan = {.messages_per_hour = 1000, .bytes_per_message = 100, .hold_us = HOUR};
    assert_int_equal(store_hold_compute(&plan).hours, UINT64_MAX);
    assert_true(store_hold_compute(&plan).fits);
    plan = (store_hold_plan){.bytes_per_message = 100, .max_bytes = 1, .hold_us = HOUR};
    assert_int_equal(store_hold_compute(&plan).hours, UINT64_MAX);
    plan = (store_hold_plan){.messages_per_hour = UINT64_MAX,
                             .bytes_per_message = 3000,
                             .max_bytes = UINT64_C(1) << 40,
                             .hold_us = UINT64_MAX};
    assert_int_equal(store_hold_compute(&plan).needed_bytes, UINT64_MAX);
    assert_false(store_hold_compute(&plan).fits);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_3_kb_message_takes_a_page),
        cmocka_unit_test(small_messages_share_a_page),
        cmocka_unit_test(the_disk_counts_when_it_is_smaller),
        cmocka_unit_test(without_limits_everything_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
