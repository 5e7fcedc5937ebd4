/* A real file system that is full: 4 MiB of memory, filled by somebody else. */
#include "kit/store_kit.h"

#include "base/bytes.h"
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

static void write_text(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file >= 0) {
        ssize_t written = write(file, text, strlen(text));
        (void)written;
        close(file);
    }
}

/* A mount table of our own: as root, or as root of a user namespace of our own. */
static bool enter_namespace(void) {
    if (unshare(CLONE_NEWNS) == 0) {
        return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    }
    char map[64];
    snprintf(map, sizeof map, "0 %u 1", (unsigned)getuid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
        return false;
    }
    write_text("/proc/self/uid_map", map);
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static int fill(const char *path) {
    static const char block[4096];
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int blocks = 0;
    while (file >= 0 && write(file, block, sizeof block) == (ssize_t)sizeof block) {
        blocks++;
    }
    close(file);
    return blocks;
}

static store_kit_answer send_number(store *target, int number) {
    char id[16];
    char text[3000];
    snprintf(id, sizeof id, "m%d", number);
    memset(text, 'r', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    return store_kit_send(target, id, (uint64_t)number, text, "bed1", STORE_VALUES);
}

static uint64_t count_rows(store *target) {
    store_reader *reader = NULL;
    const store_row *rows = NULL;
    size_t count = 0;
    assert_int_equal(store_reader_open(target, &reader, NULL), DRAGOMAN_OK);
    assert_int_equal(store_reader_rows(reader, 0, 4096, 1 << 26, &rows, &count, NULL), DRAGOMAN_OK);
    store_reader_close(reader);
    return count;
}

static void a_file_system_that_fills_up_refuses_and_recovers(void **state) {
    (void)state;
    char folder[256];
    char path[300];
    char ballast[300];
    store *target = NULL;
    store_health health;
    if (!enter_namespace()) {
        print_message("this machine lets us mount nothing\n");
        skip();
    }
    store_kit_folder(folder, sizeof folder);
    assert_int_equal(mount("tmpfs", folder, "tmpfs", 0, "size=4m"), 0);
    snprintf(path, sizeof path, "%s/store.db", folder);
    snprintf(ballast, sizeof ballast, "%s/ballast", folder);
    store_options options = {.path = path};
    assert_int_equal(store_open(&options, &target, NULL), DRAGOMAN_OK);
    int kept = 0;
    for (; kept < 50; kept++) {
        assert_int_equal(send_number(target, kept).settlement, DRAGOMAN_DURABLE);
    }
    assert_true(fill(ballast) > 100);
    store_kit_answer answer = {.settlement = DRAGOMAN_DURABLE};
    for (; answer.status == DRAGOMAN_OK && kept < 1000; kept++) {
        answer = send_number(target, kept);
    }
    kept--;
    assert_int_equal(answer.settlement, DRAGOMAN_NOT_KEPT);
    assert_int_equal(answer.status, DRAGOMAN_FULL);
    assert_non_null(strstr(answer.reason, "full"));
    store_health_get(target, &health);
    assert_int_equal(health.status, DRAGOMAN_FULL);
    assert_int_equal(count_rows(target), kept);
    assert_int_equal(unlink(ballast), 0);
    assert_int_equal(send_number(target, kept).settlement, DRAGOMAN_DURABLE);
    store_health_get(target, &health);
    assert_int_equal(health.status, DRAGOMAN_OK);
    store_close(target);
    assert_int_equal(store_open(&options, &target, NULL), DRAGOMAN_OK);
    assert_int_equal(count_rows(target), kept + 1);
    store_close(target);
    assert_int_equal(umount(folder), 0);
    store_kit_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_system_that_fills_up_refuses_and_recovers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
