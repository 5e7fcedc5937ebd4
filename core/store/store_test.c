/* The store as its users see it: what is settled is there, once, and stays. */
#include "kit/store_kit.h"

#include "base/bytes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

typedef struct fixture {
    char folder[256];
    char path[300];
    store_options options;
    store *store;
    arena memory;
} fixture;

static void open_store(fixture *self) {
    error_record error = {0};
    if (store_open(&self->options, &self->store, &error) != DRAGOMAN_OK) {
        fail_msg("%s", error.text);
    }
}

static void close_store(fixture *self) {
    store_close(self->store);
    self->store = NULL;
}

static void reopen(fixture *self) {
    close_store(self);
    open_store(self);
}

static int set_up(void **state) {
    fixture *self = calloc(1, sizeof *self);
    store_kit_folder(self->folder, sizeof self->folder);
    snprintf(self->path, sizeof self->path, "%s/store.db", self->folder);
    self->options = (store_options){.path = self->path, .refuse_when_full = true};
    arena_init(&self->memory, (size_t)1 << 26);
    open_store(self);
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    fixture *self = *state;
    store_close(self->store);
    arena_fini(&self->memory);
    store_kit_remove(self->folder);
    free(self);
    return 0;
}

static store_reader *reader_of(fixture *self) {
    store_reader *reader = NULL;
    error_record error = {0};
    if (store_reader_open(self->store, &reader, &error) != DRAGOMAN_OK) {
        fail_msg("%s", error.text);
    }
    return reader;
}

static void assert_durable(store_kit_answer answer) {
    if (answer.settlement != DRAGOMAN_DURABLE) {
        fail_msg("not durable: %s", answer.reason);
    }
}

/* How many rows there are, and that each begins with the text that was sent. */
static size_t count_rows(fixture *self, const char *text) {
    store_reader *reader = reader_of(self);
    uint64_t after = 0;
    size_t total = 0;
    const store_row *rows = NULL;
    size_t count = 0;
    do {
        assert_int_equal(store_reader_rows(reader, after, 3, 1 << 20, &rows, &count, NULL), DRAGOMAN_OK);
        for (size_t i = 0; i < count; i++) {
            assert_true(rows[i].number > after);
            assert_true(bytes_starts_with(rows[i].bytes, text));
            after = rows[i].number;
        }
        total += count;
    } while (count > 0);
    store_reader_close(reader);
    return total;
}

static void what_is_settled_survives_reopening(void **state) {
    fixture *self = *state;
    for (int i = 0; i < 10; i++) {
        char id[16];
        snprintf(id, sizeof id, "m%d", i);
        assert_durable(store_kit_send(self->store, id, 1, "report", "bed1", STORE_VALUES));
    }
    assert_int_equal(count_rows(self, "report"), 10);
    reopen(self);
    assert_int_equal(count_rows(self, "report"), 10);
    store_health health;
    store_health_get(self->store, &health);
    assert_int_equal(health.rows, 10);
    assert_int_equal(health.status, DRAGOMAN_OK);
    assert_int_equal(health.next_number, 11);
}

static void the_same_bytes_again_are_a_duplicate_also_after_reopening(void **state) {
    fixture *self = *state;
    assert_durable(store_kit_send(self->store, "A", 1, "report", "bed1", STORE_VALUES));
    assert_int_equal(store_kit_send(self->store, "A", 1, "report", "bed1", STORE_VALUES).settlement,
                     DRAGOMAN_DUPLICATE);
    reopen(self);
    assert_int_equal(store_kit_send(self->store, "A", 1, "report", "bed1", STORE_VALUES).settlement,
                     DRAGOMAN_DUPLICATE);
    assert_int_equal(count_rows(self, "report"), 1);
}

static void the_same_id_with_other_bytes_is_new_and_counted(void **state) {
    fixture *self = *state;
    assert_durable(store_kit_send(self->store, "ORU^R01", 1, "report", "bed1", STORE_VALUES));
    assert_durable(store_kit_send(self->store, "ORU^R01", 2, "report", "bed1", STORE_VALUES));
    /* The first of them again is still known. */
    assert_int_equal(store_kit_send(self->store, "ORU^R01", 1, "report", "bed1", STORE_VALUES).settlement,
                     DRAGOMAN_DUPLICATE);
    assert_int_equal(count_rows(self, "report"), 2);
    store_health health;
    store_health_get(self->store, &health);
    assert_int_equal(health.same_id_other_bytes, 1);
    assert_int_equal(health.duplicates, 1);
}

static void a_message_without_id_is_never_a_duplicate(void **state) {
    fixture *self = *state;
    assert_durable(store_kit_send(self->store, NULL, 1, "report", "bed1", STORE_VALUES));
    assert_durable(store_kit_send(self->store, NULL, 1, "report", "bed1", STORE_VALUES));
    assert_int_equal(count_rows(self, "report"), 2);
}

static void a_message_without_reports_is_remembered(void **state) {
    fixture *self = *state;
    assert_durable(store_kit_send(self->store, "empty", 7, NULL, NULL, STORE_VALUES));
    reopen(self);
    assert_int_equal(store_kit_send(self->store, "empty", 7, NULL, NULL, STORE_VALUES).settlement, DRAGOMAN_DUPLICATE);
    assert_int_equal(count_rows(self, ""), 0);
}

static void two_equal_messages_of_one_commit_are_stored_once(void **state) {
    fixture *self = *state;
    enum { COUNT = 200 };
    store_kit_message *messages = calloc(COUNT, sizeof *messages);
    int durable = 0;
    for (int i = 0; i < COUNT; i++) {
        store_kit_message_init(&messages[i], i % 2 == 0 ? "even" : "odd", 3);
        store_kit_message_report(&messages[i], "report", "bed1", STORE_VALUES);
        store_kit_submit(self->store, &messages[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        durable += store_kit_wait(&messages[i]).settlement == DRAGOMAN_DURABLE;
        store_kit_message_fini(&messages[i]);
    }
    free(messages);
    assert_int_equal(durable, 2);
    assert_int_equal(count_rows(self, "report"), 2);
}

typedef struct heard {
    size_t rows;
    uint64_t last;
    bool has_bytes;
} heard;

static void listen(void *context, const store_row *rows, size_t count) {
    heard *self = context;
    for (size_t i = 0; i < count; i++) {
        self->has_bytes = bytes_starts_with(rows[i].bytes, "report");
        self->last = rows[i].number;
    }
    self->rows += count;
}

static void a_listener_hears_committed_rows_before_they_are_settled(void **state) {
    fixture *self = *state;
    heard ears = {0};
    store_listen(self->store, listen, &ears);
    assert_durable(store_kit_send(self->store, "A", 1, "report", "bed1", STORE_VALUES));
    assert_int_equal(ears.rows, 1);
    assert_int_equal(ears.last, 1);
    assert_true(ears.has_bytes);
    store_kit_send(self->store, "A", 1, "report", "bed1", STORE_VALUES);
    assert_int_equal(ears.rows, 1);
}

static void a_row_carries_lane_class_time_and_link(void **state) {
    fixture *self = *state;
    assert_durable(store_kit_send(self->store, "A", 1, "report", "bed1", STORE_ALERTS));
    assert_durable(store_kit_send(self->store, "B", 1, "report", "bed2", STORE_VALUES));
    assert_durable(store_kit_send(self->store, "C", 1, "report", "bed1", STORE_WAVES));
    assert_durable(store_kit_send(self->store, "D", 1, "report", NULL, STORE_CONTEXT));
    store_reader *reader = reader_of(self);
    store_row rows[4];
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(store_reader_row(reader, i + 1, &rows[i], NULL), DRAGOMAN_OK);
        assert_true(bytes_starts_with(rows[i].bytes, "report"));
        assert_int_equal(rows[i].received_at_us, 1700000000000000);
    }
    assert_int_equal(rows[0].store_class, STORE_ALERTS);
    assert_int_equal(rows[0].device, rows[2].device);
    assert_int_not_equal(rows[0].device, rows[1].device);
    assert_int_equal(rows[3].device, 0);
    error_record error = {0};
    store_row none;
    assert_int_equal(store_reader_row(reader, 5, &none, &error), DRAGOMAN_NOT_FOUND);
    assert_non_null(strstr(error.text, "5"));
    store_figures figures;
    assert_int_equal(store_reader_figures(reader, &figures, NULL), DRAGOMAN_OK);
    assert_int_equal(figures.rows[STORE_ALERTS], 1);
    assert_int_equal(figures.rows[STORE_CONTEXT], 1);
    assert_int_equal(figures.oldest_number, 1);
    assert_int_equal(figures.next_number, 5);
    assert_int_equal(figures.oldest_us, 1700000000000000);
    store_reader_close(reader);
}

static void positions_are_replaced_and_survive(void **state) {
    fixture *self = *state;
    const uint64_t done[] = {12, 15, UINT64_C(0x0102030405060708)};
    assert_int_equal(store_position_put(self->store, "ehr", &(store_position){.low_water = 4}), DRAGOMAN_OK);
    assert_int_equal(store_position_put(self->store, "ehr", &(store_position){10, done, 3, DRAGOMAN_TEXT("here")}),
                     DRAGOMAN_OK);
    assert_int_equal(store_position_put(self->store, "archive", &(store_position){.low_water = 20}), DRAGOMAN_OK);
    reopen(self);
    store_reader *reader = reader_of(self);
    store_position position;
    assert_int_equal(store_position_get(reader, "ehr", &self->memory, &position), DRAGOMAN_OK);
    assert_int_equal(position.low_water, 10);
    assert_int_equal(position.done_count, 3);
    assert_memory_equal(position.done, done, sizeof done);
    assert_true(bytes_is(position.note, "here"));
    assert_int_equal(store_position_get(reader, "new", &self->memory, &position), DRAGOMAN_OK);
    assert_int_equal(position.low_water, 0);
    assert_int_equal(position.done_count, 0);
    const store_position_row *rows = NULL;
    size_t count = 0;
    assert_int_equal(store_reader_positions(reader, &self->memory, &rows, &count, NULL), DRAGOMAN_OK);
    assert_int_equal(count, 2);
    assert_true(bytes_is(rows[0].sink, "archive"));
    assert_int_equal(rows[1].done_count, 3);
    store_position_forget(self->store, "archive");
    store_kit_settle(self->store);
    assert_int_equal(store_reader_positions(reader, &self->memory, &rows, &count, NULL), DRAGOMAN_OK);
    assert_int_equal(count, 1);
    store_reader_close(reader);
}

static void dead_letters_of_adapters_and_sinks_are_kept_shown_retried_removed(void **state) {
    fixture *self = *state;
    store_kit_message message;
    store_kit_message_init(&message, "bad", 1);
    message.dead = (store_dead){DRAGOMAN_TEXT("MSH|garbage"), DRAGOMAN_TEXT("parse"), DRAGOMAN_TEXT("no MSH-2")};
    message.message.dead_count = 1;
    store_kit_submit(self->store, &message);
    assert_durable(store_kit_wait(&message));
    store_kit_message_fini(&message);
    store_dead_put(self->store, "ehr", 42, DRAGOMAN_TEXT("{\"resourceType\":\"Bundle\"}"), DRAGOMAN_TEXT("deliver"),
                   DRAGOMAN_TEXT("422: unknown code"));
    reopen(self);
    store_reader *reader = reader_of(self);
    const store_dead_row *rows = NULL;
    size_t count = 0;
    store_dead_query all = {0};
    assert_int_equal(store_dead_list(reader, &all, 10, &self->memory, &rows, &count, NULL), DRAGOMAN_OK);
    assert_int_equal(count, 2);
    assert_true(bytes_is(rows[0].link, "link"));
    assert_true(bytes_is(rows[0].stage, "parse"));
    assert_int_equal(rows[0].payload_size, strlen("MSH|garbage"));
    assert_int_equal(rows[0].at_us, 1700000000000000);
    assert_int_equal(rows[1].row_number, 42);
    assert_true(bytes_is(rows[1].reason, "422: unknown code"));
    uint64_t number = rows[1].number;
    store_dead_row one;
    assert_int_equal(store_dead_get(reader, number, &self->memory, &one, NULL), DRAGOMAN_OK);
    assert_true(bytes_is(one.payload, "{\"resourceType\":\"Bundle\"}"));
    store_dead_query retried = {.sink = "ehr", .only_retried = true};
    assert_int_equal(store_dead_list(reader, &retried, 10, &self->memory, &rows, &count, NULL), DRAGOMAN_OK);
    assert_int_equal(count, 0);
    assert_int_equal(store_dead_retry(self->store, number), DRAGOMAN_OK);
    store_kit_settle(self->store);
    assert_int_equal(store_dead_list(reader, &retried, 10, &self->memory, &rows, &count, NULL), DRAGOMAN_OK);
    assert_int_equal(count, 1);
    assert_true(rows[0].is_retried);
    store_health health;
    store_health_get(self->store, &health);
    assert_int_equal(health.dead, 2);
    assert_int_equal(store_dead_remove(self->store, number), DRAGOMAN_OK);
    store_kit_settle(self->store);
    assert_int_equal(store_dead_get(reader, number, &self->memory, &one, NULL), DRAGOMAN_NOT_FOUND);
    store_health_get(self->store, &health);
    assert_int_equal(health.dead, 1);
    store_reader_close(reader);
}

static void send_state(fixture *self, const char *key, const char *value) {
    store_kit_message message;
    store_kit_message_init(&message, NULL, 0);
    message.state = (store_state){bytes_of(key), bytes_of(value)};
    message.message.state_count = 1;
    store_kit_submit(self->store, &message);
    assert_durable(store_kit_wait(&message));
    store_kit_message_fini(&message);
}

static void adapter_state_commits_with_its_message_and_survives(void **state) {
    fixture *self = *state;
    dragoman_bytes link = DRAGOMAN_TEXT("link");
    dragoman_bytes value;
    send_state(self, "a", "1");
    send_state(self, "b", "2");
    send_state(self, "a", "3");
    reopen(self);
    assert_int_equal(store_state_get(self->store, link, bytes_of("a"), &self->memory, &value), DRAGOMAN_OK);
    assert_true(bytes_is(value, "3"));
    assert_int_equal(store_state_get(self->store, bytes_of("other"), bytes_of("a"), &self->memory, &value),
                     DRAGOMAN_NOT_FOUND);
    send_state(self, "a", "");
    assert_int_equal(store_state_get(self->store, link, bytes_of("a"), &self->memory, &value), DRAGOMAN_NOT_FOUND);
    reopen(self);
    assert_int_equal(store_state_get(self->store, link, bytes_of("a"), &self->memory, &value), DRAGOMAN_NOT_FOUND);
    assert_int_equal(store_state_get(self->store, link, bytes_of("b"), &self->memory, &value), DRAGOMAN_OK);
}

static void rows_are_found_by_device_and_time(void **state) {
    fixture *self = *state;
    enum { COUNT = 300 };
    store_kit_message *messages = calloc(COUNT, sizeof *messages);
    for (int i = 0; i < COUNT; i++) {
        store_kit_message_init(&messages[i], NULL, 0);
        store_kit_message_report(&messages[i], "report", i % 3 == 0 ? "bed1" : "bed2", STORE_VALUES);
        messages[i].message.received_at_us = 1700000000000000 + INT64_C(60000000) * i;
        store_kit_submit(self->store, &messages[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        assert_durable(store_kit_wait(&messages[i]));
        store_kit_message_fini(&messages[i]);
    }
    free(messages);
    store_reader *reader = reader_of(self);
    store_query query = {.device = 1,
                         .from_us = 1700000000000000 + INT64_C(60000000) * 100,
                         .until_us = 1700000000000000 + INT64_C(60000000) * 200};
    size_t total = 0;
    size_t count = 0;
    const store_row *rows = NULL;
    uint64_t looked = 0;
    dragoman_status status = DRAGOMAN_OK;
    while ((status = store_reader_find(reader, &query, 10, 1 << 20, &rows, &count, &looked, NULL)) == DRAGOMAN_OK) {
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(rows[i].device, 1);
            assert_int_equal((rows[i].number - 1) % 3, 0);
            assert_in_range(rows[i].number, 101, 200);
        }
        total += count;
        query.after = looked;
    }
    assert_int_equal(status, DRAGOMAN_NOT_FOUND);
    /* Of the numbers 100 to 199 counted from 0, 102, 105 ... 198 are bed1's. */
    assert_int_equal(total, 33);
    store_reader_close(reader);
}

static void another_layout_is_refused_by_number(void **state) {
    fixture *self = *state;
    close_store(self);
    sqlite3 *handle = NULL;
    assert_int_equal(sqlite3_open(self->path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, "PRAGMA user_version = 77", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(handle);
    error_record error = {0};
    assert_int_equal(store_open(&self->options, &self->store, &error), DRAGOMAN_UNSUPPORTED);
    assert_non_null(strstr(error.text, "77"));
    assert_non_null(strstr(error.text, "version 1"));
}

static void a_foreign_database_and_a_text_file_are_refused(void **state) {
    fixture *self = *state;
    close_store(self);
    char other[320];
    snprintf(other, sizeof other, "%s/other.db", self->folder);
    self->options.path = other;
    sqlite3 *handle = NULL;
    assert_int_equal(sqlite3_open(other, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, "CREATE TABLE theirs(x)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(handle);
    error_record error = {0};
    assert_int_equal(store_open(&self->options, &self->store, &error), DRAGOMAN_CORRUPT);
    FILE *file = fopen(other, "w");
    for (int i = 0; file != NULL && i < 1000; i++) {
        fputs("this is no database\n", file);
    }
    assert_true(file != NULL && fclose(file) == 0);
    assert_int_equal(store_open(&self->options, &self->store, &error), DRAGOMAN_CORRUPT);
    snprintf(other, sizeof other, "%s/missing/store.db", self->folder);
    assert_int_equal(store_open(&self->options, &self->store, &error), DRAGOMAN_NOT_FOUND);
    assert_non_null(strstr(error.text, "missing"));
}

static void a_second_store_on_the_same_file_is_refused(void **state) {
    fixture *self = *state;
    store *second = NULL;
    error_record error = {0};
    assert_int_equal(store_open(&self->options, &second, &error), DRAGOMAN_DENIED);
    assert_non_null(strstr(error.text, "another dragoman"));
    store_reader *reader = NULL;
    assert_int_equal(store_reader_open_path(self->path, NULL, &reader, &error), DRAGOMAN_OK);
    store_reader_close(reader);
}

static void closing_settles_what_was_handed_over(void **state) {
    fixture *self = *state;
    enum { COUNT = 500 };
    store_kit_message *messages = calloc(COUNT, sizeof *messages);
    for (int i = 0; i < COUNT; i++) {
        store_kit_message_init(&messages[i], NULL, 0);
        store_kit_message_report(&messages[i], "report", "bed1", STORE_VALUES);
        store_kit_submit(self->store, &messages[i]);
    }
    close_store(self);
    for (int i = 0; i < COUNT; i++) {
        assert_durable(store_kit_wait(&messages[i]));
        store_kit_message_fini(&messages[i]);
    }
    free(messages);
    open_store(self);
    assert_int_equal(count_rows(self, "report"), COUNT);
}

int main(void) {
#define IN_A_STORE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_A_STORE(what_is_settled_survives_reopening),
        IN_A_STORE(the_same_bytes_again_are_a_duplicate_also_after_reopening),
        IN_A_STORE(the_same_id_with_other_bytes_is_new_and_counted),
        IN_A_STORE(a_message_without_id_is_never_a_duplicate),
        IN_A_STORE(a_message_without_reports_is_remembered),
        IN_A_STORE(two_equal_messages_of_one_commit_are_stored_once),
        IN_A_STORE(a_listener_hears_committed_rows_before_they_are_settled),
        IN_A_STORE(a_row_carries_lane_class_time_and_link),
        IN_A_STORE(positions_are_replaced_and_survive),
        IN_A_STORE(dead_letters_of_adapters_and_sinks_are_kept_shown_retried_removed),
        IN_A_STORE(adapter_state_commits_with_its_message_and_survives),
        IN_A_STORE(rows_are_found_by_device_and_time),
        IN_A_STORE(another_layout_is_refused_by_number),
        IN_A_STORE(a_foreign_database_and_a_text_file_are_refused),
        IN_A_STORE(a_second_store_on_the_same_file_is_refused),
        IN_A_STORE(closing_settles_what_was_handed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
