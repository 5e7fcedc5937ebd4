/* The worked examples that IEEE 11073-20601 (Annex H) and its specialisations print, byte by byte as devices that were
 * built from them send them (sources: docs/devices/phd.md). Each test has the number of its example. */
#include "kit/phd_agent.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* obtained=1 is continuous, 2 episodic, 4 calculated, 5 manual. */

/* 20601 H.2: a scale with an extended configuration, whose system-id is 1122334455667788. */
#define AARQ_4000                                                                                                      \
    "E200 0032 80000000 0001 002A 5079 0026 80000000 8000 80000000 00000000 00800000 0008 1122334455667788 4000 0001 " \
    "01 00 0000 0000"
#define CONFIG_4000                                                                                                    \
    "E700 00A2 00A0 1235 0101 009A 0000 FFFFFFFF 0D1C 0090 4000 0003 008A"                                             \
    "0006 0001 0004 0024 092F 0004 0002E140 0A46 0002 F040 0996 0002 06C3 0A55 000C 0002 0008 0A56 0004 0990 0008"     \
    "0006 0002 0004 0024 092F 0004 0002E144 0A46 0002 F048 0996 0002 0511 0A55 000C 0002 0008 0A56 0004 0990 0008"     \
    "0006 0003 0005 002A 092F 0004 0002E150 0A46 0002 F042 0996 0002 07A0 0A47 0002 0001 0A55 000C 0002 0008"          \
    "0A56 0004 0990 0008"
#define CONFIG_ACCEPTED "E700 0016 0014 1235 0201 000E 0000 00000000 0D1C 0004 4000 0000 "
#define MDS_4000                                                                                                       \
    "E700 006E 006C 0000 0203 0066 0000 0006 0060 0A5A 0008 0001 0004 100F 0001 0928 001A"                             \
    "000A 467265657363616C6500 000C 5765696768745363616C6500 0984 000A 0008 1122334455667788 0A44 0002 4000"           \
    "092D 0012 0001 000E 0001 0000 0008 4445313234353637 0987 0008 2007020112050000"
#define MEASUREMENTS_4000                                                                                              \
    "E700 005A 0058 1236 0101 0052 0000 00000000 0D1D 0048 F000 0000 0004 0040"                                        \
    "0001 000C FF0002FA 2007120612100000 0003 000C FF0000F3 2007120612100000"                                          \
    "0001 000C FF0002F8 2007120620050000 0003 000C FF0000F2 2007120620050000"
#define MEASUREMENTS_TAKEN "E700 0012 0010 1236 0201 000A 0000 00000000 0D1D 0000"

static void associate_scale(fake_session *session) {
    phd_agent_open(session, PHD_AGENT_SETTINGS, FAKE_SETTLE_NEVER);
    phd_agent_say(session, AARQ_4000);
}

static void configure_scale(fake_session *session) {
    associate_scale(session);
    phd_agent_say(session, CONFIG_4000);
    fake_session_settle(session, 1, DRAGOMAN_DURABLE, DRAGOMAN_OK, NULL);
    phd_agent_ignores(session);
    fake_host_forget(&session->host);
}

static void h_2_1_association_of_an_unknown_configuration(void **state) {
    (void)state;
    fake_session session;
    associate_scale(&session);
    phd_agent_hears(&session, PHD_AGENT_AARE("0003"));
    phd_agent_made(&session, "");
    phd_agent_close(&session);
}

static void h_2_2_configuration_is_accepted_when_it_is_kept(void **state) {
    (void)state;
    fake_session session;
    associate_scale(&session);
    phd_agent_ignores(&session);
    phd_agent_say(&session, CONFIG_4000);
    phd_agent_hears(&session, "");
    fake_session_settle(&session, 1, DRAGOMAN_DURABLE, DRAGOMAN_OK, NULL);
    phd_agent_hears(&session, CONFIG_ACCEPTED PHD_AGENT_GET);
    phd_agent_made(&session, "message 1 sender=1122334455667788 id=\n");
    phd_agent_close(&session);
}

static void h_2_3_mds_attributes(void **state) {
    (void)state;
    fake_session session;
    configure_scale(&session);
    phd_agent_say(&session, MDS_4000);
    phd_agent_hears(&session, "");
    phd_agent_made(&session, "message 2 sender=1122334455667788 id=\n"
                             "report device=1122334455667788 type=528399^MDC_DEV_SPEC_PROFILE_SCALE^MDC "
                             "id=1122334455667788^&1122334455667788&EUI-64^ "
                             "maker=Freescale model=WeightScale serial=DE124567 IEEE 11073-10415=1\n");
    phd_agent_close(&session);
}

#define SCALE "device=1122334455667788 id=1122334455667788^&1122334455667788&EUI-64^\n"

static void h_2_4_measurements_are_confirmed_when_they_are_durable(void **state) {
    (void)state;
    fake_session session;
    configure_scale(&session);
    phd_agent_say(&session, MEASUREMENTS_4000);
    phd_agent_hears(&session, "");
    phd_agent_made(
        &session,
        "message 2 sender=1122334455667788 id=scan-*\n"
        "report " SCALE
        "observation 1.0.0.1 code=188736^^MDC : 76.2 unit=263875^^MDC own=2007-12-06T12:10:00 unvalidated device "
        "obtained=2\n"
        "observation 1.0.0.3 code=188752^^MDC : 24.3 unit=264096^^MDC own=2007-12-06T12:10:00 unvalidated device "
        "obtained=4\n"
        "observation 1.0.0.1 code=188736^^MDC : 76.0 unit=263875^^MDC own=2007-12-06T20:05:00 unvalidated device "
        "obtained=2\n"
        "observation 1.0.0.3 code=188752^^MDC : 24.2 unit=264096^^MDC own=2007-12-06T20:05:00 unvalidated device "
        "obtained=4\n");
    fake_session_settle(&session, 2, DRAGOMAN_DURABLE, DRAGOMAN_OK, NULL);
    phd_agent_hears(&session, MEASUREMENTS_TAKEN);
    phd_agent_close(&session);
}

static void h_2_4_release(void **state) {
    (void)state;
    fake_session session;
    configure_scale(&session);
    phd_agent_say(&session, "E400 0002 0000");
    phd_agent_hears(&session, "E500 0002 0000");
    phd_agent_close(&session);
}

/* 10404: an oximeter with the standard configuration 0191, as one on the market sends it. */
static void oximeter_0191_98_percent_105_per_minute(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_NEVER);
    phd_agent_say(&session, "E200 0032 80000000 0001 002A 5079 0026 80000000 8000 80000000 00000000 00800000 "
                            "0008 001C050100002885 0191 0001 01 00 0000 0000");
    phd_agent_hears(&session, PHD_AGENT_AARE("0000") PHD_AGENT_GET);
    phd_agent_say(&session, "E700 0036 0034 8000 0101 002E 0000 0008A340 0D1D 0024 F000 0000 0002 001C "
                            "0001 000A 0062 2007100108314200 000A 000A 0069 2007100108314200");
    phd_agent_hears(&session, "");
    phd_agent_made(&session,
                   "message 1 sender=001C050100002885 id=scan-*\n"
                   "report device=001C050100002885 type=528388^MDC_DEV_SPEC_PROFILE_PULS_OXIM^MDC "
                   "id=001C050100002885^&001C050100002885&EUI-64^\n"
                   "observation 1.0.0.1 code=150456^^MDC : 98 unit=262688^^MDC own=2007-10-01T08:31:42 unvalidated "
                   "device obtained=1 method=150588^^MDC\n"
                   "observation 1.0.0.10 code=149530^^MDC : 105 unit=264864^^MDC own=2007-10-01T08:31:42 unvalidated "
                   "device obtained=1 method=150588^^MDC\n");
    fake_session_settle(&session, 1, DRAGOMAN_DURABLE, DRAGOMAN_OK, NULL);
    phd_agent_hears(&session, "E700 0012 0010 8000 0201 000A 0000 00000000 0D1D 0000");
    phd_agent_close(&session);
}

/* What an agent of a standard configuration measures, and what is made of it. */
static void measure(const char *config, const char *event, const char *lines) {
    char aarq[256];
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    (void)snprintf(aarq, sizeof aarq, PHD_AGENT_AARQ("%s"), config);
    phd_agent_say(&session, aarq);
    phd_agent_hears(&session, PHD_AGENT_AARE("0000") PHD_AGENT_GET);
    phd_agent_say(&session, event);
    phd_agent_hears(&session, "E700 0012 0010 1236 0201 000A 0000 00000000 0D1D 0000");
    phd_agent_made(&session, lines);
    phd_agent_close(&session);
}

#define AGENT(type) "device=0011223344556677 type=" type "^MDC id=0011223344556677^&0011223344556677&EUI-64^\n"

/* 10407 */
static void pressure_02bc_120_80_100(void **state) {
    (void)state;
    measure("02BC",
            "E700 003E 003C 1236 0101 0036 0000 00000000 0D1D 002C F000 0000 0002 0024"
            "0001 0012 0003 0006 0078 0050 0064 2009061212100000 0002 000A F258 2009061220100000",
            "message 1 sender=0011223344556677 id=scan-*\n"
            "report " AGENT(
                "528391^MDC_DEV_SPEC_PROFILE_BP") "observation 1.0.0.1 code=150020^^MDC : [ code=150021^^MDC 120 "
                                                  "unit=266016^^MDC ] "
                                                  "[ code=150022^^MDC 80 unit=266016^^MDC ] [ code=150023^^MDC 100 "
                                                  "unit=266016^^MDC ] "
                                                  "own=2009-06-12T12:10:00 unvalidated device obtained=2\n"
                                                  "observation 1.0.0.2 code=149546^^MDC : 60.0 unit=264864^^MDC "
                                                  "own=2009-06-12T20:10:00 unvalidated device "
                                                  "obtained=2\n");
}

/* 10408: the mantissa's digits are the device's, five of them behind the point. */
static void thermometer_0320_37(void **state) {
    (void)state;
    measure("0320",
            "E700 002A 0028 1236 0101 0022 0000 00000000 0D1D 0018 F000 0000 0001 0010"
            "0001 000C FB387520 2009061208300000",
            "message 1 sender=0011223344556677 id=scan-*\n"
            "report " AGENT(
                "528392^MDC_DEV_SPEC_PROFILE_TEMP") "observation 1.0.0.1 code=150364^^MDC : 37.00000 unit=268192^^MDC "
                                                    "own=2009-06-12T08:30:00 unvalidated "
                                                    "device obtained=2\n");
}

/* 10417 with an extended configuration: glucose, its meal as a code and exercise in percent. The active period of the
 * exercise is no FLOAT that could be one, so it counts for nothing. */
static void glucose_4005_85_and_110_with_meals(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, PHD_AGENT_AARQ("4005"));
    phd_agent_say(&session,
                  "E700 009A 0098 0002 0101 0092 0000 FFFFFFFF 0D1C 0088 4005 0003 0082"
                  "0006 0001 0004 0024 092F 0004 000271B8 0A46 0002 F040 0996 0002 1272 0A55 000C 0002 0008"
                  "0A4C 0002 0990 0008"
                  "0005 0002 0003 001E 092F 0004 00807248 0A46 0002 F048 0A55 000C 0002 0008 0990 0008 0A49 0002"
                  "0006 0003 0004 0028 092F 0004 008071E0 0A46 0002 F048 0996 0002 0220 0A55 0010 0003 000C"
                  "0990 0008 0A59 0004 0A4C 0002");
    fake_host_forget(&session.host);
    phd_agent_say(&session, "E700 0064 0062 1236 0101 005C 0000 00000000 0D1D 0052 F000 0000 0005 004A"
                            "0001 000A F352 2009061212050000 0001 000A F44C 2009061212050000"
                            "0002 000A 2009061212050000 724C 0002 000A 2009061212050000 7250"
                            "0003 000E 2009061212050000 01B77400 F384");
    phd_agent_made(
        &session,
        "message 2 sender=0011223344556677 id=scan-*\n"
        "report device=0011223344556677 id=0011223344556677^&0011223344556677&EUI-64^\n"
        "observation 1.0.0.1 code=160184^^MDC : 85.0 unit=266866^^MDC own=2009-06-12T12:05:00 unvalidated device "
        "obtained=2\n"
        "observation 1.0.0.1 code=160184^^MDC : 110.0 unit=266866^^MDC own=2009-06-12T12:05:00 unvalidated device "
        "obtained=2\n"
        "observation 1.0.0.2 code=8417864^^MDC :  code=8417868^^MDC own=2009-06-12T12:05:00 unvalidated device "
        "obtained=5\n"
        "observation 1.0.0.2 code=8417864^^MDC :  code=8417872^^MDC own=2009-06-12T12:05:00 unvalidated device "
        "obtained=5\n"
        "observation 1.0.0.3 code=8417760^^MDC : 90.0 unit=262688^^MDC own=2009-06-12T12:05:00 unvalidated device "
        "obtained=5\n"
        "dead 92 bytes stage=translate reason=a value or time that is not of its type\n");
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_ODD_VALUE], 1);
    phd_agent_close(&session);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(h_2_1_association_of_an_unknown_configuration),
        cmocka_unit_test(h_2_2_configuration_is_accepted_when_it_is_kept),
        cmocka_unit_test(h_2_3_mds_attributes),
        cmocka_unit_test(h_2_4_measurements_are_confirmed_when_they_are_durable),
        cmocka_unit_test(h_2_4_release),
        cmocka_unit_test(oximeter_0191_98_percent_105_per_minute),
        cmocka_unit_test(pressure_02bc_120_80_100),
        cmocka_unit_test(thermometer_0320_37),
        cmocka_unit_test(glucose_4005_85_and_110_with_meals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
