/* A store whose files somebody made immutable while it was open: refused with the reason, still read, and well again
 * when they may be written. Takes a file system that knows such files, and the right to make them so. */
#include "kit/store_kit.h"
#include "store/vfs.h"

#include "base/bytes.h"
#include <fcntl.h>
#include <linux/fs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#define FILES 3

typedef struct fixture {
    char folder[256];
    char path[300];
    store *store;
    int files[FILES]; /* closed at the end only: closing one lets go of the locks that this process has on it */
} fixture;

static fixture the;

static int set_up(void **state) {
    static const char *const endings[FILES] = {"-shm", "-wal", ""};
    store_kit_folder(the.folder, sizeof the.folder);
    snprintf(the.path, sizeof the.path, "%s/store.db", the.folder);
    store_options options = {.path = the.path};
    assert_int_equal(store_open(&options, &the.store, NULL), DRAGOMAN_OK);
    for (int i = 0; i < FILES; i++) {
        char name[320];
        snprintf(name, sizeof name, "%s%s", the.path, endings[i]);
        the.files[i] = open(name, O_RDONLY | O_CLOEXEC);
        assert_true(the.files[i] >= 0);
    }
    *state = &the;
    return 0;
}

static bool change(int file, bool is_immutable) {
    int flags = 0;
    if (ioctl(file, FS_IOC_GETFLAGS, &flags) != 0) {
        return false;
    }
    flags = is_immutable ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
    return ioctl(file, FS_IOC_SETFLAGS, &flags) == 0;
}

static int tear_down(void **state) {
    (void)state;
    for (int i = 0; i < FILES; i++) {
        change(the.files[i], false);
    }
    store_close(the.store);
    for (int i = 0; i < FILES; i++) {
        close(the.files[i]);
    }
    store_kit_remove(the.folder);
    return 0;
}

static store_kit_answer send(const char *id) {
    return store_kit_send(the.store, id, (uint64_t)id[0], id, "bed1", STORE_VALUES);
}

static void assert_rows(size_t expected) {
    store_reader *reader = NULL;
    const store_row *rows = NULL;
    size_t count = 0;
    assert_int_equal(store_reader_open(the.store, &reader, NULL), DRAGOMAN_OK);
    assert_int_equal(store_reader_rows(reader, 0, 10, 4096, &rows, &count, NULL), DRAGOMAN_OK);
    assert_int_equal(count, expected);
    store_reader_close(reader);
}

/* The first `count` files may not be written for a while. */
static void go_through(int count) {
    store_health health;
    assert_int_equal(send("A").settlement, DRAGOMAN_DURABLE);
    for (int i = 0; i < count; i++) {
        if (!change(the.files[i], true)) {
            skip();
        }
    }
    for (int i = 0; i < 3; i++) {
        store_kit_answer answer = send("B");
        assert_int_equal(answer.settlement, DRAGOMAN_NOT_KEPT);
        assert_int_equal(answer.status, DRAGOMAN_READ_ONLY);
        assert_non_null(strstr(answer.reason, "writable"));
        assert_rows(1);
    }
    store_health_get(the.store, &health);
    assert_int_equal(health.status, DRAGOMAN_READ_ONLY);
    for (int i = 0; i < count; i++) {
        assert_true(change(the.files[i], false));
    }
    assert_int_equal(send("B").settlement, DRAGOMAN_DURABLE);
    store_health_get(the.store, &health);
    assert_int_equal(health.status, DRAGOMAN_OK);
    assert_rows(2);
}

static void shared_memory_that_may_not_be_written_ends_nobody(void **state) {
    (void)state;
    go_through(1);
}

static void a_log_that_may_not_be_written_is_refused_as_such(void **state) {
    (void)state;
    go_through(2);
}

static void nothing_of_it_may_be_written(void **state) {
    (void)state;
    go_through(3);
}

static void it_can_be_closed_meanwhile(void **state) {
    (void)state;
    assert_int_equal(send("A").settlement, DRAGOMAN_DURABLE);
    for (int i = 0; i < FILES; i++) {
        if (!change(the.files[i], true)) {
            skip();
        }
    }
    store_close(the.store);
    for (int i = 0; i < FILES; i++) {
        assert_true(change(the.files[i], false));
    }
    store_options options = {.path = the.path};
    assert_int_equal(store_open(&options, &the.store, NULL), DRAGOMAN_OK);
    assert_rows(1);
}

static void it_is_registered_once(void **state) {
    (void)state;
    assert_string_equal(store_vfs_name(), "dragoman");
    assert_ptr_equal(store_vfs_name(), store_vfs_name());
}

int main(void) {
#define ON_A_DISK(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ON_A_DISK(shared_memory_that_may_not_be_written_ends_nobody),
        ON_A_DISK(a_log_that_may_not_be_written_is_refused_as_such),
        ON_A_DISK(nothing_of_it_may_be_written),
        ON_A_DISK(it_can_be_closed_meanwhile),
        cmocka_unit_test(it_is_registered_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
