/* Packets of both protocols: what is one, what stands in it; and whom a session asks. */
#include "kit/contec_samples.h"
#include "kit/fake_host.h"
#include "packet.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SECOND 1000000

static contec_moment first(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint8_t e) {
    const uint8_t bytes[] = {a, b, c, d, e};
    contec_packet packet;
    assert_int_equal(contec_packet_read((dragoman_bytes){bytes, sizeof bytes}, &packet), DRAGOMAN_OK);
    assert_int_equal(packet.type, CONTEC_FIRST);
    assert_int_equal(packet.size, 5);
    return contec_packet_moment(&packet);
}

/* As the tests of atbrask/CMS50Dplus have them. */
static void every_field_of_the_first_protocol(void **state) {
    (void)state;
    for (uint8_t n = 0; n < 16; n++) {
        assert_int_equal(first(0x80 | n, 0, 0, 0, 0).signal, n);
        assert_int_equal(first(0x80, 0, n, 0, 0).bar, n);
    }
    for (uint8_t n = 0; n < 128; n++) {
        assert_int_equal(first(0x80, n, 0, 0, 0).wave, n);
        assert_int_equal(first(0x80, 0, 0, 0, n).saturation, n);
    }
    for (unsigned n = 0; n < 256; n++) {
        assert_int_equal(first(0x80, 0, (n & 0x80) >> 1, n & 0x7f, 0).rate, n);
    }
    assert_true(first(0x90, 0, 0, 0, 0).is_out && !first(0x80, 0, 0, 0, 0).is_out);
    assert_true(first(0xa0, 0, 0, 0, 0).is_dropping && !first(0x80, 0, 0, 0, 0).is_dropping);
    assert_true(first(0x80, 0, 0x10, 0, 0).is_broken && !first(0x80, 0, 0, 0, 0).is_broken);
    assert_true(first(0x80, 0, 0x20, 0, 0).is_searching && !first(0x80, 0, 0, 0, 0).is_searching);
}

/* As the tests of timegrid/CMS50Dplus7 have it: bits 7 are those of the second byte, whatever stands in the data. */
static void the_second_byte_holds_the_high_bits(void **state) {
    static const uint8_t all[] = {0x01, 0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
    static const uint8_t none[] = {0x01, 0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    contec_packet packet;
    (void)state;
    assert_int_equal(contec_packet_read((dragoman_bytes){all, sizeof all}, &packet), DRAGOMAN_OK);
    for (size_t n = 0; n < CONTEC_DATA_MOST; n++) {
        assert_int_equal(packet.data[n], 0x80);
    }
    assert_int_equal(contec_packet_read((dragoman_bytes){none, sizeof none}, &packet), DRAGOMAN_OK);
    for (size_t n = 0; n < CONTEC_DATA_MOST; n++) {
        assert_int_equal(packet.data[n], 0x7f);
    }
}

static void a_packet_has_its_marks_and_its_length(void **state) {
    static const uint8_t good[] = {0x01, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
    contec_packet packet;
    (void)state;
    for (size_t size = 1; size < sizeof good; size++) {
        uint8_t wrong[sizeof good];
        assert_int_equal(contec_packet_read((dragoman_bytes){good, size}, &packet), DRAGOMAN_NEED_MORE);
        memcpy(wrong, good, sizeof good);
        wrong[size] = 0;
        assert_int_equal(contec_packet_read((dragoman_bytes){wrong, sizeof wrong}, &packet), DRAGOMAN_INVALID);
    }
    static const uint8_t unknown[] = {0x02, 0x80, 0x80};
    assert_int_equal(contec_packet_read((dragoman_bytes){unknown, sizeof unknown}, &packet), DRAGOMAN_INVALID);
    static const uint8_t farewell[] = {0x0d, 0x80, 0x81};
    assert_int_equal(contec_packet_read((dragoman_bytes){farewell, sizeof farewell}, &packet), DRAGOMAN_OK);
    assert_int_equal(packet.size, 3);
}

/* 7D 81 and the command, as the tests of timegrid/CMS50Dplus7 have it. */
static const uint8_t questions[] = {0x7d, 0x81, 0xaa, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
                                    0x7d, 0x81, 0xa1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
static const uint8_t stay[] = {0x7d, 0x81, 0xaf, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};

static void check_sent(fake_session *session, const uint8_t *bytes, size_t size) {
    assert_int_equal(session->sent.size, size);
    assert_memory_equal(session->sent.data, bytes, size);
    buffer_reset(&session->sent);
}

static void one_that_speaks_is_never_asked(void **state) {
    fake_session session;
    (void)state;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    session.host.is_quiet = true;
    for (int n = 0; n < 20; n++) {
        fake_session_feed(&session, DRAGOMAN_TEXT(CONTEC_SAMPLE_FIRST), false);
        fake_session_pass(&session, SECOND);
    }
    assert_int_equal(session.sent.size, 0);
    assert_null(fake_session_close(&session));
}

static void one_that_is_silent_is_asked_and_kept_awake(void **state) {
    fake_session session;
    (void)state;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    session.host.is_quiet = true;
    fake_session_pass(&session, SECOND + 10);
    check_sent(&session, questions, sizeof questions);
    fake_session_pass(&session, 3 * SECOND);
    check_sent(&session, questions, sizeof questions);
    for (int n = 0; n < 3; n++) {
        static const uint8_t one[] = {0x01, 0x80, 0x86, 0xc0, 0x84, 0xc8, 0xe1, 0x80, 0x80};
        fake_session_feed(&session, (dragoman_bytes){one, sizeof one}, false);
        fake_session_pass(&session, 2 * SECOND);
    }
    check_sent(&session, stay, sizeof stay);
    assert_null(fake_session_close(&session));
}

static void a_file_is_never_asked(void **state) {
    fake_session session;
    (void)state;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_FILE));
    fake_session_pass(&session, 60 * INT64_C(1000000));
    assert_int_equal(session.sent.size, 0);
    assert_null(fake_session_close(&session));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_the_first_protocol),
        cmocka_unit_test(the_second_byte_holds_the_high_bits),
        cmocka_unit_test(a_packet_has_its_marks_and_its_length),
        cmocka_unit_test(one_that_speaks_is_never_asked),
        cmocka_unit_test(one_that_is_silent_is_asked_and_kept_awake),
        cmocka_unit_test(a_file_is_never_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
