/* The digest is XXH64: its values are kept, so they must never change. The expected ones are those of the reference
 * program. */
#include "digest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static dragoman_bytes bytes(const char *text) {
    return (dragoman_bytes){(const uint8_t *)text, __builtin_strlen(text)};
}

static void values_are_those_of_the_reference(void **state) {
    (void)state;
    assert_true(hl7v2_digest(bytes(""), 0) == UINT64_C(0xef46db3751d8e999));
    assert_true(hl7v2_digest(bytes("a"), 0) == UINT64_C(0xd24ec4f1a98c6e5b));
    assert_true(hl7v2_digest(bytes("abc"), 0) == UINT64_C(0x44bc2cf5ad770999));
    assert_true(hl7v2_digest(bytes("Nobody inspects the spammish repetition"), 0) == UINT64_C(0xfbcea83c8a378bf1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
