/* Who is asked for what and when, what comes back after silence, and that nothing but requests ever goes out. */
#include "kit/dri_line.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND 1000000
#define ALL "means=both waves=ECG1 waves=PLETH,CO2"

static void open_line(fake_session *session, const char *settings) {
    assert_true(fake_session_open(session, &dragoman_adapter, settings, DRAGOMAN_CHANNEL_STREAM));
}

static void check_sent(fake_session *session, size_t frames) {
    assert_true(dri_is_harmless(buffer_bytes(&session->sent)));
    assert_int_equal(dri_frames(buffer_bytes(&session->sent)), frames);
    buffer_reset(&session->sent);
}

static void feed_values(fake_session *session, uint8_t kind) {
    static const uint8_t data[DRI_KIT_CLASS];
    buffer bytes;
    buffer_init(&bytes);
    dri_physiological(&bytes, 1, data, 0);
    dri_part part = {kind, buffer_bytes(&bytes)};
    dri_feed(session, 0, &part, 1);
    buffer_fini(&bytes);
}

static void everything_wanted_is_asked_for_at_once(void **state) {
    (void)state;
    fake_session session;
    open_line(&session, NULL);
    check_sent(&session, 4); /* values, times, alarms now, alarms when they change */
    assert_null(fake_session_close(&session));
    open_line(&session, ALL);
    check_sent(&session, 7);
    assert_null(fake_session_close(&session));
}

static void a_file_is_asked_nothing(void **state) {
    (void)state;
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, ALL, DRAGOMAN_CHANNEL_FILE));
    fake_session_pass(&session, INT64_C(3600) * SECOND);
    assert_int_equal(session.sent.size, 0);
    assert_null(fake_session_close(&session));
}

/* Values and their times each 10 s, and 10 s of patience. */
static void what_does_not_come_is_asked_for_again(void **state) {
    (void)state;
    fake_session session;
    open_line(&session, "alarms_every=3600000");
    check_sent(&session, 4);
    fake_session_pass(&session, 19 * SECOND);
    check_sent(&session, 0);
    feed_values(&session, 1);
    fake_session_pass(&session, SECOND);
    check_sent(&session, 1); /* the times */
    fake_session_pass(&session, 18 * SECOND);
    check_sent(&session, 0);
    fake_session_pass(&session, SECOND);
    check_sent(&session, 1); /* the values */
    assert_null(fake_session_close(&session));
}

/* A monitor that was switched off forgets that it was to tell changes, and quiet is what no alarm sounds like. */
static void alarms_are_asked_for_again_whatever_comes(void **state) {
    (void)state;
    fake_session session;
    open_line(&session, "displayed_every=3600000");
    check_sent(&session, 4);
    fake_session_pass(&session, 59 * SECOND);
    check_sent(&session, 0);
    fake_session_pass(&session, SECOND);
    check_sent(&session, 2);
    assert_null(fake_session_close(&session));
}

static void after_a_break_all_is_asked_for_and_alarms_continue(void **state) {
    (void)state;
    uint8_t message[DRI_KIT_ALARMS] = {0};
    dri_part part = {1, {message, sizeof message}};
    fake_session session;
    open_line(&session, NULL);
    dri_put_alarm(message, 0, "HR high", 3);
    dri_feed(&session, 4, &part, 1);
    check_sent(&session, 4);
    dragoman_event event = {.struct_size = sizeof event, .kind = DRAGOMAN_EVENT_CLOSED};
    event.of.closed.reason = DRAGOMAN_CLOSE_BROKEN;
    fake_session_tell(&session, event);
    event = (dragoman_event){.struct_size = sizeof event, .kind = DRAGOMAN_EVENT_OPENED};
    event.of.opened.channel_kind = DRAGOMAN_CHANNEL_STREAM;
    fake_session_tell(&session, event);
    check_sent(&session, 4);
    fake_host_forget(&session.host);
    dri_feed(&session, 4, &part, 1);
    assert_non_null(strstr(fake_host_text(&session.host), "phase=2"));
    assert_null(fake_session_close(&session));
}

static void noise_and_broken_frames_are_counted(void **state) {
    (void)state;
    fake_session session;
    open_line(&session, NULL);
    fake_session_feed(&session, DRAGOMAN_TEXT("noise"), false);
    fake_session_feed(&session,
                      DRAGOMAN_TEXT("\x7e"
                                    "abc\x7e"),
                      false);
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_RESYNCHRONISED], 5);
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_BAD_FRAME], 1);
    feed_values(&session, 1);
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_BAD_FRAME], 1);
    assert_null(fake_session_close(&session));
}

static void wrong_settings_are_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {"waves=ECG", "waves=FLOW", "waves=ECG1,ECG2,PLETH",
                                        "waves=CO2,O2,N2O,AA,AWP,RESP,CO2,O2,N2O"};
    for (size_t n = 0; n < sizeof wrong / sizeof *wrong; n++) {
        fake_session session;
        assert_false(fake_session_open(&session, &dragoman_adapter, wrong[n], DRAGOMAN_CHANNEL_STREAM));
        session.has_failed = true;
        assert_null(fake_session_close(&session));
    }
}

/* Whatever comes in and however long it takes. */
static void no_input_provokes_anything_but_requests(void **state) {
    (void)state;
    srand(20261124);
    for (int walk = 0; walk < 20; walk++) {
        fake_session session;
        open_line(&session, walk % 2 == 0 ? ALL : NULL);
        session.host.is_quiet = true;
        for (int n = 0; n < 400; n++) {
            uint8_t bytes[64];
            for (size_t at = 0; at < sizeof bytes; at++) {
                bytes[at] = (uint8_t)(rand() % 8 == 0 ? 0x7e : rand());
            }
            dri_part part = {(uint8_t)(rand() % 8), {bytes, (size_t)rand() % sizeof bytes}};
            switch (rand() % 4) {
            case 0:
                fake_session_feed(&session, (dragoman_bytes){bytes, sizeof bytes}, false);
                break;
            case 1:
                dri_feed(&session, (uint8_t)(rand() % 8), &part, 1);
                break;
            case 2:
                feed_values(&session, (uint8_t)(rand() % 5));
                break;
            default:
                fake_session_pass(&session, rand() % (20 * SECOND));
                break;
            }
            assert_true(dri_is_harmless(buffer_bytes(&session.sent)));
            buffer_reset(&session.sent);
        }
        assert_null(fake_session_close(&session));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_wanted_is_asked_for_at_once),
        cmocka_unit_test(a_file_is_asked_nothing),
        cmocka_unit_test(what_does_not_come_is_asked_for_again),
        cmocka_unit_test(alarms_are_asked_for_again_whatever_comes),
        cmocka_unit_test(after_a_break_all_is_asked_for_and_alarms_continue),
        cmocka_unit_test(noise_and_broken_frames_are_counted),
        cmocka_unit_test(wrong_settings_are_refused),
        cmocka_unit_test(no_input_provokes_anything_but_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
