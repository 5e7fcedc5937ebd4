/* Records become reports: what stands in which field, by E1394 (LIS02). Messages are adapted from published examples.
 */
#include "kit/fake_check.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(const char *settings, const char *input, const char *expected) {
    fake_check_file(&dragoman_adapter, settings, input, expected);
}

/* Blood count as a Sysmex analyser sends it: the code in component 5, the number on the tube in component 3. */
static void a_blood_count_with_comments_flags_and_a_range(void **state) {
    (void)state;
    check("patient_field=5 specimen_component=3 code_component=5 code_system=xn model_component=1 version_component=2 "
          "serial_component=7",
          "H|\\^&|||XN-550^00-24^22723^^^^BD634||||||||E1394-97\n"
          "P|1||L7|37182|Brown^Jim^T||19870626|M|||||^DR.1\n"
          "C|1||POST HD\n"
          "O|1|2^1^    T-27^M||^^^^WBC\\^^^^RBC|||||||N||||Blood^Vein||||||||||F\n"
          "R|1|^^^^WBC^1|8.13|10*3/uL|4.0 to 10.5|N||F||op||20240627135407\n"
          "R|2|^^^^RBC^1|<2.60|10*6/uL|3-5\\9-9|L\\A\\<||C|||20240627135407|\n"
          "C|1|I|diluted^1:5\n"
          "L|1|N\n",
          "message 1 sender= id=\n"
          "report device=BD634 model=XN-550 serial=BD634 software=00-24 patient{ id=37182^&&^ id=L7^laboratory&&^ "
          "name=Brown,Jim T "
          "born=1987-06-26 sex=M }\n"
          "observation 0.0.0.0 code=WBC^^xn : 8.13 unit=10*3/uL^^ own=2024-06-27T13:54:07 final laboratory flags=N^^ "
          "normal=4.0..10.5(4.0 to 10.5) specimen=T-27^&&^ specimen-type=\"Blood\" note=POST HD\n"
          "observation 0.0.0.0 code=RBC^^xn : <2.60 unit=10*6/uL^^ own=2024-06-27T13:54:07 corrected laboratory "
          "status=20000 flags=L^^+A^^ normal=3..5(3-5\\9-9) specimen=T-27^&&^ specimen-type=\"Blood\" note=POST "
          "HD\ndiluted^1:5\n");
}

/* Where the information system gave no number the analyser's own stands in the next field. */
static void a_specimen_in_the_instruments_own_field(void **state) {
    (void)state;
    check("specimen_component=3", "H|\\^&|||a\nO|1||2^1^ 27^M|^^^^WBC\nR|1|^^^5|1\nL|1\n",
          "message 1 sender= id=\n"
          "report device=a\n"
          "observation 0.0.0.0 code=5^^ : 1 at=none unstated laboratory specimen=27^&&^\n");
}

/* GeneXpert declares other delimiters; its numbers stand in the second component of the value. */
static void delimiters_come_from_the_header(void **state) {
    (void)state;
    check(NULL,
          "H|@^\\|URM-8||LAB1^GeneXpert^4.8|||||HOST||P|1394-97|20250516125515\n"
          "P|1||||^^^^\n"
          "O|1|PR25||^^^MTB-RIF|R|20250514121638\n"
          "R|1|^MTB-RIF^^Xpert^Xpert MTB^4^MTB^|NOT DETECTED^|||||F||John|20250514121638|20250514132103|Cep-44^80^65\n"
          "R|2|^MTB-RIF^^Xpert^^^rpoB1^Ct|^-2.50|||\n"
          "R|3|^MTB-RIF^^Xpert^^^SPC^|^|||\n"
          "R|4|^^^A|a\\F\\b@2^c|||\n"
          "L|1|N\n",
          "message 1 sender= id=\n"
          "report device=LAB1^GeneXpert^4.8 message=URM-8\n"
          "observation 0.0.0.0 code=Xpert^Xpert MTB^4^MTB^MTB-RIF^ : \"NOT DETECTED\" own=2025-05-14T13:21:03 final "
          "laboratory producer=Cep-44^&&^ specimen=PR25^&&^\n"
          "observation 0.0.0.0 code=Xpert^^^rpoB1^Ct^MTB-RIF^ : -2.50 at=2025-05-16T12:55:15 unstated laboratory "
          "specimen=PR25^&&^\n"
          "observation 0.0.0.0 code=Xpert^^^SPC^MTB-RIF^ : absent:unknown at=2025-05-16T12:55:15 unstated laboratory "
          "specimen=PR25^&&^\n"
          "observation 0.0.0.0 code=A^^ : \"a|b\"; \"2^c\" at=2025-05-16T12:55:15 unstated laboratory "
          "specimen=PR25^&&^\n");
}

static void each_patient_is_a_report_and_orders_do_not_mix(void **state) {
    (void)state;
    check(NULL,
          "H|\\^&|||c111\n"
          "P|1|A1\nO|1|S1||^^^687\nC|1||shared\nR|1|^^^687|28.6|U/L||N||F||LABO||20230414105626\n"
          "O|2||I7||Q\nR|1|^^^5|1||||||\n"
          "P|2|B2\nR|1|^^^687|3|||||P\n"
          "L|1|N\n",
          "message 1 sender= id=\n"
          "report device=c111 patient{ id=A1^&&^ }\n"
          "observation 0.0.0.0 code=687^^ : 28.6 unit=U/L^^ own=2023-04-14T10:56:26 final laboratory flags=N^^ "
          "specimen=S1^&&^ note=shared\n"
          "observation 0.0.0.0 code=5^^ : 1 at=none unstated laboratory specimen=I7^&&^\n"
          "report device=c111 patient{ id=B2^&&^ }\n"
          "observation 0.0.0.0 code=687^^ : 3 at=none preliminary laboratory\n");
}

static void controls_and_training_are_test_data_of_nobody(void **state) {
    (void)state;
    check(NULL, "H|\\^&|||a\nP|1|A1\nO|1|QC1|||||||||Q\nR|1|^^^5|1\nL|1\n",
          "message 1 sender= id=\n"
          "report device=a patient{ id=A1^&&^ }\n"
          "observation 0.0.0.0 code=5^^ : 1 at=none unstated laboratory status=10 specimen=QC1^&&^\n");
    check(NULL, "H|\\^&|||a|||||||Q\nP|1|A1\nO|1|S\nR|1|^^^5|1\nL|1\n",
          "message 1 sender= id=\n"
          "report device=a\n"
          "observation 0.0.0.0 code=5^^ : 1 at=none unstated laboratory status=10 specimen=S^&&^\n");
}

/* E1394 10.1.9. */
static void every_result_status_letter(void **state) {
    (void)state;
    check(NULL,
          "H|\\^&|||a\n"
          "R|1|^^^1|5|||||C\nR|2|^^^1|5|||||P\nR|3|^^^1|5|||||F\nR|4|^^^1||||||X\nR|5|^^^1||||||I\n"
          "R|6|^^^1|5|||||S\nR|7|^^^1|5|||||M\nR|8|^^^1|5|||||R\nR|9|^^^1|5|||||N\nR|10|^^^1|5|||||Q\n"
          "R|11|^^^1|5|||||V\nR|12|^^^1|5|||||W\nR|13|^^^1|5|||||F\\W\nL|1\n",
          "message 1 sender= id=\n"
          "report device=a\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none corrected laboratory\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none preliminary laboratory\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none final laboratory\n"
          "observation 0.0.0.0 code=1^^ : absent:not-performed at=none cancelled laboratory\n"
          "observation 0.0.0.0 code=1^^ : absent:temp-unknown at=none pending laboratory\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none preliminary laboratory\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none preliminary laboratory\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none unstated laboratory\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none unstated laboratory\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none unstated laboratory\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none final laboratory status=100\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none unstated laboratory status=2\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none final laboratory status=2\n");
}

static void values_keep_their_digits_and_dashes_are_none(void **state) {
    (void)state;
    check(NULL,
          "H|\\^&|||a\n"
          "R|1|^^^1|0098.0\nR|2|^^^1|>=1.50\nR|3|^^^1|-\nR|4|^^^1|---\nR|5|^^^1|++\nR|6|^^^1|1e5\n"
          "R|7|^^^1|1234567890123456789\nR|8|^^^1|.5\nR|9|^^^1| 7 \nR|10|^^^1|-1^0.21\nL|1\n",
          "message 1 sender= id=\n"
          "report device=a\n"
          "observation 0.0.0.0 code=1^^ : 98.0 at=none unstated laboratory\n"
          "observation 0.0.0.0 code=1^^ : >=1.50 at=none unstated laboratory\n"
          "observation 0.0.0.0 code=1^^ : \"-\" at=none unstated laboratory\n"
          "observation 0.0.0.0 code=1^^ : absent:unknown at=none unstated laboratory\n"
          "observation 0.0.0.0 code=1^^ : \"++\" at=none unstated laboratory\n"
          "observation 0.0.0.0 code=1^^ : \"1e5\" at=none unstated laboratory\n"
          "observation 0.0.0.0 code=1^^ : \"1234567890123456789\" at=none unstated laboratory\n"
          "observation 0.0.0.0 code=1^^ : 0.5 at=none unstated laboratory\n"
          "observation 0.0.0.0 code=1^^ : 7 at=none unstated laboratory\n"
          "observation 0.0.0.0 code=1^^ : \"-1^0.21\" at=none unstated laboratory\n");
}

static void ranges_are_numbers_where_they_can_be_read(void **state) {
    (void)state;
    check(NULL,
          "H|\\^&|||a\n"
          "R|1|^^^1|5||3.5-5.5\nR|2|^^^1|5||-1 to 2\nR|3|^^^1|5||<6\nR|4|^^^1|5||>=4^adult\nR|5|^^^1|5||5^9\n"
          "R|6|^^^1|5||9-5\nR|7|^^^1|5||neg\nL|1\n",
          "message 1 sender= id=\n"
          "report device=a\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none unstated laboratory normal=3.5..5.5(3.5-5.5)\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none unstated laboratory normal=-1..2(-1 to 2)\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none unstated laboratory normal=NaN..6(<6)\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none unstated laboratory normal=4..NaN(>=4^adult)\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none unstated laboratory normal=5..9(5^9)\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none unstated laboratory normal=NaN..NaN(9-5)\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none unstated laboratory normal=NaN..NaN(neg)\n");
}

static void times_are_read_to_their_precision_and_nonsense_is_counted(void **state) {
    (void)state;
    check(NULL,
          "H|\\^&|||a|||||||P|1|20240229\n"
          "R|1|^^^1|5|||||||||202402291530\nR|2|^^^1|5||||||||2023022|20230229\nR|3|^^^1|5||||||||20240101\nL|1\n",
          "message 1 sender= id=\n"
          "report device=a\n"
          "observation 0.0.0.0 code=1^^ : 5 own=2024-02-29T15:30 unstated laboratory\n"
          "observation 0.0.0.0 code=1^^ : 5 at=2024-02-29 unstated laboratory\n"
          "observation 0.0.0.0 code=1^^ : 5 own=2024-01-01 unstated laboratory\n");
}

/* HORIBA sends its own code and LOINC side by side. */
static void codes_of_all_three_kinds(void **state) {
    (void)state;
    check("loinc_component=5 code_component=4", "H|\\^&|||a\nR|1|U7^Leuko^UNIV^WBC^804-5|5\nR|2|^Glucose|5\nL|1\n",
          "message 1 sender= id=\n"
          "report device=a\n"
          "observation 0.0.0.0 code=WBC^Leuko^+U7^Leuko^UNIV+804-5^^LN : 5 at=none unstated laboratory\n"
          "observation 0.0.0.0 code=\"Glucose\" : 5 at=none unstated laboratory\n");
}

static void escapes_and_bytes_of_another_set(void **state) {
    (void)state;
    check(NULL, "H|\\^&|||a\nP|1|A|||M\xfcller^&X41&\nR|1|^^^1|a&S&b&R&c&E&d&H&e&N&f&Q&g&|mg\nL|1\n",
          "message 1 sender= id=\n"
          "report device=a patient{ id=A^&&^ name=M\xc3\xbcller,A }\n"
          "observation 0.0.0.0 code=1^^ : \"a^b\\c&def&Q&g&\" unit=mg^^ at=none unstated laboratory\n");
}

static void messages_follow_each_other_in_a_file(void **state) {
    (void)state;
    check(NULL, "H|\\^&|||a\nR|1|^^^1|5\nL|1\nH|\\^&|||b\nR|1|^^^1|6\nH|\\^&|||c\nR|1|^^^1|7",
          "message 1 sender= id=\n"
          "report device=a\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none unstated laboratory\n"
          "message 2 sender= id=\n"
          "report device=b\n"
          "observation 0.0.0.0 code=1^^ : 6 at=none unstated laboratory\n"
          "message 3 sender= id=\n"
          "report device=c\n"
          "observation 0.0.0.0 code=1^^ : 7 at=none unstated laboratory\n");
}

static void what_cannot_be_named_or_read_goes_to_the_dead_letters(void **state) {
    (void)state;
    check(NULL, "H|\\^&|||a\nR|1||5\nR|2|^^^1|6\nL|1\nP|1|x\nL|1\n",
          "message 1 sender= id=\n"
          "dead 6 bytes stage=R reason=record R field 3: there is no test; the result was left out\n"
          "report device=a\n"
          "observation 0.0.0.0 code=1^^ : 6 at=none unstated laboratory\n"
          "message 2 sender= id=\n"
          "dead 10 bytes stage=translate reason=the message does not begin with a header record and its delimiters\n");
}

/* A captured file: frames, one of them cut in two by the sender. */
static void a_file_of_frames(void **state) {
    (void)state;
    check(NULL,
          "\x05\x02"
          "1H|\\^&|||a\n\x03"
          "BA\n\x02"
          "2R|1|^^^1|5\n\x17"
          "CD\n\x02"
          "3L|1\n\x03"
          "3C\n\x04",
          "message 1 sender= id=\n"
          "message 2 sender= id=\n"
          "message 3 sender= id=\n"
          "report device=a\n"
          "observation 0.0.0.0 code=1^^ : 5 at=none unstated laboratory\n");
}

/* Nobody sends a damaged frame of a file again: it is for somebody to look at, and so is what follows out of order. */
static void a_file_with_a_damaged_frame(void **state) {
    (void)state;
    check(NULL,
          "\x02"
          "1H|\\^&|||a\n\x03"
          "BA\n\x02"
          "2R|1|^^^1|6\n\x17"
          "CD\n\x02"
          "3L|1\n\x03"
          "3C\n\x04",
          "message 1 sender= id=\n"
          "dead 14 bytes stage=frame reason=the check sum is wrong\n"
          "dead 4 bytes stage=frame reason=the frame has another number than the one that is due\n"
          "message 2 sender= id=\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blood_count_with_comments_flags_and_a_range),
        cmocka_unit_test(a_specimen_in_the_instruments_own_field),
        cmocka_unit_test(delimiters_come_from_the_header),
        cmocka_unit_test(each_patient_is_a_report_and_orders_do_not_mix),
        cmocka_unit_test(controls_and_training_are_test_data_of_nobody),
        cmocka_unit_test(every_result_status_letter),
        cmocka_unit_test(values_keep_their_digits_and_dashes_are_none),
        cmocka_unit_test(ranges_are_numbers_where_they_can_be_read),
        cmocka_unit_test(times_are_read_to_their_precision_and_nonsense_is_counted),
        cmocka_unit_test(codes_of_all_three_kinds),
        cmocka_unit_test(escapes_and_bytes_of_another_set),
        cmocka_unit_test(messages_follow_each_other_in_a_file),
        cmocka_unit_test(what_cannot_be_named_or_read_goes_to_the_dead_letters),
        cmocka_unit_test(a_file_of_frames),
        cmocka_unit_test(a_file_with_a_damaged_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
