/* The bytes of MQTT, against the layouts of OASIS MQTT 3.1.1 and 5.0 (clauses beside each). */
#include "link/mqtt.h"

#include "base/bytes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const dragoman_bytes topics[] = {DRAGOMAN_TEXT_INIT("a/b"), DRAGOMAN_TEXT_INIT("c/#")};

typedef struct fixture {
    mqtt_subscription of;
    mqtt_reader reader;
    buffer out;
    mqtt_message message;
    error_record error;
    size_t used;
} fixture;

static int set_up(void **state) {
    fixture *self = calloc(1, sizeof *self);
    self->of = (mqtt_subscription){.client_id = DRAGOMAN_TEXT_INIT("id"),
                                   .topics = topics,
                                   .topic_count = 2,
                                   .keep_alive_s = 60,
                                   .receive_max = 20};
    buffer_init(&self->out);
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    fixture *self = *state;
    buffer_fini(&self->out);
    free(self);
    return 0;
}

#define BYTES(literal) ((dragoman_bytes){(const uint8_t *)(literal), sizeof(literal) - 1})

static void assert_bytes(const buffer *got, dragoman_bytes expected) {
    assert_int_equal(got->size, expected.size);
    assert_memory_equal(got->data, expected.data, expected.size);
}

static dragoman_status give(fixture *self, dragoman_bytes bytes) {
    buffer_reset(&self->out);
    return mqtt_read(&self->reader, bytes, &self->used, &self->message, &self->out, &self->error);
}

static void start(fixture *self, bool is_v5) {
    self->of.is_v5 = is_v5;
    mqtt_start(&self->reader, &self->of, &self->out);
}

static void make_ready(fixture *self, bool is_v5) {
    start(self, is_v5);
    assert_int_equal(give(self, is_v5 ? BYTES("\x20\x03\x01\x00\x00") : BYTES("\x20\x02\x01\x00")), DRAGOMAN_OK);
    assert_int_equal(give(self, is_v5 ? BYTES("\x90\x05\x00\x01\x00\x01\x01") : BYTES("\x90\x04\x00\x01\x01\x01")),
                     DRAGOMAN_OK);
    assert_int_equal(self->reader.stage, MQTT_READY);
}

/* 3.1.1, 3.1: protocol name, level 4, flags (the session goes on), keep alive, client id. */
static void connect_of_3_1_1(void **state) {
    fixture *self = *state;
    start(self, false);
    assert_bytes(&self->out, BYTES("\x10\x0e\x00\x04MQTT\x04\x00\x00\x3c\x00\x02id"));
}

static void connect_with_user_and_password(void **state) {
    fixture *self = *state;
    self->of.user = bytes_of("u");
    self->of.password = bytes_of("pw");
    start(self, false);
    assert_bytes(&self->out, BYTES("\x10\x15\x00\x04MQTT\x04\xc0\x00\x3c\x00\x02id\x00\x01u\x00\x02pw"));
}

/* 5.0, 3.1: level 5, and properties: session expiry 604,800 s, receive maximum 20, packets of 1 MiB. */
static void connect_of_5(void **state) {
    fixture *self = *state;
    start(self, true);
    assert_bytes(&self->out, BYTES("\x10\x1c\x00\x04MQTT\x05\x00\x00\x3c\x0d\x11\x00\x09\x3a\x80\x21\x00\x14\x27\x00"
                                   "\x10\x00\x00\x00\x02id"));
}

/* 3.8: packet 1, each filter with QoS 1; in 5.0 kept values only for a new subscription (3.8.3.1, 0x10). */
static void subscribe_follows_connack(void **state) {
    fixture *self = *state;
    start(self, false);
    assert_int_equal(give(self, BYTES("\x20\x02\x00\x00")), DRAGOMAN_OK);
    assert_bytes(&self->out, BYTES("\x82\x0e\x00\x01\x00\x03"
                                   "a/b\x01\x00\x03"
                                   "c/#\x01"));
    start(self, true);
    assert_int_equal(give(self, BYTES("\x20\x06\x00\x00\x03\x13\x00\x0a")), DRAGOMAN_OK);
    assert_bytes(&self->out, BYTES("\x82\x0f\x00\x01\x00\x00\x03"
                                   "a/b\x11\x00\x03"
                                   "c/#\x11"));
    assert_int_equal(self->reader.keep_alive_s, 10);
}

/* 3.3.1: flags DUP, QoS, RETAIN; 3.3.2: topic, packet, in 5.0 properties (here content type "x"). */
static void messages_of_both_versions(void **state) {
    fixture *self = *state;
    make_ready(self, false);
    assert_int_equal(give(self, BYTES("\x32\x0a\x00\x03"
                                      "a/b\x01\x02"
                                      "xyz\x30")),
                     DRAGOMAN_OK);
    assert_int_equal(self->used, 12);
    assert_true(bytes_is(self->message.topic, "a/b") && bytes_is(self->message.payload, "xyz"));
    assert_int_equal(self->message.packet, 0x102);
    assert_false(self->message.is_retained);
    assert_int_equal(give(self, BYTES("\x31\x05\x00\x03"
                                      "a/b")),
                     DRAGOMAN_OK);
    assert_int_equal(self->message.packet, 0);
    assert_true(self->message.is_retained && self->message.payload.size == 0);
    make_ready(self, true);
    assert_int_equal(give(self, BYTES("\x3b\x0d\x00\x03"
                                      "a/b\x00\x07\x04\x03\x00\x01x"
                                      "q")),
                     DRAGOMAN_OK);
    assert_true(bytes_is(self->message.payload, "q"));
    assert_int_equal(self->message.packet, 7);
}

static void acknowledgements_and_signs_of_life(void **state) {
    fixture *self = *state;
    buffer_reset(&self->out);
    mqtt_acknowledge(0x102, &self->out);
    mqtt_ping(&self->out);
    mqtt_farewell(&self->out);
    assert_bytes(&self->out, BYTES("\x40\x02\x01\x02\xc0\x00\xe0\x00"));
    make_ready(self, false);
    assert_int_equal(give(self, BYTES("\xd0\x00")), DRAGOMAN_OK);
    assert_int_equal(self->message.topic.size, 0);
}

static void every_cut_of_a_message_waits_for_more(void **state) {
    static const char whole[] = "\x32\x0a\x00\x03"
                                "a/b\x01\x02"
                                "xyz";
    fixture *self = *state;
    make_ready(self, false);
    for (size_t size = 0; size + 1 < sizeof whole; size++) {
        assert_int_equal(give(self, (dragoman_bytes){(const uint8_t *)whole, size}), DRAGOMAN_NEED_MORE);
    }
}

static void refusals_say_why(void **state) {
    fixture *self = *state;
    start(self, false);
    assert_int_equal(give(self, BYTES("\x20\x02\x00\x04")), DRAGOMAN_DENIED);
    assert_non_null(strstr(self->error.text, "password"));
    start(self, true);
    assert_int_equal(give(self, BYTES("\x20\x03\x00\x87\x00")), DRAGOMAN_DENIED);
    assert_non_null(strstr(self->error.text, "authorised"));
    start(self, false);
    assert_int_equal(give(self, BYTES("\x20\x02\x00\x00")), DRAGOMAN_OK);
    assert_int_equal(give(self, BYTES("\x90\x04\x00\x01\x01\x80")), DRAGOMAN_DENIED);
    assert_non_null(strstr(self->error.text, "c/#"));
    make_ready(self, true);
    assert_int_equal(give(self, BYTES("\xe0\x01\x8e")), DRAGOMAN_CLOSED);
}

static void what_breaks_the_protocol_ends_it(void **state) {
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
#define CASE(literal) {literal, sizeof(literal) - 1}
        CASE("\x34\x0a\x00\x03"
             "a/b\x01\x02"
             "xyz"), /* QoS 2: we asked for 1 */
        CASE("\x36\x0a\x00\x03"
             "a/b\x01\x02"
             "xyz"), /* QoS 3 */
        CASE("\x32\x0a\x00\x03"
             "a/b\x00\x00"
             "xyz"), /* packet 0 */
        CASE("\x30\x05\x00\x03"
             "a/+"),                      /* a wildcard in a topic's name (3.3.2.1) */
        CASE("\x30\x02\x00\x00"),         /* no topic */
        CASE("\x30\x04\x00\x02\xc3\x28"), /* no UTF-8 */
        CASE("\x30\x03\x00\x02"
             "a"),                        /* shorter than its topic */
        CASE("\x20\x02\x00\x00"),         /* a second CONNACK */
        CASE("\x91\x04\x00\x01\x01\x01"), /* flags where there are none */
        CASE("\x10\x00"),                 /* a client's packet */
        CASE("\xd0\xff\xff\xff\xff"),     /* a length of five bytes (1.5.5) */
        CASE("\xd0\xff\xff\xff\x7f"),     /* 256 MiB of nothing */
#undef CASE
    };
    fixture *self = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_ready(self, false);
        assert_int_equal(give(self, (dragoman_bytes){(const uint8_t *)cases[i].bytes, cases[i].size}),
                         DRAGOMAN_INVALID);
    }
    start(self, false);
    assert_int_equal(give(self, BYTES("\x30\x05\x00\x03"
                                      "a/b")),
                     DRAGOMAN_INVALID);
}

/* 2,000,000 bytes are 0x80 0x89 0x7a as a length. */
static void a_message_that_is_too_long_is_named_and_skipped(void **state) {
    fixture *self = *state;
    make_ready(self, false);
    assert_int_equal(give(self, BYTES("\x32\x80\x89\x7a\x00\x03"
                                      "a/")),
                     DRAGOMAN_NEED_MORE);
    assert_int_equal(give(self, BYTES("\x32\x80\x89\x7a\x00\x03"
                                      "a/b\x01\x02"
                                      "zzz")),
                     DRAGOMAN_OK);
    assert_true(self->message.is_too_long && bytes_is(self->message.topic, "a/b") && self->message.packet == 0x102);
    assert_int_equal(self->used, 11);
    uint8_t *filling = calloc(1, 2000000);
    size_t left = 2000000 - 7;
    while (left > 0) {
        assert_int_equal(give(self, (dragoman_bytes){filling, left < 65536 ? left : 65536}), DRAGOMAN_OK);
        assert_int_equal(self->message.topic.size, 0);
        left -= self->used;
    }
    free(filling);
    assert_int_equal(give(self, BYTES("\x30\x06\x00\x03"
                                      "a/bx")),
                     DRAGOMAN_OK);
    assert_true(bytes_is(self->message.payload, "x"));
    make_ready(self, true);
    assert_int_equal(give(self, BYTES("\x32\x80\x89\x7a\x00\x03"
                                      "a/b\x01\x02\x00zz")),
                     DRAGOMAN_INVALID);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(connect_of_3_1_1),
        TEST(connect_with_user_and_password),
        TEST(connect_of_5),
        TEST(subscribe_follows_connack),
        TEST(messages_of_both_versions),
        TEST(acknowledgements_and_signs_of_life),
        TEST(every_cut_of_a_message_waits_for_more),
        TEST(refusals_say_why),
        TEST(what_breaks_the_protocol_ends_it),
        TEST(a_message_that_is_too_long_is_named_and_skipped),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
