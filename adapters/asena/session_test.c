/* Who is asked what and when, what the answers become, and the proof that nothing which comes in, no setting and no
 * profile can make a command go out. */
#include "kit/asena_line.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND 1000000
#define DEVICE "report device=8002-51733 maker=Alaris model=Asena serial=8002-51733"
#define ROW "observation 0.0.0.0 code="
#define FIELD "^^urn:dragoman:asena:field : "

static void check_sent(fake_session *session, const char *bytes) {
    assert_int_equal(session->sent.size, strlen(bytes));
    assert_memory_equal(session->sent.data, bytes, session->sent.size);
    buffer_reset(&session->sent);
}

static void open_line(fake_session *session, const char *settings) {
    assert_true(fake_session_open(session, &dragoman_adapter, settings, DRAGOMAN_CHANNEL_STREAM));
    check_sent(session, "!INST_SERIALNO|457D\r");
}

/* Up to the first query of values. */
static void begin(fake_session *session) {
    open_line(session, NULL);
    asena_feed(session, "INST_SERIALNO^8002-51733");
    check_sent(session, "!COMMS_PROTOCOL|E8DA\r");
    asena_feed(session, "COMMS_PROTOCOL^Asena Rev 2.1.5");
    check_sent(session, "!INF|4961\r");
    fake_host_forget(&session->host);
}

static void check_has(fake_session *session, const char *words) {
    if (strstr(fake_host_text(&session->host), words) == NULL) {
        print_error("%s\nin\n%s\n", words, fake_host_text(&session->host));
        fail();
    }
}

static void everything_is_asked_in_turn_and_again_at_its_interval(void **state) {
    (void)state;
    fake_session session;
    begin(&session);
    asena_feed(&session, "INF^8002-51733^-^SET^4.00^ml/h^^1.250^ml^17.91^mmHg^24+^EVENT^127904");
    check_sent(&session, "!INF_VTBI|8456\r");
    asena_feed(&session, "INF_VTBI^DEACT^^^");
    check_sent(&session, "!ALARM|50B2\r");
    asena_feed(&session, "ALARM^AL_NOALM^ ^ ");
    check_sent(&session, "!SYRINGE_STATUS|4102\r");
    asena_feed(&session, "SYRINGE_STATUS^BD PLASTIPAK^ 50^CONF");
    assert_int_equal(session.sent.size, 0);
    fake_session_pass(&session, 5 * SECOND);
    check_sent(&session, "!INF|4961\r");
    assert_null(fake_session_close(&session));
}

static void answers_become_values_under_their_names(void **state) {
    (void)state;
    fake_session session;
    begin(&session);
    asena_feed(&session, "INF^8002-51733^A^HLD^0.00^ml/h^^0.969^ml^530.15^mmHg^00:04:09^EVENT^214725");
    assert_string_equal(fake_host_text(&session.host),
                        DEVICE " protocol=Asena Rev 2.1.5\n" ROW "INF.mode" FIELD
                               " code=HLD^^urn:dragoman:asena:word at=none unvalidated device obtained=1\n" ROW
                               "INF.rate" FIELD "0.00 unit=ml/h^^ at=none unvalidated device obtained=1\n" ROW
                               "INF.volume" FIELD "0.969 unit=ml^^ at=none unvalidated device obtained=1\n" ROW
                               "INF.pressure" FIELD "530.15 unit=mmHg^^ at=none unvalidated device obtained=1\n" ROW
                               "INF.remaining" FIELD "249 unit=s^^UCUM at=none unvalidated device obtained=4\n");
    fake_host_forget(&session.host);
    asena_feed(&session, "INF_VTBI^ACTIV^11.000^ml^STOP");
    check_has(&session, "INF_VTBI.volume" FIELD "11.000 unit=ml^^ at=none unvalidated device obtained=3");
    check_has(&session, "INF_VTBI.end" FIELD " code=STOP^");
    fake_host_forget(&session.host);
    asena_feed(&session, "SYRINGE_STATUS^BD PLASTIPAK^ 50^CONF");
    check_has(&session, "SYRINGE_STATUS.make" FIELD "\"BD PLASTIPAK\"");
    check_has(&session, "SYRINGE_STATUS.size" FIELD "50 ");
    assert_null(fake_session_close(&session));
}

static void what_is_no_number_is_text_and_in_question(void **state) {
    (void)state;
    fake_session session;
    begin(&session);
    asena_feed(&session, "INF^8002-51733^-^SET^fast^ml/h^^^ml^17.91^mmHg^soon^EVENT^127904");
    check_has(&session, "INF.rate" FIELD "\"fast\" unit=ml/h^^ at=none unvalidated device status=2");
    check_has(&session, "INF.volume" FIELD "absent:unknown");
    check_has(&session, "INF.remaining" FIELD "\"soon\"");
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_ODD_VALUE], 2);
    assert_null(fake_session_close(&session));
}

static void an_alarm_begins_and_ends(void **state) {
    (void)state;
    fake_session session;
    begin(&session);
    asena_feed(&session, "ALARM^AL_OCCLU^OCCLUSION^");
    check_has(&session,
              "event=AL_OCCLU^OCCLUSION^urn:dragoman:asena:alarm\"OCCLUSION\" text=OCCLUSION phase=1 state=2");
    fake_host_forget(&session.host);
    asena_feed(&session, "ALARM^AL_OCCLU^OCCLUSION^");
    assert_string_equal(fake_host_text(&session.host), "");
    asena_feed(&session, "ALARM^AL_VTBIS^^");
    check_has(&session, "AL_OCCLU^OCCLUSION^urn:dragoman:asena:alarm\"OCCLUSION\" text=OCCLUSION phase=3 state=1");
    check_has(&session, "AL_VTBIS^^urn:dragoman:asena:alarm");
    fake_host_forget(&session.host);
    asena_feed(&session, "ALARM^AL_NOALM^ ^ ");
    check_has(&session, "AL_VTBIS^^urn:dragoman:asena:alarm");
    check_has(&session, "phase=3");
    assert_null(fake_session_close(&session));
}

static void silence_repeats_three_times_and_asks_for_the_name_again(void **state) {
    (void)state;
    fake_session session;
    open_line(&session, NULL);
    fake_session_pass(&session, 8 * SECOND);
    check_sent(&session, "!INST_SERIALNO|457D\r!INST_SERIALNO|457D\r");
    fake_session_pass(&session, 8 * SECOND);
    assert_int_equal(session.sent.size, 0);
    fake_session_pass(&session, SECOND);
    check_sent(&session, "!INST_SERIALNO|457D\r");
    assert_null(fake_session_close(&session));
}

/* A volumetric pump has no syringe, and need not say so. */
static void a_query_that_a_pump_does_not_know_is_left_out(void **state) {
    (void)state;
    fake_session session;
    begin(&session);
    asena_feed(&session, "INF^8002-51733^-^SET^4.00^ml/h^^1.250^ml^17.91^mmHg^24+^EVENT^127904");
    asena_feed(&session, "INF_VTBI^DEACT^^^");
    asena_feed(&session, "ALARM^AL_NOALM^ ^ ");
    buffer_reset(&session.sent);
    fake_session_pass(&session, 12 * SECOND);
    check_sent(&session, "!SYRINGE_STATUS|4102\r!SYRINGE_STATUS|4102\r!INF|4961\r");
    for (int n = 0; n < 100; n++) {
        asena_feed(&session, "INST_SERIALNO^8002-51733");
        asena_feed(&session, "COMMS_PROTOCOL^Asena Rev 2.1.5");
        asena_feed(&session, "INF^8002-51733^-^SET^4.00^ml/h^^1.250^ml^17.91^mmHg^24+^EVENT^127904");
        asena_feed(&session, "INF_VTBI^DEACT^^^");
        asena_feed(&session, "ALARM^AL_NOALM^ ^ ");
        fake_session_pass(&session, SECOND);
    }
    buffer_append_byte(&session.sent, 0);
    assert_null(strstr((const char *)session.sent.data, "SYRINGE"));
    assert_null(fake_session_close(&session));
}

static void a_broken_answer_is_asked_for_again_at_once(void **state) {
    (void)state;
    fake_session session;
    begin(&session);
    fake_session_feed(&session, DRAGOMAN_TEXT("!INF^8002-51733^-^SET^4.00^ml/h|0000\r"), false);
    check_sent(&session, "!INF|4961\r");
    assert_int_equal(session.host.reports, 0);
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_BAD_FRAME], 1);
    assert_null(fake_session_close(&session));
}

static void another_pump_on_the_line_has_its_own_name_and_alarms(void **state) {
    (void)state;
    fake_session session;
    begin(&session);
    asena_feed(&session, "ALARM^AL_OCCLU^OCCLUSION^");
    fake_host_forget(&session.host);
    asena_feed(&session, "INF^8002-51740^-^SET^4.00^ml/h^^1.250^ml^17.91^mmHg^24+^EVENT^127904");
    check_has(&session, "report device=8002-51740 maker=Alaris model=Asena serial=8002-51740\n");
    fake_host_forget(&session.host);
    asena_feed(&session, "ALARM^AL_NOALM^ ^ ");
    assert_string_equal(fake_host_text(&session.host), "");
    assert_null(fake_session_close(&session));
}

static void after_a_break_an_alarm_continues(void **state) {
    (void)state;
    fake_session session;
    begin(&session);
    asena_feed(&session, "ALARM^AL_OCCLU^OCCLUSION^");
    dragoman_event event = {.struct_size = sizeof event, .kind = DRAGOMAN_EVENT_OPENED};
    event.of.opened.channel_kind = DRAGOMAN_CHANNEL_STREAM;
    fake_session_tell(&session, event);
    check_sent(&session, "!INST_SERIALNO|457D\r");
    fake_host_forget(&session.host);
    asena_feed(&session, "INST_SERIALNO^8002-51733");
    asena_feed(&session, "ALARM^AL_OCCLU^OCCLUSION^");
    check_has(&session, "phase=2");
    assert_null(fake_session_close(&session));
}

/* What would be commands of the protocol, in every place where something can come in. */
static const char *const commands[] = {"INF_START",
                                       "INF_STOP",
                                       "INF_RATE^3.50^ml/h",
                                       "INF_VI_CLEAR",
                                       "INF_VTBI^ACTIV^11.000^ml^STOP",
                                       "INF_BOLUS^ENABLED",
                                       "REMOTE_CTRL^ENABLED^3CC1",
                                       "REMOTE_CFG^ENABLED^3CC1"};

static void stumble(fake_session *session) {
    static const char *const answers[] = {"INST_SERIALNO^8002-51733",
                                          "COMMS_PROTOCOL^INF_START",
                                          "INF_VTBI^DEACT^^^",
                                          "ALARM^AL_OCCLU^INF_STOP^",
                                          "SYRINGE_STATUS^!INF_START|38F3^ 50^CONF",
                                          "INF^8002-51733^A^HLD^0.00^ml/h^^0.969^ml^530.15^mmHg^00:04:09^E^1"};
    char text[64];
    uint8_t bytes[16];
    switch (rand() % 6) {
    case 0:
        asena_feed(session, commands[(size_t)rand() % (sizeof commands / sizeof *commands)]);
        break;
    case 1:
    case 2:
        asena_feed(session, answers[(size_t)rand() % (sizeof answers / sizeof *answers)]);
        break;
    case 3:
        strcpy(text, "INST_SERIALNO^");
        strcat(text, commands[(size_t)rand() % (sizeof commands / sizeof *commands)]);
        asena_feed(session, text);
        break;
    case 4:
        for (size_t n = 0; n < sizeof bytes; n++) {
            bytes[n] = (uint8_t)rand();
        }
        fake_session_feed(session, (dragoman_bytes){bytes, sizeof bytes}, false);
        break;
    default:
        fake_session_pass(session, rand() % (10 * SECOND));
        break;
    }
}

static void no_input_setting_or_profile_provokes_a_command(void **state) {
    (void)state;
    static const char *const settings[] = {NULL, "values_every=1000 details_every=1000",
                                           "values_every=INF_START details_every=!INF_STOP|CD57"};
    srand(20261124);
    for (size_t walk = 0; walk < 45; walk++) {
        fake_session session;
        assert_true(fake_session_open_device(&session, &dragoman_adapter, settings[walk % 3],
                                             walk % 2 == 0 ? NULL : "command=!INF_START|38F3 query=INF_STOP",
                                             DRAGOMAN_CHANNEL_STREAM));
        session.host.profile = "values_every=INF_START command=INF_STOP";
        session.host.is_quiet = true;
        for (int n = 0; n < 600; n++) {
            stumble(&session);
            assert_true(asena_is_harmless(buffer_bytes(&session.sent)));
            buffer_reset(&session.sent);
        }
        assert_null(fake_session_close(&session));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_asked_in_turn_and_again_at_its_interval),
        cmocka_unit_test(answers_become_values_under_their_names),
        cmocka_unit_test(what_is_no_number_is_text_and_in_question),
        cmocka_unit_test(an_alarm_begins_and_ends),
        cmocka_unit_test(silence_repeats_three_times_and_asks_for_the_name_again),
        cmocka_unit_test(a_query_that_a_pump_does_not_know_is_left_out),
        cmocka_unit_test(a_broken_answer_is_asked_for_again_at_once),
        cmocka_unit_test(another_pump_on_the_line_has_its_own_name_and_alarms),
        cmocka_unit_test(after_a_break_an_alarm_continues),
        cmocka_unit_test(no_input_setting_or_profile_provokes_a_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
