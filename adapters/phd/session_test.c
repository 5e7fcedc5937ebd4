/* The conversation: association, configuration, time-outs, release, abort, settlement (20601 clauses 8.7 to 8.10 and
 * Annex E). */
#include "kit/phd_agent.h"
#include "machine.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND 1000000

/* A thermometer's configuration, sent as 4000. */
#define CONFIG(id)                                                                                                     \
    "E700 0044 0042 0003 0101 003C 0000 FFFFFFFF 0D1C 0032 " id " 0001 002C 0006 0001 0004 0024 092F 0004 00024B5C "   \
    "0A46 0002 F040 0996 0002 17A0 0A55 000C 0002 0008 0A56 0004 0990 0008 "
#define CONFIG_RESULT(id, result) "E700 0016 0014 0003 0201 000E 0000 00000000 0D1C 0004 " id " " result " "
#define TEMPERATURE                                                                                                    \
    "E700 002A 0028 1236 0101 0022 0000 00000000 0D1D 0018 F000 0000 0001 0010 0001 000C FF000172 2009061208300000 "
#define TAKEN "E700 0012 0010 1236 0201 000A 0000 00000000 0D1D 0000 "
#define REJECTED(result) "E300 0006 " result " 0000 0000 "
#define ABORT(reason) "E600 0002 " reason " "

static void operate(fake_session *session, fake_settling settling) {
    phd_agent_open(session, PHD_AGENT_SETTINGS, settling);
    phd_agent_say(session, PHD_AGENT_AARQ("0320"));
    phd_agent_hears(session, PHD_AGENT_AARE("0000") PHD_AGENT_GET);
    phd_agent_say(session, "E700 000E 000C 0000 0203 0006 0000 0000 0000");
    phd_agent_hears(session, "");
    fake_host_forget(&session->host);
}

static void annex_e_has_a_row_for_every_apdu_in_every_state(void **state) {
    (void)state;
    const phd_state connected[] = {PHD_UNASSOCIATED, PHD_WAITING_FOR_CONFIG, PHD_CHECKING_CONFIG, PHD_OPERATING,
                                   PHD_DISASSOCIATING};
    for (size_t n = 0; n < sizeof connected / sizeof *connected; n++) {
        for (phd_input input = PHD_RX_AARQ_KNOWN; input < PHD_INPUTS; input++) {
            assert_non_null(phd_machine_row(connected[n], input));
        }
        assert_non_null(phd_machine_row(connected[n], PHD_IND_DISCONNECT));
        assert_int_equal(phd_machine_row(connected[n], PHD_IND_DISCONNECT)->next, PHD_DISCONNECTED);
    }
    assert_null(phd_machine_row(PHD_DISCONNECTED, PHD_RX_AARE));
}

static void an_aarq_that_cannot_be_met_is_rejected_with_its_reason(void **state) {
    (void)state;
    const struct {
        const char *aarq;
        const char *aare;
    } cases[] = {
        /* assoc-version 2 only */
        {"E200 0032 40000000 0001 002A 5079 0026 80000000 8000 80000000 00000000 00800000 0008 0011223344556677 0320 "
         "0001 01 00 0000 0000",
         REJECTED("0008")},
        /* a protocol of the manufacturer's only */
        {"E200 000E 80000000 0001 0006 FFFF 0002 0000", REJECTED("0004")},
        /* no protocol version in common */
        {"E200 0032 80000000 0001 002A 5079 0026 08000000 8000 80000000 00000000 00800000 0008 0011223344556677 0320 "
         "0001 01 00 0000 0000",
         REJECTED("0005")},
        /* XER only */
        {"E200 0032 80000000 0001 002A 5079 0026 80000000 4000 80000000 00000000 00800000 0008 0011223344556677 0320 "
         "0001 01 00 0000 0000",
         REJECTED("0005")},
        /* no nomenclature version in common */
        {"E200 0032 80000000 0001 002A 5079 0026 80000000 8000 00000000 00000000 00800000 0008 0011223344556677 0320 "
         "0001 01 00 0000 0000",
         REJECTED("0005")},
        /* a test association: what it would say is not real */
        {"E200 0032 80000000 0001 002A 5079 0026 80000000 8000 80000000 20000000 00800000 0008 0011223344556677 0320 "
         "0001 01 00 0000 0000",
         REJECTED("0005")},
        /* a reserved configuration number */
        {PHD_AGENT_AARQ("8000"), REJECTED("0005")},
        /* another manager */
        {"E200 0032 80000000 0001 002A 5079 0026 80000000 8000 80000000 00000000 80000000 0008 0011223344556677 0320 "
         "0001 01 00 0000 0000",
         REJECTED("0001")},
        /* a system-id of two bytes */
        {"E200 002C 80000000 0001 0024 5079 0020 80000000 8000 80000000 00000000 00800000 0002 0011 0320 0001 01 00 "
         "0000 0000",
         REJECTED("0001")},
    };
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        fake_session session;
        phd_agent_open(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
        phd_agent_say(&session, cases[n].aarq);
        phd_agent_hears(&session, cases[n].aare);
        phd_agent_say(&session, PHD_AGENT_AARQ("0320"));
        phd_agent_hears(&session, PHD_AGENT_AARE("0000") PHD_AGENT_GET);
        phd_agent_close(&session);
    }
}

static void the_newest_common_protocol_version_is_chosen(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, "E200 0032 80000000 0001 002A 5079 0026 F0000000 A000 80000000 00000000 00800000 0008 "
                            "0011223344556677 0320 0001 01 00 0000 0000");
    phd_agent_hears(&session, "E300 002C 0000 5079 0026 20000000 8000 80000000 00000000 80000000 0008 "
                              "1122334455667788 0000 0000 00 00 0000 0000 " PHD_AGENT_GET);
    phd_agent_close(&session);
}

static void a_learned_configuration_is_known_the_next_time(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, PHD_AGENT_AARQ("4000"));
    phd_agent_hears(&session, PHD_AGENT_AARE("0003"));
    phd_agent_say(&session, CONFIG("4000"));
    phd_agent_hears(&session, CONFIG_RESULT("4000", "0000") PHD_AGENT_GET);
    phd_agent_say(&session, "E400 0002 0000");
    phd_agent_hears(&session, "E500 0002 0000");
    phd_agent_say(&session, PHD_AGENT_AARQ("4000"));
    phd_agent_hears(&session, PHD_AGENT_AARE("0000") "E700 000E 000C 0000 0103 0006 0000 0000 0000");
    phd_agent_say(&session, TEMPERATURE);
    phd_agent_hears(&session, TAKEN);
    assert_int_equal(session.host.observations, 1);
    phd_agent_close(&session);
}

static void a_learned_configuration_that_does_not_fit_is_forgotten(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, PHD_AGENT_AARQ("4000"));
    phd_agent_say(&session, CONFIG("4000"));
    phd_agent_ignores(&session);
    fake_host_forget(&session.host);
    /* The device was given another firmware, which reports ten bytes. */
    phd_agent_say(&session, "E700 0028 0026 1236 0101 0020 0000 00000000 0D1D 0016 F000 0000 0001 000E 0001 000A 0172 "
                            "2009061208300000");
    phd_agent_hears(&session, "E700 000A 0008 1236 0400 0002 0002 " ABORT("0000"));
    phd_agent_made(&session, "dead 32 bytes stage=translate reason=the event report is badly structured\n");
    phd_agent_say(&session, PHD_AGENT_AARQ("4000"));
    phd_agent_hears(&session, PHD_AGENT_AARE("0003"));
    phd_agent_close(&session);
}

static void a_configuration_that_is_broken_is_unsupported_and_another_may_follow(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, PHD_AGENT_AARQ("4000"));
    phd_agent_ignores(&session);
    /* The value map is cut short. */
    phd_agent_say(&session,
                  "E700 0044 0042 0003 0101 003C 0000 FFFFFFFF 0D1C 0032 4000 0001 002C 0006 0001 0004 0024 092F 0004 "
                  "00024B5C 0A46 0002 F040 0996 0002 17A0 0A55 000C 0002 0009 0A56 0004 0990 0008");
    phd_agent_hears(&session, CONFIG_RESULT("4000", "0001"));
    phd_agent_say(&session, CONFIG("4001"));
    phd_agent_hears(&session, CONFIG_RESULT("4001", "0000") PHD_AGENT_GET);
    phd_agent_close(&session);
}

static void measurements_before_the_configuration_are_no_object(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, PHD_AGENT_AARQ("4000"));
    phd_agent_ignores(&session);
    phd_agent_say(&session, TEMPERATURE);
    phd_agent_hears(&session, "E700 000C 000A 1236 0300 0004 0001 0000");
    phd_agent_say(&session, CONFIG("4000"));
    phd_agent_hears(&session, CONFIG_RESULT("4000", "0000") PHD_AGENT_GET);
    phd_agent_close(&session);
}

static void to_config_aborts_after_10_seconds(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, PHD_AGENT_AARQ("4000"));
    phd_agent_ignores(&session);
    fake_session_pass(&session, 9 * SECOND);
    phd_agent_hears(&session, "");
    fake_session_pass(&session, SECOND + SECOND / 2);
    phd_agent_hears(&session, ABORT("0003"));
    phd_agent_close(&session);
}

static void to_get_aborts_after_3_seconds(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, PHD_AGENT_AARQ("0320"));
    phd_agent_ignores(&session);
    fake_session_pass(&session, 2 * SECOND);
    phd_agent_hears(&session, "");
    fake_session_pass(&session, SECOND + SECOND / 2);
    phd_agent_hears(&session, ABORT("0002"));
    phd_agent_say(&session, TEMPERATURE);
    phd_agent_hears(&session, ABORT("0000"));
    phd_agent_close(&session);
}

static void to_release_aborts_after_3_seconds(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS " release_after=60000", FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, PHD_AGENT_AARQ("0320"));
    phd_agent_say(&session, "E700 000E 000C 0000 0203 0006 0000 0000 0000");
    phd_agent_ignores(&session);
    fake_session_pass(&session, 59 * SECOND);
    phd_agent_hears(&session, "");
    fake_session_pass(&session, 2 * SECOND);
    phd_agent_hears(&session, "E400 0002 0000");
    fake_session_pass(&session, 4 * SECOND);
    phd_agent_hears(&session, ABORT("0002"));
    phd_agent_close(&session);
}

static void a_release_that_is_answered_ends_quietly(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS " release_after=1000", FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, PHD_AGENT_AARQ("0320"));
    phd_agent_say(&session, "E700 000E 000C 0000 0203 0006 0000 0000 0000");
    phd_agent_ignores(&session);
    fake_session_pass(&session, 2 * SECOND);
    phd_agent_hears(&session, "E400 0002 0000");
    phd_agent_say(&session, "E500 0002 0000");
    fake_session_pass(&session, 10 * SECOND);
    phd_agent_hears(&session, "");
    phd_agent_close(&session);
}

static void nothing_is_confirmed_before_it_is_durable(void **state) {
    (void)state;
    fake_session session;
    operate(&session, FAKE_SETTLE_NEVER);
    phd_agent_say(&session, TEMPERATURE);
    phd_agent_say(&session, "E700 002A 0028 1237 0101 0022 0000 00000000 0D1D 0018 F000 0001 0001 0010 0001 000C "
                            "FF000173 2009061208310000 ");
    phd_agent_hears(&session, "");
    fake_session_settle(&session, 2, DRAGOMAN_DURABLE, DRAGOMAN_OK, NULL);
    phd_agent_hears(&session, TAKEN);
    fake_session_settle(&session, 3, DRAGOMAN_DUPLICATE, DRAGOMAN_OK, NULL);
    phd_agent_hears(&session, "E700 0012 0010 1237 0201 000A 0000 00000000 0D1D 0000");
    phd_agent_close(&session);
}

static void what_was_not_kept_is_rejected(void **state) {
    (void)state;
    fake_session session;
    operate(&session, FAKE_SETTLE_NEVER);
    phd_agent_say(&session, TEMPERATURE);
    fake_session_settle(&session, 2, DRAGOMAN_NOT_KEPT, DRAGOMAN_FULL, "no room");
    phd_agent_hears(&session, "E700 000A 0008 1236 0400 0002 0067");
    phd_agent_close(&session);
}

static void what_settles_after_the_end_is_not_answered(void **state) {
    (void)state;
    fake_session session;
    operate(&session, FAKE_SETTLE_NEVER);
    phd_agent_say(&session, TEMPERATURE "E400 0002 0000");
    phd_agent_hears(&session, "E500 0002 0000");
    fake_session_settle(&session, 2, DRAGOMAN_DURABLE, DRAGOMAN_OK, NULL);
    phd_agent_hears(&session, "");
    phd_agent_close(&session);
}

static void an_unconfirmed_event_is_taken_and_not_answered(void **state) {
    (void)state;
    fake_session session;
    operate(&session, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, "E700 002A 0028 1236 0100 0022 0000 00000000 0D1D 0018 F000 0000 0001 0010 0001 000C "
                            "FF000172 2009061208300000 ");
    phd_agent_hears(&session, "");
    assert_int_equal(session.host.observations, 1);
    phd_agent_close(&session);
}

static void an_unknown_handle_costs_only_its_own_value(void **state) {
    (void)state;
    fake_session session;
    operate(&session, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, "E700 003A 0038 1236 0101 0032 0000 00000000 0D1D 0028 F000 0000 0002 0020 "
                            "0003 000C FF0000F3 2009061208300000 0001 000C FF000172 2009061208300000");
    phd_agent_hears(&session, TAKEN);
    phd_agent_made(&session,
                   "message 2 sender=0011223344556677 id=scan-*\n"
                   "report device=0011223344556677 type=528392^MDC_DEV_SPEC_PROFILE_TEMP^MDC "
                   "id=0011223344556677^&0011223344556677&EUI-64^\n"
                   "observation 1.0.0.1 code=150364^^MDC : 37.0 unit=268192^^MDC own=2009-06-12T08:30:00 unvalidated "
                   "device obtained=2\n"
                   "dead 50 bytes stage=translate reason=an object that the configuration does not have\n");
    phd_agent_close(&session);
}

static void apdus_out_of_place_abort(void **state) {
    (void)state;
    const struct {
        const char *apdu;
        const char *answer;
    } cases[] = {
        {PHD_AGENT_AARQ("0320"), ABORT("0000")},                                                     /* 8.8 */
        {"E300 0006 0001 0000 0000", ABORT("0000")},                                                 /* 8.12 */
        {"E400 0002 0000", "E500 0002 0000"},                                                        /* 8.16 */
        {"E500 0002 0000", ABORT("0000")},                                                           /* 8.17 */
        {"E600 0002 0000", ""},                                                                      /* 8.18 */
        {"E700 000E 000C 0007 0103 0006 0000 0000 0000", "E700 000C 000A 0007 0300 0004 0001 0000"}, /* 8.21 */
        {"E700 000E 000C 0009 0203 0006 0000 0000 0000", ABORT("0000")}, /* 8.26: nothing was asked */
    };
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        fake_session session;
        operate(&session, FAKE_SETTLE_AT_ONCE);
        phd_agent_say(&session, cases[n].apdu);
        phd_agent_hears(&session, cases[n].answer);
        phd_agent_close(&session);
    }
}

static void an_unknown_event_is_rejected_and_kept(void **state) {
    (void)state;
    fake_session session;
    operate(&session, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, "E700 0012 0010 0005 0101 000A 0000 00000000 0E00 0000");
    phd_agent_hears(&session, "E700 000A 0008 0005 0400 0002 0065");
    phd_agent_made(&session, "dead 10 bytes stage=translate reason=an event report of an unknown type\n");
    phd_agent_close(&session);
}

static void an_agent_that_waits_to_be_asked_is_asked(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, "E200 0032 80000000 0001 002A 5079 0026 80000000 8000 80000000 00000000 00800000 0008 "
                            "0011223344556677 0320 0880 00 01 0000 0000");
    phd_agent_hears(&session, PHD_AGENT_AARE("0000") PHD_AGENT_GET);
    phd_agent_say(&session, "E700 000E 000C 0000 0203 0006 0000 0000 0000");
    phd_agent_hears(&session, "E700 001E 001C 0001 0107 0016 0000 0C1B 0010 0001 8880 00000000 FFFF 0000 0000 0000");
    fake_host_forget(&session.host);
    phd_agent_say(&session, "E700 0030 002E 0001 0207 0028 0000 0C1B 0022 FFFFFFFF 0000 0D1D 0018 0001 0000 0001 0010 "
                            "0001 000C FF000172 2009061208300000");
    assert_int_equal(session.host.observations, 1);
    phd_agent_hears(&session, "");
    phd_agent_close(&session);
}

static void a_refused_request_is_left_out(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, PHD_AGENT_AARQ("0320"));
    phd_agent_ignores(&session);
    phd_agent_say(&session, "E700 000C 000A 0000 0300 0004 0001 0000");
    phd_agent_say(&session, TEMPERATURE);
    phd_agent_hears(&session, TAKEN);
    phd_agent_close(&session);
}

static void a_wrong_system_id_is_no_setting(void **state) {
    (void)state;
    fake_session session;
    extern const dragoman_adapter_descriptor dragoman_adapter_phd;
    assert_false(fake_session_open(&session, &dragoman_adapter_phd, "system_id=11-22", DRAGOMAN_CHANNEL_STREAM));
    phd_agent_close(&session);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(annex_e_has_a_row_for_every_apdu_in_every_state),
        cmocka_unit_test(an_aarq_that_cannot_be_met_is_rejected_with_its_reason),
        cmocka_unit_test(the_newest_common_protocol_version_is_chosen),
        cmocka_unit_test(a_learned_configuration_is_known_the_next_time),
        cmocka_unit_test(a_learned_configuration_that_does_not_fit_is_forgotten),
        cmocka_unit_test(a_configuration_that_is_broken_is_unsupported_and_another_may_follow),
        cmocka_unit_test(measurements_before_the_configuration_are_no_object),
        cmocka_unit_test(to_config_aborts_after_10_seconds),
        cmocka_unit_test(to_get_aborts_after_3_seconds),
        cmocka_unit_test(to_release_aborts_after_3_seconds),
        cmocka_unit_test(a_release_that_is_answered_ends_quietly),
        cmocka_unit_test(nothing_is_confirmed_before_it_is_durable),
        cmocka_unit_test(what_was_not_kept_is_rejected),
        cmocka_unit_test(what_settles_after_the_end_is_not_answered),
        cmocka_unit_test(an_unconfirmed_event_is_taken_and_not_answered),
        cmocka_unit_test(an_unknown_handle_costs_only_its_own_value),
        cmocka_unit_test(apdus_out_of_place_abort),
        cmocka_unit_test(an_unknown_event_is_rejected_and_kept),
        cmocka_unit_test(an_agent_that_waits_to_be_asked_is_asked),
        cmocka_unit_test(a_refused_request_is_left_out),
        cmocka_unit_test(a_wrong_system_id_is_no_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
