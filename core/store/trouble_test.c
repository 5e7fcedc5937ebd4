/* A disk that is full, read-only, failing, or locked: refused with the right status and a reason, told by the health,
 * and over as soon as the cause is. Nothing that was settled is lost, nothing else was settled. */
#include "kit/power_cut_vfs.h"
#include "kit/store_kit.h"

#include "base/bytes.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

typedef struct fixture {
    char folder[256];
    char path[300];
    store_options options;
    store *store;
    int settled; /* messages that were settled as durable */
    int next;    /* number of the next message */
} fixture;

static void open_store(fixture *self) {
    error_record error = {0};
    if (store_open(&self->options, &self->store, &error) != DRAGOMAN_OK) {
        fail_msg("%s", error.text);
    }
}

static int set_up(void **state) {
    fixture *self = calloc(1, sizeof *self);
    store_kit_folder(self->folder, sizeof self->folder);
    snprintf(self->path, sizeof self->path, "%s/store.db", self->folder);
    self->options = (store_options){.path = self->path, .vfs = POWER_CUT_VFS};
    power_cut_begin();
    open_store(self);
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    fixture *self = *state;
    power_cut_refuse(SQLITE_OK, NULL);
    store_close(self->store);
    power_cut_end();
    store_kit_remove(self->folder);
    free(self);
    return 0;
}

/* Sends message `number` from bed `number` modulo 3. */
static store_kit_answer send_number(fixture *self, int number) {
    char id[16];
    char text[2000];
    char device[8];
    snprintf(id, sizeof id, "m%d", number);
    memset(text, 'x', sizeof text);
    snprintf(text, sizeof text, "report %d ", number);
    text[strlen(text)] = 'x';
    text[sizeof text - 1] = '\0';
    snprintf(device, sizeof device, "bed%d", number % 3);
    store_kit_answer answer = store_kit_send(self->store, id, (uint64_t)number, text, device, STORE_VALUES);
    self->settled += answer.settlement == DRAGOMAN_DURABLE;
    return answer;
}

static store_kit_answer send(fixture *self) {
    return send_number(self, self->next++);
}

static store_health health_of(fixture *self) {
    store_health health;
    store_health_get(self->store, &health);
    return health;
}

/* Each message that was settled is there once, and nothing else; numbers rise. */
static void assert_all_there(fixture *self) {
    store_reader *reader = NULL;
    const store_row *rows = NULL;
    size_t count = 0;
    uint64_t after = 0;
    int found = 0;
    bool *is_seen = calloc((size_t)self->next, sizeof *is_seen);
    assert_int_equal(store_reader_open_path(self->path, NULL, &reader, NULL), DRAGOMAN_OK);
    do {
        assert_int_equal(store_reader_rows(reader, after, 100, 1 << 20, &rows, &count, NULL), DRAGOMAN_OK);
        for (size_t i = 0; i < count; i++) {
            int number = (int)strtol((const char *)rows[i].bytes.data + strlen("report "), NULL, 10);
            assert_in_range(number, 0, self->next - 1);
            assert_false(is_seen[number]);
            is_seen[number] = true;
            after = rows[i].number;
            found++;
        }
    } while (count > 0);
    store_reader_close(reader);
    free(is_seen);
    assert_int_equal(found, self->settled);
}

/* The disk refuses with `code` where names end in `ending`; senders are told `status` and `words`; then it is well
 * again. */
static void go_through(fixture *self, int code, const char *ending, dragoman_status status, const char *words) {
    for (int i = 0; i < 20; i++) {
        assert_int_equal(send(self).settlement, DRAGOMAN_DURABLE);
    }
    power_cut_refuse(code, ending);
    int refused_first = self->next;
    for (int i = 0; i < 5; i++) {
        store_kit_answer answer = send(self);
        assert_int_equal(answer.settlement, DRAGOMAN_NOT_KEPT);
        assert_int_equal(answer.status, status);
        assert_non_null(strstr(answer.reason, words));
        assert_int_equal(health_of(self).status, status);
        assert_non_null(strstr(health_of(self).reason, words));
    }
    assert_int_equal(health_of(self).refused, 5);
    store_position_put(self->store, "sink", &(store_position){.low_water = 7});
    power_cut_refuse(SQLITE_OK, NULL);
    /* The senders resend what was refused. */
    for (int i = 0; i < 5; i++) {
        store_kit_answer answer = send_number(self, refused_first + i);
        if (answer.settlement != DRAGOMAN_DURABLE) {
            fail_msg("not well again: %s", answer.reason);
        }
    }
    assert_int_equal(health_of(self).status, DRAGOMAN_OK);
    assert_string_equal(health_of(self).reason, "");
    assert_int_equal(health_of(self).devices, 3);
    assert_int_equal(health_of(self).rows, self->settled);
    assert_all_there(self);
    /* What rode with a refused commit was not lost. */
    arena memory;
    store_reader *reader = NULL;
    store_position position;
    arena_init(&memory, 1 << 16);
    assert_int_equal(store_reader_open(self->store, &reader, NULL), DRAGOMAN_OK);
    assert_int_equal(store_position_get(reader, "sink", &memory, &position), DRAGOMAN_OK);
    assert_int_equal(position.low_water, 7);
    store_reader_close(reader);
    arena_fini(&memory);
    store_close(self->store);
    assert_all_there(self);
    open_store(self);
    assert_int_equal(send_number(self, refused_first).settlement, DRAGOMAN_DUPLICATE);
    assert_int_equal(send_number(self, 0).settlement, DRAGOMAN_DUPLICATE);
}

static void a_full_disk_refuses_and_recovers(void **state) {
    go_through(*state, SQLITE_FULL, "", DRAGOMAN_FULL, "full");
}

static void a_read_only_disk_refuses_and_recovers(void **state) {
    go_through(*state, SQLITE_READONLY, "", DRAGOMAN_READ_ONLY, "cannot be written");
}

static void a_failing_write_refuses_and_recovers(void **state) {
    go_through(*state, SQLITE_IOERR_WRITE, "-wal", DRAGOMAN_IO, "check the disk");
}

static void a_failing_sync_refuses_and_recovers(void **state) {
    fixture *self = *state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(send(self).settlement, DRAGOMAN_DURABLE);
    }
    power_cut_refuse_syncs(SQLITE_IOERR_FSYNC);
    store_kit_answer answer = send(self);
    assert_int_equal(answer.settlement, DRAGOMAN_NOT_KEPT);
    assert_int_equal(answer.status, DRAGOMAN_IO);
    power_cut_refuse_syncs(SQLITE_OK);
    /* It may have come to the disk after all: then the resent one is known, and is there once in any case. */
    answer = send_number(self, self->next - 1);
    assert_int_not_equal(answer.settlement, DRAGOMAN_NOT_KEPT);
    self->settled += answer.settlement == DRAGOMAN_DUPLICATE;
    assert_int_equal(send(self).settlement, DRAGOMAN_DURABLE);
    assert_all_there(self);
}

static void a_checkpoint_that_fails_loses_nothing(void **state) {
    fixture *self = *state;
    power_cut_refuse(SQLITE_FULL, "store.db");
    while (health_of(self).status == DRAGOMAN_OK && self->next < 3000) {
        assert_int_equal(send(self).settlement, DRAGOMAN_DURABLE);
        store_kit_settle(self->store);
    }
    assert_int_equal(health_of(self).status, DRAGOMAN_FULL);
    power_cut_refuse(SQLITE_OK, NULL);
    assert_int_equal(send(self).settlement, DRAGOMAN_DURABLE);
    store_kit_settle(self->store);
    assert_int_equal(health_of(self).status, DRAGOMAN_OK);
    assert_all_there(self);
}

static void a_lock_of_another_program_refuses_and_recovers(void **state) {
    fixture *self = *state;
    sqlite3 *other = NULL;
    assert_int_equal(send(self).settlement, DRAGOMAN_DURABLE);
    assert_int_equal(sqlite3_open(self->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    store_kit_answer answer = send(self);
    assert_int_equal(answer.settlement, DRAGOMAN_NOT_KEPT);
    assert_int_equal(answer.status, DRAGOMAN_IO);
    assert_non_null(strstr(answer.reason, "another program holds a lock"));
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    assert_int_equal(send_number(self, 1).settlement, DRAGOMAN_DURABLE);
    assert_all_there(self);
}

static void a_store_that_was_moved_away_takes_nothing_until_it_is_back(void **state) {
    fixture *self = *state;
    char moved[320];
    snprintf(moved, sizeof moved, "%s.moved", self->path);
    assert_int_equal(send(self).settlement, DRAGOMAN_DURABLE);
    assert_int_equal(rename(self->path, moved), 0);
    assert_int_equal(send(self).settlement, DRAGOMAN_NOT_KEPT);
    assert_int_equal(send(self).settlement, DRAGOMAN_NOT_KEPT);
    FILE *other = fopen(self->path, "w"); /* an empty file is no store to go on with */
    assert_true(other != NULL && fclose(other) == 0);
    assert_int_equal(send(self).settlement, DRAGOMAN_NOT_KEPT);
    assert_int_equal(rename(moved, self->path), 0);
    store_kit_answer answer = send(self);
    if (answer.settlement != DRAGOMAN_DURABLE) {
        fail_msg("not well again: %s", answer.reason);
    }
    assert_all_there(self);
}

/* The same with the operating system's own limit: files may not grow. */
static void a_limit_of_the_system_refuses_and_recovers(void **state) {
    fixture *self = *state;
    struct rlimit old;
    struct stat wal;
    char path[320];
    signal(SIGXFSZ, SIG_IGN);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(send(self).settlement, DRAGOMAN_DURABLE);
    }
    snprintf(path, sizeof path, "%s-wal", self->path);
    assert_int_equal(stat(path, &wal), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    struct rlimit tight = {.rlim_cur = (rlim_t)wal.st_size + 6000, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    store_kit_answer answer = {.settlement = DRAGOMAN_DURABLE};
    while (answer.status == DRAGOMAN_OK && self->next < 100) {
        answer = send(self);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(answer.settlement, DRAGOMAN_NOT_KEPT);
    assert_int_equal(answer.status, DRAGOMAN_FULL);
    assert_int_equal(health_of(self).status, DRAGOMAN_FULL);
    assert_int_equal(send_number(self, self->next - 1).settlement, DRAGOMAN_DURABLE);
    assert_int_equal(health_of(self).status, DRAGOMAN_OK);
    assert_all_there(self);
}

static void a_log_without_its_store_is_not_thrown_away(void **state) {
    fixture *self = *state;
    char name[320];
    char log[320];
    char other_log[320];
    for (int i = 0; i < 3; i++) {
        assert_int_equal(send(self).settlement, DRAGOMAN_DURABLE);
    }
    /* As after a crash, the log has what was committed; then somebody deletes the store's file. */
    snprintf(name, sizeof name, "%s.other", self->path);
    snprintf(log, sizeof log, "%s-wal", self->path);
    snprintf(other_log, sizeof other_log, "%s.other-wal", self->path);
    assert_int_equal(link(log, other_log), 0);
    store_options options = self->options;
    options.path = name;
    store *other = NULL;
    error_record error = {0};
    assert_int_equal(store_open(&options, &other, &error), DRAGOMAN_CORRUPT);
    assert_non_null(strstr(error.text, "other-wal"));
    struct stat status;
    assert_int_equal(stat(other_log, &status), 0);
    assert_true(status.st_size > 0);
}

static void a_read_only_file_is_named_at_open(void **state) {
    fixture *self = *state;
    store_options options = self->options;
    store *other = NULL;
    error_record error = {0};
    char path[320];
    snprintf(path, sizeof path, "%s.other", self->path);
    options.path = path;
    assert_int_equal(store_open(&options, &other, &error), DRAGOMAN_OK);
    store_close(other);
    power_cut_refuse(SQLITE_READONLY, "other-wal");
    assert_int_equal(store_open(&options, &other, &error), DRAGOMAN_OK);
    store_kit_answer answer = store_kit_send(other, "A", 1, "report", "bed1", STORE_VALUES);
    assert_int_equal(answer.status, DRAGOMAN_READ_ONLY);
    power_cut_refuse(SQLITE_OK, NULL);
    store_close(other);
}

int main(void) {
#define ON_A_DISK(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ON_A_DISK(a_full_disk_refuses_and_recovers),
        ON_A_DISK(a_read_only_disk_refuses_and_recovers),
        ON_A_DISK(a_failing_write_refuses_and_recovers),
        ON_A_DISK(a_failing_sync_refuses_and_recovers),
        ON_A_DISK(a_checkpoint_that_fails_loses_nothing),
        ON_A_DISK(a_lock_of_another_program_refuses_and_recovers),
        ON_A_DISK(a_store_that_was_moved_away_takes_nothing_until_it_is_back),
        ON_A_DISK(a_limit_of_the_system_refuses_and_recovers),
        ON_A_DISK(a_log_without_its_store_is_not_thrown_away),
        ON_A_DISK(a_read_only_file_is_named_at_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
