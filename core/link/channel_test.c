/* Links with one instance and several channels: what the instance lives through, and where it may send. */
#include "base/bytes.h"
#include "kit/link_actor.h"
#include "kit/link_scene.h"
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct stage {
    scene scene;
    link_options options;
    link_link *link;
    int client, other; /* sockets of clients, or -1 */
    int listener;
} stage;

static int set_up(void **state) {
    stage *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    scene_init(&self->scene);
    self->scene.adapter.descriptor = &actor_descriptor;
    self->client = self->other = self->listener = -1;
    self->options = scene_options(&self->scene, LINK_TCP, 0);
    actor_reset();
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
    assert_int_equal(actor_seen.made, actor_seen.gone);
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

/* `main` and `side` wait for connections. */
static void start_two(stage *self) {
    scene_channel(&self->scene, ACTOR_SIDE, LINK_TCP, 0);
    self->options.channel_count = 2;
    start(self);
}

static link_health health_of(const stage *self) {
    link_health health;
    link_health_get(self->link, &health);
    return health;
}

static bool talk_on_both(void *context) {
    stage *self = context;
    self->client = scene_dial(link_channel_port(self->link, ACTOR_MAIN));
    self->other = scene_dial(link_channel_port(self->link, ACTOR_SIDE));
    return scene_say(self->other, "say side ready\n") && scene_hears(self->other, "ready") &&
           scene_say(self->client, "say side across\n") && scene_hears(self->other, "across") &&
           scene_say(self->other, "say main back\n") && scene_hears(self->client, "back");
}

static void two_channels_are_one_instance(void **state) {
    stage *self = *state;
    start_two(self);
    assert_int_equal(actor_seen.made, 1);
    assert_true(scene_converse(&self->scene, talk_on_both, self));
    assert_int_equal(actor_seen.made, 1);
    assert_true(actor_has("opened main by 127.0.0.1:"));
    assert_true(actor_has("opened side by 127.0.0.1:"));
    assert_int_equal(health_of(self).sessions, 2);
}

static bool come_twice(void *context) {
    stage *self = context;
    for (int i = 0; i < 2; i++) {
        self->client = scene_dial(link_port(self->link));
        if (!scene_say(self->client, "say main x\n") || !scene_hears(self->client, "x")) {
            return false;
        }
        shutdown(self->client, SHUT_WR);
        if (!scene_is_over(self->client)) {
            return false;
        }
        hang_up(&self->client);
    }
    return true;
}

static void the_instance_outlives_its_connections(void **state) {
    stage *self = *state;
    start(self);
    assert_true(scene_converse(&self->scene, come_twice, self));
    assert_int_equal(actor_seen.made, 1);
    assert_int_equal(actor_seen.gone, 0);
    assert_true(actor_has("closed main 1\nopened main by"));
    assert_int_equal(health_of(self).sessions_total, 2);
    assert_int_equal(health_of(self).sessions, 0);
}

/* A device that lost its power does not say so, and its old connection seems to live. */
static bool come_again_from_the_same_host(void *context) {
    stage *self = context;
    self->client = scene_dial(link_port(self->link));
    bool is_first = scene_say(self->client, "say main x\n") && scene_hears(self->client, "x");
    self->other = scene_dial(link_port(self->link));
    return is_first && scene_say(self->other, "say main y\n") && scene_hears(self->other, "y") &&
           scene_is_over(self->client);
}

static void a_device_that_comes_again_takes_its_own_place(void **state) {
    stage *self = *state;
    start(self);
    assert_true(scene_converse(&self->scene, come_again_from_the_same_host, self));
    assert_true(actor_has("closed main 2\nopened main by"));
    assert_int_equal(health_of(self).sessions, 1);
}

/* 127.0.0.2 is the same machine, but another address. */
static int dial_from_elsewhere(uint16_t port) {
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK + 1)}};
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&from, sizeof(from)) != 0 ||
        connect(descriptor, (struct sockaddr *)&to, sizeof(to)) != 0) {
        abort();
    }
    return descriptor;
}

static bool come_from_elsewhere(void *context) {
    stage *self = context;
    self->client = scene_dial(link_port(self->link));
    bool is_first = scene_say(self->client, "say main x\n") && scene_hears(self->client, "x");
    self->other = dial_from_elsewhere(link_port(self->link));
    return is_first && scene_is_over(self->other) && scene_say(self->client, "say main z\n") &&
           scene_hears(self->client, "z");
}

static void another_device_is_turned_away_while_one_is_there(void **state) {
    stage *self = *state;
    start(self);
    assert_true(scene_converse(&self->scene, come_from_elsewhere, self));
    assert_non_null(strstr(self->scene.said, "was turned away"));
    assert_false(actor_has("closed"));
}

static bool break_it_and_come_again(void *context) {
    stage *self = context;
    self->client = scene_dial(link_channel_port(self->link, ACTOR_MAIN));
    self->other = scene_dial(link_channel_port(self->link, ACTOR_SIDE));
    if (!scene_say(self->other, "say side x\n") || !scene_hears(self->other, "x") ||
        !scene_say(self->client, "fail\n") || !scene_is_over(self->client) || !scene_is_over(self->other)) {
        return false;
    }
    /* The port is closed for a while, and who was quick is in a queue that ends with it. */
    for (int tries = 0; tries < 200; tries++) {
        char answer = 0;
        hang_up(&self->client);
        self->client = scene_dial(link_channel_port(self->link, ACTOR_MAIN));
        if (self->client >= 0 && scene_say(self->client, "say main y\n") && recv(self->client, &answer, 1, 0) == 1) {
            return answer == 'y';
        }
        usleep(10000);
    }
    return false;
}

static void an_adapter_that_gives_up_is_made_anew_with_all_channels(void **state) {
    stage *self = *state;
    start_two(self);
    /* The ports must be the same ones afterwards. */
    uint16_t ports[2] = {link_channel_port(self->link, ACTOR_MAIN), link_channel_port(self->link, ACTOR_SIDE)};
    for (int i = 0; i < 2; i++) {
        snprintf(self->scene.channels[i].address.port, sizeof(self->scene.channels[i].address.port), "%u", ports[i]);
    }
    assert_true(scene_converse(&self->scene, break_it_and_come_again, self));
    assert_int_equal(health_of(self).restarts, 1);
    assert_int_equal(actor_seen.made, 2);
    assert_int_equal(actor_seen.gone, 1);
}

static bool ask_for_the_end_of_actions(void *context) {
    stage *self = context;
    self->client = scene_dial(link_port(self->link));
    return scene_say(self->client, "forever\n") && scene_is_over(self->client);
}

static void actions_without_end_cost_the_instance(void **state) {
    stage *self = *state;
    start(self);
    assert_true(scene_converse(&self->scene, ask_for_the_end_of_actions, self));
    assert_int_equal(health_of(self).restarts, 1);
    assert_int_equal(actor_seen.gone, 1);
}

static bool ask_for_the_past(void *context) {
    stage *self = context;
    self->client = scene_dial(link_port(self->link));
    bool is_said = scene_say(self->client, "past\nsay main x\n") && scene_hears(self->client, "x");
    usleep(100000);
    return is_said && scene_say(self->client, "say main y\n") && scene_hears(self->client, "y");
}

static void a_deadline_that_stays_in_the_past_is_no_circle(void **state) {
    stage *self = *state;
    start(self);
    assert_true(scene_converse(&self->scene, ask_for_the_past, self));
    assert_true(actor_seen.expired > 10);
    assert_true(actor_seen.expired < 200);
}

#define PACE_US 60000

static bool hear_three_with_pauses(void *context) {
    stage *self = context;
    self->client = scene_dial(link_port(self->link));
    int64_t at_us[3];
    if (!scene_say(self->client, "say main a\nsay main b\nsay main c\nclose main\n")) {
        return false;
    }
    for (int i = 0; i < 3; i++) {
        const char text[] = {(char)('a' + i), '\0'};
        if (!scene_hears(self->client, text)) {
            return false;
        }
        at_us[i] = clock_now().monotonic_us;
    }
    /* A little less, since the first may have been heard late. */
    return at_us[1] - at_us[0] > PACE_US / 2 && at_us[2] - at_us[0] > PACE_US * 3 / 2 && scene_is_over(self->client);
}

static void sends_keep_the_pace_of_the_bus(void **state) {
    stage *self = *state;
    self->options.pace_us = PACE_US;
    start(self);
    assert_true(scene_converse(&self->scene, hear_three_with_pauses, self));
    assert_true(actor_has("closed main 4\n"));
    assert_false(actor_has("refused"));
}

static bool become_quiet(void *context) {
    stage *self = context;
    self->client = scene_dial(link_port(self->link));
    bool is_heard = scene_say(self->client, "say main a\n") && scene_hears(self->client, "a");
    usleep(150000);
    return is_heard;
}

static void a_quiet_link_is_stale_and_lives_again(void **state) {
    stage *self = *state;
    self->options.stale_after_us = 100000;
    start(self);
    assert_true(scene_converse(&self->scene, become_quiet, self));
    assert_int_equal(health_of(self).state, LINK_STALE);
    assert_true(scene_say(self->client, "say main x\n"));
    assert_true(scene_converse(&self->scene, become_quiet, self));
    self->options.stale_after_us = 100000000;
    assert_int_equal(health_of(self).state, LINK_LIVE);
}

static uint16_t wait_as_device(stage *self) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(at);
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (self->listener < 0 || bind(self->listener, (struct sockaddr *)&at, sizeof(at)) != 0 ||
        getsockname(self->listener, (struct sockaddr *)&at, &size) != 0 || listen(self->listener, 8) != 0) {
        abort();
    }
    return ntohs(at.sin_port);
}

static bool ask_to_open(void *context) {
    stage *self = context;
    char command[64];
    struct sockaddr_in at = {.sin_family = AF_UNSPEC};
    socklen_t size = sizeof(at);
    getsockname(self->listener, (struct sockaddr *)&at, &size);
    snprintf(command, sizeof(command), "open side 127.0.0.1:%u\nsay main ok\n", ntohs(at.sin_port));
    self->client = scene_dial(link_port(self->link));
    return scene_say(self->client, command) && scene_hears(self->client, "ok");
}

static bool ask_to_open_and_speak(void *context) {
    stage *self = context;
    if (!ask_to_open(self)) {
        return false;
    }
    self->other = accept(self->listener, NULL, NULL);
    return scene_say(self->other, "say side hello\n") && scene_hears(self->other, "hello") && ask_to_open(self) &&
           scene_say(self->client, "close side\n") && scene_is_over(self->other);
}

static void an_adapter_opens_what_the_site_allows(void **state) {
    stage *self = *state;
    static const dragoman_bytes allowed[] = {{(const uint8_t *)"127.0.0.1:*", 11}};
    self->options.allow_open = allowed;
    self->options.allow_open_count = 1;
    wait_as_device(self);
    start(self);
    assert_true(scene_converse(&self->scene, ask_to_open_and_speak, self));
    assert_true(actor_has("opened side to 127.0.0.1:"));
    assert_true(actor_has("side: say side hello\n"));
    /* It was open when it was asked for again. */
    assert_true(actor_has("refused 3: 7\n"));
    assert_true(actor_has("closed side 4\n"));
}

static void what_the_site_does_not_name_is_not_opened(void **state) {
    stage *self = *state;
    static const dragoman_bytes allowed[] = {{(const uint8_t *)"127.0.0.2:*", 11}, {(const uint8_t *)"*:1", 3}};
    self->options.allow_open = allowed;
    self->options.allow_open_count = 2;
    wait_as_device(self);
    start(self);
    assert_true(scene_converse(&self->scene, ask_to_open, self));
    assert_true(actor_has("refused 3: 11\n"));
    assert_false(actor_has("opened side"));
}

static bool say_on_a_closed_channel(void *context) {
    stage *self = context;
    self->client = scene_dial(link_port(self->link));
    return scene_say(self->client, "say side x\nsay main y\n") && scene_hears(self->client, "y");
}

static void a_channel_that_is_not_open_carries_nothing(void **state) {
    stage *self = *state;
    start_two(self);
    assert_true(scene_converse(&self->scene, say_on_a_closed_channel, self));
    assert_true(actor_has("refused 1: 12\n"));
}

static bool keep_something(void *context) {
    stage *self = context;
    self->client = scene_dial(link_port(self->link));
    return scene_say(self->client, "keep a\nsay main x\n") && scene_hears(self->client, "x");
}

static bool see_the_end(void *context) {
    return scene_is_over(((stage *)context)->client);
}

static void draining_waits_for_what_the_instance_has_unsettled(void **state) {
    stage *self = *state;
    start_two(self);
    self->scene.is_holding = true;
    assert_true(scene_converse(&self->scene, keep_something, self));
    link_drain(self->link);
    assert_false(link_is_drained(self->link));
    scene_settle(&self->scene, DRAGOMAN_DURABLE);
    assert_true(scene_converse(&self->scene, see_the_end, self));
    assert_true(link_is_drained(self->link));
    assert_true(actor_has("closed main 5\n"));
}

static void a_link_that_nobody_uses_is_drained_at_once(void **state) {
    stage *self = *state;
    start_two(self);
    link_drain(self->link);
    assert_true(link_is_drained(self->link));
    assert_int_equal(actor_seen.gone, 1);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(two_channels_are_one_instance),
        TEST(the_instance_outlives_its_connections),
        TEST(a_device_that_comes_again_takes_its_own_place),
        TEST(another_device_is_turned_away_while_one_is_there),
        TEST(an_adapter_that_gives_up_is_made_anew_with_all_channels),
        TEST(actions_without_end_cost_the_instance),
        TEST(a_deadline_that_stays_in_the_past_is_no_circle),
        TEST(sends_keep_the_pace_of_the_bus),
        TEST(a_quiet_link_is_stale_and_lives_again),
        TEST(an_adapter_opens_what_the_site_allows),
        TEST(what_the_site_does_not_name_is_not_opened),
        TEST(a_channel_that_is_not_open_carries_nothing),
        TEST(draining_waits_for_what_the_instance_has_unsettled),
        TEST(a_link_that_nobody_uses_is_drained_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
