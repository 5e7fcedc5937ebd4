#include "base/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

static void version_is_three_numbers(void **state) {
    (void)state;
    unsigned major = 0, minor = 0, patch = 0;
    char rest = '\0';
    assert_int_equal(sscanf(base_version(), "%u.%u.%u%c", &major, &minor, &patch, &rest), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_is_three_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
