/* Every form of report and every kind of value (20601 A.3.3 to A.3.5, A.11.3 to A.11.5), on an agent with two scanners
 * and one with enumerations. */
#include "kit/phd_agent.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Objects: 1 SpO2, 10 pulse rate, 11 device status bits, 12 plethysmogram of 8-bit samples (0 to 200 is 0 to 100 %, one
 * each 40 ms), 13 a pressure with two parts, 20 an episodic scanner over 1 (with a stamp) and 10, 21 a periodic one
 * over 1. */
#define CONFIG                                                                                                         \
    "E700011E011C0003010101160000FFFFFFFF0D1C010C400000070106000600010003001A092F000400024BB8099600020220"             \
    "0A550008000100040A4C00020006000A0003001A092F00040002481A099600020AA00A550008000100040A4C00020005000B"             \
    "00020014092F000400024C4C0A550008000100040A6600020009000C0005002E092F000400024BB4099600020220098D0004"             \
    "00000140096D00060004080800000971000A000000000000006400C800120014000200260953000200000A53001C00020018"             \
    "0001000200080A4C000209900008000A000100040A4C000200130015000200180953000200000A53000E0001000A00010001"             \
    "00040A4C00020006000D0003001A092F000400024A04099600020F200A760008000200044A054A06"

#define SET_20 "E7000016001400010105000E0014000100080000095300020001"

#define SETR_20 "E7000014001200010205000C001400010006095300020001"

#define SET_21 "E7000016001400020105000E0015000100080000095300020001"

#define SETR_21 "E7000014001200020205000C001500010006095300020001"

#define GROUPED "E700002800260021010100200014000000000D240016F00000000001000E000C006120260102030405000048"

#define MPGROUPED "E7000026002400220101001E0015000000000D270014F00000000002000C000100020060FFFF00020061"

#define VAR                                                                                                            \
    "E7000086008400230101007E001400003E800D220074F00000000005006C000A0002000C0A4C000207FF094700028000000B"             \
    "000100060A6600028001000C0001000A0A48000600040064C8FF000D000200180A74000C00020008FF0004B0FF0003200991"             \
    "000400001F4000010002001A0950000A4BB840000220FF0003D40A820008ED01B42500000078"

#define MPVAR                                                                                                          \
    "E700003E003C0024010000360014000000000D2B002CF00000000002002400070001000C000A000100060A4C000200480009"             \
    "0001000C000A000100060A4C00020050"

#define MPFIXED "E7000026002400250100001E0000000000000D1F0014F00000000001000C000700010006000A00020048"

#define BUFFIXED "E7000026002400260100001E0015000000000D290014F00000000002000C000100020062000100020063"

#define MDS                                                                                                            \
    "E7000040003E0000020300380000000500320A45001020001F00FFFFFFFF0000000000000000099C00020057095500024000"             \
    "09880006FF00000F08C0098F000400001F40"

#define ENUMCONF                                                                                                       \
    "E700003E003C0003010100360000FFFFFFFF0D1C002C400100020026000500010002000E092F0004008201000A6000020002"             \
    "0005000200010008092F000400820100"

#define ENUMVAR                                                                                                        \
    "E7000096009400310101008E0000000000000D1E0084F00000000007007C0001000100060A4900024C3C00020001000A0A4A"             \
    "00060004486920000002000100080A6500048000000100010001000E099E000A01020000000100024C3C00020001000E099E"             \
    "000A01030800001000024000000200010010099E000C010300000002000400024F4B00020001000E099E000A010300000007"             \
    "00024000"

#define DEVICE "device=0011223344556677 id=0011223344556677^&0011223344556677&EUI-64^"
#define TAKEN(invoke, handle, type) "E700 0012 0010 " invoke " 0201 000A " handle " 00000000 " type " 0000"

static void operate(fake_session *session) {
    phd_agent_open(session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(session, PHD_AGENT_AARQ("4000"));
    phd_agent_say(session, CONFIG);
    phd_agent_say(session, MDS);
    phd_agent_ignores(session);
    phd_agent_say(session, SETR_20);
    phd_agent_say(session, SETR_21);
    phd_agent_ignores(session);
    fake_host_forget(&session->host);
}

static void scanners_are_enabled_one_after_the_other(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, PHD_AGENT_AARQ("4000"));
    phd_agent_say(&session, CONFIG);
    phd_agent_ignores(&session);
    phd_agent_say(&session, MDS);
    phd_agent_hears(&session, SET_20);
    phd_agent_say(&session, SETR_20);
    phd_agent_hears(&session, SET_21);
    phd_agent_say(&session, SETR_21);
    phd_agent_hears(&session, "");
    phd_agent_close(&session);
}

static void scanners_are_left_alone_where_the_site_says_so(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS " scanners=leave", FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, PHD_AGENT_AARQ("4000"));
    phd_agent_say(&session, CONFIG);
    phd_agent_ignores(&session);
    phd_agent_say(&session, MDS);
    phd_agent_hears(&session, "");
    phd_agent_close(&session);
}

static void the_mds_tells_of_battery_and_power(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, PHD_AGENT_AARQ("4000"));
    phd_agent_say(&session, CONFIG);
    fake_host_forget(&session.host);
    phd_agent_say(&session, MDS);
    phd_agent_made(&session, "message 2 sender=0011223344556677 id=\n"
                             "report " DEVICE "\n"
                             "observation 1.0.0.0 code=67996^^MDC : 87 unit=262688^^MDC at=none unvalidated place\n"
                             "observation 1.0.0.0 code=67976^^MDC : 1.5 unit=264384^^MDC at=none unvalidated place\n"
                             "observation 1.0.0.0 code=67925^^MDC : bits 2/16 at=none unvalidated place\n");
    phd_agent_close(&session);
}

static void a_grouped_report(void **state) {
    (void)state;
    fake_session session;
    operate(&session);
    phd_agent_say(&session, GROUPED);
    phd_agent_hears(&session, TAKEN("0021", "0014", "0D24"));
    phd_agent_made(&session, "message 3 sender=0011223344556677 id=\n"
                             "report " DEVICE "\n"
                             "observation 1.0.0.1 code=150456^^MDC : 97 unit=262688^^MDC own=2026-01-02T03:04:05 "
                             "unvalidated device obtained=1\n"
                             "observation 1.0.0.10 code=149530^^MDC : 72 unit=264864^^MDC at=none unvalidated device "
                             "obtained=1\n");
    phd_agent_close(&session);
}

static void a_grouped_report_about_two_persons(void **state) {
    (void)state;
    fake_session session;
    operate(&session);
    phd_agent_say(&session, MPGROUPED);
    phd_agent_made(&session, "message 3 sender=0011223344556677 id=\n"
                             "report " DEVICE " patient{ id=1^0011223344556677&&^ }\n"
                             "observation 1.0.0.1 code=150456^^MDC : 96 unit=262688^^MDC at=none unvalidated device "
                             "obtained=1\n"
                             "report " DEVICE "\n"
                             "observation 1.0.0.1 code=150456^^MDC : 97 unit=262688^^MDC at=none unvalidated device "
                             "obtained=1\n");
    phd_agent_close(&session);
}

static void a_variable_report_with_every_kind_of_value(void **state) {
    (void)state;
    fake_session session;
    operate(&session);
    phd_agent_say(&session, VAR);
    phd_agent_hears(&session, TAKEN("0023", "0014", "0D22"));
    phd_agent_made(
        &session,
        "message 3 sender=0011223344556677 id=\n"
        "report " DEVICE "\n"
        "observation 1.0.0.10 code=149530^^MDC : absent:not-a-number unit=264864^^MDC at=none unvalidated device "
        "status=1 obtained=1\n"
        "observation 1.0.0.11 code=150604^^MDC : bits 8001/16 at=none unvalidated device obtained=1\n"
        "observation 1.0.0.12 code=150452^^MDC : samples 4x1 period=40000000 scale=0.5 [0 100 200 255] "
        "unit=262688^^MDC at=none unvalidated device obtained=1\n"
        "observation 1.0.0.13 code=150020^^MDC : [ code=150021^^MDC 120.0 unit=266016^^MDC ] "
        "[ code=150022^^MDC 80.0 unit=266016^^MDC ] own=2026-01-02T03:04:04.000+00:00 unvalidated device obtained=1\n"
        "observation 1.0.0.1 code=150456^^MDC : 98.0 unit=262688^^MDC own=2026-01-02T05:04:05+02:00 unvalidated "
        "device status=2 obtained=1\n");
    phd_agent_close(&session);
}

static void what_describes_a_metric_stays_in_force(void **state) {
    (void)state;
    fake_session session;
    operate(&session);
    phd_agent_say(&session, VAR);
    fake_host_forget(&session.host);
    phd_agent_say(&session, MPFIXED);
    phd_agent_made(&session, "message 4 sender=0011223344556677 id=\n"
                             "report " DEVICE " patient{ id=7^0011223344556677&&^ }\n"
                             "observation 1.0.0.10 code=149530^^MDC : 72 unit=264864^^MDC at=none unvalidated device "
                             "status=1 obtained=1\n");
    phd_agent_close(&session);
}

static void an_unconfirmed_variable_report_about_two_persons(void **state) {
    (void)state;
    fake_session session;
    operate(&session);
    phd_agent_say(&session, MPVAR);
    phd_agent_hears(&session, "");
    phd_agent_made(&session, "message 3 sender=0011223344556677 id=\n"
                             "report " DEVICE " patient{ id=7^0011223344556677&&^ }\n"
                             "observation 1.0.0.10 code=149530^^MDC : 72 unit=264864^^MDC at=none unvalidated device "
                             "obtained=1\n"
                             "report " DEVICE " patient{ id=9^0011223344556677&&^ }\n"
                             "observation 1.0.0.10 code=149530^^MDC : 80 unit=264864^^MDC at=none unvalidated device "
                             "obtained=1\n");
    phd_agent_close(&session);
}

static void a_buffered_report_holds_a_metric_several_times(void **state) {
    (void)state;
    fake_session session;
    operate(&session);
    phd_agent_say(&session, BUFFIXED);
    assert_int_equal(session.host.observations, 5);
    phd_agent_close(&session);
}

static void enumerations(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, PHD_AGENT_AARQ("4001"));
    phd_agent_say(&session, ENUMCONF);
    fake_host_forget(&session.host);
    phd_agent_say(&session, ENUMVAR);
    phd_agent_made(&session,
                   "message 2 sender=0011223344556677 id=\n"
                   "report " DEVICE "\n"
                   "observation 1.0.0.1 code=8519936^^MDC :  code=150588^^MDC at=none unvalidated device obtained=1\n"
                   "observation 1.0.0.2 code=8519936^^MDC : \"Hi\" at=none unvalidated device obtained=1\n"
                   "observation 1.0.0.2 code=8519936^^MDC : bits 80000001/32 at=none unvalidated device obtained=1\n"
                   "observation 1.0.0.1 code=8519938^^MDC :  code=150588^^MDC at=none unvalidated device obtained=1\n"
                   "observation 1.0.0.2 code=8519939^^MDC : bits 2/16 at=none unvalidated device status=10 obtained=1\n"
                   "observation 1.0.0.2 code=8519939^^MDC : \"OK\" at=none unvalidated device obtained=1\n"
                   "dead 142 bytes stage=translate reason=a value or time that is not of its type\n");
    phd_agent_close(&session);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scanners_are_enabled_one_after_the_other),
        cmocka_unit_test(scanners_are_left_alone_where_the_site_says_so),
        cmocka_unit_test(the_mds_tells_of_battery_and_power),
        cmocka_unit_test(a_grouped_report),
        cmocka_unit_test(a_grouped_report_about_two_persons),
        cmocka_unit_test(a_variable_report_with_every_kind_of_value),
        cmocka_unit_test(what_describes_a_metric_stays_in_force),
        cmocka_unit_test(an_unconfirmed_variable_report_about_two_persons),
        cmocka_unit_test(a_buffered_report_holds_a_metric_several_times),
        cmocka_unit_test(enumerations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
