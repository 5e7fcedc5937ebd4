/* Who is asked what and when, what the answers become, when they are acknowledged, and the proof that nothing which
 * comes in, no setting and no profile can make a command go out. */
#include "kit/bcc_line.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND 1000000
#define ALIVE                                                                                                          \
    "\x01"                                                                                                             \
    "00031\x02"                                                                                                        \
    "1/1/1>AEXMIN:ALIVEE\x03"                                                                                          \
    "00061\x04"
#define PARAMETER "^^urn:dragoman:bcc:parameter : "
/* As a rack in an intensive care unit told it (icu_devices), cut short. */
#define PUMP                                                                                                           \
    "1156,50113,DSSTATUS,00051|1156,50113,GNMODEL,686N030004|1156,50113,INRT,0.00|1156,50113,INVTB,500.00|"            \
    "1156,50113,INSOL,Ringer Acetat  500ml|1156,50113,INVI,0.01|1156,50113,INP2,41|1156,50113,INNR,68088FFF|"          \
    "1156,50113,INSERNUM,561151|1156,50113,INA3,0|1156,50113,INA6,_NV|1156,50113,INA7,0"

static void check_sent(fake_session *session, const char *bytes) {
    assert_true(bcc_line_is_harmless(buffer_bytes(&session->sent)));
    assert_int_equal(session->sent.size, strlen(bytes));
    assert_memory_equal(session->sent.data, bytes, session->sent.size);
    buffer_reset(&session->sent);
}

static void check_asked(fake_session *session, const char *bed, bool is_acknowledged) {
    buffer wanted;
    buffer_init(&wanted);
    buffer_append_text(&wanted, is_acknowledged ? "\x06" : "");
    bcc_line_frame(&wanted, bed, "MEM:GET");
    buffer_append_byte(&wanted, 0);
    check_sent(session, (const char *)wanted.data);
    buffer_fini(&wanted);
}

static void begin(fake_session *session, const char *settings) {
    assert_true(fake_session_open(session, &dragoman_adapter, settings, DRAGOMAN_CHANNEL_STREAM));
    check_sent(session, ALIVE);
    bcc_line_feed(session, "1/1/1", "1150,0,GNACK,0");
    check_asked(session, "1/1/1", true);
    fake_host_forget(&session->host);
}

static void check_has(fake_session *session, const char *words) {
    if (strstr(fake_host_text(&session->host), words) == NULL) {
        print_error("%s\nin\n%s\n", words, fake_host_text(&session->host));
        fail();
    }
}

static void a_rack_is_greeted_and_asked_at_its_interval(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    bcc_line_feed(&session, "1/1/1", PUMP);
    check_sent(&session, "\x06");
    bcc_line_feed(&session, "1/1/1", "1156,50114,INRT,1.00");
    check_sent(&session, "\x06");
    fake_session_pass(&session, 9 * SECOND);
    check_sent(&session, "");
    fake_session_pass(&session, SECOND);
    check_asked(&session, "1/1/1", false);
    assert_null(fake_session_close(&session));
}

static void a_pump_is_a_device_and_its_parameters_are_values(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    bcc_line_feed(&session, "SpaceCom9/1/1", PUMP);
    check_has(&session, "report device=561151 maker=B. Braun model=686N030004 serial=561151");
    check_has(&session, "code=DSSTATUS" PARAMETER "\"00051\"");
    check_has(&session, "code=INRT" PARAMETER "0.00 at=none unvalidated device obtained=3");
    check_has(&session, "code=INVTB" PARAMETER "500.00 ");
    check_has(&session, "code=INSOL" PARAMETER "\"Ringer Acetat  500ml\"");
    check_has(&session, "code=INVI" PARAMETER "0.01 at=none unvalidated device obtained=1");
    check_has(&session, "code=INNR" PARAMETER "\"68088FFF\"");
    check_has(&session, "SpaceCom9");
    assert_null(strstr(fake_host_text(&session.host), "code=INSERNUM"));
    assert_null(strstr(fake_host_text(&session.host), "alert"));
    assert_null(fake_session_close(&session));
}

static void what_is_none_has_no_value_and_private_names_stay_inside(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    bcc_line_feed(&session, "1/1/1",
                  "7,50113,INRT,_NV|7,50113,INVI,_NA|7,50113,NURSEID,4711|7,50113,PATIDBADGE,99|7,50113,FMBANY,98|"
                  "7,50113,PATID,12345|7,50113,INDCON,2.00|7,50113,INDCONU,mg/ml|7,50113,INVTB,");
    check_has(&session, "code=INRT" PARAMETER "absent:unknown at=none unvalidated device obtained=3");
    check_has(&session, "code=INVI" PARAMETER "absent:unknown at=none unvalidated device status=4 obtained=1");
    check_has(&session, "code=INVTB" PARAMETER "absent:unknown");
    check_has(&session, "code=INDCON" PARAMETER "2.00 unit=mg/ml^^ ");
    check_has(&session, "12345");
    assert_null(strstr(fake_host_text(&session.host), "4711"));
    assert_null(strstr(fake_host_text(&session.host), "code=PATID"));
    assert_null(strstr(fake_host_text(&session.host), "99"));
    assert_null(fake_session_close(&session));
}

static void pumps_of_a_frame_are_apart(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    bcc_line_feed(&session, "1/1/1",
                  "7,50100,FMNOR,1|7,50113,INRT,1.00|7,50113,INSERNUM,11|7,50114,INRT,2.00|7,50114,INSERNUM,12");
    check_has(&session, "report device=50100 maker=B. Braun");
    check_has(&session, "report device=11 maker=B. Braun serial=11");
    check_has(&session, "report device=12 maker=B. Braun serial=12");
    fake_host_forget(&session.host);
    /* A frame that goes on with what another began knows the pump. */
    bcc_line_feed(&session, "1/1/1", "7,50113,INVI,3.00");
    check_has(&session, "report device=11 maker=B. Braun serial=11");
    fake_host_forget(&session.host);
    bcc_line_feed(&session, "1/1/1", "9,50113,GNNEW,Perfusor|9,50113,INVI,0.00");
    check_has(&session, "report device=50113 maker=B. Braun");
    assert_null(fake_session_close(&session));
}

static void alarms_begin_and_end_with_one_and_nought(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    bcc_line_feed(&session, "1/1/1", "7,50113,INA3,1|7,50113,INA16,_NV");
    check_has(&session, "event=INA3^^urn:dragoman:bcc:alarm");
    check_has(&session, "phase=1 state=2");
    fake_host_forget(&session.host);
    bcc_line_feed(&session, "1/1/1", "8,50113,INA3,1");
    bcc_line_feed(&session, "1/1/1", "8,50113,INA3,_NV");
    assert_null(strstr(fake_host_text(&session.host), "alert"));
    bcc_line_feed(&session, "1/1/1", "9,50113,INA3,0");
    check_has(&session, "phase=3 state=1");
    assert_null(fake_session_close(&session));
}

static void after_a_break_an_alarm_continues(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    bcc_line_feed(&session, "1/1/1", "7,50113,INA3,1");
    dragoman_event event = {.struct_size = sizeof event, .kind = DRAGOMAN_EVENT_OPENED};
    event.of.opened.channel_kind = DRAGOMAN_CHANNEL_STREAM;
    buffer_reset(&session.sent);
    fake_session_tell(&session, event);
    check_sent(&session, ALIVE);
    fake_host_forget(&session.host);
    bcc_line_feed(&session, "1/1/1", "9,50113,INA3,1");
    check_has(&session, "phase=2");
    assert_null(fake_session_close(&session));
}

/* Nothing is acknowledged before it is settled, and what could not be kept never is. */
static void a_frame_is_acknowledged_when_it_is_settled(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    session.settling = FAKE_SETTLE_NEVER;
    bcc_line_feed(&session, "1/1/1", "7,50113,INRT,1.00");
    bcc_line_feed(&session, "1/1/1", "7,50114,INRT,1.00");
    fake_session_pass(&session, 20 * SECOND);
    check_sent(&session, "");
    fake_session_settle(&session, session.host.last_number - 1, DRAGOMAN_DURABLE, DRAGOMAN_OK, "");
    check_sent(&session, "\x06");
    fake_session_settle(&session, session.host.last_number, DRAGOMAN_NOT_KEPT, DRAGOMAN_FULL, "no space");
    assert_true(session.sent.size > 0 && session.sent.data[0] == 0x01);
    assert_true(bcc_line_is_harmless(buffer_bytes(&session.sent)));
    assert_null(fake_session_close(&session));
}

static void the_bed_is_the_racks_or_the_sites(void **state) {
    (void)state;
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    buffer_reset(&session.sent);
    bcc_line_feed(&session, "SpaceCom9/1/1", "1150,0,GNACK,0");
    check_asked(&session, "SpaceCom9/1/1", true);
    assert_null(fake_session_close(&session));
    assert_true(fake_session_open(&session, &dragoman_adapter, "bed=West-3", DRAGOMAN_CHANNEL_STREAM));
    buffer_reset(&session.sent);
    bcc_line_feed(&session, "SpaceCom9/1/1", "1150,0,GNACK,0");
    check_asked(&session, "West-3/1/1", true);
    assert_null(fake_session_close(&session));
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    buffer_reset(&session.sent);
    bcc_line_feed(&session, "a b/1/1", "1150,0,GNACK,0");
    check_asked(&session, "1/1/1", true);
    assert_null(fake_session_close(&session));
}

static void silence_repeats_three_times_and_greets_again(void **state) {
    (void)state;
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    fake_session_pass(&session, 10 * SECOND);
    check_sent(&session, ALIVE ALIVE ALIVE);
    fake_session_pass(&session, 9 * SECOND);
    check_sent(&session, "");
    fake_session_pass(&session, SECOND);
    check_sent(&session, ALIVE);
    assert_null(fake_session_close(&session));
}

static void broken_frames_and_noise_are_counted(void **state) {
    (void)state;
    fake_session session;
    begin(&session, NULL);
    fake_session_feed(&session,
                      DRAGOMAN_TEXT("noise\x06\x15\x01"
                                    "00031\x02"
                                    "1/1/1>X\x03"
                                    "00000\x04"),
                      false);
    fake_session_feed(&session,
                      DRAGOMAN_TEXT("\x01"
                                    "00031\x02"
                                    "1/1"),
                      false);
    bcc_line_feed(&session, "1/1/1", "7,50113,INRT,1.00");
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_RESYNCHRONISED], 5);
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_BAD_FRAME], 2);
    assert_int_equal(session.host.reports, 1);
    bcc_line_feed(&session, "1/1/1", "7,50113,INRT,1.00|rubbish");
    assert_int_equal(session.host.dead_letters, 1);
    assert_int_equal(session.host.reports, 2);
    assert_null(fake_session_close(&session));
}

static void wrong_settings_are_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {"bed=1/1/1", "bed=a>b", "bed=a+b", "bed=123456789012345678901234567890123"};
    for (size_t n = 0; n < sizeof wrong / sizeof *wrong; n++) {
        fake_session session;
        assert_false(fake_session_open(&session, &dragoman_adapter, wrong[n], DRAGOMAN_CHANNEL_STREAM));
        session.has_failed = true;
        assert_null(fake_session_close(&session));
    }
}

/* What would be commands, in every place where something can come in. */
static void stumble(fake_session *session) {
    static const char *const beds[] = {"1/1/1", "SpaceCom9/1/1", "1>MEM:SET/1/1", "MEM:SET#13/1/1", "DEde-_/1/1"};
    static const char *const words[] = {"1150,0,GNACK,0", "7,50113,INRT,99.00", "MEM:SET#13,INRT,99",
                                        "ADMIN:ALIVE",    "7,MEM:SET,INRT,1",   PUMP};
    uint8_t bytes[16];
    switch (rand() % 4) {
    case 0:
    case 1:
        bcc_line_feed(session, beds[(size_t)rand() % 5], words[(size_t)rand() % 6]);
        break;
    case 2:
        for (size_t n = 0; n < sizeof bytes; n++) {
            bytes[n] = (uint8_t)(rand() % 4 == 0 ? rand() % 5 : rand());
        }
        fake_session_feed(session, (dragoman_bytes){bytes, sizeof bytes}, false);
        break;
    default:
        fake_session_pass(session, rand() % (12 * SECOND));
        break;
    }
}

static void no_input_setting_or_profile_provokes_a_command(void **state) {
    (void)state;
    static const char *const settings[] = {NULL, "bed=MEM", "values_every=MEM:SET"};
    srand(20261124);
    for (size_t walk = 0; walk < 45; walk++) {
        fake_session session;
        assert_true(fake_session_open_device(&session, &dragoman_adapter, settings[walk % 3],
                                             walk % 2 == 0 ? NULL : "bed=x>MEM:SET request=MEM:SET",
                                             DRAGOMAN_CHANNEL_STREAM));
        session.host.profile = "bed=x>MEM:SET request=MEM:SET";
        session.host.is_quiet = true;
        for (int n = 0; n < 400; n++) {
            stumble(&session);
            assert_true(bcc_line_is_harmless(buffer_bytes(&session.sent)));
            buffer_reset(&session.sent);
        }
        assert_null(fake_session_close(&session));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rack_is_greeted_and_asked_at_its_interval),
        cmocka_unit_test(a_pump_is_a_device_and_its_parameters_are_values),
        cmocka_unit_test(what_is_none_has_no_value_and_private_names_stay_inside),
        cmocka_unit_test(pumps_of_a_frame_are_apart),
        cmocka_unit_test(alarms_begin_and_end_with_one_and_nought),
        cmocka_unit_test(after_a_break_an_alarm_continues),
        cmocka_unit_test(a_frame_is_acknowledged_when_it_is_settled),
        cmocka_unit_test(the_bed_is_the_racks_or_the_sites),
        cmocka_unit_test(silence_repeats_three_times_and_greets_again),
        cmocka_unit_test(broken_frames_and_noise_are_counted),
        cmocka_unit_test(wrong_settings_are_refused),
        cmocka_unit_test(no_input_setting_or_profile_provokes_a_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
