/* The dialogue with a monitor: association, polls, keep-alive, time-outs, discovery. */
#include "kit/monitor_scene.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Doubled, late and foreign datagrams say nothing twice. */
static void results_are_taken_once(void **state) {
    (void)state;
    monitor_scene self;
    monitor_scene_open(&self, &dragoman_adapter, "");
    monitor_scene_associate(&self, 0x80000000);
    uint16_t number = monitor_scene_find_poll(&self, MONITOR_SCENE_NUMERICS, 0);
    monitor_scene_tell_heart_rate(&self, number, 1, 71);
    monitor_scene_tell_heart_rate(&self, number, 1, 71);
    monitor_scene_tell_heart_rate(&self, number, 3, 73);
    monitor_scene_tell_heart_rate(&self, number, 2, 72);
    monitor_scene_tell_heart_rate(&self, (uint16_t)(number + 100), 4, 74);
    assert_int_equal(self.session.host.reports, 2);
    play_result result = monitor_scene_result(number, MONITOR_SCENE_NUMERICS, 0, 5);
    play_result_begin(&self.message, &result);
    monitor_scene_put_heart_rate(&self.message, &result, 0, 75);
    play_result_end(&self.message, &result);
    fake_session_datagram(&self.session, 0, "10.0.0.8:24105", buffer_bytes(&self.message));
    assert_int_equal(self.session.host.reports, 2);
    monitor_scene_close(&self);
}

/* ROLRS first, ROLRS last, RORS: each part stands for itself, and none counts twice. */
static void linked_results_are_read_part_by_part(void **state) {
    (void)state;
    monitor_scene self;
    monitor_scene_open(&self, &dragoman_adapter, "");
    monitor_scene_associate(&self, 0);
    uint16_t number =
        monitor_scene_find_poll(&self, MONITOR_SCENE_NUMERICS, 0x0803); /* no extended polls: one by one */
    for (uint8_t count = 1; count <= 3; count++) {
        for (int times = 0; times < 2; times++) {
            play_result result = monitor_scene_result(number, MONITOR_SCENE_NUMERICS, 0x0803, 0);
            result.linked_state = count == 1 ? 1 : count == 2 ? 3 : 0;
            result.linked_count = count;
            if (count == 3) {
                play_result_empty(&self.message, &result);
            } else {
                play_result_begin(&self.message, &result);
                monitor_scene_put_heart_rate(&self.message, &result, 0, 70 + count);
                play_result_end(&self.message, &result);
            }
            monitor_scene_hear(&self);
        }
    }
    assert_int_equal(self.session.host.reports, 2);
    monitor_scene_says(&self, ": 71 unit");
    monitor_scene_says(&self, ": 72 unit");
    monitor_scene_close(&self);
}

static void a_refused_poll_is_told_and_asked_again_later(void **state) {
    (void)state;
    monitor_scene self;
    monitor_scene_open(&self, &dragoman_adapter, "");
    monitor_scene_associate(&self, 0x80000000);
    uint16_t number = monitor_scene_find_poll(&self, MONITOR_SCENE_NUMERICS, 0);
    play_error(&self.message, number, 9);
    monitor_scene_hear(&self);
    buffer_append_byte(&self.session.host.log, 0);
    assert_non_null(strstr((const char *)self.session.host.log.data, "NO_SUCH_ACTION"));
    self.session.host.log.size--;
    monitor_scene_close(&self);
}

/* A keep-alive goes out before ten seconds have passed, even when nothing else is asked. */
static void the_association_is_kept_alive(void **state) {
    (void)state;
    monitor_scene self;
    monitor_scene_open(&self, &dragoman_adapter, "alerts=false waves=false demographics=false");
    monitor_scene_associate(&self, 0x80000000);
    uint16_t numerics = monitor_scene_find_poll(&self, MONITOR_SCENE_NUMERICS, 0);
    for (uint16_t n = 1; n < 10; n++) {
        fake_session_pass(&self.session, 3400000);
        (void)monitor_scene_find_poll(&self, MONITOR_SCENE_ALERTS, 0x0811);
        monitor_scene_tell_heart_rate(&self, numerics, n, 70);
    }
    monitor_scene_close(&self);
}

/* Connection Time-out Mechanism: after ten seconds of silence the association is ended and begun anew. */
static void a_silent_monitor_is_given_up_and_asked_again(void **state) {
    (void)state;
    monitor_scene self;
    monitor_scene_open(&self, &dragoman_adapter, "");
    monitor_scene_associate(&self, 0x80000000);
    fake_session_pass(&self.session, 10100000);
    const char *sent = monitor_scene_sent(&self);
    while (sent != NULL && strncmp(sent, "192e", 4) != 0) {
        sent = monitor_scene_sent(&self);
    }
    assert_non_null(sent);
    fake_session_pass(&self.session, 3000000);
    assert_int_equal(strncmp(monitor_scene_sent(&self), "0dec", 4), 0);
    play_association_response(&self.message, 0x80000000);
    monitor_scene_hear(&self);
    play_create_event(&self.message, &monitor_scene_identity, 8, MONITOR_SCENE_TICKS, MONITOR_SCENE_CREATED_US);
    monitor_scene_hear(&self);
    fake_session_pass(&self.session, 1);
    monitor_scene_tell_heart_rate(&self, monitor_scene_find_poll(&self, MONITOR_SCENE_NUMERICS, 0), 1, 77);
    monitor_scene_says(&self, ": 77 unit");
    monitor_scene_close(&self);
}

static void a_refusal_is_waited_out(void **state) {
    (void)state;
    monitor_scene self;
    monitor_scene_open(&self, &dragoman_adapter, "");
    assert_non_null(monitor_scene_sent(&self));
    play_refuse(&self.message);
    monitor_scene_hear(&self);
    fake_session_pass(&self.session, 1000000);
    assert_null(monitor_scene_sent(&self));
    fake_session_pass(&self.session, 2000000);
    assert_int_equal(strncmp(monitor_scene_sent(&self), "0dec", 4), 0);
    monitor_scene_close(&self);
}

/* Our confirmation was lost: the monitor says it again, and is answered again. */
static void a_repeated_create_event_is_confirmed_again(void **state) {
    (void)state;
    monitor_scene self;
    monitor_scene_open(&self, &dragoman_adapter, "");
    monitor_scene_associate(&self, 0x80000000);
    (void)monitor_scene_find_poll(&self, MONITOR_SCENE_PATIENT, 0x0807);
    play_create_event(&self.message, &monitor_scene_identity, 7, MONITOR_SCENE_TICKS, MONITOR_SCENE_CREATED_US);
    monitor_scene_hear(&self);
    const char *sent = monitor_scene_sent(&self);
    while (sent != NULL && strncmp(sent, "e100000200020014", 16) != 0) {
        sent = monitor_scene_sent(&self);
    }
    assert_non_null(sent);
    monitor_scene_close(&self);
}

static void a_release_is_answered(void **state) {
    (void)state;
    static const uint8_t request[] = {0x09, 0x18, 0xC1, 0x16, 0x61, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01, 0xA0, 0x80,
                                      0x62, 0x80, 0x80, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
    monitor_scene self;
    monitor_scene_open(&self, &dragoman_adapter, "");
    monitor_scene_associate(&self, 0x80000000);
    (void)monitor_scene_find_poll(&self, MONITOR_SCENE_PATIENT, 0x0807);
    buffer_append(&self.message, request, sizeof request);
    monitor_scene_hear(&self);
    const char *sent = monitor_scene_sent(&self);
    while (sent != NULL && strncmp(sent, "0a18", 4) != 0) {
        sent = monitor_scene_sent(&self);
    }
    assert_string_equal(sent, "0a18c11661803080020101a08063808001000000000000000000");
    monitor_scene_close(&self);
}

static void monitors_that_announce_themselves_are_asked(void **state) {
    (void)state;
    monitor_scene self = {0};
    buffer_init(&self.message);
    assert_true(fake_session_open(&self.session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_DATAGRAM));
    assert_null(monitor_scene_sent(&self));
    play_connect_indication(&self.message, &monitor_scene_identity);
    fake_session_datagram(&self.session, 1, "10.0.0.9:24005", buffer_bytes(&self.message));
    fake_session_datagram(&self.session, 1, "10.0.0.9:24005", buffer_bytes(&self.message));
    buffer_reset(&self.message);
    monitor_scene_associate(&self, 0x80000000);
    for (size_t size = 0; size < 40; size++) {
        play_connect_indication(&self.message, &monitor_scene_identity);
        fake_session_datagram(&self.session, 1, "10.0.0.7:24005", (dragoman_bytes){self.message.data, size});
        buffer_reset(&self.message);
    }
    assert_int_equal(self.session.host.counters[DRAGOMAN_COUNT_BAD_FRAME], 40);
    monitor_scene_close(&self);
}

static void a_serial_line_carries_the_same_dialogue(void **state) {
    (void)state;
    monitor_scene self = {0};
    assert_true(fake_session_open(&self.session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    /* BOF, protocol, message type, length, and the session header of an association request. */
    assert_memory_equal(self.session.sent.data, "\xc0\x11\x01\x00\xee\x0d\xec", 7);
    assert_int_equal(self.session.sent.data[self.session.sent.size - 1], 0xc1);
    fake_session_feed(&self.session, DRAGOMAN_TEXT("noise\xc0\x11\x01\x00\xc1"), false);
    assert_int_equal(self.session.host.counters[DRAGOMAN_COUNT_BAD_FRAME], 1);
    assert_int_equal(self.session.host.counters[DRAGOMAN_COUNT_RESYNCHRONISED], 5);
    buffer_init(&self.message);
    monitor_scene_close(&self);
}

static void what_looks_like_it_is_recognised(void **state) {
    (void)state;
    buffer response;
    buffer_init(&response);
    play_association_response(&response, 0);
    assert_int_equal(dragoman_adapter.recognise(buffer_bytes(&response)), DRAGOMAN_ALIKE);
    buffer_fini(&response);
    assert_int_equal(dragoman_adapter.recognise(DRAGOMAN_TEXT("\xc0\x11\x01\x00")), DRAGOMAN_ALIKE);
    assert_int_equal(dragoman_adapter.recognise(DRAGOMAN_TEXT("\xe1\x00\x00\x02\x00")), DRAGOMAN_ALIKE);
    assert_int_equal(dragoman_adapter.recognise(DRAGOMAN_TEXT("\x0d\x0a")), DRAGOMAN_UNLIKE);
    assert_int_equal(dragoman_adapter.recognise(DRAGOMAN_TEXT("MSH|^~\\&|")), DRAGOMAN_UNLIKE);
    assert_int_equal(dragoman_adapter.recognise(DRAGOMAN_TEXT("")), DRAGOMAN_UNLIKE);
}

static void what_may_not_be_sent_is_told(void **state) {
    (void)state;
    monitor_scene self;
    monitor_scene_open(&self, &dragoman_adapter, "");
    dragoman_event event = {.kind = DRAGOMAN_EVENT_REFUSED};
    event.of.refused = (dragoman_refused_event){
        .action = DRAGOMAN_ACTION_DATAGRAM, .status = DRAGOMAN_DENIED, .reason = DRAGOMAN_TEXT("allow_open is silent")};
    fake_session_tell(&self.session, event);
    buffer_append_byte(&self.session.host.log, 0);
    assert_non_null(strstr((const char *)self.session.host.log.data, "allow_open is silent"));
    self.session.host.log.size--;
    monitor_scene_close(&self);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_taken_once),
        cmocka_unit_test(linked_results_are_read_part_by_part),
        cmocka_unit_test(a_refused_poll_is_told_and_asked_again_later),
        cmocka_unit_test(the_association_is_kept_alive),
        cmocka_unit_test(a_silent_monitor_is_given_up_and_asked_again),
        cmocka_unit_test(a_refusal_is_waited_out),
        cmocka_unit_test(a_repeated_create_event_is_confirmed_again),
        cmocka_unit_test(a_release_is_answered),
        cmocka_unit_test(monitors_that_announce_themselves_are_asked),
        cmocka_unit_test(a_serial_line_carries_the_same_dialogue),
        cmocka_unit_test(what_looks_like_it_is_recognised),
        cmocka_unit_test(what_may_not_be_sent_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
