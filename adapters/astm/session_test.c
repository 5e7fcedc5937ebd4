/* The conversation with an analyser: what is answered when, what survives the end of the program, and our own word when
 * it asks for orders. Clauses are of E1381 (LIS01). */
#include "kit/fake_host.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND_US 1000000

/* A frame with its sum. `end` is ETX (3) or ETB (23). */
static void send_frame(fake_session *session, unsigned number, const char *text, char end) {
    char frame[2048];
    int size = snprintf(frame, sizeof frame, "\x02%u%s%c", number, text, end);
    uint8_t sum = 0;
    for (int n = 1; n < size; n++) {
        sum = (uint8_t)(sum + (uint8_t)frame[n]);
    }
    size += snprintf(frame + size, sizeof frame - (size_t)size, "%02X\r\n", sum);
    fake_session_feed(session, (dragoman_bytes){(const uint8_t *)frame, (size_t)size}, false);
}

static void send_sign(fake_session *session, uint8_t sign) {
    fake_session_feed(session, (dragoman_bytes){&sign, 1}, false);
}

enum { STX = 2, ETX = 3, EOT = 4, ENQ = 5, ACK = 6, NAK = 21, ETB = 23 };

/* Signs that were sent since the last time, by name; other bytes as they are, with CR as a line end and LF left out. */
static const char *answers(fake_session *session) {
    static char text[1024];
    size_t size = 0;
    for (size_t n = 0; n < session->sent.size && size + 8 < sizeof text; n++) {
        uint8_t byte = session->sent.data[n];
        const char *name = byte == STX   ? "<"
                           : byte == ETX ? ">"
                           : byte == EOT ? "EOT "
                           : byte == ENQ ? "ENQ "
                           : byte == ACK ? "ACK "
                           : byte == NAK ? "NAK "
                                         : NULL;
        if (name != NULL) {
            size += (size_t)snprintf(text + size, sizeof text - size, "%s", name);
        } else if (byte != '\n') {
            text[size++] = (char)(byte == '\r' ? '\n' : byte);
        }
    }
    text[size] = 0;
    buffer_reset(&session->sent);
    return text;
}

static void open_session(fake_session *session, const char *settings) {
    assert_true(fake_session_open(session, &dragoman_adapter, settings, DRAGOMAN_CHANNEL_STREAM));
}

/* The sender takes the line and sends its header. */
static void begin_message(fake_session *session) {
    send_sign(session, ENQ);
    send_frame(session, 1, "H|\\^&|||a\r", ETX);
}

/* Time goes by without a word from the other side. */
static void wait(fake_session *session, int64_t seconds) {
    fake_session_pass(session, seconds * SECOND_US);
}

static void settle(fake_session *session, dragoman_settlement settlement) {
    bool is_kept = settlement != DRAGOMAN_NOT_KEPT;
    fake_session_settle(session, session->host.last_number, settlement, is_kept ? DRAGOMAN_OK : DRAGOMAN_FULL, "full");
}

static void a_frame_is_acknowledged_once_it_is_on_disk(void **state) {
    (void)state;
    fake_session session;
    open_session(&session, NULL);
    session.settling = FAKE_SETTLE_NEVER;
    send_sign(&session, ENQ);
    assert_string_equal(answers(&session), "ACK ");
    send_frame(&session, 1, "H|\\^&|||a\r", ETX);
    assert_string_equal(answers(&session), "");
    settle(&session, DRAGOMAN_DURABLE);
    assert_string_equal(answers(&session), "ACK ");
    send_frame(&session, 2, "R|1|^^^1|5", ETB);
    settle(&session, DRAGOMAN_DUPLICATE);
    assert_string_equal(answers(&session), "ACK ");
    send_frame(&session, 3, ".4\rL|1|N\r", ETX);
    assert_string_equal(answers(&session), "");
    assert_int_equal(session.host.reports, 1);
    settle(&session, DRAGOMAN_DURABLE);
    assert_string_equal(answers(&session), "ACK ");
    send_sign(&session, EOT);
    assert_string_equal(answers(&session), "");
    assert_non_null(strstr(fake_host_text(&session.host), "code=1^^ : 5.4 "));
    assert_null(fake_session_close(&session));
}

/* 6.5.1: bad sum, wrong number, and the number of the last frame again because its ACK was lost. */
static void bad_frames_are_refused_and_repeated_ones_taken_once(void **state) {
    (void)state;
    fake_session session;
    open_session(&session, NULL);
    begin_message(&session);
    answers(&session);
    fake_session_feed(&session,
                      DRAGOMAN_TEXT("\x02"
                                    "2R|1|^^^1|5\r\x03"
                                    "00\r\n"),
                      false);
    assert_string_equal(answers(&session), "NAK ");
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_BAD_FRAME], 1);
    send_frame(&session, 3, "R|1|^^^1|5\r", ETX);
    assert_string_equal(answers(&session), "NAK ");
    send_frame(&session, 2, "R|1|^^^1|5\r", ETX);
    send_frame(&session, 2, "R|1|^^^1|5\r", ETX);
    assert_string_equal(answers(&session), "ACK ACK ");
    send_frame(&session, 3, "L|1\r", ETX);
    assert_int_equal(session.host.observations, 1);
    assert_null(fake_session_close(&session));
}

/* 6.3.2: 1 to 7, then 0. */
static void frame_numbers_wrap(void **state) {
    (void)state;
    fake_session session;
    open_session(&session, NULL);
    begin_message(&session);
    for (unsigned n = 2; n < 20; n++) {
        send_frame(&session, n % 8, "R|1|^^^1|5\r", ETX);
    }
    send_frame(&session, 4, "L|1\r", ETX);
    assert_int_equal(session.host.observations, 18);
    assert_null(strstr(answers(&session), "NAK"));
    assert_null(fake_session_close(&session));
}

static void a_disk_that_is_full_refuses_the_frame_and_takes_it_later(void **state) {
    (void)state;
    fake_session session;
    open_session(&session, NULL);
    session.settling = FAKE_SETTLE_NEVER;
    begin_message(&session);
    settle(&session, DRAGOMAN_DURABLE);
    send_frame(&session, 2, "R|1|^^^1|5\rL|1\r", ETX);
    settle(&session, DRAGOMAN_NOT_KEPT);
    assert_string_equal(answers(&session), "ACK ACK NAK ");
    fake_host_forget(&session.host);
    send_frame(&session, 2, "R|1|^^^1|5\rL|1\r", ETX);
    settle(&session, DRAGOMAN_DURABLE);
    assert_string_equal(answers(&session), "ACK ");
    assert_non_null(strstr(fake_host_text(&session.host), "report device=a\nobservation 0.0.0.0 code=1^^ : 5 "));
    assert_null(fake_session_close(&session));
}

/* A sender that does not wait: when one frame is not kept, those behind it are refused too. */
static void frames_behind_one_that_was_not_kept_are_refused(void **state) {
    (void)state;
    fake_session session;
    open_session(&session, NULL);
    session.settling = FAKE_SETTLE_NEVER;
    begin_message(&session);
    send_frame(&session, 2, "R|1|^^^1|5\r", ETX);
    send_frame(&session, 3, "R|2|^^^1|6\r", ETX);
    fake_session_settle(&session, 1, DRAGOMAN_DURABLE, DRAGOMAN_OK, NULL);
    fake_session_settle(&session, 2, DRAGOMAN_NOT_KEPT, DRAGOMAN_FULL, "full");
    fake_session_settle(&session, 3, DRAGOMAN_DURABLE, DRAGOMAN_OK, NULL);
    assert_string_equal(answers(&session), "ACK ACK NAK NAK ");
    session.settling = FAKE_SETTLE_AT_ONCE;
    send_frame(&session, 2, "R|1|^^^1|5\rR|2|^^^1|6\rL|1\r", ETX);
    assert_string_equal(answers(&session), "ACK ");
    assert_int_equal(session.host.observations, 2);
    assert_null(fake_session_close(&session));
}

/* Killed in the middle of a message: what was acknowledged is there, and the rest completes the report. */
static void a_message_goes_on_after_the_program_was_killed(void **state) {
    (void)state;
    fake_session session;
    open_session(&session, NULL);
    send_sign(&session, ENQ);
    send_frame(&session, 1, "H|\\^&|||a\rP|1|A1\rO|1|S1\r", ETX);
    send_frame(&session, 2, "R|1|^^^1|5\rR|2|^^^2|", ETB);
    assert_string_equal(answers(&session), "ACK ACK ACK ");
    fake_host_forget(&session.host);
    assert_true(fake_session_restart(&session, NULL, DRAGOMAN_CHANNEL_STREAM));
    send_frame(&session, 3, "6\rL|1|N\r", ETX);
    assert_string_equal(answers(&session), "ACK ");
    assert_string_equal(fake_host_text(&session.host),
                        "message 1 sender=10.0.0.9 id=\n"
                        "report device=a patient{ id=A1^&&^ }\n"
                        "observation 0.0.0.0 code=1^^ : 5 at=none unstated laboratory specimen=S1^&&^\n"
                        "observation 0.0.0.0 code=2^^ : 6 at=none unstated laboratory specimen=S1^&&^\n");
    assert_null(fake_session_close(&session));
}

/* The same, but the analyser begins anew: the results that were acknowledged are not lost. */
static void acknowledged_results_are_kept_when_the_sender_begins_anew(void **state) {
    (void)state;
    fake_session session;
    open_session(&session, NULL);
    send_sign(&session, ENQ);
    send_frame(&session, 1, "H|\\^&|||a\rR|1|^^^1|5\rR|2|^^^2|", ETB);
    assert_true(fake_session_restart(&session, NULL, DRAGOMAN_CHANNEL_STREAM));
    fake_host_forget(&session.host);
    send_sign(&session, ENQ);
    assert_string_equal(fake_host_text(&session.host),
                        "message 1 sender=10.0.0.9 id=\n"
                        "report device=a\n"
                        "observation 0.0.0.0 code=1^^ : 5 at=none unstated laboratory\n"
                        "dead 9 bytes stage=translate reason=the beginning of a record was received and never its "
                        "end\n");
    assert_string_equal(answers(&session), "ACK ACK ACK ");
    fake_host_forget(&session.host);
    send_frame(&session, 1, "H|\\^&|||a\rR|1|^^^1|5\rR|2|^^^2|6\rL|1\r", ETX);
    assert_int_equal(session.host.observations, 3);
    assert_null(fake_session_close(&session));
}

/* A message of many blocks of state. */
static void a_long_half_message_survives(void **state) {
    (void)state;
    fake_session session;
    char comment[1200];
    open_session(&session, NULL);
    session.host.is_quiet = true;
    (void)snprintf(comment, sizeof comment, "C|1|I|%01000d\r", 7);
    send_sign(&session, ENQ);
    send_frame(&session, 1, "H|\\^&|||a\rR|1|^^^1|5\r", ETX);
    for (unsigned n = 0; n < 100; n++) {
        send_frame(&session, (n + 2) % 8, comment, ETX);
    }
    assert_true(fake_session_restart(&session, NULL, DRAGOMAN_CHANNEL_STREAM));
    send_frame(&session, 102 % 8, "R|2|^^^2|5\rL|1\r", ETX);
    assert_int_equal(session.host.reports, 1);
    assert_int_equal(session.host.observations, 2);
    assert_null(strstr(answers(&session), "NAK"));
    /* Nothing of it is left when it is done. */
    assert_true(fake_session_restart(&session, NULL, DRAGOMAN_CHANNEL_STREAM));
    send_sign(&session, ENQ);
    assert_int_equal(session.host.reports, 1);
    assert_null(fake_session_close(&session));
}

/* 6.5.2: after 30 seconds of silence the line is free; what was received is handed on. */
static void silence_ends_a_message(void **state) {
    (void)state;
    fake_session session;
    open_session(&session, NULL);
    send_sign(&session, ENQ);
    send_frame(&session, 1, "H|\\^&|||a\rR|1|^^^1|5\r", ETX);
    answers(&session);
    wait(&session, 29);
    assert_int_equal(session.host.reports, 0);
    wait(&session, 2);
    assert_int_equal(session.host.reports, 1);
    send_frame(&session, 2, "L|1\r", ETX);
    assert_string_equal(answers(&session), "");
    assert_null(fake_session_close(&session));
}

static void a_line_that_breaks_ends_a_message(void **state) {
    (void)state;
    fake_session session;
    open_session(&session, NULL);
    send_sign(&session, ENQ);
    send_frame(&session, 1, "H|\\^&|||a\rR|1|^^^1|5\r", ETX);
    assert_int_equal(session.host.reports, 0);
    session.host.is_quiet = true;
    assert_null(fake_session_close(&session));
    assert_int_equal(session.host.reports, 1);
}

/* E1394 12 and 13.1.3: an analyser that asks for orders is told that there are none. */
static void a_query_is_answered_with_no_information(void **state) {
    (void)state;
    fake_session session;
    open_session(&session, NULL);
    send_sign(&session, ENQ);
    send_frame(&session, 1, "H|\\^&|||a\rQ|1|^S1||ALL\rL|1\r", ETX);
    answers(&session);
    send_sign(&session, EOT);
    assert_string_equal(answers(&session), "ENQ ");
    send_sign(&session, ACK);
    assert_string_equal(answers(&session), "<1H|\\^&|||dragoman|||||||P|LIS2-A2\n>8C\n");
    send_sign(&session, NAK);
    assert_string_equal(answers(&session), "<1H|\\^&|||dragoman|||||||P|LIS2-A2\n>8C\n");
    send_sign(&session, ACK);
    assert_string_equal(answers(&session), "<2L|1|I\n>00\n");
    send_sign(&session, ACK);
    assert_string_equal(answers(&session), "EOT ");
    wait(&session, 60);
    assert_string_equal(answers(&session), "");
    assert_int_equal(session.host.reports, 0);
    assert_null(fake_session_close(&session));
}

static void a_query_is_left_alone_where_the_site_says_so(void **state) {
    (void)state;
    fake_session session;
    open_session(&session, "queries=ignore");
    send_sign(&session, ENQ);
    send_frame(&session, 1, "H|\\^&|||a\rQ|1|^S1||ALL\rL|1\r", ETX);
    send_sign(&session, EOT);
    wait(&session, 60);
    assert_string_equal(answers(&session), "ACK ACK ");
    assert_null(fake_session_close(&session));
}

static void ask(fake_session *session) {
    send_sign(session, ENQ);
    send_frame(session, 1, "H|\\^&|||a\rQ|1|^S1||ALL\rL|1\r", ETX);
    send_sign(session, EOT);
    assert_string_equal(answers(session), "ACK ACK ENQ ");
}

/* 6.2.1: both want to send; the instrument goes first, and we ask again after its message or twenty seconds. */
static void in_contention_the_instrument_goes_first(void **state) {
    (void)state;
    fake_session session;
    open_session(&session, NULL);
    ask(&session);
    send_sign(&session, ENQ);
    assert_string_equal(answers(&session), "");
    send_sign(&session, ENQ);
    assert_string_equal(answers(&session), "ACK ");
    send_frame(&session, 1, "H|\\^&|||a\rR|1|^^^1|5\rL|1\r", ETX);
    assert_string_equal(answers(&session), "ACK ");
    send_sign(&session, EOT);
    assert_string_equal(answers(&session), "ENQ ");
    send_sign(&session, ENQ);
    wait(&session, 19);
    assert_string_equal(answers(&session), "");
    wait(&session, 2);
    assert_string_equal(answers(&session), "ENQ ");
    assert_null(fake_session_close(&session));
}

/* 6.2.3 and 6.5.1.2: not ready, again and again; and a frame that is refused six times. */
static void an_analyser_that_refuses_everything_is_left_in_peace(void **state) {
    (void)state;
    fake_session session;
    open_session(&session, NULL);
    ask(&session);
    for (int n = 0; n < 10; n++) {
        send_sign(&session, NAK);
        wait(&session, 11);
    }
    assert_string_equal(answers(&session), "ENQ ENQ ENQ ENQ ENQ ");
    ask(&session);
    send_sign(&session, ACK);
    for (int n = 0; n < 10; n++) {
        send_sign(&session, NAK);
    }
    const char *said = answers(&session);
    int frames = 0;
    for (const char *at = strchr(said, '<'); at != NULL; at = strchr(at + 1, '<')) {
        frames++;
    }
    assert_int_equal(frames, 6);
    assert_string_equal(said + strlen(said) - 4, "EOT ");
    ask(&session);
    wait(&session, 16);
    assert_string_equal(answers(&session), "EOT ");
    assert_null(fake_session_close(&session));
}

static void a_host_without_memory_refuses_and_goes_on(void **state) {
    (void)state;
    fake_session session;
    open_session(&session, NULL);
    send_sign(&session, ENQ);
    session.host.refuse_begin = DRAGOMAN_NO_MEMORY;
    send_frame(&session, 1, "H|\\^&|||a\rR|1|^^^1|5\rL|1\r", ETX);
    assert_string_equal(answers(&session), "ACK NAK ");
    session.host.refuse_begin = DRAGOMAN_OK;
    send_frame(&session, 1, "H|\\^&|||a\rR|1|^^^1|5\rL|1\r", ETX);
    assert_string_equal(answers(&session), "ACK ");
    assert_int_equal(session.host.reports, 1);
    assert_null(fake_session_close(&session));
}

static void an_idle_session_holds_little(void **state) {
    (void)state;
    fake_session session;
    open_session(&session, NULL);
    session.host.is_quiet = true;
    for (unsigned n = 0; n < 100; n++) {
        send_sign(&session, ENQ);
        send_frame(&session, 1, "H|\\^&|||a\rR|1|^^^1|5\rL|1\r", ETX);
        send_sign(&session, EOT);
    }
    assert_int_equal(session.host.reports, 100);
    assert_true(session.host.allocated_bytes < 8192);
    assert_null(fake_session_close(&session));
}

/* A message over the limit: its first part is handed on, its second waits in the dead letters for somebody. */
static void of_a_message_over_the_limit_nothing_is_lost(void **state) {
    (void)state;
    fake_session session;
    char comment[1200];
    open_session(&session, "max_message=4096");
    session.host.is_quiet = true;
    (void)snprintf(comment, sizeof comment, "C|1|I|%01000d\r", 7);
    send_sign(&session, ENQ);
    send_frame(&session, 1, "H|\\^&|||a\rR|1|^^^1|5\r", ETX);
    for (unsigned n = 2; n < 8; n++) {
        send_frame(&session, n % 8, comment, ETX);
    }
    send_frame(&session, 0, "L|1\r", ETX);
    assert_int_equal(session.host.observations, 1);
    assert_int_equal(session.host.dead_letters, 1);
    assert_null(strstr(answers(&session), "NAK"));
    assert_null(fake_session_close(&session));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_is_acknowledged_once_it_is_on_disk),
        cmocka_unit_test(bad_frames_are_refused_and_repeated_ones_taken_once),
        cmocka_unit_test(frame_numbers_wrap),
        cmocka_unit_test(a_disk_that_is_full_refuses_the_frame_and_takes_it_later),
        cmocka_unit_test(frames_behind_one_that_was_not_kept_are_refused),
        cmocka_unit_test(a_message_goes_on_after_the_program_was_killed),
        cmocka_unit_test(acknowledged_results_are_kept_when_the_sender_begins_anew),
        cmocka_unit_test(a_long_half_message_survives),
        cmocka_unit_test(silence_ends_a_message),
        cmocka_unit_test(a_line_that_breaks_ends_a_message),
        cmocka_unit_test(a_query_is_answered_with_no_information),
        cmocka_unit_test(a_query_is_left_alone_where_the_site_says_so),
        cmocka_unit_test(in_contention_the_instrument_goes_first),
        cmocka_unit_test(an_analyser_that_refuses_everything_is_left_in_peace),
        cmocka_unit_test(a_host_without_memory_refuses_and_goes_on),
        cmocka_unit_test(an_idle_session_holds_little),
        cmocka_unit_test(of_a_message_over_the_limit_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
