/* The conversation: who asks what when, what the device may ask, silence, corruption, suspension. */
#include "kit/medibus_line.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND 1000000

/* All that may ever follow ESC. */
#define ALLOWED "$%&'()*+,-.0JQRSTU"

static void open_line(fake_session *session, const char *settings) {
    assert_true(fake_session_open(session, &dragoman_adapter, settings, DRAGOMAN_CHANNEL_STREAM));
}

static void check_sent(fake_session *session, const char *bytes) {
    assert_int_equal(session->sent.size, strlen(bytes));
    assert_memory_equal(session->sent.data, bytes, session->sent.size);
    buffer_reset(&session->sent);
}

static void close_line(fake_session *session) {
    assert_null(fake_session_close(session));
}

/* Up to the first request of data. */
static void begin(fake_session *session, const char *settings) {
    open_line(session, settings);
    line_respond(session, 'Q', "");
    line_respond(session, 'R', "8200'EvitaXL'07.00:06.00");
    buffer_reset(&session->sent);
}

static void the_communication_begins_with_icc_and_a_name(void **state) {
    (void)state;
    fake_session session;
    open_line(&session, NULL);
    check_sent(&session, "\x1bQ6C\r");
    line_respond(&session, 'Q', "");
    check_sent(&session, "\x1bR6D\r");
    line_respond(&session, 'R', "8200'EvitaXL'07.00:06.00");
    check_sent(&session, "\x1b(43\r");
    close_line(&session);
}

static void everything_is_asked_once_limits_first_then_silence_is_filled(void **state) {
    (void)state;
    fake_session session;
    begin(&session, "curves=00");
    buffer_append_text(&session.sent, "\x1bS6E\r");
    static const char order[] = "S(%&,-$+'.)*";
    for (const char *code = order; *code != 0; code++) {
        assert_int_equal(session.sent.data[1], *code);
        buffer_reset(&session.sent);
        line_respond(&session, (uint8_t)*code, "");
    }
    assert_int_equal(session.sent.size, 0);
    fake_session_pass(&session, 2 * SECOND);
    assert_int_equal(session.sent.data[1], '$');
    close_line(&session);
}

static void a_quiet_schedule_sends_no_operation_every_two_seconds(void **state) {
    (void)state;
    fake_session session;
    begin(&session, "measured_every=3600000 alarms_every=3600000 limits_every=3600000 settings_every=3600000 "
                    "clock_every=3600000");
    buffer_append_text(&session.sent, "\x1b(43\r");
    assert_int_equal(line_answer_all(&session, NULL, 0), 11);
    for (int n = 0; n < 10; n++) {
        fake_session_pass(&session, 2 * SECOND);
        check_sent(&session, "\x1b"
                             "04B\r");
        line_respond(&session, '0', "");
    }
    close_line(&session);
}

static void silence_repeats_three_times_and_begins_anew(void **state) {
    (void)state;
    fake_session session;
    open_line(&session, NULL);
    fake_session_pass(&session, 9 * SECOND);
    /* asked at 0, 3, 6 and 9 seconds */
    check_sent(&session, "\x1bQ6C\r\x1bQ6C\r\x1bQ6C\r\x1bQ6C\r");
    fake_session_pass(&session, 3 * SECOND);
    assert_int_equal(session.sent.size, 0);
    fake_session_pass(&session, 2 * SECOND);
    check_sent(&session, "\x1bQ6C\r");
    close_line(&session);
}

static void a_device_that_speaks_and_never_answers_is_given_up_after_ten_seconds(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    for (int n = 0; n < 9; n++) {
        fake_session_pass(&session, SECOND);
        line_command(&session, '0', "");
    }
    assert_null(memchr(session.sent.data, 'U', session.sent.size));
    fake_session_pass(&session, SECOND);
    assert_memory_equal(session.sent.data + session.sent.size - 5, "\x1bU70\r", 5);
    buffer_reset(&session.sent);
    fake_session_pass(&session, 3 * SECOND);
    check_sent(&session, "\x1bQ6C\r");
    close_line(&session);
}

/* The device lives, echoes what keeps the line alive, and did not hear the request. */
static void a_request_that_got_lost_is_repeated_although_the_device_speaks(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    fake_session_pass(&session, 2 * SECOND);
    check_sent(&session, "\x1b"
                         "04B\r");
    line_respond(&session, '0', "");
    fake_session_feed(&session, DRAGOMAN_TEXT("\xd1\x80"), false);
    fake_session_pass(&session, SECOND);
    check_sent(&session, "\x1b(43\r");
    close_line(&session);
}

static void a_long_answer_is_waited_for_and_the_line_kept_alive(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    fake_session_feed(&session, DRAGOMAN_TEXT("\x01(11:"), false);
    for (int n = 0; n < 4; n++) {
        fake_session_pass(&session, 2 * SECOND);
        check_sent(&session, "\x1b"
                             "04B\r");
        fake_session_feed(&session, DRAGOMAN_TEXT(" "), false);
    }
    close_line(&session);
}

static void a_refused_or_broken_answer_is_asked_for_again(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    line_respond(&session, 0x15, "");
    check_sent(&session, "\x1b(43\r");
    fake_session_feed(&session, DRAGOMAN_TEXT("\x01(11:11:1911-NOV-93E7\r"), false);
    check_sent(&session, "\x1b(43\r");
    assert_int_equal(session.host.reports, 0);
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_BAD_FRAME], 1);
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_REFUSED], 1);
    line_respond(&session, 0x15, "");
    line_respond(&session, 0x15, "");
    /* enough of it: the next request */
    check_sent(&session, "\x1b(43\r\x1b%40\r");
    close_line(&session);
}

static void four_requests_in_vain_begin_anew(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    for (int n = 0; n < 16; n++) {
        line_respond(&session, 0x15, "");
    }
    assert_memory_equal(session.sent.data + session.sent.size - 5, "\x1bU70\r", 5);
    close_line(&session);
}

static void the_device_is_answered_in_every_state(void **state) {
    (void)state;
    fake_session session;
    open_line(&session, NULL);
    buffer_reset(&session.sent);
    line_command(&session, '0', "");
    check_sent(&session, "\x01"
                         "031\r");
    line_command(&session, 'R', "");
    check_sent(&session, "\x01R0161'DRAGOMAN'01.00:06.00CF\r");
    line_command(&session, '$', "");
    check_sent(&session, "\x01$25\r");
    line_command(&session, 'J', "$EB");
    check_sent(&session, "\x01J4B\r");
    line_command(&session, 'z', "");
    check_sent(&session, "\x01z7B\r");
    fake_session_feed(&session, DRAGOMAN_TEXT("\x1bz00\r"), false);
    check_sent(&session, "\x01\x15"
                         "16\r");
    close_line(&session);
}

static void a_command_within_a_response_is_answered_and_the_response_read(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    fake_session_feed(&session,
                      DRAGOMAN_TEXT("\x01(11:11:19\x1b"
                                    "04B\r11-NOV-93E6\r"),
                      false);
    check_sent(&session, "\x01"
                         "031\r\x1b%40\r");
    assert_int_equal(session.host.reports, 1);
    close_line(&session);
}

static void a_device_that_starts_or_stops_is_followed(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    line_command(&session, 'Q', "");
    check_sent(&session, "\x01Q52\r\x1bR6D\r");
    line_respond(&session, 'R', "8200'EvitaXL'07.00:06.00");
    buffer_reset(&session.sent);
    line_command(&session, 'U', "");
    check_sent(&session, "\x01U56\r");
    fake_session_pass(&session, 3 * SECOND);
    check_sent(&session, "\x1bQ6C\r");
    close_line(&session);
}

static void a_changed_clock_is_read_again(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    buffer_append_text(&session.sent, "\x1b(43\r");
    (void)line_answer_all(&session, NULL, 0);
    line_command(&session, 'I', "");
    check_sent(&session, "\x01I4A\r\x1b(43\r");
    close_line(&session);
}

static void suspended_means_quiet_until_resumed_or_ten_seconds(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    fake_session_feed(&session, DRAGOMAN_TEXT("\x13"), false);
    line_respond(&session, '(', "");
    fake_session_pass(&session, 5 * SECOND);
    assert_int_equal(session.sent.size, 0);
    fake_session_feed(&session, DRAGOMAN_TEXT("\x11"), false);
    check_sent(&session, "\x1b%40\r");
    fake_session_feed(&session, DRAGOMAN_TEXT("\x13"), false);
    line_respond(&session, '%', "");
    fake_session_pass(&session, 9 * SECOND);
    assert_int_equal(session.sent.size, 0);
    fake_session_pass(&session, SECOND);
    check_sent(&session, "\x1b&41\r");
    close_line(&session);
}

static void what_the_site_wants_only_is_configured_after_a_while(void **state) {
    (void)state;
    fake_session session;
    begin(&session, "only=24:EB only=29:01,02");
    assert_int_equal(session.sent.size, 0);
    fake_session_pass(&session, SECOND / 5);
    check_sent(&session, "\x1bJ$EB10\r");
    line_respond(&session, 'J', "");
    check_sent(&session, "\x1bJ)010251\r");
    close_line(&session);
}

static void wrong_settings_are_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {"curves=0", "curves=00:0", "curves=00:256", "curves=0G",
                                        "only=24",  "only=25:01",  "only=24:",      "only=24:1"};
    for (size_t n = 0; n < sizeof wrong / sizeof *wrong; n++) {
        fake_session session;
        assert_false(fake_session_open(&session, &dragoman_adapter, wrong[n], DRAGOMAN_CHANNEL_STREAM));
        session.has_failed = true;
        close_line(&session);
    }
}

/* A step of a walk that chance takes: bytes, frames, time. */
static void stumble(fake_session *session) {
    static const char *const pieces[] = {"\x01Q52\r",
                                         "\x01R53\r",
                                         "\x01$25\r",
                                         "\x01J4B\r",
                                         "\x13",
                                         "\x11",
                                         "\x1bQ6C\r",
                                         "\x1bU70\r",
                                         "\x1bV71\r",
                                         "\x1bI64\r",
                                         "\x01\x15"
                                         "16\r",
                                         "\x01T55\r",
                                         "\x01S00   16000  -20  1009604A\r",
                                         "\x1b"
                                         "04B\r",
                                         "\xd1\x81\x80\xd1",
                                         "\x01R8200'EvitaXL'07.00:06.002B\r",
                                         "\x1bQ6D\r",
                                         "\x01",
                                         "\x1b",
                                         "\r"};
    int chance = rand() % 16;
    if (chance < 9) {
        const char *piece = pieces[(size_t)rand() % (sizeof pieces / sizeof *pieces)];
        fake_session_feed(session, (dragoman_bytes){(const uint8_t *)piece, strlen(piece)}, false);
    } else if (chance < 11) {
        uint8_t code = (uint8_t)rand();
        char data[2] = {(char)(' ' + rand() % 95), 0};
        line_command(session, code, rand() % 2 == 0 ? data : "");
    } else if (chance < 12) {
        uint8_t bytes[8];
        for (size_t n = 0; n < sizeof bytes; n++) {
            bytes[n] = (uint8_t)rand();
        }
        fake_session_feed(session, (dragoman_bytes){bytes, sizeof bytes}, false);
    } else {
        fake_session_pass(session, rand() % (4 * SECOND));
    }
}

/* Whatever comes in and however long it takes: nothing but requests goes out. */
static void no_input_provokes_any_other_command(void **state) {
    (void)state;
    srand(20261124);
    for (int walk = 0; walk < 40; walk++) {
        fake_session session;
        open_line(&session, walk % 2 == 0 ? "curves=00" : "only=24:EB curves=01:2");
        session.host.is_quiet = true;
        for (int n = 0; n < 2000; n++) {
            stumble(&session);
            assert_true(line_is_harmless(buffer_bytes(&session.sent), ALLOWED));
            buffer_reset(&session.sent);
        }
        close_line(&session);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_communication_begins_with_icc_and_a_name),
        cmocka_unit_test(everything_is_asked_once_limits_first_then_silence_is_filled),
        cmocka_unit_test(a_quiet_schedule_sends_no_operation_every_two_seconds),
        cmocka_unit_test(silence_repeats_three_times_and_begins_anew),
        cmocka_unit_test(a_device_that_speaks_and_never_answers_is_given_up_after_ten_seconds),
        cmocka_unit_test(a_request_that_got_lost_is_repeated_although_the_device_speaks),
        cmocka_unit_test(a_long_answer_is_waited_for_and_the_line_kept_alive),
        cmocka_unit_test(a_refused_or_broken_answer_is_asked_for_again),
        cmocka_unit_test(four_requests_in_vain_begin_anew),
        cmocka_unit_test(the_device_is_answered_in_every_state),
        cmocka_unit_test(a_command_within_a_response_is_answered_and_the_response_read),
        cmocka_unit_test(a_device_that_starts_or_stops_is_followed),
        cmocka_unit_test(a_changed_clock_is_read_again),
        cmocka_unit_test(suspended_means_quiet_until_resumed_or_ten_seconds),
        cmocka_unit_test(what_the_site_wants_only_is_configured_after_a_while),
        cmocka_unit_test(wrong_settings_are_refused),
        cmocka_unit_test(no_input_provokes_any_other_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
