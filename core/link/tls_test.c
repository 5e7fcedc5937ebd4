/* Links over TLS: a link that calls and a link that listens speak with each other on one loop; clients of the test are
 * there for what a link would never do. */
#include "base/bytes.h"
#include "kit/certificates.h"
#include "kit/link_scene.h"
#include "link/stream.h"
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct stage {
    scene scene;
    link_options listening, calling;
    link_link *listener, *caller;
    SSL_CTX *context;
    int descriptor; /* of a client of the test's, or -1 */
    SSL *client;
} stage;

static certificates made;

static int make_certificates(void **state) {
    (void)state;
    return certificates_make(&made) ? 0 : -1;
}

static int remove_certificates(void **state) {
    (void)state;
    certificates_remove(&made);
    return 0;
}

static int set_up(void **state) {
    stage *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    scene_init(&self->scene);
    self->descriptor = -1;
    self->listening = scene_options(&self->scene, LINK_TLS, 0);
    self->listening.tls = (link_tls_options){.certificate_file = made.server_file};
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    stage *self = *state;
    link_destroy(self->caller);
    link_destroy(self->listener);
    SSL_free(self->client);
    SSL_CTX_free(self->context);
    if (self->descriptor >= 0) {
        close(self->descriptor);
    }
    scene_fini(&self->scene);
    free(self);
    return 0;
}

static void start(stage *self, const link_options *options, link_link **ret_link) {
    error_record error = {0};
    dragoman_status status = link_create(self->scene.on, self->scene.environment, options, ret_link, &error);
    assert_string_equal(error.text, "");
    assert_int_equal(status, DRAGOMAN_OK);
}

/* The caller asks `who` as soon as it is connected, and keeps what it is told as a message. */
static void start_both(stage *self) {
    start(self, &self->listening, &self->listener);
    self->calling = scene_options(&self->scene, LINK_TLS, link_port(self->listener));
    self->calling.tls.verify_server = true;
    self->calling.tls.authority_file = made.authority_file;
}

static const char *told_who(stage *self) {
    static char text[128];
    self->scene.stop_at = 1;
    self->scene.is_holding = true;
    start(self, &self->calling, &self->caller);
    scene_run(&self->scene);
    snprintf(text, sizeof(text), "%.*s", BYTES_FORMAT(self->scene.kept[0]->store.id));
    return text;
}

static void ends_with(stage *self, const char *words) {
    self->scene.stop_word = words;
    start(self, &self->calling, &self->caller);
    scene_run(&self->scene);
    assert_int_equal(self->scene.kept_count, 0);
}

static void a_server_with_the_right_name_is_trusted(void **state) {
    stage *self = *state;
    start_both(self);
    assert_string_equal(told_who(self), "nobody");
}

static void a_name_is_checked_as_well_as_a_number(void **state) {
    stage *self = *state;
    start_both(self);
    link_channel_options *channel = &self->scene.channels[1];
    snprintf(channel->address.host, sizeof(channel->address.host), "localhost");
    assert_string_equal(told_who(self), "nobody");
}

static void come_on_the_port(uint16_t port, int *ret_descriptor) {
    struct sockaddr_in here = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    *ret_descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(setsockopt(*ret_descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
    assert_int_equal(bind(*ret_descriptor, (struct sockaddr *)&here, sizeof(here)), 0);
    assert_int_equal(listen(*ret_descriptor, 4), 0);
}

static bool take_one_in(void *context) {
    stage *self = context;
    int listening = self->descriptor;
    self->descriptor = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    close(listening);
    uint8_t hello;
    return recv(self->descriptor, &hello, 1, MSG_PEEK) == 1;
}

/* Whoever is called and says nothing is no device that is there, though one was there before. */
static void a_call_that_is_not_through_yet_is_no_life(void **state) {
    stage *self = *state;
    link_health health;
    start_both(self);
    assert_string_equal(told_who(self), "nobody");
    scene_settle(&self->scene, DRAGOMAN_DURABLE);
    self->scene.stop_at = 0;
    link_health_get(self->caller, &health);
    assert_int_equal(health.state, LINK_LIVE);
    uint16_t port = link_port(self->listener);
    link_destroy(self->listener);
    self->listener = NULL;
    come_on_the_port(port, &self->descriptor);
    assert_true(scene_converse(&self->scene, take_one_in, self));
    link_health_get(self->caller, &health);
    assert_int_equal(health.sessions, 1);
    assert_int_equal(health.state, LINK_GONE);
}

static void a_server_with_another_name_is_refused(void **state) {
    stage *self = *state;
    self->listening.tls.certificate_file = made.elsewhere_file;
    start_both(self);
    ends_with(self, "certificate verify failed");
}

static void a_server_that_nobody_vouches_for_is_refused(void **state) {
    stage *self = *state;
    self->listening.tls.certificate_file = made.stranger_file;
    start_both(self);
    ends_with(self, "certificate verify failed");
}

static void a_site_may_say_that_servers_are_not_checked(void **state) {
    stage *self = *state;
    self->listening.tls.certificate_file = made.stranger_file;
    start_both(self);
    self->calling.tls.verify_server = false;
    assert_string_equal(told_who(self), "nobody");
}

static void ask_for_clients(stage *self) {
    self->listening.tls.verify_client = true;
    self->listening.tls.authority_file = made.authority_file;
    start_both(self);
}

static void a_client_is_known_by_its_certificate(void **state) {
    stage *self = *state;
    ask_for_clients(self);
    self->calling.tls.certificate_file = made.client_file;
    assert_string_equal(told_who(self), "CN=monitor,O=Ward");
}

static void a_client_without_a_certificate_is_refused(void **state) {
    stage *self = *state;
    ask_for_clients(self);
    ends_with(self, "peer did not return a certificate");
}

static void a_client_that_nobody_vouches_for_is_refused(void **state) {
    stage *self = *state;
    ask_for_clients(self);
    self->calling.tls.certificate_file = made.stranger_file;
    ends_with(self, "certificate verify failed");
}

static bool speak_plainly(void *context) {
    stage *self = context;
    self->descriptor = scene_dial(link_port(self->listener));
    if (!scene_say(self->descriptor, "MSH|^~\\&|who are you\nwho\n")) {
        return false;
    }
    /* An alert may come; then it is over. */
    char alert[64];
    while (recv(self->descriptor, alert, sizeof(alert), 0) > 0) {
    }
    return true;
}

static void who_speaks_plainly_is_sent_away_and_the_others_work(void **state) {
    stage *self = *state;
    start_both(self);
    assert_true(scene_converse(&self->scene, speak_plainly, self));
    assert_int_equal(self->scene.kept_count, 0);
    assert_non_null(strstr(self->scene.said, "the TLS handshake failed"));
    assert_string_equal(told_who(self), "nobody");
}

/* A client of the test's own, over TLS. */
static bool dial_with(stage *self, int version) {
    self->context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(self->context, 0);
    SSL_CTX_set_min_proto_version(self->context, version);
    SSL_CTX_set_max_proto_version(self->context, version);
    self->client = SSL_new(self->context);
    self->descriptor = scene_dial(link_port(self->listener));
    return SSL_set_fd(self->client, self->descriptor) == 1 && SSL_connect(self->client) == 1;
}

static bool dial_old(void *context) {
    return dial_with(context, TLS1_1_VERSION);
}

static void tls_that_is_too_old_is_refused(void **state) {
    stage *self = *state;
    start_both(self);
    assert_false(scene_converse(&self->scene, dial_old, self));
    assert_non_null(strstr(self->scene.said, "the TLS handshake failed"));
}

static bool say(const stage *self, const char *text) {
    return SSL_write(self->client, text, (int)strlen(text)) == (int)strlen(text);
}

static bool hears(const stage *self, const char *text) {
    char heard[256] = {0};
    size_t size = strlen(text);
    size_t got = 0;
    while (got < size) {
        int more = SSL_read(self->client, heard + got, (int)(size - got));
        if (more <= 0) {
            return false;
        }
        got += (size_t)more;
    }
    return memcmp(heard, text, size) == 0;
}

static void ring_out(void *context) {
    loop_stop(((stage *)context)->scene.on);
}

/* Lets the loop turn for a tenth of a second. */
static void turn(stage *self) {
    loop_timer *timer = loop_timer_create(self->scene.on, ring_out, self);
    loop_timer_set(timer, clock_now().monotonic_us + 100000);
    scene_run(&self->scene);
    loop_timer_destroy(timer);
}

/* Says it in one TLS record that comes in two pieces. */
static void say_in_pieces(stage *self, const char *text) {
    uint8_t record[512];
    BIO *memory = BIO_new(BIO_s_mem());
    SSL_set0_wbio(self->client, memory);
    assert_true(say(self, text));
    int size = BIO_read(memory, record, sizeof(record));
    SSL_set0_wbio(self->client, BIO_new_socket(self->descriptor, BIO_NOCLOSE));
    assert_int_equal(send(self->descriptor, record, 7, MSG_NOSIGNAL), 7);
    turn(self);
    assert_int_equal(send(self->descriptor, record + 7, (size_t)size - 7, MSG_NOSIGNAL), size - 7);
}

static bool dial(void *context) {
    return dial_with(context, TLS1_2_VERSION);
}

static bool fill(void *context) {
    return hears(context, "nobody\n") && say(context, "1\n2\n3\n4\n");
}

static bool say_more(void *context) {
    return say(context, "5\n6\n");
}

static bool hear_all(void *context) {
    return hears(context, "D1\nD2\nD3\nD4\nD5\nD6\n");
}

static void too_much_that_is_unsettled_is_not_read(void **state) {
    stage *self = *state;
    self->listening.unsettled_max = 2;
    start_both(self);
    self->scene.is_holding = true;
    assert_true(scene_converse(&self->scene, dial, self));
    say_in_pieces(self, "who\n");
    assert_true(scene_converse(&self->scene, fill, self));
    turn(self);
    assert_int_equal(self->scene.kept_count, 2);
    link_health before;
    link_health after;
    link_health_get(self->listener, &before);
    assert_true(scene_converse(&self->scene, say_more, self));
    turn(self);
    link_health_get(self->listener, &after);
    assert_int_equal(after.bytes_in, before.bytes_in);
    self->scene.is_holding = false;
    scene_settle(&self->scene, DRAGOMAN_DURABLE);
    assert_true(scene_converse(&self->scene, hear_all, self));
}

static bool end_properly(void *context) {
    stage *self = context;
    char more;
    return dial_with(self, TLS1_3_VERSION) && say(self, "a\n") && SSL_shutdown(self->client) == 0 &&
           hears(self, "D1\n") && SSL_read(self->client, &more, 1) <= 0;
}

static void who_ends_properly_hears_the_last_answer(void **state) {
    stage *self = *state;
    start_both(self);
    assert_true(scene_converse(&self->scene, end_properly, self));
    link_health health;
    link_health_get(self->listener, &health);
    assert_int_equal(health.sessions, 0);
}

/* A stream of ours and a client of the test's, on two ends of a pair of sockets that do not wait. */
static link_stream *shake_hands(stage *self, link_tls *tls) {
    int ends[2];
    int small = 4096;
    link_stream *stream = NULL;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
    self->descriptor = ends[1];
    self->context = SSL_CTX_new(TLS_client_method());
    self->client = SSL_new(self->context);
    assert_int_equal(SSL_set_fd(self->client, ends[1]), 1);
    assert_int_equal(link_stream_create(ends[0], tls, false, NULL, &stream, NULL), DRAGOMAN_OK);
    dragoman_status status = DRAGOMAN_NEED_MORE;
    while (SSL_connect(self->client) != 1 || status == DRAGOMAN_NEED_MORE) {
        status = link_stream_handshake(stream, NULL);
    }
    assert_int_equal(status, DRAGOMAN_OK);
    return stream;
}

static void a_stream_that_was_stuck_waits_for_nothing_when_all_has_left(void **state) {
    stage *self = *state;
    static const uint8_t answers[1 << 18];
    static uint8_t heard[1 << 16];
    link_tls *tls = NULL;
    self->listening.tls.is_listener = true;
    assert_int_equal(link_tls_create(&self->listening.tls, &tls, NULL), DRAGOMAN_OK);
    link_stream *stream = shake_hands(self, tls);
    bool wants_read = false;
    bool wants_write = false;
    assert_int_equal(link_stream_write(stream, (dragoman_bytes){answers, sizeof(answers)}), DRAGOMAN_OK);
    link_stream_wants(stream, &wants_read, &wants_write);
    assert_true(wants_write);
    for (size_t got = 0; got < sizeof(answers);) {
        int more = SSL_read(self->client, heard, sizeof(heard));
        got += more > 0 ? (size_t)more : 0;
        assert_int_not_equal(link_stream_flush(stream), DRAGOMAN_IO);
    }
    assert_int_equal(link_stream_unsent(stream), 0);
    link_stream_wants(stream, &wants_read, &wants_write);
    assert_false(wants_write);
    assert_false(wants_read);
    link_stream_destroy(stream);
    link_tls_destroy(tls);
}

static void expect_refusal(stage *self, const link_options *options, const char *words) {
    error_record error = {0};
    assert_int_equal(link_create(self->scene.on, self->scene.environment, options, &self->listener, &error),
                     DRAGOMAN_INVALID);
    self->listener = NULL;
    assert_non_null(strstr(error.text, words));
}

static void files_that_are_wrong_are_named(void **state) {
    stage *self = *state;
    link_options options = self->listening;
    options.tls.certificate_file = NULL;
    expect_refusal(self, &options, "needs a certificate");
    options.tls.certificate_file = "/nowhere/server.pem";
    expect_refusal(self, &options, "/nowhere/server.pem");
    options.tls.certificate_file = made.server_file;
    options.tls.key_file = made.client_file;
    expect_refusal(self, &options, made.client_file);
    options.tls.key_file = NULL;
    options.tls.verify_client = true;
    expect_refusal(self, &options, "tls.authority");
    options.tls.authority_file = "/nowhere/authority.pem";
    expect_refusal(self, &options, "/nowhere/authority.pem");
}

int main(void) {
    signal(SIGPIPE, SIG_IGN); /* as whoever runs a link must: see link.h */
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_server_with_the_right_name_is_trusted),
        TEST(a_name_is_checked_as_well_as_a_number),
        TEST(a_call_that_is_not_through_yet_is_no_life),
        TEST(a_server_with_another_name_is_refused),
        TEST(a_server_that_nobody_vouches_for_is_refused),
        TEST(a_site_may_say_that_servers_are_not_checked),
        TEST(a_client_is_known_by_its_certificate),
        TEST(a_client_without_a_certificate_is_refused),
        TEST(a_client_that_nobody_vouches_for_is_refused),
        TEST(who_speaks_plainly_is_sent_away_and_the_others_work),
        TEST(tls_that_is_too_old_is_refused),
        TEST(too_much_that_is_unsettled_is_not_read),
        TEST(who_ends_properly_hears_the_last_answer),
        TEST(a_stream_that_was_stuck_waits_for_nothing_when_all_has_left),
        TEST(files_that_are_wrong_are_named),
    };
    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
