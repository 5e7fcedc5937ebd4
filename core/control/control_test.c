#include "control/address.h"
#include "control/control.h"

#include "base/bytes.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define LONG_ANSWER 3000000

typedef struct scene {
    char path[64];
    loop *on;
    control_server *server;
    pthread_t thread;
    dragoman_status asked;
    const char *request;
    buffer answer;
    error_record error;
} scene;

static void answer(void *context, dragoman_bytes request, buffer *to) {
    (void)context;
    if (bytes_is(request, "long")) {
        for (int i = 0; i < LONG_ANSWER; i++) {
            buffer_append_byte(to, 'x');
        }
        return;
    }
    if (bytes_is(request, "nothing")) {
        return;
    }
    buffer_append_text(to, "you said ");
    buffer_append_bytes(to, request);
}

static int set_up(void **state) {
    scene *self = calloc(1, sizeof(*self));
    snprintf(self->path, sizeof(self->path), "/tmp/control-test-%d.sock", (int)getpid());
    buffer_init(&self->answer);
    assert_int_equal(loop_create(&self->on, NULL), DRAGOMAN_OK);
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    scene *self = *state;
    control_server_destroy(self->server);
    loop_destroy(self->on);
    buffer_fini(&self->answer);
    free(self);
    return 0;
}

static void *ask(void *context) {
    scene *self = context;
    self->asked = control_ask(self->path, self->request, &self->answer, &self->error);
    loop_stop(self->on);
    return NULL;
}

static void ask_from_a_thread(scene *self, const char *request) {
    self->request = request;
    assert_int_equal(pthread_create(&self->thread, NULL, ask, self), 0);
    loop_run(self->on);
    pthread_join(self->thread, NULL);
}

static void a_request_is_answered(void **state) {
    scene *self = *state;
    assert_int_equal(control_server_create(self->on, self->path, answer, NULL, &self->server, NULL), DRAGOMAN_OK);
    ask_from_a_thread(self, "status");
    assert_int_equal(self->asked, DRAGOMAN_OK);
    assert_true(bytes_is(buffer_bytes(&self->answer), "you said status"));
    buffer_reset(&self->answer);
    ask_from_a_thread(self, "long");
    assert_int_equal(self->answer.size, LONG_ANSWER);
}

static void an_answer_may_be_empty(void **state) {
    scene *self = *state;
    assert_int_equal(control_server_create(self->on, self->path, answer, NULL, &self->server, NULL), DRAGOMAN_OK);
    ask_from_a_thread(self, "nothing");
    assert_int_equal(self->asked, DRAGOMAN_OK);
    assert_int_equal(self->answer.size, 0);
}

static int dial(const scene *self) {
    struct sockaddr_un to;
    assert_int_equal(control_address(self->path, &to, NULL), DRAGOMAN_OK);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        abort();
    }
    assert_int_equal(connect(descriptor, (struct sockaddr *)&to, sizeof(to)), 0);
    return descriptor;
}

static void a_slow_client_holds_nobody_up(void **state) {
    scene *self = *state;
    char heard[64] = {0};
    assert_int_equal(control_server_create(self->on, self->path, answer, NULL, &self->server, NULL), DRAGOMAN_OK);
    int slow = dial(self);
    assert_int_equal(send(slow, "sta", 3, 0), 3);
    ask_from_a_thread(self, "quick");
    assert_true(bytes_is(buffer_bytes(&self->answer), "you said quick"));
    assert_int_equal(send(slow, "tus\n", 4, 0), 4);
    buffer_reset(&self->answer);
    ask_from_a_thread(self, "again");
    assert_int_equal(recv(slow, heard, sizeof(heard), MSG_WAITALL), (int)strlen("you said status"));
    assert_string_equal(heard, "you said status");
    close(slow);
}

static void a_request_without_end_is_cut_off(void **state) {
    scene *self = *state;
    char endless[CONTROL_REQUEST_BYTES];
    char heard;
    memset(endless, 'x', sizeof(endless));
    assert_int_equal(control_server_create(self->on, self->path, answer, NULL, &self->server, NULL), DRAGOMAN_OK);
    int client = dial(self);
    assert_int_equal(send(client, endless, sizeof(endless), 0), (int)sizeof(endless));
    ask_from_a_thread(self, "quick");
    assert_int_equal(recv(client, &heard, 1, 0), 0);
    close(client);
}

static void ring_out(void *context) {
    loop_stop(context);
}

static int64_t busy_us(void) {
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void without_descriptors_it_waits(void **state) {
    scene *self = *state;
    struct rlimit before;
    assert_int_equal(control_server_create(self->on, self->path, answer, NULL, &self->server, NULL), DRAGOMAN_OK);
    loop_timer *timer = loop_timer_create(self->on, ring_out, self->on);
    loop_timer_set(timer, clock_now().monotonic_us + 200000);
    int client = dial(self);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    int lowest = dup(STDOUT_FILENO);
    close(lowest);
    struct rlimit none = {.rlim_cur = (rlim_t)lowest, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int64_t begun_us = busy_us();
    loop_run(self->on);
    int64_t busy = busy_us() - begun_us;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(busy < 100000);
    loop_timer_destroy(timer);
    ask_from_a_thread(self, "status");
    assert_true(bytes_is(buffer_bytes(&self->answer), "you said status"));
    close(client);
}

static void only_its_own_user_may_ask(void **state) {
    scene *self = *state;
    struct stat about;
    assert_int_equal(control_server_create(self->on, self->path, answer, NULL, &self->server, NULL), DRAGOMAN_OK);
    assert_int_equal(stat(self->path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
}

static void there_is_one_server_and_a_dead_ones_socket_is_replaced(void **state) {
    scene *self = *state;
    control_server *other = NULL;
    error_record error = {0};
    assert_int_equal(control_server_create(self->on, self->path, answer, NULL, &self->server, NULL), DRAGOMAN_OK);
    assert_int_equal(control_server_create(self->on, self->path, answer, NULL, &other, &error), DRAGOMAN_EXISTS);
    control_server_destroy(self->server);
    self->server = NULL;
    assert_int_equal(access(self->path, F_OK), -1);
    struct sockaddr_un address;
    int left_over = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(control_address(self->path, &address, NULL), DRAGOMAN_OK);
    assert_int_equal(bind(left_over, (const struct sockaddr *)&address, sizeof address), 0);
    close(left_over);
    assert_int_equal(access(self->path, F_OK), 0);
    assert_int_equal(control_server_create(self->on, self->path, answer, NULL, &self->server, NULL), DRAGOMAN_OK);
}

static void what_is_no_socket_is_left_alone(void **state) {
    scene *self = *state;
    error_record error = {0};
    int precious = open(self->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(precious >= 0);
    close(precious);
    assert_int_equal(control_server_create(self->on, self->path, answer, NULL, &self->server, &error), DRAGOMAN_EXISTS);
    assert_non_null(strstr(error.text, "no socket"));
    assert_int_equal(unlink(self->path), 0);
}

static void a_folder_that_is_not_there_is_named(void **state) {
    scene *self = *state;
    error_record error = {0};
    assert_int_equal(control_server_create(self->on, "/no/such/folder.sock", answer, NULL, &self->server, &error),
                     DRAGOMAN_IO);
    assert_non_null(strstr(error.text, "/no/such/folder.sock"));
    assert_non_null(strstr(error.text, "its folder must exist"));
}

/* A server that takes nobody in: its queue is full, and it still runs. */
static void a_server_too_busy_to_answer_keeps_its_socket(void **state) {
    scene *self = *state;
    int waiting[2];
    struct sockaddr_un address;
    assert_int_equal(control_address(self->path, &address, NULL), DRAGOMAN_OK);
    int busy = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(busy, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(busy, 0), 0);
    for (int i = 0; i < 2; i++) {
        waiting[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        int answered = connect(waiting[i], (struct sockaddr *)&address, sizeof(address));
        assert_true(answered == 0 || errno == EAGAIN);
    }
    assert_int_equal(control_server_create(self->on, self->path, answer, NULL, &self->server, NULL), DRAGOMAN_EXISTS);
    assert_int_equal(access(self->path, F_OK), 0);
    close(waiting[0]);
    close(waiting[1]);
    close(busy);
    unlink(self->path);
}

static void nobody_there_is_told_so(void **state) {
    scene *self = *state;
    assert_int_equal(control_ask(self->path, "status", &self->answer, &self->error), DRAGOMAN_NOT_FOUND);
    char longest[300];
    snprintf(longest, sizeof(longest), "/%0290d", 0);
    assert_int_equal(control_ask(longest, "status", &self->answer, &self->error), DRAGOMAN_LIMIT);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(a_request_is_answered),
                                       TEST(an_answer_may_be_empty),
                                       TEST(a_slow_client_holds_nobody_up),
                                       TEST(a_request_without_end_is_cut_off),
                                       TEST(without_descriptors_it_waits),
                                       TEST(only_its_own_user_may_ask),
                                       TEST(there_is_one_server_and_a_dead_ones_socket_is_replaced),
                                       TEST(what_is_no_socket_is_left_alone),
                                       TEST(a_folder_that_is_not_there_is_named),
                                       TEST(a_server_too_busy_to_answer_keeps_its_socket),
                                       TEST(nobody_there_is_told_so)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
