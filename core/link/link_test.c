/* Links over real sockets: who comes and goes, what is read when, what leaves when. TLS is in tls_test.c. */
#include "base/bytes.h"
#include "kit/link_scene.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct stage {
    scene scene;
    link_options options;
    link_link *link;
    int client, other; /* sockets of clients, or -1 */
    int listener;      /* of a device that waits for us, or -1 */
} stage;

static int set_up(void **state) {
    stage *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    scene_init(&self->scene);
    self->client = self->other = self->listener = -1;
    *state = self;
    return 0;
}

static void hang_up(int *descriptor) {
    if (*descriptor >= 0) {
        close(*descriptor);
        *descriptor = -1;
    }
}

static int tear_down(void **state) {
    stage *self = *state;
    link_destroy(self->link);
    hang_up(&self->client);
    hang_up(&self->other);
    hang_up(&self->listener);
    scene_fini(&self->scene);
    free(self);
    return 0;
}

static void start(stage *self) {
    error_record error = {0};
    dragoman_status status = link_create(self->scene.on, self->scene.environment, &self->options, &self->link, &error);
    assert_string_equal(error.text, "");
    assert_int_equal(status, DRAGOMAN_OK);
}

static void listen_with(stage *self, uint32_t connections_max, uint32_t unsettled_max) {
    self->options = scene_options(&self->scene, LINK_TCP, 0);
    self->options.connections_max = connections_max;
    self->options.unsettled_max = unsettled_max;
    start(self);
    self->client = scene_dial(link_port(self->link));
    assert_true(self->client >= 0);
}

static link_health health_of(const stage *self) {
    link_health health;
    link_health_get(self->link, &health);
    return health;
}

/* A talk on a second connection: when it is over, everything that was ready before it has been dealt with. */
static bool talk_aside(void *context) {
    stage *self = context;
    hang_up(&self->other);
    self->other = scene_dial(link_port(self->link));
    return scene_say(self->other, "who\n") && scene_hears(self->other, "nobody\n");
}

static bool talk(void *context) {
    stage *self = context;
    return scene_say(self->client, "a\nb") && scene_hears(self->client, "D1\n") && scene_say(self->client, "\n") &&
           scene_hears(self->client, "D2\n") && shutdown(self->client, SHUT_WR) == 0 && scene_is_over(self->client);
}

static void a_session_is_answered_and_ends_with_its_peer(void **state) {
    stage *self = *state;
    listen_with(self, 8, 8);
    assert_int_equal(health_of(self).state, LINK_NEVER_SEEN);
    assert_true(scene_converse(&self->scene, talk, self));
    assert_int_equal(self->scene.kept_count, 2);
    link_health health = health_of(self);
    assert_int_equal(health.sessions, 0);
    assert_int_equal(health.sessions_total, 1);
    assert_int_equal(health.bytes_in, 4);
    assert_int_equal(health.bytes_out, 6);
    assert_int_equal(health.state, LINK_GONE);
    assert_true(health.last_heard_us > 0);
}

static bool ask_for_everything(void *context) {
    stage *self = context;
    return scene_say(self->client, "open\n") && scene_hears(self->client, "refused\n") &&
           scene_say(self->client, "wake\n") && scene_hears(self->client, "woke\n") &&
           scene_say(self->client, "who\nclose\n") && scene_hears(self->client, "nobody\n") &&
           scene_is_over(self->client);
}

static void actions_are_done_or_refused_and_deadlines_kept(void **state) {
    stage *self = *state;
    listen_with(self, 8, 8);
    assert_true(scene_converse(&self->scene, ask_for_everything, self));
    assert_int_equal(health_of(self).restarts, 0);
}

static bool give_up(void *context) {
    stage *self = context;
    return scene_say(self->client, "fail\nwho\n") && scene_is_over(self->client) && talk_aside(self);
}

static void an_adapter_that_gives_up_costs_its_session_only(void **state) {
    stage *self = *state;
    listen_with(self, 8, 8);
    assert_true(scene_converse(&self->scene, give_up, self));
    assert_int_equal(health_of(self).restarts, 1);
    assert_int_equal(health_of(self).sessions, 1);
}

static bool quit(void *context) {
    stage *self = context;
    return scene_say(self->client, "quit\na\n") && scene_is_over(self->client) && talk_aside(self);
}

static void giving_up_when_settled_counts_too(void **state) {
    stage *self = *state;
    listen_with(self, 8, 8);
    assert_true(scene_converse(&self->scene, quit, self));
    assert_int_equal(health_of(self).restarts, 1);
}

static bool say_ten(void *context) {
    stage *self = context;
    return scene_say(self->client, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
}

static bool say_more(void *context) {
    stage *self = context;
    return scene_say(self->client, "11\n12\n") && talk_aside(self);
}

static bool hear_all(void *context) {
    stage *self = context;
    return scene_hears(self->client, "D1\nD2\nD3\nD4\nD5\nD6\nD7\nD8\nD9\nD10\nD11\nD12\n");
}

static void too_much_that_is_unsettled_is_not_read(void **state) {
    stage *self = *state;
    listen_with(self, 8, 4);
    self->scene.is_holding = true;
    self->scene.stop_at = 4;
    assert_true(say_ten(self));
    scene_run(&self->scene);
    uint64_t heard = health_of(self).bytes_in;
    assert_true(scene_converse(&self->scene, say_more, self));
    assert_int_equal(self->scene.kept_count, 4);
    assert_int_equal(health_of(self).bytes_in, heard + sizeof("who\n") - 1);
    self->scene.is_holding = false;
    scene_settle(&self->scene, DRAGOMAN_DURABLE);
    assert_true(scene_converse(&self->scene, hear_all, self));
    assert_int_equal(self->scene.kept_count, 12);
}

static bool say_and_end(void *context) {
    stage *self = context;
    return say_ten(self) && shutdown(self->client, SHUT_WR) == 0 && talk_aside(self);
}

static bool hear_ten_and_the_end(void *context) {
    stage *self = context;
    return scene_hears(self->client, "D1\nD2\nD3\nD4\nD5\nD6\nD7\nD8\nD9\nD10\n") && scene_is_over(self->client);
}

static void who_ends_while_it_is_held_back_is_heard_to_the_end(void **state) {
    stage *self = *state;
    listen_with(self, 8, 4);
    self->scene.is_holding = true;
    assert_true(scene_converse(&self->scene, say_and_end, self));
    assert_int_equal(self->scene.kept_count, 4);
    self->scene.is_holding = false;
    scene_settle(&self->scene, DRAGOMAN_DURABLE);
    assert_true(scene_converse(&self->scene, hear_ten_and_the_end, self));
}

/* A device that waits for us: a socket of the test's. */
static uint16_t bind_as_device(stage *self) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(at);
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (self->listener < 0) {
        abort();
    }
    assert_int_equal(bind(self->listener, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(getsockname(self->listener, (struct sockaddr *)&at, &size), 0);
    return ntohs(at.sin_port);
}

static uint16_t wait_as_device(stage *self) {
    uint16_t port = bind_as_device(self);
    if (self->listener < 0 || listen(self->listener, 8) != 0) {
        abort();
    }
    return port;
}

/* The client's kernel takes little that the client does not read. */
static void read_nothing(int client) {
    int small = 4096;
    assert_int_equal(setsockopt(client, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
}

static void a_peer_that_never_reads_is_let_go(void **state) {
    stage *self = *state;
    listen_with(self, 8, 8);
    read_nothing(self->client);
    assert_true(scene_say(self->client, "big\nbig\nbig\nbig\nbig\nbig\nbig\nbig\nbig\nbig\n"));
    self->scene.stop_word = "it does not read";
    scene_run(&self->scene);
    assert_int_equal(health_of(self).sessions, 0);
    assert_true(scene_converse(&self->scene, talk_aside, self));
}

/* How many megabytes the kernel takes for a peer that reads nothing. */
static int kernel_megabytes(stage *self) {
    static const uint8_t big[1 << 20];
    self->other = scene_dial(wait_as_device(self));
    int sender = accept4(self->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    read_nothing(self->other);
    size_t taken = 0;
    for (ssize_t size = 0; size >= 0; size = send(sender, big, sizeof(big), MSG_NOSIGNAL)) {
        taken += (size_t)size;
    }
    close(sender);
    return (int)(taken >> 20);
}

static void a_peer_that_reads_nothing_of_the_last_answer_is_let_go(void **state) {
    stage *self = *state;
    int megabytes = kernel_megabytes(self);
    listen_with(self, 8, 8);
    self->options.send_timeout_us = 100000;
    read_nothing(self->client);
    for (int i = 0; i < megabytes + 2; i++) {
        assert_true(scene_say(self->client, "big\n"));
    }
    assert_true(scene_say(self->client, "close\n"));
    self->scene.stop_word = "takes nothing any more";
    scene_run(&self->scene);
    assert_int_equal(health_of(self).sessions, 0);
}

static bool come_too_late(void *context) {
    stage *self = context;
    self->other = scene_dial(link_port(self->link));
    return scene_say(self->client, "who\n") && scene_hears(self->client, "nobody\n") && scene_is_over(self->other);
}

static bool come_again(void *context) {
    stage *self = context;
    hang_up(&self->client);
    /* The listener may meet the new one before it learns that the old one has gone: it is turned away then. */
    for (;;) {
        self->client = scene_dial(link_port(self->link));
        char answer[8] = {0};
        if (scene_say(self->client, "who\n") && recv(self->client, answer, 7, MSG_WAITALL) == 7) {
            return strcmp(answer, "nobody\n") == 0;
        }
        hang_up(&self->client);
    }
}

static void there_are_so_many_connections_and_no_more(void **state) {
    stage *self = *state;
    listen_with(self, 1, 8);
    assert_true(scene_converse(&self->scene, come_too_late, self));
    assert_non_null(strstr(self->scene.said, "1 connections are the limit"));
    assert_true(scene_converse(&self->scene, come_again, self));
}

/* The link's own end of the client's connection. */
static int other_end(const stage *self) {
    struct sockaddr_in ours = {.sin_family = AF_UNSPEC};
    struct sockaddr_in theirs = {.sin_family = AF_UNSPEC};
    socklen_t size = sizeof(ours);
    assert_int_equal(getsockname(self->client, (struct sockaddr *)&ours, &size), 0);
    for (int i = 0; i < 1024; i++) {
        size = sizeof(theirs);
        if (getpeername(i, (struct sockaddr *)&theirs, &size) == 0 && theirs.sin_family == AF_INET &&
            theirs.sin_port == ours.sin_port) {
            return i;
        }
    }
    return -1;
}

static int option_of(int descriptor, int level, int name) {
    int value = -1;
    socklen_t size = sizeof(value);
    assert_int_equal(getsockopt(descriptor, level, name, &value, &size), 0);
    return value;
}

/* A monitor that lost its power never says so, and comes back with a new connection. */
static void a_peer_that_is_gone_without_a_word_is_noticed_in_minutes(void **state) {
    stage *self = *state;
    listen_with(self, 8, 8);
    assert_true(scene_converse(&self->scene, talk_aside, self));
    int end = other_end(self);
    assert_true(end >= 0);
    assert_int_equal(option_of(end, SOL_SOCKET, SO_KEEPALIVE), 1);
    int quiet_s = option_of(end, IPPROTO_TCP, TCP_KEEPIDLE);
    int between_s = option_of(end, IPPROTO_TCP, TCP_KEEPINTVL);
    assert_true(quiet_s + between_s * option_of(end, IPPROTO_TCP, TCP_KEEPCNT) <= 180);
}

static bool come_when_there_is_room(void *context) {
    stage *self = context;
    return scene_say(self->client, "who\n") && scene_hears(self->client, "nobody\n");
}

static void without_descriptors_it_waits_and_says_so_once(void **state) {
    stage *self = *state;
    struct rlimit before;
    listen_with(self, 8, 8);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    /* The lowest free descriptor is the first that must not be had. */
    int lowest = dup(STDOUT_FILENO);
    close(lowest);
    struct rlimit none = {.rlim_cur = (rlim_t)lowest, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    self->scene.stop_word = "no descriptor is left";
    scene_run(&self->scene);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(scene_converse(&self->scene, come_when_there_is_room, self));
    assert_int_equal(self->scene.said_count, 1);
}

static bool keep_one(void *context) {
    stage *self = context;
    return scene_say(self->client, "a\n") && talk_aside(self);
}

static bool hear_the_last(void *context) {
    stage *self = context;
    return scene_hears(self->client, "D1\n") && scene_is_over(self->client);
}

static void draining_waits_for_what_is_unsettled(void **state) {
    stage *self = *state;
    listen_with(self, 8, 8);
    self->scene.is_holding = true;
    assert_true(scene_converse(&self->scene, keep_one, self));
    uint16_t port = link_port(self->link);
    link_drain(self->link);
    assert_int_equal(scene_dial(port), -1);
    assert_int_equal(health_of(self).sessions, 1);
    assert_false(link_is_drained(self->link));
    scene_settle(&self->scene, DRAGOMAN_DURABLE);
    assert_true(scene_converse(&self->scene, hear_the_last, self));
    assert_true(link_is_drained(self->link));
}

static void messages_outlive_their_link(void **state) {
    stage *self = *state;
    listen_with(self, 8, 8);
    self->scene.is_holding = true;
    assert_true(scene_converse(&self->scene, keep_one, self));
    link_destroy(self->link);
    self->link = NULL;
    assert_int_equal(self->scene.kept_count, 1);
    assert_true(bytes_is(self->scene.kept[0]->store.id, "a"));
}

static bool be_called_twice(void *context) {
    stage *self = context;
    for (int i = 0; i < 2; i++) {
        int device = accept(self->listener, NULL, NULL);
        if (device < 0 || !scene_hears(device, "who\n") || !scene_say(device, "a\n") || !scene_hears(device, "D1\n")) {
            return false;
        }
        close(device);
    }
    return true;
}

static void a_lost_device_is_called_again(void **state) {
    stage *self = *state;
    uint16_t port = wait_as_device(self);
    self->options = scene_options(&self->scene, LINK_TCP, port);
    start(self);
    assert_int_equal(health_of(self).state, LINK_CONNECTING);
    assert_true(scene_converse(&self->scene, be_called_twice, self));
    assert_int_equal(health_of(self).sessions_total, 2);
}

static void calling_in_vain_is_done_less_and_less_often(void **state) {
    stage *self = *state;
    uint16_t port = bind_as_device(self); /* nobody listens */
    self->options = scene_options(&self->scene, LINK_TCP, port);
    self->scene.stop_word = "cannot connect";
    start(self);
    int64_t at_us[3];
    for (int i = 0; i < 3; i++) {
        scene_run(&self->scene);
        at_us[i] = self->scene.said_at_us;
    }
    assert_true(at_us[1] - at_us[0] >= LINK_BACKOFF_FIRST_US / 2);
    assert_true(at_us[2] - at_us[1] >= LINK_BACKOFF_FIRST_US);
    assert_int_equal(health_of(self).state, LINK_CONNECTING);
    assert_non_null(strstr(health_of(self).last_error, "Connection refused"));
}

static void a_name_that_does_not_exist_is_told(void **state) {
    stage *self = *state;
    self->options = scene_options(&self->scene, LINK_TCP, 1);
    link_channel_options *channel = &self->scene.channels[0];
    snprintf(channel->address.host, sizeof(channel->address.host), "nowhere.invalid");
    self->scene.stop_word = "nowhere.invalid cannot be found";
    start(self);
    scene_run(&self->scene);
}

static void a_port_that_is_taken_is_told(void **state) {
    stage *self = *state;
    error_record error = {0};
    link_link *second = NULL;
    listen_with(self, 8, 8);
    link_options options = self->options;
    link_channel_options taken = self->scene.channels[0];
    snprintf(taken.address.port, sizeof(taken.address.port), "%u", link_port(self->link));
    options.channels = &taken;
    assert_int_equal(link_create(self->scene.on, self->scene.environment, &options, &second, &error), DRAGOMAN_IO);
    assert_non_null(strstr(error.text, "Address already in use"));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_session_is_answered_and_ends_with_its_peer),
        TEST(actions_are_done_or_refused_and_deadlines_kept),
        TEST(an_adapter_that_gives_up_costs_its_session_only),
        TEST(giving_up_when_settled_counts_too),
        TEST(too_much_that_is_unsettled_is_not_read),
        TEST(who_ends_while_it_is_held_back_is_heard_to_the_end),
        TEST(a_peer_that_never_reads_is_let_go),
        TEST(a_peer_that_reads_nothing_of_the_last_answer_is_let_go),
        TEST(there_are_so_many_connections_and_no_more),
        TEST(a_peer_that_is_gone_without_a_word_is_noticed_in_minutes),
        TEST(without_descriptors_it_waits_and_says_so_once),
        TEST(draining_waits_for_what_is_unsettled),
        TEST(messages_outlive_their_link),
        TEST(a_lost_device_is_called_again),
        TEST(calling_in_vain_is_done_less_and_less_often),
        TEST(a_name_that_does_not_exist_is_told),
        TEST(a_port_that_is_taken_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
