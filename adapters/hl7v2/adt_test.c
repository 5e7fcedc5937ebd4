/* ADT messages to context events. The numbers in the expected lines are those of dragoman_context_kind. */
#include "kit/fake_check.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HEADER(trigger, id) "MSH|^~\\&|HIS|H|||20260601080000+0200||ADT^" trigger "|" id "|P|2.5.1\n"
#define PATIENT "PID|||4001^^^H^MR\n"
#define SAID "patient{ id=4001^H&&^MR }"

static void check(const char *input, const char *expected) {
    fake_check_file(&dragoman_adapter, NULL, input, expected);
}

static void a_transfer_says_from_where_and_when(void **state) {
    (void)state;
    check(HEADER("A02", "1") "EVN|A02|20260601080000+0200||||20260601073000+0200\n" PATIENT
                             "PV1||I|ICU^1^2^H|||WARD^7^1\n",
          "message 1 sender=HIS|H id=1\nreport message=1\n"
          "context 3 trigger=A02 patient{ id=4001^H&&^MR class=I } place=ICU/1/2@H from=WARD/7/1@ "
          "at=2026-06-01T07:30:00+02:00\n");
}

static void an_update_in_another_bed_is_a_suspected_move(void **state) {
    (void)state;
    check(HEADER("A01", "1") PATIENT "PV1|||ICU^1^2\n" HEADER("A08", "2") PATIENT "PV1|||ICU^1^2\n" HEADER("A08", "3")
              PATIENT "PV1|||ICU^1^3\n" HEADER("A08", "4") PATIENT "PV1||\n" HEADER("A08", "5") "PID|||9\nPV1|||X\n",
          "message 1 sender=HIS|H id=1\nreport message=1\ncontext 1 trigger=A01 " SAID
          " place=ICU/1/2@ at=2026-06-01T08:00:00+02:00\n"
          "message 2 sender=HIS|H id=2\nreport message=2\ncontext 5 trigger=A08 " SAID
          " place=ICU/1/2@ at=2026-06-01T08:00:00+02:00\n"
          "message 3 sender=HIS|H id=3\nreport message=3\ncontext 5 trigger=A08 " SAID
          " place=ICU/1/3@ at=2026-06-01T08:00:00+02:00\n"
          "context 3 suspected trigger=A08 " SAID " place=ICU/1/3@ from=ICU/1/2@ at=2026-06-01T08:00:00+02:00\n"
          "message 4 sender=HIS|H id=4\nreport message=4\ncontext 5 trigger=A08 " SAID " at=2026-06-01T08:00:00+02:00\n"
          "message 5 sender=HIS|H id=5\nreport message=5\ncontext 5 trigger=A08 patient{ id=9^&&^ } place=X//@ "
          "at=2026-06-01T08:00:00+02:00\n");
}

static void a_null_place_takes_the_bed_away(void **state) {
    (void)state;
    check(HEADER("A08", "1") PATIENT "PV1|||\"\"\n",
          "message 1 sender=HIS|H id=1\nreport message=1\ncontext 5 trigger=A08 " SAID
          " place=//@ at=2026-06-01T08:00:00+02:00\n");
}

static void a_merge_names_who_is_no_more(void **state) {
    (void)state;
    check(HEADER("A40", "1") PATIENT "MRG|3999^^^H^MR||ACC1\nPID|||5001\nMRG|5000\n",
          "message 1 sender=HIS|H id=1\nreport message=1\n"
          "context 9 trigger=A40 " SAID " prior{ id=3999^H&&^MR account=ACC1^&&^ } at=2026-06-01T08:00:00+02:00\n"
          "context 9 trigger=A40 patient{ id=5001^&&^ } prior{ id=5000^&&^ } at=2026-06-01T08:00:00+02:00\n");
}

static void a_swap_is_one_event_of_two_patients(void **state) {
    (void)state;
    check(HEADER("A17", "1") PATIENT "PV1|||A^1\nPID|||4002\nPV1|||B^1\n",
          "message 1 sender=HIS|H id=1\nreport message=1\ncontext 6 trigger=A17 " SAID
          " prior{ id=4002^&&^ } place=A/1/@ from=B/1/@ "
          "at=2026-06-01T08:00:00+02:00\n");
}

static void what_is_only_announced_points_to_the_place_to_come(void **state) {
    (void)state;
    check(HEADER("A15", "1") PATIENT "PV1|||ICU^1|||||||||||||||||||||||||||||||||||||||IMC^2\n",
          "message 1 sender=HIS|H id=1\nreport message=1\ncontext 17 trigger=A15 " SAID " place=IMC/2/@ from=ICU/1/@ "
          "at=2026-06-01T08:00:00+02:00\n");
}

static void the_oldest_versions_name_the_event_in_evn(void **state) {
    (void)state;
    check("MSH|^~\\&|HIS|H|||20260601080000||ADT|1|P|2.1\nEVN|A03|202606010730\nPID||4001\nPV1||I|ICU^1\n",
          "message 1 sender=HIS|H id=1\nreport message=1\n"
          "context 4 trigger=A03 patient{ id=4001^&&^ class=I } place=ICU/1/@ at=2026-06-01T07:30\n");
}

static void height_and_weight_come_with_the_event(void **state) {
    (void)state;
    check(HEADER("A01", "1") PATIENT "PV1|||ICU^1\nOBX|1|NM|8302-2^Height^LN||170|cm|||||F\n",
          "message 1 sender=HIS|H id=1\nreport device=HIS/H@ICU^1 " SAID " place=ICU/1/@ message=1\n"
          "observation 0.0.0.0 code=8302-2^Height^LN : 170 unit=cm^^ at=2026-06-01T08:00:00+02:00 final device\n"
          "context 1 trigger=A01 " SAID " place=ICU/1/@ at=2026-06-01T08:00:00+02:00\n");
}

static void what_cannot_be_understood_is_refused(void **state) {
    (void)state;
    check(HEADER("A60", "1") PATIENT,
          "message 1 sender=HIS|H id=1\n"
          "dead 55 bytes stage=translate reason=segment MSH[1] field 9: this event is not understood here\n");
    check(HEADER("A01", "1") "EVN|A01\n", "message 2 sender=HIS|H id=1\ndead 64 bytes stage=translate reason=segment "
                                          "PID[1]: an ADT message needs a patient\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transfer_says_from_where_and_when),
        cmocka_unit_test(an_update_in_another_bed_is_a_suspected_move),
        cmocka_unit_test(a_null_place_takes_the_bed_away),
        cmocka_unit_test(a_merge_names_who_is_no_more),
        cmocka_unit_test(a_swap_is_one_event_of_two_patients),
        cmocka_unit_test(what_is_only_announced_points_to_the_place_to_come),
        cmocka_unit_test(the_oldest_versions_name_the_event_in_evn),
        cmocka_unit_test(height_and_weight_come_with_the_event),
        cmocka_unit_test(what_cannot_be_understood_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
