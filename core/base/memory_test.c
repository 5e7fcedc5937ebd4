#include "base/arena.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/limits.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void arena_memory_is_aligned_and_apart(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 10 << 20);
    uint8_t *before = NULL;
    for (size_t size = 0; size < 3000; size += 7) {
        uint8_t *at = arena_allocate(&memory, size);
        assert_non_null(at);
        assert_ptr_not_equal(at, before);
        assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
        memset(at, 0xAB, size);
        before = at;
    }
    uint8_t *zeroed = arena_allocate_zeroed(&memory, 100);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(zeroed[i], 0);
    }
    arena_fini(&memory);
}

static void arena_keeps_its_limit(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 1024);
    assert_non_null(arena_allocate(&memory, 1000));
    assert_null(arena_allocate(&memory, 100));
    assert_null(arena_allocate(&memory, SIZE_MAX));
    dragoman_bytes copy = arena_copy(&memory, (dragoman_bytes){(const uint8_t *)"0123456789012345678901234567890", 31});
    assert_null(copy.data);
    assert_int_equal(copy.size, 31);
    arena_reset(&memory);
    assert_non_null(arena_allocate(&memory, 1024));
    arena_fini(&memory);
}

static void a_warm_arena_uses_its_blocks_again(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, SIZE_MAX);
    void *first = arena_allocate(&memory, 100);
    (void)arena_allocate(&memory, 60000);
    (void)arena_allocate(&memory, 4 << 20);
    arena_reset(&memory);
    assert_ptr_equal(arena_allocate(&memory, 100), first);
    assert_non_null(arena_allocate(&memory, 60000));
    assert_int_equal(memory.used, 112 + 60000);
    arena_fini(&memory);
}

static void arena_formats_and_copies(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 4096);
    assert_true(bytes_is(arena_format(&memory, "%s-%d", "bed", 12), "bed-12"));
    assert_true(bytes_is(arena_copy(&memory, bytes_of("text")), "text"));
    assert_int_equal(arena_copy(&memory, bytes_of("")).size, 0);
    arena_fini(&memory);
}

static void a_buffer_grows_and_forgets(void **state) {
    (void)state;
    buffer text;
    buffer_init(&text);
    for (int i = 0; i < 1000; i++) {
        buffer_append_format(&text, "%d,", i);
    }
    buffer_append_text(&text, "end");
    buffer_append_byte(&text, '.');
    buffer_append(&text, NULL, 0);
    assert_int_equal(text.size, 10 * 2 + 90 * 3 + 900 * 4 + 4);
    assert_memory_equal(text.data + text.size - 8, "999,end.", 8);
    assert_false(text.failed);
    buffer_reset(&text);
    assert_int_equal(buffer_bytes(&text).size, 0);
    buffer_fini(&text);
}

static void a_buffer_that_could_not_grow_says_so_until_reset(void **state) {
    (void)state;
    buffer text;
    buffer_init(&text);
    buffer_append_text(&text, "kept");
    assert_null(buffer_reserve(&text, SIZE_MAX - 10));
    assert_true(text.failed);
    assert_int_equal(text.size, 4);
    buffer_reset(&text);
    assert_false(text.failed);
    buffer_append_text(&text, "again");
    assert_int_equal(text.size, 5);
    buffer_fini(&text);
}

static void a_long_sentence_is_cut_between_characters(void **state) {
    (void)state;
    char text[600];
    for (size_t before = 0; before < 4; before++) {
        memset(text, 'x', before);
        for (size_t i = before; i + 3 < sizeof text; i += 3) {
            memcpy(text + i, "\xE2\x82\xAC", 4);
        }
        error_record error = {0};
        assert_int_equal(error_set(&error, DRAGOMAN_IO, "%s", text), DRAGOMAN_IO);
        assert_true(bytes_is_utf8(bytes_of(error.text)));
        assert_in_range(strlen(error.text), ERROR_TEXT_BYTES - 4, ERROR_TEXT_BYTES - 1);
    }
    error_record error = {0};
    (void)error_set(&error, DRAGOMAN_INVALID, "inner");
    (void)error_set(&error, DRAGOMAN_CORRUPT, "outer: %s", error.text);
    assert_string_equal(error.text, "outer: inner");
    assert_int_equal(error.status, DRAGOMAN_CORRUPT);
    assert_int_equal(error_set(NULL, DRAGOMAN_FULL, "nobody listens"), DRAGOMAN_FULL);
}

static void every_status_has_a_name_of_its_own(void **state) {
    (void)state;
    for (int a = DRAGOMAN_OK; a <= DRAGOMAN_INTERNAL; a++) {
        for (int b = DRAGOMAN_OK; b < a; b++) {
            assert_string_not_equal(error_status_name((dragoman_status)a), error_status_name((dragoman_status)b));
        }
    }
    assert_string_equal(error_status_name((dragoman_status)99), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_memory_is_aligned_and_apart),
        cmocka_unit_test(arena_keeps_its_limit),
        cmocka_unit_test(a_warm_arena_uses_its_blocks_again),
        cmocka_unit_test(arena_formats_and_copies),
        cmocka_unit_test(a_buffer_grows_and_forgets),
        cmocka_unit_test(a_buffer_that_could_not_grow_says_so_until_reset),
        cmocka_unit_test(a_long_sentence_is_cut_between_characters),
        cmocka_unit_test(every_status_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
