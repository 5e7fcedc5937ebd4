/* Rows to observations: what PCD-01, the laboratory and implanted devices write. */
#include "kit/fake_check.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define MONITOR                                                                                                        \
    "MSH|^~\\&|VSP^080019FFFE1443EC^EUI-64|GE|||20230309143900+0100||ORU^R01^ORU_R01|7|P|2.6\n"                        \
    "PID|||1^^^H^MR\nOBR|1|||182777000^monitoring of patient^SCT|||20230309143800\n"
#define MONITOR_REPORT                                                                                                 \
    "message 1 sender=VSP^080019FFFE1443EC^EUI-64|GE id=7\n"                                                           \
    "report device=VSP^080019FFFE1443EC^EUI-64 id=^VSP&080019FFFE1443EC&EUI-64^ patient{ id=1^H&&^MR } message=7\n"
#define LABORATORY                                                                                                     \
    "MSH|^~\\&|LIS|LAB|||20230309143900||ORU^R01|8|P|2.5.1\nPID|||1\n"                                                 \
    "OBR|1||F8^LIS|X^Panel^L|||20230309143800|||||||||||||||||LAB\n"
#define LABORATORY_REPORT "message 1 sender=LIS|LAB id=8\nreport device=LIS/LAB patient{ id=1^&&^ } message=8\n"

static void check(const char *rows, const char *expected) {
    fake_check_file(&dragoman_adapter, NULL, rows, expected);
}

static void a_monitors_row_has_its_path_unit_and_time(void **state) {
    (void)state;
    check(MONITOR
          "OBX|1|NM|147842^MDC_ECG_HEART_RATE^MDC|1.5.1.1|80|264864^MDC_DIM_BEAT_PER_MIN^MDC|50-120||||R\n"
          "OBX|2|NM|150021^MDC_PRESS_BLD_NONINV_SYS^MDC|1.6.1.1|120.0|266016^MDC_DIM_MMHG^MDC|||||R|||20230309143700\n",
          MONITOR_REPORT
          "observation 1.5.1.1 code=147842^MDC_ECG_HEART_RATE^MDC : 80 unit=264864^MDC_DIM_BEAT_PER_MIN^MDC "
          "at=2023-03-09T14:38:00+01:00 unvalidated device alarm=50..120(50-120)\n"
          "observation 1.6.1.1 code=150021^MDC_PRESS_BLD_NONINV_SYS^MDC : 120.0 unit=266016^MDC_DIM_MMHG^MDC "
          "own=2023-03-09T14:37:00+01:00 unvalidated device\n");
}

static void device_rows_become_nodes_and_name_the_device(void **state) {
    (void)state;
    check(MONITOR
          "OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|3.0.0.0|||||||X|||||||M1^^0012210000000012^EUI-64\n"
          "OBX|2||69642^MDC_DEV_ANALY_SAT_O2_VMD^MDC|3.1.0.0|||||||X\n"
          "OBX|3|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|3.1.1.1|97|262688^MDC_DIM_PERCENT^MDC|||||R|||||||S9^ACME\n",
          "message 1 sender=VSP^080019FFFE1443EC^EUI-64|GE id=7\n"
          "report device=M1^^0012210000000012^EUI-64 type=69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC "
          "id=M1^&0012210000000012&EUI-64^ patient{ id=1^H&&^MR } message=7\n"
          "node 3.0.0.0 type=69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC\n"
          "node 3.1.0.0 type=69642^MDC_DEV_ANALY_SAT_O2_VMD^MDC\n"
          "observation 3.1.1.1 code=150456^MDC_PULS_OXIM_SAT_O2^MDC : 97 unit=262688^MDC_DIM_PERCENT^MDC "
          "at=2023-03-09T14:38:00+01:00 unvalidated device producer=S9^ACME&&^\n");
}

static void status_words_say_why_there_is_no_value(void **state) {
    (void)state;
    check(MONITOR "OBX|1|NM|1^A^MDC|1.1.1.1|5||||||R\nOBX|2|NM|1^A^MDC|1.1.1.2|5|||INV|||X\n"
                  "OBX|3|NM|1^A^MDC|1.1.1.3|5|||QUES~H|||R\nOBX|4|NM|1^A^MDC|1.1.1.4||||NAV|||X\n"
                  "OBX|5|NM|1^A^MDC|1.1.1.5||||OFF|||X\nOBX|6|NM|1^A^MDC|1.1.1.6||||||| X\n"
                  "OBX|7|NM|1^A^MDC|1.1.1.7|9|||>~EARLY|||R\n",
          MONITOR_REPORT
          "observation 1.1.1.1 code=1^A^MDC : 5 at=2023-03-09T14:38:00+01:00 unvalidated device\n"
          "observation 1.1.1.2 code=1^A^MDC : absent:error at=2023-03-09T14:38:00+01:00 preliminary device status=1\n"
          "observation 1.1.1.3 code=1^A^MDC : 5 at=2023-03-09T14:38:00+01:00 unvalidated device status=2 flags=H^^\n"
          "observation 1.1.1.4 code=1^A^MDC : absent:temp-unknown at=2023-03-09T14:38:00+01:00 preliminary device "
          "status=4\n"
          "observation 1.1.1.5 code=1^A^MDC : absent:not-performed at=2023-03-09T14:38:00+01:00 preliminary device "
          "status=40000\n"
          "observation 1.1.1.6 code=1^A^MDC : absent:unknown at=2023-03-09T14:38:00+01:00 preliminary device\n"
          "observation 1.1.1.7 code=1^A^MDC : 9 at=2023-03-09T14:38:00+01:00 preliminary device status=10200\n");
}

static void a_wave_takes_its_rate_and_resolution(void **state) {
    (void)state;
    static const char *const wave =
        "observation 1.7.1.1 code=131330^MDC_ECG_ELEC_POTL_II^MDC : samples 4x1 period=4000000 scale=0.005 [1 -2 E 4] "
        "at=2023-03-09T14:38:00+01:00 unvalidated device\n";
    char expected[1024];
    (void)snprintf(expected, sizeof expected, "%s%s", MONITOR_REPORT, wave);
    check(MONITOR "OBX|1|NA|131330^MDC_ECG_ELEC_POTL_II^MDC|1.7.1.1|1^-2^^4||||||R\n"
                  "OBX|2|NM|0^MDC_ATTR_SAMP_RATE^MDC|1.7.1.1.1|250|264608^MDC_DIM_X_HZ^MDC|||||R\n"
                  "OBX|3|NM|2327^MDC_ATTR_NU_MSMT_RES^MDC|1.7.1.1.2|0.005|||||R\n",
          expected);
    check(MONITOR "OBX|2|NM|0^MDC_ATTR_SAMP_RATE^MDC|1.7.1.1.1|250|264608^MDC_DIM_X_HZ^MDC|||||R\n"
                  "OBX|3|NM|2327^MDC_ATTR_NU_MSMT_RES^MDC|1.7.1.1.2|0.005|||||R\n"
                  "OBX|1|NA|131330^MDC_ECG_ELEC_POTL_II^MDC|1.7.1.1|1^-2^^4||||||R\n",
          expected);
}

static void a_laboratorys_range_is_normal_and_its_order_known(void **state) {
    (void)state;
    check(LABORATORY "OBX|1|NM|GLU^Glucose^L|1|5.4|mmol/L|3.9-5.6|N|||F\nNTE|1||first\nNTE|2||second\n"
                     "SPM|1|^S77&LIS||BLD^Blood^HL70487\n",
          LABORATORY_REPORT
          "observation 0.0.0.0 sub=1 code=GLU^Glucose^L : 5.4 unit=mmol/L^^ at=2023-03-09T14:38:00 final laboratory "
          "flags=N^^ normal=3.9..5.6(3.9-5.6) filler=F8^LIS&&^ specimen=S77^LIS&&^ "
          "specimen-type=BLD^Blood^HL70487 note=first\nsecond\n");
}

static void an_implanted_device_is_cardiac(void **state) {
    (void)state;
    check(MONITOR "OBX|1|CWE|720897^MDC_IDC_DEV_TYPE^MDC||753665^MDC_IDC_ENUM_DEV_TYPE_IPG^MDC||||||F\n", MONITOR_REPORT
          "observation 0.0.0.0 code=720897^MDC_IDC_DEV_TYPE^MDC :  code=753665^MDC_IDC_ENUM_DEV_TYPE_IPG^MDC "
          "at=2023-03-09T14:38:00+01:00 final cardiac\n");
}

static void ranges_are_read_where_they_can_be(void **state) {
    (void)state;
    check(LABORATORY "OBX|1|NM|A^a^L||1||-10--5||||F\nOBX|2|NM|A^a^L||1||<5||||F\nOBX|3|NM|A^a^L||1||>= 5.0||||F\n"
                     "OBX|4|NM|A^a^L||1||60^120||||F\nOBX|5|NM|A^a^L||1||negative||||F\nOBX|6|NM|A^a^L||1||9-3||||F\n",
          LABORATORY_REPORT "observation 0.0.0.0 code=A^a^L : 1 at=2023-03-09T14:38:00 final laboratory "
                            "normal=-10..-5(-10--5) filler=F8^LIS&&^\n"
                            "observation 0.0.0.0 code=A^a^L : 1 at=2023-03-09T14:38:00 final laboratory "
                            "normal=NaN..5(<5) filler=F8^LIS&&^\n"
                            "observation 0.0.0.0 code=A^a^L : 1 at=2023-03-09T14:38:00 final laboratory "
                            "normal=5.0..NaN(>= 5.0) filler=F8^LIS&&^\n"
                            "observation 0.0.0.0 code=A^a^L : 1 at=2023-03-09T14:38:00 final laboratory "
                            "normal=60..120(60^120) filler=F8^LIS&&^\n"
                            "observation 0.0.0.0 code=A^a^L : 1 at=2023-03-09T14:38:00 final laboratory "
                            "normal=NaN..NaN(negative) filler=F8^LIS&&^\n"
                            "observation 0.0.0.0 code=A^a^L : 1 at=2023-03-09T14:38:00 final laboratory "
                            "normal=NaN..NaN(9-3) filler=F8^LIS&&^\n");
}

static void an_odd_number_refuses_the_message_or_stays_as_text(void **state) {
    (void)state;
    check(LABORATORY "OBX|1|NM|A^a^L||5||||||F\nOBX|2|NM|A^a^L||12a||||||F\n",
          "message 2 sender=LIS|LAB id=8\n"
          "dead 174 bytes stage=translate reason=segment OBX[2] field 5: the value is not of the type in OBX-2\n");
    fake_check_file(&dragoman_adapter, "odd_values=keep", LABORATORY "OBX|1|NM|A^a^L||12a||||||F\n",
                    LABORATORY_REPORT
                    "observation 0.0.0.0 code=A^a^L : \"12a\" at=2023-03-09T14:38:00 final laboratory "
                    "status=2 filler=F8^LIS&&^\n");
}

static void a_row_without_a_code_is_left_out(void **state) {
    (void)state;
    check(LABORATORY "OBX|1|NM|||5||||||F\nOBX|2|NM|A^a^L||6||||||F\n",
          "message 1 sender=LIS|LAB id=8\n"
          "dead 19 bytes stage=OBX reason=segment OBX field 3: there is no code; the row was left out\n"
          "report device=LIS/LAB patient{ id=1^&&^ } message=8\n"
          "observation 0.0.0.0 code=A^a^L : 6 at=2023-03-09T14:38:00 final laboratory filler=F8^LIS&&^\n");
}

static void a_gateways_beds_are_devices_of_their_own(void **state) {
    (void)state;
    check("MSH|^~\\&|GW|ICU|||2023||ORU^R01|9|P|2.3\nPID|||1\nPV1||I|ICU^^B1\nOBX|1|NM|0002-4182^HR^MDIL||61||||||F\n"
          "PID|||2\nPV1||I|ICU^^B2\nOBX|1|NM|0002-4182^HR^MDIL||62||||||F\n",
          "message 1 sender=GW|ICU id=9\n"
          "report device=GW/ICU@ICU^^B1 patient{ id=1^&&^ class=I } place=ICU//B1@ message=9\n"
          "observation 0.0.0.0 code=0002-4182^HR^MDIL : 61 at=2023 final device\n"
          "report device=GW/ICU@ICU^^B2 patient{ id=2^&&^ class=I } place=ICU//B2@ message=9\n"
          "observation 0.0.0.0 code=0002-4182^HR^MDIL : 62 at=2023 final device\n");
}

static void rows_may_describe_the_device(void **state) {
    (void)state;
    check(MONITOR "OBX|1|ST|531970^MDC_ID_MODEL_MANUFACTURER^MDC|1.0.0.0.1|ACME||||||R\n"
                  "OBX|2|CWE|531969^MDC_ID_MODEL_NUMBER^MDC|1.0.0.0.2|7^Seven^L||||||R\n"
                  "OBX|3|ST|531975^MDC_ID_PROD_SPEC_SW^MDC|1.0.0.0.3|2.1||||||R\n"
                  "OBX|4|ST|531972^MDC_ID_PROD_SPEC_SERIAL^MDC|1.4.0.0.3|of a part||||||R\n",
          "message 1 sender=VSP^080019FFFE1443EC^EUI-64|GE id=7\n"
          "report device=VSP^080019FFFE1443EC^EUI-64 id=^VSP&080019FFFE1443EC&EUI-64^ maker=ACME model=Seven "
          "software=2.1 "
          "patient{ id=1^H&&^MR } message=7\n"
          "observation 1.0.0.0 sub=1.0.0.0.1 code=531970^MDC_ID_MODEL_MANUFACTURER^MDC : \"ACME\" "
          "at=2023-03-09T14:38:00+01:00 unvalidated device\n"
          "observation 1.0.0.0 sub=1.0.0.0.2 code=531969^MDC_ID_MODEL_NUMBER^MDC :  code=7^Seven^L "
          "at=2023-03-09T14:38:00+01:00 unvalidated device\n"
          "observation 1.0.0.0 sub=1.0.0.0.3 code=531975^MDC_ID_PROD_SPEC_SW^MDC : \"2.1\" "
          "at=2023-03-09T14:38:00+01:00 unvalidated device\n"
          "observation 1.4.0.0 sub=1.4.0.0.3 code=531972^MDC_ID_PROD_SPEC_SERIAL^MDC : \"of a part\" "
          "at=2023-03-09T14:38:00+01:00 unvalidated device\n");
}

static void an_implant_is_named_by_its_model_and_serial(void **state) {
    (void)state;
    check(
        "MSH|^~\\&|Paceart|M|||2016||ORU^R01|9|P|2.6\nPID|||model:A3DR01/serial:PZK6^^^MDT^U\n"
        "OBX|1|NM|721344^MDC_IDC_MSMT_BATTERY_VOLTAGE^MDC||2.990|V||||||F\n",
        "message 1 sender=Paceart|M id=9\n"
        "report device=MDT/model:A3DR01/serial:PZK6 id=PZK6^MDT&&^SN maker=MDT model=A3DR01 serial=PZK6 "
        "patient{ id=model:A3DR01/serial:PZK6^MDT&&^U } message=9\n"
        "observation 0.0.0.0 code=721344^MDC_IDC_MSMT_BATTERY_VOLTAGE^MDC : 2.990 unit=V^^ at=2016 unstated cardiac\n");
}

static void a_participation_names_the_device_in_newer_versions(void **state) {
    (void)state;
    check(LABORATORY "OBX|1|NM|GLU^Glucose^L||5.4|||||F\n"
                     "PRT|1||UC|||||||D7^ACME^0012210000000012^EUI-64\n",
          "message 1 sender=LIS|LAB id=8\n"
          "report device=D7^ACME^0012210000000012^EUI-64 id=D7^ACME&0012210000000012&EUI-64^ patient{ id=1^&&^ } "
          "message=8\n"
          "observation 0.0.0.0 code=GLU^Glucose^L : 5.4 at=2023-03-09T14:38:00 unstated laboratory filler=F8^LIS&&^\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_monitors_row_has_its_path_unit_and_time),
        cmocka_unit_test(device_rows_become_nodes_and_name_the_device),
        cmocka_unit_test(status_words_say_why_there_is_no_value),
        cmocka_unit_test(a_wave_takes_its_rate_and_resolution),
        cmocka_unit_test(a_laboratorys_range_is_normal_and_its_order_known),
        cmocka_unit_test(an_implanted_device_is_cardiac),
        cmocka_unit_test(ranges_are_read_where_they_can_be),
        cmocka_unit_test(an_odd_number_refuses_the_message_or_stays_as_text),
        cmocka_unit_test(a_row_without_a_code_is_left_out),
        cmocka_unit_test(a_gateways_beds_are_devices_of_their_own),
        cmocka_unit_test(rows_may_describe_the_device),
        cmocka_unit_test(an_implant_is_named_by_its_model_and_serial),
        cmocka_unit_test(a_participation_names_the_device_in_newer_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
