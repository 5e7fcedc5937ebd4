/* kill -9 at any moment: what the store said was settled is there when it is opened again, once. And readers that never
 * rest beside a writer do not let the log grow. */
#include "kit/store_kit.h"

#include "base/bytes.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROUNDS = 12, TEXT = 3000 };

static store *open_at(const char *path) {
    store *target = NULL;
    error_record error = {0};
    store_options options = {.path = path};
    if (store_open(&options, &target, &error) != DRAGOMAN_OK) {
        fail_msg("%s", error.text);
    }
    return target;
}

static store_kit_answer send_number(store *target, uint32_t number) {
    char id[16];
    char text[TEXT];
    memset(text, 'r', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    snprintf(id, sizeof id, "%u", number);
    text[snprintf(text, sizeof text, "%u ", number)] = 'r';
    return store_kit_send(target, id, number, text, "bed1", STORE_VALUES);
}

/* The child: sends one after the other, and tells each settled number through the pipe. */
static _Noreturn void send_until_killed(const char *path, uint32_t first, int told) {
    store *target = open_at(path);
    for (uint32_t number = first;; number++) {
        if (send_number(target, number).settlement == DRAGOMAN_NOT_KEPT ||
            write(told, &number, sizeof number) != sizeof number) {
            _exit(1);
        }
    }
}

/* Lets a child send, kills it after `us`, and returns one more than the last number that it said was settled. */
static uint32_t run_and_kill(const char *path, uint32_t first, int64_t us) {
    int ends[2];
    uint32_t next = first;
    uint32_t number = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        send_until_killed(path, first, ends[1]);
    }
    close(ends[1]);
    /* The moment counts from the first settled message on, so that every round has some. */
    assert_int_equal(read(ends[0], &number, sizeof number), sizeof number);
    struct timespec pause = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    nanosleep(&pause, NULL);
    kill(child, SIGKILL);
    do {
        assert_int_equal(number, next);
        next++;
    } while (read(ends[0], &number, sizeof number) == sizeof number);
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return next;
}

/* Each number below `count` is there once, in order, and nothing else is. */
static void assert_all_there(store *target, uint32_t count) {
    store_reader *reader = NULL;
    const store_row *rows = NULL;
    size_t found = 0;
    uint64_t after = 0;
    uint32_t next = 0;
    assert_int_equal(store_reader_open(target, &reader, NULL), DRAGOMAN_OK);
    do {
        assert_int_equal(store_reader_rows(reader, after, 256, 1 << 20, &rows, &found, NULL), DRAGOMAN_OK);
        for (size_t i = 0; i < found; i++) {
            assert_int_equal(strtoul((const char *)rows[i].bytes.data, NULL, 10), next);
            assert_true(rows[i].bytes.size >= TEXT - 1);
            after = rows[i].number;
            next++;
        }
    } while (found > 0);
    store_reader_close(reader);
    assert_int_equal(next, count);
}

static void settled_messages_survive_kill_9(void **state) {
    (void)state;
    char folder[256];
    char path[300];
    uint32_t next = 0;
    uint64_t random = 88172645463325252u;
    store_kit_folder(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/store.db", folder);
    for (int round = 0; round < ROUNDS; round++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        next = run_and_kill(path, next, (int64_t)(random % 120000));
        store *target = open_at(path);
        /* The sender resends what it was not told of: it may be there already. */
        assert_int_not_equal(send_number(target, next).settlement, DRAGOMAN_NOT_KEPT);
        assert_int_equal(send_number(target, next - 1).settlement, DRAGOMAN_DUPLICATE);
        next++;
        assert_all_there(target, next);
        store_close(target);
    }
    store_kit_remove(folder);
}

typedef struct restless {
    store *target;
    pthread_t thread;
    atomic_bool is_done;
    uint64_t seen;
    dragoman_status status;
} restless;

static void *read_without_rest(void *context) {
    restless *self = context;
    store_reader *reader = NULL;
    self->status = store_reader_open(self->target, &reader, NULL);
    uint64_t after = 0;
    while (self->status == DRAGOMAN_OK && !atomic_load(&self->is_done)) {
        const store_row *rows = NULL;
        size_t count = 0;
        self->status = store_reader_rows(reader, after, 64, 1 << 18, &rows, &count, NULL);
        self->seen += count;
        after = count == 0 ? 0 : rows[count - 1].number;
    }
    store_reader_close(reader);
    return NULL;
}

static void restless_readers_do_not_let_the_log_grow(void **state) {
    (void)state;
    enum { READERS = 2, GROUPS = 200, GROUP = 50 };
    char folder[256];
    char path[300];
    char log[310];
    char text[TEXT];
    store_kit_folder(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/store.db", folder);
    snprintf(log, sizeof log, "%s-wal", path);
    memset(text, 'r', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    store *target = open_at(path);
    restless readers[READERS] = {0};
    for (int i = 0; i < READERS; i++) {
        readers[i].target = target;
        pthread_create(&readers[i].thread, NULL, read_without_rest, &readers[i]);
    }
    store_kit_message *messages = calloc(GROUP, sizeof *messages);
    for (int group = 0; group < GROUPS; group++) {
        for (int i = 0; i < GROUP; i++) {
            store_kit_message_init(&messages[i], NULL, 0);
            store_kit_message_report(&messages[i], text, "bed1", STORE_VALUES);
            store_kit_submit(target, &messages[i]);
        }
        for (int i = 0; i < GROUP; i++) {
            assert_int_equal(store_kit_wait(&messages[i]).settlement, DRAGOMAN_DURABLE);
            store_kit_message_fini(&messages[i]);
        }
    }
    free(messages);
    for (int i = 0; i < READERS; i++) {
        atomic_store(&readers[i].is_done, true);
        pthread_join(readers[i].thread, NULL);
        assert_int_equal(readers[i].status, DRAGOMAN_OK);
        assert_true(readers[i].seen > 0);
    }
    struct stat status;
    assert_int_equal(stat(log, &status), 0);
    /* 10,000 rows are 40 MB of pages. */
    assert_in_range(status.st_size, 1, 20 << 20);
    store_close(target);
    store_kit_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settled_messages_survive_kill_9),
        cmocka_unit_test(restless_readers_do_not_let_the_log_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
