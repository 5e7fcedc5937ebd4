/* What goes out: values with limits, settings, texts, the clock, alarms from list to list, curves in blocks. */
#include "kit/medibus_line.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECOND 1000000
#define DEVICE                                                                                                         \
    "report device=8200 type=8200^EvitaXL^urn:dragoman:medibus:device maker=Dr\xc3\xa4ger model=EvitaXL "              \
    "software=07.00 protocol=06.00"
#define ROW "observation 0.0.0.0 code="

static void begin(fake_session *session, const char *settings) {
    assert_true(fake_session_open(session, &dragoman_adapter, settings, DRAGOMAN_CHANNEL_STREAM));
    line_respond(session, 'Q', "");
    line_respond(session, 'R', "8200'EvitaXL'07.00:06.00");
    fake_host_forget(&session->host);
}

static void check_and_close(fake_session *session, const char *expected) {
    assert_string_equal(fake_host_text(&session->host), expected);
    assert_null(fake_session_close(session));
}

static void values_carry_the_limits_that_were_read_before(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    line_respond(&session, '%', "EB 90 E1 50 78-  5");
    line_respond(&session, '&', "E1120 F040.0");
    line_respond(&session, '$', "EB 98 E1 70 F021.0787.5 ");
    check_and_close(
        &session,
        DEVICE "\n" ROW
               "EB^^urn:dragoman:medibus:measured-1 : 98 at=none unvalidated device obtained=1 alarm=90..NaN(>90)\n" ROW
               "E1^^urn:dragoman:medibus:measured-1 : 70 at=none unvalidated device obtained=1 "
               "alarm=50..120(50-120)\n" ROW
               "F0^^urn:dragoman:medibus:measured-1 : 21.0 at=none unvalidated device obtained=1 "
               "alarm=NaN..40.0(<40.0)\n" ROW
               "78^^urn:dragoman:medibus:measured-1 : 7.5 at=none unvalidated device obtained=1 "
               "alarm=-5..NaN(>-  5)\n");
}

static void pages_are_apart_and_a_limit_that_is_gone_is_gone(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    line_respond(&session, '%', "2190  ");
    line_respond(&session, ',', "21 300");
    line_respond(&session, '+', "21 450");
    line_respond(&session, ',', "");
    line_respond(&session, '+', "21 451");
    check_and_close(&session,
                    DEVICE "\n" ROW "21^^urn:dragoman:medibus:measured-2 : 450 at=none unvalidated device "
                           "obtained=1 alarm=300..NaN(>300)\n" DEVICE "\n" ROW
                           "21^^urn:dragoman:medibus:measured-2 : 451 at=none unvalidated device obtained=1\n");
}

static void blanks_are_absent_and_other_things_stay_as_they_came(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    line_respond(&session, '$', "EB    A21:30");
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_ODD_VALUE], 1);
    check_and_close(&session, DEVICE
                    "\n" ROW
                    "EB^^urn:dragoman:medibus:measured-1 : absent:unknown at=none unvalidated device obtained=1\n" ROW
                    "A2^^urn:dragoman:medibus:measured-1 : \"1:30\" at=none unvalidated device status=2 obtained=1\n");
}

static void settings_texts_and_the_clock_go_out(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    line_respond(&session, ')', "01   2109 12.5");
    line_respond(&session, '*',
                 "0E5BIPAP\x03"
                 "2C2DE\x03");
    line_respond(&session, '(', "11:11:1911-NOV-93");
    check_and_close(&session,
                    DEVICE "\n" ROW "01^^urn:dragoman:medibus:setting : 21 at=none unvalidated device obtained=3\n" ROW
                           "09^^urn:dragoman:medibus:setting : 12.5 at=none unvalidated device obtained=3\n" DEVICE
                           "\n" ROW "0E^^urn:dragoman:medibus:text : \"BIPAP\" at=none unvalidated device\n" ROW
                           "2C^^urn:dragoman:medibus:text : \"DE\" at=none unvalidated device\n" DEVICE "\n" ROW
                           "28^^urn:dragoman:medibus:clock : 1993-11-11T11:11:19 at=none unvalidated device\n");
}

static void a_patients_name_is_no_value(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    line_respond(&session, '*',
                 "605ERIKA\x03"
                 "619MUSTER   \x03"
                 "205ADULT\x03");
    check_and_close(&session, DEVICE " patient{ name=MUSTER,ERIKA }\n" ROW
                                     "20^^urn:dragoman:medibus:text : \"ADULT\" at=none unvalidated device\n");
}

#define ALERT "alert 0.0.0.0 id="

static void alarms_begin_change_and_end(void **state) {
    (void)state;
    fake_session session;
    begin(&session, "high_from=24 medium_from=8");
    line_respond(&session, '\'', "?9APAW LOW     ");
    assert_non_null(strstr(fake_host_text(&session.host), ALERT "27-9A-"));
    assert_non_null(
        strstr(fake_host_text(&session.host),
               " event=9A^PAW LOW^urn:dragoman:medibus:alarm-1\"PAW LOW, priority 15\" text=PAW LOW phase=1 "
               "state=2 priority=3 kind=0 inactivation=0 at=none\n"));
    fake_host_forget(&session.host);
    line_respond(&session, '\'', "?9APAW LOW     ");
    line_respond(&session, '.', "");
    assert_string_equal(fake_host_text(&session.host), "");
    line_respond(&session, '\'', "O9APAW LOW     10DTEMP HIGH   ");
    assert_non_null(strstr(fake_host_text(&session.host), "priority 31\" text=PAW LOW phase=5 state=2 priority=4"));
    assert_null(strstr(fake_host_text(&session.host), " parent=27-0D"));
    assert_non_null(strstr(fake_host_text(&session.host), "priority 1\" text=TEMP HIGH phase=1 state=2 priority=2"));
    fake_host_forget(&session.host);
    line_respond(&session, '\'', "10DTEMP HIGH   ");
    assert_non_null(strstr(fake_host_text(&session.host), " parent=27-9A-"));
    assert_non_null(strstr(fake_host_text(&session.host), "text=PAW LOW phase=3 state=1 priority=4"));
    assert_null(strstr(fake_host_text(&session.host), "TEMP HIGH"));
    assert_null(fake_session_close(&session));
}

static void a_profile_says_which_priorities_are_high_unless_the_link_does(void **state) {
    (void)state;
    static const char *const settings[] = {NULL, "high_from=31"};
    static const char *const expected[] = {"state=2 priority=4", "state=2 priority=0"};
    for (size_t n = 0; n < 2; n++) {
        fake_session session;
        assert_true(fake_session_open(&session, &dragoman_adapter, settings[n], DRAGOMAN_CHANNEL_STREAM));
        session.host.profile = "high_from=24 medium_from=8";
        line_respond(&session, 'Q', "");
        line_respond(&session, 'R', "8200'EvitaXL'07.00:06.00");
        line_respond(&session, '.', "I9CVENT LEAK   ");
        assert_non_null(strstr(fake_host_text(&session.host), expected[n]));
        assert_null(fake_session_close(&session));
    }
}

static void alarms_that_outlast_a_broken_line_continue_and_others_end(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    line_respond(&session, '.', "9A9SET CANCEL  9CCVENT LEAK   ");
    line_command(&session, 'Q', "");
    line_respond(&session, 'R', "8200'EvitaXL'07.00:06.00");
    fake_host_forget(&session.host);
    line_respond(&session, '.', "9A9SET CANCEL  ");
    const char *text = fake_host_text(&session.host);
    assert_non_null(strstr(text, "A9^SET CANCEL^urn:dragoman:medibus:alarm-2\"SET CANCEL, priority 9\" text=SET CANCEL "
                                 "phase=2 state=2 priority=0"));
    assert_non_null(strstr(text, "text=VENT LEAK phase=3 state=1"));
    assert_null(fake_session_close(&session));
}

/* The instance is the link's: a cable that was out and is in again is the same device with the same alarm. */
static void an_alarm_outlasts_the_cable(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    line_respond(&session, '.', "9A9SET CANCEL  ");
    dragoman_event event = {.kind = DRAGOMAN_EVENT_CLOSED};
    event.of.closed.reason = DRAGOMAN_CLOSE_BROKEN;
    fake_session_tell(&session, event);
    event = (dragoman_event){.kind = DRAGOMAN_EVENT_OPENED};
    event.of.opened.channel_kind = DRAGOMAN_CHANNEL_STREAM;
    fake_session_tell(&session, event);
    line_respond(&session, 'Q', "");
    line_respond(&session, 'R', "8200'EvitaXL'07.00:06.00");
    fake_host_forget(&session.host);
    line_respond(&session, '.', "9A9SET CANCEL  ");
    assert_non_null(strstr(fake_host_text(&session.host), " parent=2E-A9-"));
    assert_non_null(strstr(fake_host_text(&session.host), "text=SET CANCEL phase=2 state=2"));
    assert_null(fake_session_close(&session));
}

static void another_device_on_the_line_has_other_alarms(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    line_respond(&session, '.', "9A9SET CANCEL  ");
    line_command(&session, 'Q', "");
    line_respond(&session, 'R', "8300'Savina'02.00:04.00");
    fake_host_forget(&session.host);
    line_respond(&session, '.', "");
    check_and_close(&session, "");
}

static void curves_come_in_blocks_of_a_second(void **state) {
    (void)state;
    fake_session session;
    begin(&session, "curves=00,01:2,7F");
    line_respond(&session, 'S',
                 "00  250000  -20  100960"
                 "01  250000 -180  180168");
    assert_memory_equal(session.sent.data + session.sent.size - 13, "\x1bT00010102F3\r", 13);
    line_respond(&session, 'T', "");
    assert_memory_equal(session.sent.data + session.sent.size - 14, "\xd0\xc1\xc3\xc2\xc0\xc3\xc0\xc0\xc0\x1b(43\r",
                        14);
    fake_host_forget(&session.host);
    fake_session_feed(&session, DRAGOMAN_TEXT("\xd3\x80\x80\xa8\x85\xd1\xa0\xa5\xd3\x81\x80\x80\x80\xd1\x90\x86\xd0"),
                      false);
    check_and_close(&session, DEVICE
                    "\n" ROW "01^^urn:dragoman:medibus:curve : samples 2x1 period=500000000 scale=1 [360 0] at=none "
                    "unvalidated device obtained=1\n" DEVICE "\n" ROW
                    "00^^urn:dragoman:medibus:curve : samples 4x1 period=250000000 scale=0.05 [0 2400 1 400] "
                    "at=none unvalidated device obtained=1\n");
}

static void a_file_is_read_without_asking_anybody(void **state) {
    (void)state;
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_FILE));
    line_command(&session, 'Q', "");
    line_respond(&session, 'R', "8200'EvitaXL'07.00:06.00");
    line_respond(&session, '$', "EB 98 ");
    assert_int_equal(session.sent.size, 0);
    check_and_close(&session,
                    DEVICE "\n" ROW "EB^^urn:dragoman:medibus:measured-1 : 98 at=none unvalidated device obtained=1\n");
}

static void a_host_without_memory_loses_a_report_and_goes_on(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    session.host.limit = 64;
    line_respond(&session, '$', "EB 98 ");
    session.host.limit = 0;
    assert_int_equal(session.host.reports, 0);
    line_respond(&session, '$', "EB 98 ");
    assert_int_equal(session.host.reports, 1);
    assert_null(fake_session_close(&session));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_carry_the_limits_that_were_read_before),
        cmocka_unit_test(pages_are_apart_and_a_limit_that_is_gone_is_gone),
        cmocka_unit_test(blanks_are_absent_and_other_things_stay_as_they_came),
        cmocka_unit_test(settings_texts_and_the_clock_go_out),
        cmocka_unit_test(a_patients_name_is_no_value),
        cmocka_unit_test(alarms_begin_change_and_end),
        cmocka_unit_test(a_profile_says_which_priorities_are_high_unless_the_link_does),
        cmocka_unit_test(alarms_that_outlast_a_broken_line_continue_and_others_end),
        cmocka_unit_test(an_alarm_outlasts_the_cable),
        cmocka_unit_test(another_device_on_the_line_has_other_alarms),
        cmocka_unit_test(curves_come_in_blocks_of_a_second),
        cmocka_unit_test(a_file_is_read_without_asking_anybody),
        cmocka_unit_test(a_host_without_memory_loses_a_report_and_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
