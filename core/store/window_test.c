/* The duplicate window and the index below it, beside a plain array that does the same slowly. */
#include "store/window.h"

#include "base/bytes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

typedef struct numbers {
    uint64_t hashes[512];
    bool is_in[512];
} numbers;

static uint64_t hash_of(const void *owner, uint32_t slot) {
    return ((const numbers *)owner)->hashes[slot];
}

static bool has(const store_index *index, const numbers *owner, uint32_t slot) {
    uint32_t cursor = 0;
    uint32_t found = STORE_INDEX_NONE;
    do {
        found = store_index_find(index, owner->hashes[slot], &cursor);
    } while (found != slot && found != STORE_INDEX_NONE);
    return found == slot;
}

static void an_index_finds_what_is_in_it_and_nothing_else(void **state) {
    (void)state;
    numbers *owner = calloc(1, sizeof *owner);
    store_index index;
    uint64_t random = 88172645463325252u;
    store_index_init(&index, hash_of, owner);
    uint32_t cursor = 0;
    assert_int_equal(store_index_find(&index, 5, &cursor), STORE_INDEX_NONE);
    for (uint32_t i = 0; i < 512; i++) {
        /* Few different hashes, so that runs of equal ones wrap around and are torn apart. */
        owner->hashes[i] = next_random(&random) % 40 == 0 ? UINT64_MAX - i % 3 : next_random(&random) % 64;
    }
    for (int round = 0; round < 20000; round++) {
        uint32_t slot = (uint32_t)(next_random(&random) % 512);
        if (owner->is_in[slot]) {
            store_index_remove(&index, slot);
        } else {
            assert_int_equal(store_index_reserve(&index, 1), DRAGOMAN_OK);
            store_index_add(&index, slot);
        }
        owner->is_in[slot] = !owner->is_in[slot];
        uint32_t other = (uint32_t)(next_random(&random) % 512);
        assert_int_equal(has(&index, owner, other), owner->is_in[other]);
        assert_int_equal(has(&index, owner, slot), owner->is_in[slot]);
    }
    store_index_fini(&index);
    free(owner);
}

static void the_window_forgets_the_oldest_only(void **state) {
    (void)state;
    store_window window;
    assert_int_equal(store_window_init(&window), DRAGOMAN_OK);
    enum { COUNT = STORE_DUPLICATE_WINDOW + 3 * STORE_BATCH_MESSAGES };
    for (uint64_t i = 1; i <= COUNT; i++) {
        assert_int_equal(store_window_add(&window, i, i * 3), DRAGOMAN_OK);
        if (i % 1000 == 0) {
            store_window_trim(&window);
        }
    }
    store_window_trim(&window);
    for (uint64_t i = 1; i <= COUNT; i++) {
        bool is_kept = i > COUNT - STORE_DUPLICATE_WINDOW;
        assert_int_equal(store_window_ask(&window, i, i * 3), is_kept ? STORE_WINDOW_DUPLICATE : STORE_WINDOW_NEW);
        assert_int_equal(store_window_ask(&window, i, i * 3 + 1),
                         is_kept ? STORE_WINDOW_OTHER_BYTES : STORE_WINDOW_NEW);
    }
    store_window_fini(&window);
}

static void one_id_for_all_messages_costs_no_more(void **state) {
    (void)state;
    store_window window;
    assert_int_equal(store_window_init(&window), DRAGOMAN_OK);
    uint64_t identity = store_window_identity(bytes_of("monitor"), bytes_of("ORU^R01"));
    for (uint64_t i = 0; i < 2 * STORE_DUPLICATE_WINDOW; i++) {
        assert_int_equal(store_window_ask(&window, identity, i), i == 0 ? STORE_WINDOW_NEW : STORE_WINDOW_OTHER_BYTES);
        assert_int_equal(store_window_add(&window, identity, i), DRAGOMAN_OK);
        store_window_trim(&window);
    }
    assert_int_equal(store_window_ask(&window, identity, STORE_DUPLICATE_WINDOW), STORE_WINDOW_DUPLICATE);
    assert_int_equal(store_window_ask(&window, identity, STORE_DUPLICATE_WINDOW - 1), STORE_WINDOW_OTHER_BYTES);
    store_window_fini(&window);
}

static void what_was_undone_is_new_again(void **state) {
    (void)state;
    store_window window;
    assert_int_equal(store_window_init(&window), DRAGOMAN_OK);
    store_window_add(&window, 1, 1);
    store_window_add(&window, 1, 2);
    store_window_add(&window, 2, 1);
    store_window_undo(&window, 2);
    assert_int_equal(window.next, 2);
    assert_int_equal(store_window_ask(&window, 1, 1), STORE_WINDOW_DUPLICATE);
    assert_int_not_equal(store_window_ask(&window, 1, 2), STORE_WINDOW_DUPLICATE);
    assert_int_equal(store_window_ask(&window, 2, 1), STORE_WINDOW_NEW);
    store_window_add(&window, 1, 2);
    assert_int_equal(store_window_ask(&window, 1, 2), STORE_WINDOW_DUPLICATE);
    store_window_fini(&window);
}

static void sender_and_id_are_told_apart(void **state) {
    (void)state;
    assert_int_not_equal(store_window_identity(bytes_of("ab"), bytes_of("c")),
                         store_window_identity(bytes_of("a"), bytes_of("bc")));
    assert_int_not_equal(store_window_identity(bytes_of(""), bytes_of("c")),
                         store_window_identity(bytes_of("c"), bytes_of("")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_index_finds_what_is_in_it_and_nothing_else),
        cmocka_unit_test(the_window_forgets_the_oldest_only),
        cmocka_unit_test(one_id_for_all_messages_costs_no_more),
        cmocka_unit_test(what_was_undone_is_new_again),
        cmocka_unit_test(sender_and_id_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
