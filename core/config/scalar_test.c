#include "config/scalar.h"

#include "base/bytes.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void durations(void **state) {
    (void)state;
    int64_t us = 0;
    const struct {
        const char *text;
        int64_t us;
    } good[] = {{"500ms", 500000},
                {"30s", 30000000},
                {"5m", 300000000},
                {"72h", INT64_C(259200000000)},
                {"7d", INT64_C(604800000000)},
                {"0s", 0},
                {"2 s", 2000000}};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(scalar_duration(bytes_of(good[i].text), &us));
        assert_int_equal(us, good[i].us);
    }
    const char *const bad[] = {"", "5", "s", "-5s", "5 days", "5sm", "99999999999999999999s", "40000d"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(scalar_duration(bytes_of(bad[i]), &us));
    }
}

static void sizes(void **state) {
    (void)state;
    uint64_t bytes = 0;
    assert_true(scalar_size(bytes_of("20GiB"), &bytes));
    assert_int_equal(bytes, UINT64_C(21474836480));
    assert_true(scalar_size(bytes_of("64 MB"), &bytes));
    assert_int_equal(bytes, 64000000);
    const char *const bad[] = {"20", "20G", "GiB", "1.5GiB", "99999999TiB"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(scalar_size(bytes_of(bad[i]), &bytes));
    }
}

static void words(void **state) {
    (void)state;
    assert_int_equal(scalar_choice(bytes_of("core"), "pocd core"), 1);
    assert_int_equal(scalar_choice(bytes_of("cor"), "pocd core"), -1);
    assert_int_equal(scalar_choice(bytes_of(""), "pocd core"), -1);
    bool value = false;
    assert_true(scalar_boolean(bytes_of("true"), &value) && value);
    assert_false(scalar_boolean(bytes_of("True"), &value));
    int64_t number = 0;
    assert_true(scalar_integer(bytes_of("-12"), &number));
    assert_int_equal(number, -12);
    assert_false(scalar_integer(bytes_of("1e3"), &number));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(durations), cmocka_unit_test(sizes), cmocka_unit_test(words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
