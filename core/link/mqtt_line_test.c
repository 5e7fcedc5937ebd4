/* A broker's messages over a real socket: the broker is played here, and says and hears bytes of MQTT 3.1.1. */
#include "base/bytes.h"
#include "kit/link_actor.h"
#include "kit/link_scene.h"
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static const dragoman_bytes topics[] = {DRAGOMAN_TEXT_INIT("a/#")};

typedef struct stage {
    scene scene;
    link_options options;
    link_link *link;
    int broker; /* listens */
    int peer;   /* the link's connection */
} stage;

static int set_up(void **state) {
    stage *self = calloc(1, sizeof(*self));
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    struct timeval patience = {.tv_sec = SCENE_PATIENCE_S};
    socklen_t size = sizeof(at);
    assert_non_null(self);
    scene_init(&self->scene);
    self->scene.adapter.descriptor = &actor_descriptor;
    self->peer = -1;
    self->broker = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(self->broker, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(self->broker, 8), 0);
    assert_int_equal(getsockname(self->broker, (struct sockaddr *)&at, &size), 0);
    setsockopt(self->broker, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    self->options = (link_options){.name = DRAGOMAN_TEXT("link"),
                                   .adapter = &self->scene.adapter,
                                   .channels = scene_channel(&self->scene, ACTOR_POST, LINK_MQTT, ntohs(at.sin_port)),
                                   .channel_count = 1,
                                   .mqtt = {.topics = topics, .topic_count = 1, .client_id = DRAGOMAN_TEXT("id")},
                                   .unsettled_max = LINK_UNSETTLED_MAX_DEFAULT};
    actor_reset();
    *state = self;
    return 0;
}

static void hang_up(stage *self) {
    if (self->peer >= 0) {
        close(self->peer);
    }
    self->peer = -1;
}

static int tear_down(void **state) {
    stage *self = *state;
    link_destroy(self->link);
    hang_up(self);
    close(self->broker);
    scene_fini(&self->scene);
    free(self);
    return 0;
}

static void start(stage *self) {
    error_record error = {0};
    assert_int_equal(link_create(self->scene.on, self->scene.environment, &self->options, &self->link, &error),
                     DRAGOMAN_OK);
}

#define SAYS(self, literal) says(self, literal, sizeof(literal) - 1)
#define HEARS(self, literal) hears(self, literal, sizeof(literal) - 1)

static bool says(const stage *self, const char *bytes, size_t size) {
    return send(self->peer, bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool hears(const stage *self, const char *bytes, size_t size) {
    char heard[256];
    ssize_t got = recv(self->peer, heard, size, MSG_WAITALL);
    return got == (ssize_t)size && memcmp(heard, bytes, size) == 0;
}

static bool hears_nothing(const stage *self) {
    struct pollfd ready = {.fd = self->peer, .events = POLLIN};
    return poll(&ready, 1, 150) == 0;
}

static bool is_hung_up(const stage *self) {
    char byte;
    return recv(self->peer, &byte, 1, 0) <= 0;
}

/* CONNECT of our client id with its session kept, and CONNACK. */
static bool welcome(stage *self, const char *connack) {
    struct timeval patience = {.tv_sec = SCENE_PATIENCE_S};
    hang_up(self);
    self->peer = accept(self->broker, NULL, NULL);
    setsockopt(self->peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    char keep_alive = (char)self->options.mqtt.keep_alive_s;
    return HEARS(self, "\x10\x0e\x00\x04MQTT\x04\x00\x00") && hears(self, &keep_alive, 1) &&
           HEARS(self, "\x00\x02id") && says(self, connack, 4);
}

static bool subscribe(stage *self) {
    return welcome(self, "\x20\x02\x01\x00") &&
           HEARS(self, "\x82\x08\x00\x01\x00\x03"
                       "a/#\x01") &&
           SAYS(self, "\x90\x03\x00\x01\x01");
}

/* "keep 1" on a/b as packet 7. */
#define KEEP_1                                                                                                         \
    "\x32\x0d\x00\x03"                                                                                                 \
    "a/b\x00\x07"                                                                                                      \
    "keep 1"
#define KEEP_2                                                                                                         \
    "\x32\x0d\x00\x03"                                                                                                 \
    "a/b\x00\x09"                                                                                                      \
    "keep 2"

static bool send_two(void *context) {
    stage *self = context;
    return subscribe(self) && SAYS(self, KEEP_1 KEEP_2) && hears_nothing(self);
}

static bool hear_two(void *context) {
    return HEARS((stage *)context, "\x40\x02\x00\x07\x40\x02\x00\x09");
}

static void a_message_is_acknowledged_when_it_is_settled(void **state) {
    stage *self = *state;
    self->scene.is_holding = true;
    start(self);
    assert_true(scene_converse(&self->scene, send_two, self));
    assert_int_equal(self->scene.kept_count, 2);
    assert_true(actor_has("post a/b: keep 1\npost a/b: keep 2\n"));
    scene_settle(&self->scene, DRAGOMAN_DURABLE);
    assert_true(scene_converse(&self->scene, hear_two, self));
}

static bool hear_nothing_and_be_called_again(void *context) {
    stage *self = context;
    return is_hung_up(self) && subscribe(self) && SAYS(self, KEEP_1) && HEARS(self, "\x40\x02\x00\x07");
}

static void what_is_not_kept_is_not_acknowledged_and_comes_again(void **state) {
    stage *self = *state;
    self->scene.is_holding = true;
    start(self);
    assert_true(scene_converse(&self->scene, send_two, self));
    scene_settle(&self->scene, DRAGOMAN_NOT_KEPT);
    self->scene.is_holding = false;
    assert_true(scene_converse(&self->scene, hear_nothing_and_be_called_again, self));
}

static bool send_all_kinds(void *context) {
    stage *self = context;
    /* A message of the kept session comes before SUBACK; then QoS 0, kept, and in pieces. */
    bool is_well = welcome(self, "\x20\x02\x01\x00") &&
                   SAYS(self, "\x32\x08\x00\x03"
                              "a/0\x00\x05"
                              "x") &&
                   HEARS(self, "\x82\x08\x00\x01\x00\x03"
                               "a/#\x01") &&
                   HEARS(self, "\x40\x02\x00\x05") && SAYS(self, "\x90\x03\x00\x01\x01") &&
                   SAYS(self, "\x31\x06\x00\x03"
                              "a/1y") &&
                   SAYS(self, "\x30\x06\x00\x03"
                              "a") &&
                   hears_nothing(self) && SAYS(self, "/2z") &&
                   SAYS(self, "\x32\x08\x00\x03"
                              "a/3\x00\x06"
                              "w") &&
                   HEARS(self, "\x40\x02\x00\x06");
    return is_well;
}

static void messages_come_as_they_were_sent(void **state) {
    stage *self = *state;
    start(self);
    assert_true(scene_converse(&self->scene, send_all_kinds, self));
    assert_true(actor_has("post a/0: x\npost a/1 (kept): y\npost a/2: z\npost a/3: w\n"));
    link_health health;
    link_health_get(self->link, &health);
    assert_int_equal(health.state, LINK_LIVE);
}

static bool send_too_much(void *context) {
    stage *self = context;
    static char filling[65536];
    /* 2,000,000 bytes are 0x80 0x89 0x7a as a length. */
    bool is_well = subscribe(self) && SAYS(self, "\x32\x80\x89\x7a\x00\x03"
                                                 "a/b\x01\x02");
    for (size_t left = 2000000 - 7; is_well && left > 0;) {
        size_t size = left < sizeof(filling) ? left : sizeof(filling);
        is_well = says(self, filling, size);
        left -= size;
    }
    return is_well && HEARS(self, "\x40\x02\x01\x02") && SAYS(self, KEEP_1) && HEARS(self, "\x40\x02\x00\x07");
}

static void a_message_that_is_too_long_is_refused_and_the_next_one_read(void **state) {
    stage *self = *state;
    start(self);
    assert_true(scene_converse(&self->scene, send_too_much, self));
    link_health health;
    link_health_get(self->link, &health);
    assert_int_equal(health.counters[DRAGOMAN_COUNT_REFUSED], 1);
    assert_non_null(strstr(health.last_error, "a/b"));
    assert_int_equal(self->scene.kept_count, 1);
}

static bool send_more_than_may_wait(void *context) {
    stage *self = context;
    return subscribe(self) &&
           SAYS(self, KEEP_1 KEEP_2 "\x32\x0d\x00\x03"
                                    "a/b\x00\x0b"
                                    "keep 3") &&
           hears_nothing(self);
}

static bool hear_the_third(void *context) {
    return HEARS((stage *)context, "\x40\x02\x00\x07\x40\x02\x00\x09\x40\x02\x00\x0b");
}

static void no_more_is_read_than_may_be_unsettled(void **state) {
    stage *self = *state;
    self->scene.is_holding = true;
    self->options.unsettled_max = 2;
    start(self);
    assert_true(scene_converse(&self->scene, send_more_than_may_wait, self));
    assert_int_equal(self->scene.kept_count, 2);
    self->scene.is_holding = false;
    scene_settle(&self->scene, DRAGOMAN_DURABLE);
    assert_true(scene_converse(&self->scene, hear_the_third, self));
    assert_int_equal(self->scene.kept_count, 3);
}

static bool refuse_and_be_called_again(void *context) {
    stage *self = context;
    return welcome(self, "\x20\x02\x00\x05") && is_hung_up(self) && subscribe(self);
}

static void a_broker_that_refuses_is_called_again(void **state) {
    stage *self = *state;
    start(self);
    assert_true(scene_converse(&self->scene, refuse_and_be_called_again, self));
    assert_non_null(strstr(self->scene.said, "we are not authorised"));
    assert_true(actor_seen.made == 1);
}

static bool give_no_sign(void *context) {
    stage *self = context;
    return subscribe(self) && HEARS(self, "\xc0\x00") && SAYS(self, "\xd0\x00") && HEARS(self, "\xc0\x00") &&
           is_hung_up(self);
}

static void a_broker_without_a_sign_of_life_is_left(void **state) {
    stage *self = *state;
    self->options.mqtt.keep_alive_s = 1;
    start(self);
    assert_true(scene_converse(&self->scene, give_no_sign, self));
    assert_true(actor_has("closed post 3\n"));
}

static bool hear_the_farewell(void *context) {
    stage *self = context;
    return HEARS(self, "\x40\x02\x00\x07\x40\x02\x00\x09\xe0\x00");
}

static void at_a_stop_what_is_settled_is_acknowledged_and_farewell_said(void **state) {
    stage *self = *state;
    self->scene.is_holding = true;
    start(self);
    assert_true(scene_converse(&self->scene, send_two, self));
    link_drain(self->link);
    scene_settle(&self->scene, DRAGOMAN_DURABLE);
    assert_true(scene_converse(&self->scene, hear_the_farewell, self));
    hang_up(self);
}

static bool break_the_protocol(void *context) {
    stage *self = context;
    return subscribe(self) &&
           SAYS(self, "\x34\x0d\x00\x03"
                      "a/b\x00\x07"
                      "keep 1") &&
           is_hung_up(self);
}

static void a_broker_that_breaks_the_protocol_is_left(void **state) {
    stage *self = *state;
    start(self);
    assert_true(scene_converse(&self->scene, break_the_protocol, self));
    assert_int_equal(self->scene.kept_count, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_message_is_acknowledged_when_it_is_settled),
        TEST(what_is_not_kept_is_not_acknowledged_and_comes_again),
        TEST(messages_come_as_they_were_sent),
        TEST(a_message_that_is_too_long_is_refused_and_the_next_one_read),
        TEST(no_more_is_read_than_may_be_unsettled),
        TEST(a_broker_that_refuses_is_called_again),
        TEST(a_broker_without_a_sign_of_life_is_left),
        TEST(at_a_stop_what_is_settled_is_acknowledged_and_farewell_said),
        TEST(a_broker_that_breaks_the_protocol_is_left),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
