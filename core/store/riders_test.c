/* Dead letters at their limit. The limit itself is a gibibyte, so the figures are told to be near it. */
#include "store/riders.h"

#include "base/bytes.h"
#include "kit/store_kit.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static int64_t number_of(store_database *database, const char *question) {
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(database->handle, question, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

static void the_oldest_dead_letters_go_beyond_the_limits(void **state) {
    (void)state;
    char folder[256];
    char path[300];
    store_database database;
    store_rider_figures figures = {0};
    store_kit_folder(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/store.db", folder);
    assert_int_equal(store_database_open(&database, path, NULL, true, NULL), DRAGOMAN_OK);
    store_rider letter = {.kind = STORE_RIDER_DEAD, .sink = bytes_of("ehr"), .payload = bytes_of("0123456789")};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(store_riders_write(&letter, &database, 1, &figures), SQLITE_OK);
    }
    assert_int_equal(figures.dead, 5);
    assert_int_equal(figures.dead_bytes, 50);
    assert_int_equal(store_riders_trim_dead(&database, &figures), SQLITE_OK);
    assert_int_equal(number_of(&database, "SELECT count(*) FROM dead"), 5);
    figures.dead_bytes = STORE_DEAD_BYTES + 11; /* two letters of ten too many */
    assert_int_equal(store_riders_trim_dead(&database, &figures), SQLITE_OK);
    assert_int_equal(number_of(&database, "SELECT min(number) FROM dead"), 3);
    figures = (store_rider_figures){.dead = STORE_DEAD_LETTERS + 1, .dead_bytes = 30};
    assert_int_equal(store_riders_trim_dead(&database, &figures), SQLITE_OK);
    assert_int_equal(number_of(&database, "SELECT min(number) FROM dead"), 4);
    assert_int_equal(figures.dead, STORE_DEAD_LETTERS);
    assert_int_equal(figures.dead_bytes, 20);
    /* The number of one that is gone is not given again. */
    store_rider removal = {.kind = STORE_RIDER_DEAD_REMOVE, .number = 5};
    assert_int_equal(store_riders_write(&removal, &database, 1, &figures), SQLITE_OK);
    assert_int_equal(store_riders_write(&letter, &database, 1, &figures), SQLITE_OK);
    assert_int_equal(number_of(&database, "SELECT max(number) FROM dead"), 6);
    store_database_close(&database);
    store_kit_remove(folder);
}

static uint32_t count_of(store_rider *list) {
    uint32_t count = 0;
    for (const store_rider *rider = list; rider != NULL; rider = rider->next) {
        count++;
    }
    return count;
}

static void a_newer_position_replaces_the_one_that_waits(void **state) {
    (void)state;
    store_riders riders;
    store_riders_init(&riders);
    store_rider position = {.kind = STORE_RIDER_POSITION, .sink = bytes_of("ehr")};
    for (position.number = 1; position.number <= 3; position.number++) {
        assert_int_equal(store_riders_put(&riders, &position), DRAGOMAN_OK);
    }
    store_rider *taken = store_riders_take(&riders);
    assert_int_equal(count_of(taken), 1);
    assert_int_equal(taken->number, 3);
    /* The commit failed, and meanwhile a newer one came. */
    position.number = 9;
    assert_int_equal(store_riders_put(&riders, &position), DRAGOMAN_OK);
    store_riders_put_back(&riders, taken);
    taken = store_riders_take(&riders);
    assert_int_equal(count_of(taken), 1);
    assert_int_equal(taken->number, 9);
    store_riders_free(taken);
    store_riders_fini(&riders);
}

static void no_more_than_the_limit_may_wait(void **state) {
    (void)state;
    store_riders riders;
    store_riders_init(&riders);
    store_rider letter = {.kind = STORE_RIDER_DEAD};
    for (int i = 0; i < STORE_RIDERS; i++) {
        assert_int_equal(store_riders_put(&riders, &letter), DRAGOMAN_OK);
    }
    assert_int_equal(store_riders_put(&riders, &letter), DRAGOMAN_FULL);
    store_riders_free(store_riders_take(&riders));
    assert_int_equal(store_riders_put(&riders, &letter), DRAGOMAN_OK);
    store_riders_fini(&riders);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_dead_letters_go_beyond_the_limits),
        cmocka_unit_test(a_newer_position_replaces_the_one_that_waits),
        cmocka_unit_test(no_more_than_the_limit_may_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
