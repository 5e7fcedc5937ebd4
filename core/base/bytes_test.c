#include "base/bytes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The values stand in xxHash's own sanity table (PRIME32 seed) and documentation. */
static void the_hash_is_xxh64(void **state) {
    (void)state;
    assert_int_equal(bytes_hash(bytes_of(""), 0), UINT64_C(0xEF46DB3751D8E999));
    assert_int_equal(bytes_hash(bytes_of("a"), 0), UINT64_C(0xD24EC4F1A98C6E5B));
    assert_int_equal(bytes_hash(bytes_of("abc"), 0), UINT64_C(0x44BC2CF5AD770999));
    assert_int_equal(bytes_hash((dragoman_bytes){NULL, 0}, UINT64_C(0x9E3779B1)), UINT64_C(0xAC75FDA2929B17EF));
}

typedef struct utf8_case {
    const char *text;
    size_t size;
    bool valid;
} utf8_case;

#define CASE(literal, is_valid) {literal, sizeof(literal) - 1, is_valid}

/* The borders are those of RFC 3629 section 4 and Unicode table 3-7. */
static const utf8_case utf8_cases[] = {
    CASE("", true),
    CASE("plain text of more than eight bytes", true),
    CASE("\xC2\x80", true),
    CASE("\xDF\xBF", true),
    CASE("\xC1\xBF", false),
    CASE("\xC0\x80", false),
    CASE("\xE0\xA0\x80", true),
    CASE("\xE0\x9F\xBF", false),
    CASE("\xED\x9F\xBF", true),
    CASE("\xED\xA0\x80", false),
    CASE("\xEF\xBF\xBF", true),
    CASE("\xF0\x90\x80\x80", true),
    CASE("\xF0\x8F\xBF\xBF", false),
    CASE("\xF4\x8F\xBF\xBF", true),
    CASE("\xF4\x90\x80\x80", false),
    CASE("\xF5\x80\x80\x80", false),
    CASE("\x80", false),
    CASE("\xE2\x82", false),
    CASE("\xE2\x28\xA1", false),
    CASE("\xFF", false),
    CASE("a\0b", false),
    CASE("12345678\0", false),
    CASE("\0", false),
};

static void utf8_is_checked_strictly_wherever_it_stands(void **state) {
    (void)state;
    uint8_t text[64];
    for (size_t i = 0; i < sizeof utf8_cases / sizeof utf8_cases[0]; i++) {
        for (size_t before = 0; before < 20; before++) {
            const utf8_case *c = &utf8_cases[i];
            memset(text, 'x', sizeof text);
            memcpy(text + before, c->text, c->size);
            assert_int_equal(bytes_is_utf8((dragoman_bytes){text, before + c->size}), c->valid);
        }
    }
    assert_true(bytes_is_utf8((dragoman_bytes){NULL, 0}));
}

static void comparisons_see_size_and_content(void **state) {
    (void)state;
    assert_true(bytes_is(bytes_of("abc"), "abc"));
    assert_false(bytes_is(bytes_of("abc"), "ab"));
    assert_false(bytes_is(bytes_of("abc"), "abd"));
    assert_true(bytes_starts_with(bytes_of("abc"), "ab"));
    assert_false(bytes_starts_with(bytes_of("a"), "ab"));
    assert_true(bytes_equal(bytes_of(NULL), bytes_of("")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_xxh64),
        cmocka_unit_test(utf8_is_checked_strictly_wherever_it_stands),
        cmocka_unit_test(comparisons_see_size_and_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
