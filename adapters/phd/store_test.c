/* PM-stores (20601 clause 6.3.7 and A.11.8): what a glucose meter has stored is read, confirmed when it is durable, and
 * read once. */
#include "kit/phd_agent.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Objects: 1 glucose, 20 a PM-store with a transfer time-out of 5 s and a clear time-out of 2 s. Its segment 3 holds
 * three entries of person 5, each an absolute time and an SFLOAT; its segment 4 is empty. */
#define CONF                                                                                                           \
    "E700006E006C0003010100660000FFFFFFFF0D1C005C400200020056000600010003001E092F0004000271B8099600020852"             \
    "0A55000C000200080A4C000209900008003D0014000600280A4D000208000943000204000951000200020953000200000A63"             \
    "000400003E800A64000400009C40"

#define MDS "E700000E000C000002030006000000000000"

#define GETSTORE "E700000E000C000101030006001400000000"

#define STORE "E7000014001200010203000C001400010006095100020002"

#define INFOREQ "E7000014001200020107000C00140C0D0006000100020000"

#define INFO                                                                                                           \
    "E7000068006600020207006000140C0D005A000200560003000300280A4E00168000000100100006000271B8000100010004"             \
    "0A4C0002097B0004000000030A4F000200050004000200220A4E00168000000100100006000271B80001000100040A4C0002"             \
    "097B000400000000"

#define TRIG "E7000010000E00030107000800140C1C00020003"

#define TRIGR "E7000012001000030207000A00140C1C000400030000"

#define DATA1                                                                                                          \
    "E7000034003200510101002C0014FFFFFFFF0D21002200030000000000000002800000142026010108000000F3E820260101"             \
    "12000000F44C"

#define DATA1R "E700001E001C0051020100160014000000000D21000C000300000000000000028080"

#define DATA1ABORT "E700001E001C0051020100160014000000000D21000C000300000000000000028008"

#define DATA2 "E700002A00280052010100220014FFFFFFFF0D210018000300000002000000014000000A202601011800000007FF"

#define DATA2R "E700001E001C0052020100160014000000000D21000C000300000002000000014080"

#define AGENTABORT "E7000020001E0052010100180014FFFFFFFF0D21000E0003000000020000000008000000"

#define AGENTABORTR "E700001E001C0052020100160014000000000D21000C000300000002000000000800"

#define MISFIT "E700002B00290051010100230014FFFFFFFF0D21001900030000000000000002C000000B2026010108000000F3E800"

#define MISFITR "E700001E001C0051020100160014000000000D21000C00030000000000000002C008"

#define FOREIGN "E700002A00280053010100220014FFFFFFFF0D21001800090000000000000001C000000A2026010108000000F3E8"

#define FOREIGNR "E700001E001C0053020100160014000000000D21000C00090000000000000001C008"

#define CLEAR "E7000018001600040107001000140C0C000A00020006000100020003"

#define CLEARR "E700000E000C00040207000600140C0C0000"

#define DEVICE "device=0011223344556677 id=0011223344556677^&0011223344556677&EUI-64^"

static void transfer(fake_session *session, const char *settings, fake_settling settling) {
    phd_agent_open(session, settings, settling);
    phd_agent_say(session, PHD_AGENT_AARQ("4002"));
    phd_agent_say(session, CONF);
    if (settling == FAKE_SETTLE_NEVER) {
        fake_session_settle(session, 1, DRAGOMAN_DURABLE, DRAGOMAN_OK, NULL);
    }
    phd_agent_ignores(session);
    phd_agent_say(session, MDS);
    phd_agent_hears(session, GETSTORE);
    phd_agent_say(session, STORE);
    phd_agent_hears(session, INFOREQ);
    phd_agent_say(session, INFO);
    phd_agent_hears(session, TRIG);
    phd_agent_say(session, TRIGR);
    phd_agent_hears(session, "");
    fake_host_forget(&session->host);
}

static void a_segment_is_read_and_confirmed_when_it_is_durable(void **state) {
    (void)state;
    fake_session session;
    transfer(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_NEVER);
    phd_agent_say(&session, DATA1);
    phd_agent_hears(&session, "");
    phd_agent_made(&session,
                   "message 3 sender=0011223344556677 id=stored-20.3.0\n"
                   "report " DEVICE " patient{ id=5^0011223344556677&&^ }\n"
                   "observation 1.0.0.1 code=160184^^MDC : 100.0 unit=264274^^MDC at=2026-01-01T08:00:00 unvalidated "
                   "device obtained=1\n"
                   "observation 1.0.0.1 code=160184^^MDC : 110.0 unit=264274^^MDC at=2026-01-01T12:00:00 unvalidated "
                   "device obtained=1\n");
    fake_session_settle(&session, 3, DRAGOMAN_DURABLE, DRAGOMAN_OK, NULL);
    phd_agent_hears(&session, DATA1R);
    phd_agent_say(&session, DATA2);
    phd_agent_hears(&session, "");
    fake_session_settle(&session, 4, DRAGOMAN_DUPLICATE, DRAGOMAN_OK, NULL);
    phd_agent_hears(&session, DATA2R);
    phd_agent_made(&session, "message 4 sender=0011223344556677 id=stored-20.3.2\n"
                             "report " DEVICE " patient{ id=5^0011223344556677&&^ }\n"
                             "observation 1.0.0.1 code=160184^^MDC : absent:not-a-number unit=264274^^MDC "
                             "at=2026-01-01T18:00:00 unvalidated device obtained=1\n");
    phd_agent_close(&session);
}

static void a_segment_that_did_not_change_is_not_read_again(void **state) {
    (void)state;
    fake_session session;
    transfer(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, DATA1);
    phd_agent_say(&session, DATA2);
    phd_agent_say(&session, "E400 0002 0000");
    phd_agent_ignores(&session);
    phd_agent_say(&session, PHD_AGENT_AARQ("4002"));
    phd_agent_hears(&session, PHD_AGENT_AARE("0000") "E700 000E 000C 0004 0103 0006 0000 0000 0000");
    phd_agent_say(&session, "E700 000E 000C 0004 0203 0006 0000 0000 0000");
    phd_agent_hears(&session, "E700 000E 000C 0005 0103 0006 0014 0000 0000");
    phd_agent_say(&session, "E700 0014 0012 0005 0203 000C 0014 0001 0006 0951 0002 0002");
    phd_agent_hears(&session, "E700 0014 0012 0006 0107 000C 0014 0C0D 0006 0001 0002 0000");
    phd_agent_say(&session, "E700 0068 0066 0006 0207 0060 0014 0C0D 005A 0002 0056"
                            "0003 0003 0028 0A4E 0016 8000 0001 0010 0006 000271B8 0001 0001 0004 0A4C 0002"
                            "097B 0004 00000003 0A4F 0002 0005"
                            "0004 0002 0022 0A4E 0016 8000 0001 0010 0006 000271B8 0001 0001 0004 0A4C 0002"
                            "097B 0004 00000000");
    phd_agent_hears(&session, "");
    phd_agent_close(&session);
}

static void a_store_is_left_alone_where_the_site_says_so(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS " stored=leave", FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, PHD_AGENT_AARQ("4002"));
    phd_agent_say(&session, CONF);
    phd_agent_ignores(&session);
    phd_agent_say(&session, MDS);
    phd_agent_hears(&session, "");
    phd_agent_close(&session);
}

static void a_segment_is_cleared_only_where_the_site_says_so_and_when_all_is_durable(void **state) {
    (void)state;
    fake_session session;
    transfer(&session, PHD_AGENT_SETTINGS " clear_stored=true", FAKE_SETTLE_NEVER);
    phd_agent_say(&session, DATA1);
    fake_session_settle(&session, 3, DRAGOMAN_DURABLE, DRAGOMAN_OK, NULL);
    phd_agent_say(&session, DATA2);
    phd_agent_hears(&session, DATA1R);
    fake_session_settle(&session, 4, DRAGOMAN_DURABLE, DRAGOMAN_OK, NULL);
    phd_agent_hears(&session, DATA2R CLEAR);
    phd_agent_say(&session, CLEARR);
    phd_agent_hears(&session, "");
    phd_agent_close(&session);
}

static void entries_that_were_not_kept_end_the_transfer(void **state) {
    (void)state;
    fake_session session;
    transfer(&session, PHD_AGENT_SETTINGS " clear_stored=true", FAKE_SETTLE_NEVER);
    phd_agent_say(&session, DATA1);
    fake_session_settle(&session, 3, DRAGOMAN_NOT_KEPT, DRAGOMAN_FULL, "no room");
    phd_agent_hears(&session, DATA1ABORT);
    phd_agent_close(&session);
}

static void an_end_of_the_agents_is_answered_in_kind(void **state) {
    (void)state;
    fake_session session;
    transfer(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, DATA1);
    phd_agent_hears(&session, DATA1R);
    phd_agent_say(&session, AGENTABORT);
    phd_agent_hears(&session, AGENTABORTR);
    phd_agent_close(&session);
}

static void entries_that_do_not_fit_their_map_are_refused_and_kept(void **state) {
    (void)state;
    fake_session session;
    transfer(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, MISFIT);
    phd_agent_hears(&session, MISFITR);
    phd_agent_made(&session,
                   "dead 35 bytes stage=translate reason=stored entries that do not fit their segment's map\n");
    phd_agent_close(&session);
}

static void a_transfer_that_nobody_asked_for_is_told_to_stop(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, PHD_AGENT_AARQ("4002"));
    phd_agent_say(&session, CONF);
    phd_agent_ignores(&session);
    phd_agent_say(&session, FOREIGN);
    phd_agent_hears(&session, FOREIGNR);
    phd_agent_close(&session);
}

static void to_sp_pms_aborts_after_the_stores_own_time(void **state) {
    (void)state;
    fake_session session;
    transfer(&session, PHD_AGENT_SETTINGS, FAKE_SETTLE_AT_ONCE);
    fake_session_pass(&session, 4900000);
    phd_agent_say(&session, DATA1);
    phd_agent_hears(&session, DATA1R);
    fake_session_pass(&session, 4900000);
    phd_agent_hears(&session, "");
    fake_session_pass(&session, 200000);
    phd_agent_hears(&session, "E600 0002 0002");
    phd_agent_close(&session);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_segment_is_read_and_confirmed_when_it_is_durable),
        cmocka_unit_test(a_segment_that_did_not_change_is_not_read_again),
        cmocka_unit_test(a_store_is_left_alone_where_the_site_says_so),
        cmocka_unit_test(a_segment_is_cleared_only_where_the_site_says_so_and_when_all_is_durable),
        cmocka_unit_test(entries_that_were_not_kept_end_the_transfer),
        cmocka_unit_test(an_end_of_the_agents_is_answered_in_kind),
        cmocka_unit_test(entries_that_do_not_fit_their_map_are_refused_and_kept),
        cmocka_unit_test(a_transfer_that_nobody_asked_for_is_told_to_stop),
        cmocka_unit_test(to_sp_pms_aborts_after_the_stores_own_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
