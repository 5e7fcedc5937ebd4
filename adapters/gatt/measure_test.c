/* Every characteristic: published vectors and cases built from the tables of the GATT Specification Supplement and the
 * services. The bytes are written beside what they mean. */
#include "envelope.h"
#include "kit/fake_host.h"
#include "octets.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW "at=2026-01-02T03:04:05+00:00"

static void feed(fake_session *session, const char *characteristic, const char *value) {
    char line[2048];
    int size = snprintf(line, sizeof line,
                        "{\"device\":{\"address\":\"AA:BB:CC:00:11:22\"},\"characteristic\":\"%s\",\"value\":\"%s\","
                        "\"received_at\":\"2026-01-02T03:04:05Z\"}\n",
                        characteristic, value);
    fake_session_feed(session, (dragoman_bytes){(const uint8_t *)line, (size_t)size}, false);
}

/* What comes of the values of one characteristic, without the lines of messages and reports. */
static void check(const char *characteristic, const char *value, const char *expected) {
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    feed(&session, characteristic, value);
    const char *said = strstr(fake_host_text(&session.host), "observation");
    assert_string_equal(said == NULL ? fake_host_text(&session.host) : said, expected);
    assert_null(fake_session_close(&session));
}

static dragoman_decimal sfloat(uint16_t raw) {
    const uint8_t bytes[] = {(uint8_t)raw, (uint8_t)(raw >> 8)};
    return gatt_sfloat(&(gatt_octets){bytes, 2, false});
}

static dragoman_decimal long_float(const uint8_t bytes[4]) {
    return gatt_float(&(gatt_octets){bytes, 4, false});
}

static void expect(dragoman_decimal number, int64_t mantissa, int16_t exponent, dragoman_special special) {
    assert_int_equal(number.mantissa, mantissa);
    assert_int_equal(number.exponent, exponent);
    assert_int_equal(number.special, special);
}

/* IEEE 11073-20601, F.7 and F.8. */
static void numbers_of_20601_and_their_specials(void **state) {
    (void)state;
    expect(sfloat(0xf072), 114, -1, DRAGOMAN_FINITE);
    expect(sfloat(0x07ff), 0, 0, DRAGOMAN_NAN);
    expect(sfloat(0x0800), 0, 0, DRAGOMAN_NRES);
    expect(sfloat(0x07fe), 0, 0, DRAGOMAN_POSITIVE_INFINITY);
    expect(sfloat(0x0802), 0, 0, DRAGOMAN_NEGATIVE_INFINITY);
    expect(sfloat(0x0801), 0, 0, DRAGOMAN_RESERVED);
    /* The ends of the mantissa (20601, 6.6): -2045 and what lies between are numbers. */
    expect(sfloat(0x0803), -2045, 0, DRAGOMAN_FINITE);
    expect(sfloat(0x08ff), -1793, 0, DRAGOMAN_FINITE);
    expect(sfloat(0x17ff), 2047, 1, DRAGOMAN_FINITE);
    expect(sfloat(0xffff), -1, -1, DRAGOMAN_FINITE);
    expect(sfloat(0x8001), 1, -8, DRAGOMAN_FINITE);
    expect(long_float((const uint8_t[]){0x6c, 0x01, 0x00, 0xff}), 364, -1, DRAGOMAN_FINITE);
    expect(long_float((const uint8_t[]){0xff, 0xff, 0x7f, 0x00}), 0, 0, DRAGOMAN_NAN);
    expect(long_float((const uint8_t[]){0x00, 0x00, 0x80, 0x00}), 0, 0, DRAGOMAN_NRES);
    expect(long_float((const uint8_t[]){0xfe, 0xff, 0x7f, 0x00}), 0, 0, DRAGOMAN_POSITIVE_INFINITY);
    expect(long_float((const uint8_t[]){0x02, 0x00, 0x80, 0x00}), 0, 0, DRAGOMAN_NEGATIVE_INFINITY);
}

/* The same bytes and numbers as in the tests of the library blessed. */
static void floats_of_blessed(void **state) {
    (void)state;
    expect(long_float((const uint8_t[]){0x01, 0x02, 0x03, 0x04}), 197121, 4, DRAGOMAN_FINITE);
    expect(long_float((const uint8_t[]){0x01, 0xfe, 0x03, 0xfc}), 261633, -4, DRAGOMAN_FINITE);
}

/* CGMS 1.0.1, 3.11. */
static void check_of_the_cgm_profile(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0x3e, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09};
    assert_int_equal(gatt_crc(bytes, sizeof bytes), 0x2f01);
}

#define EPISODE NOW " unvalidated device obtained=2"
#define FLOW NOW " unvalidated device obtained=1"

/* tshark reads these bytes as 120, 80 and 96 mmHg. */
static void blood_pressure_120_80_96(void **state) {
    (void)state;
    check("2A35", "00780050006000",
          "observation 0.0.0.0 code=150020^MDC_PRESS_BLD_NONINV^MDC : [ code=150021^MDC_PRESS_BLD_NONINV_SYS^MDC 120 "
          "unit=266016^MDC_DIM_MMHG^MDC ] [ code=150022^MDC_PRESS_BLD_NONINV_DIA^MDC 80 unit=266016^MDC_DIM_MMHG^MDC ] "
          "[ code=150023^MDC_PRESS_BLD_NONINV_MEAN^MDC 96 unit=266016^MDC_DIM_MMHG^MDC ] " EPISODE "\n");
}

/* 16.0, 10.7 and 12.5 kPa; 2024-07-15 12:00:05; pulse 72; user 2; the pulse was irregular and the body moved. */
static void blood_pressure_with_everything(void **state) {
    (void)state;
    check("2A35", "1FA0F06BF07DF0E807070F0C00054800020500",
          "observation 0.0.0.0 sub=user 2 code=150020^MDC_PRESS_BLD_NONINV^MDC : [ "
          "code=150021^MDC_PRESS_BLD_NONINV_SYS^MDC 16.0 unit=265987^MDC_DIM_KILO_PASCAL^MDC ] "
          "[ code=150022^MDC_PRESS_BLD_NONINV_DIA^MDC 10.7 unit=265987^MDC_DIM_KILO_PASCAL^MDC ] "
          "[ code=150023^MDC_PRESS_BLD_NONINV_MEAN^MDC 12.5 unit=265987^MDC_DIM_KILO_PASCAL^MDC ] "
          "own=2024-07-15T12:00:05 unvalidated device status=2 obtained=2\n"
          "observation 0.0.0.0 sub=user 2 code=149546^MDC_PULS_RATE_NON_INV^MDC : 72 "
          "unit=264864^MDC_DIM_BEAT_PER_MIN^MDC own=2024-07-15T12:00:05 unvalidated device status=2 obtained=2\n"
          "observation 0.0.0.0 sub=user 2 code=8410608^MDC_BLOOD_PRESSURE_MEASUREMENT_STATUS^MDC : bits 5/16 "
          "own=2024-07-15T12:00:05 unvalidated device status=2 obtained=2\n");
}

/* tshark reads 0.00120 kg/L: 120 mg/dL; 2024-01-02 03:04:05; capillary whole blood from a finger. */
static void glucose_120_mg_per_dl(void **state) {
    (void)state;
    check("2A18", "020100E807010203040578B011",
          "observation 0.0.0.0 code=160184^MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD^MDC : 120 "
          "unit=264274^MDC_DIM_MILLI_G_PER_DL^MDC own=2024-01-02T03:04:05 unvalidated device obtained=2 "
          "site=8417848^MDC_CTXT_GLU_SAMPLELOCATION_FINGER^MDC\n");
}

/* tshark reads 0.055 mol/L: 55 mmol/L; the clock shows 23:30 and is 90 minutes behind; the result is too high. */
static void glucose_in_moles_with_a_time_offset_and_a_status(void **state) {
    (void)state;
    check("2A18", "0F0200E8070102171E005A0037D02F2000",
          "observation 0.0.0.0 code=160020^MDC_CONC_GLU_GEN^MDC : 55 unit=266866^MDC_DIM_MILLI_MOLE_PER_L^MDC "
          "own=2024-01-03T01:00:00 unvalidated device status=10000 obtained=2 "
          "site=8417852^MDC_CTXT_GLU_SAMPLELOCATION_AST^MDC\n"
          "observation 0.0.0.0 code=8417752^MDC_GLU_METER_DEV_STATUS^MDC : bits 20/16 own=2024-01-03T01:00:00 "
          "unvalidated device status=10000 obtained=2 site=8417852^MDC_CTXT_GLU_SAMPLELOCATION_AST^MDC\n");
}

static void a_control_solution_is_test_data(void **state) {
    (void)state;
    check("2A18", "020100E807010203040578B04A",
          "observation 0.0.0.0 code=160208^MDC_CONC_GLU_CONTROL^MDC : 120 unit=264274^MDC_DIM_MILLI_G_PER_DL^MDC "
          "own=2024-01-02T03:04:05 unvalidated device status=10 obtained=2 "
          "site=8417860^MDC_CTXT_GLU_SAMPLELOCATION_CTRLSOLUTION^MDC\n");
}

/* 30 g at lunch, before a meal, by the patient himself who is under stress, 600 s of exercise at 60 %, 10 mg of a
 * rapid-acting drug, HbA1c 6.5 %. */
static void a_context_has_the_time_of_its_measurement(void **state) {
    (void)state;
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    feed(&session, "2A18", "120700E807010203040578B011");
    fake_host_forget(&session.host);
    assert_true(fake_session_restart(&session, NULL, DRAGOMAN_CHANNEL_STREAM));
    feed(&session, "2A34", "5F0700021ED0014158023C010AA041F0");
#define AT "own=2024-01-02T03:04:05 unvalidated device obtained=5\n"
    assert_string_equal(
        strstr(fake_host_text(&session.host), "observation"),
        "observation 0.0.0.0 code=8417772^MDC_CTXT_GLU_CARB_LUNCH^MDC : 30 unit=263872^MDC_DIM_G^MDC " AT
        "observation 0.0.0.0 code=8417864^MDC_CTXT_GLU_MEAL^MDC :  code=8417868^MDC_CTXT_GLU_MEAL_PREPRANDIAL^MDC " AT
        "observation 0.0.0.0 code=8417884^MDC_CTXT_GLU_TESTER^MDC :  code=8417888^MDC_CTXT_GLU_TESTER_SELF^MDC " AT
        "observation 0.0.0.0 code=8417820^MDC_CTXT_GLU_HEALTH^MDC :  code=8417836^MDC_CTXT_GLU_HEALTH_STRESS^MDC " AT
        "observation 0.0.0.0 code=8417760^MDC_CTXT_GLU_EXERCISE^MDC : 60 unit=262688^MDC_DIM_PERCENT^MDC " AT
        "observation 0.0.0.0 code=exercise-duration^Exercise duration^urn:dragoman:gatt : 600 "
        "unit=264320^MDC_DIM_SEC^MDC " AT
        "observation 0.0.0.0 code=8417800^MDC_CTXT_MEDICATION_RAPIDACTING^MDC : 10 unit=263890^MDC_DIM_MILLI_G^MDC " AT
        "observation 0.0.0.0 code=160220^MDC_CONC_HBA1C^MDC : 6.5 unit=262688^MDC_DIM_PERCENT^MDC " AT);
    fake_host_forget(&session.host);
    /* Of another measurement: nobody knows when. */
    feed(&session, "2A34", "02080003");
    assert_string_equal(strstr(fake_host_text(&session.host), "observation"),
                        "observation 0.0.0.0 code=8417864^MDC_CTXT_GLU_MEAL^MDC :  "
                        "code=8417876^MDC_CTXT_GLU_MEAL_FASTING^MDC " NOW " unvalidated device obtained=5\n");
    assert_null(fake_session_close(&session));
}

/* The session began on 2024-01-02 at 03:04:05, one hour east and one of summer time; interstitial fluid under the skin.
 * Ten minutes later: 120 mg/dL. */
static void a_continuous_monitor_counts_minutes_from_its_session(void **state) {
    (void)state;
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    feed(&session, "2AA8", "00000059FFFF");
    feed(&session, "2AAA", "E80701020304050404");
    assert_true(fake_session_restart(&session, NULL, DRAGOMAN_CHANNEL_STREAM));
    fake_host_forget(&session.host);
    feed(&session, "2AA7", "060078000A00");
    assert_string_equal(
        strstr(fake_host_text(&session.host), "observation"),
        "observation 0.0.0.0 code=160212^MDC_CONC_GLU_ISF^MDC : 120 unit=264274^MDC_DIM_MILLI_G_PER_DL^MDC "
        "own=2024-01-02T03:14:05+02:00 unvalidated device obtained=1 "
        "site=8417849^MDC_CTXT_GLU_SAMPLELOCATION_SUBCUTANEOUS^MDC\n");
    assert_null(fake_session_close(&session));
}

/* Two records in one notification, the first with all its fields and a check; no session is known. */
static void continuous_records_with_status_trend_quality_and_check(void **state) {
    (void)state;
    check("2AA7",
          "0FE378000A00080840FBFF6200"
          "2F4F"
          "060064000F00",
          "observation 0.0.0.0 code=160212^MDC_CONC_GLU_ISF^MDC : 120 unit=264274^MDC_DIM_MILLI_G_PER_DL^MDC " NOW
          " unvalidated device status=20002 obtained=1\n"
          "observation 0.0.0.0 code=8418008^MDC_CONC_GLU_TREND^MDC : -0.5 "
          "unit=mg/dL/min^milligram per decilitre per minute^UCUM " NOW " unvalidated device status=20002 obtained=1\n"
          "observation 0.0.0.0 code=cgm-quality^CGM quality^urn:dragoman:gatt : 98 unit=262688^MDC_DIM_PERCENT^MDC " NOW
          " unvalidated device status=20002 obtained=1\n"
          "observation 0.0.0.0 code=8418060^MDC_CGM_DEV_STAT^MDC : bits 400808/24 " NOW
          " unvalidated device status=20002 obtained=1\n"
          "observation 0.0.0.0 code=160212^MDC_CONC_GLU_ISF^MDC : 100 unit=264274^MDC_DIM_MILLI_G_PER_DL^MDC " FLOW
          "\n");
}

/* 36.4 degrees Celsius in the mouth. */
static void temperature_36_4(void **state) {
    (void)state;
    check("2A1C", "066C0100FFE807070F0C000506",
          "observation 0.0.0.0 code=188424^MDC_TEMP_ORAL^MDC : 36.4 unit=268192^MDC_DIM_DEGC^MDC "
          "own=2024-07-15T12:00:05 unvalidated device obtained=2\n");
    check("2A1C", "01DA0300FF",
          "observation 0.0.0.0 code=150364^MDC_TEMP_BODY^MDC : 98.6 unit=266560^MDC_DIM_FAHR^MDC " EPISODE "\n");
    check(
        "2A1C", "00FFFF7F00",
        "observation 0.0.0.0 code=150364^MDC_TEMP_BODY^MDC : absent:not-a-number unit=268192^MDC_DIM_DEGC^MDC " EPISODE
        "\n");
}

/* 72 a minute with skin contact, and intervals of 800/1024 and 820/1024 s. */
static void heart_rate_with_intervals(void **state) {
    (void)state;
    check("2A37", "164820033403",
          "observation 0.0.0.0 code=147842^MDC_ECG_HEART_RATE^MDC : 72 unit=264864^MDC_DIM_BEAT_PER_MIN^MDC " FLOW "\n"
          "observation 0.0.0.0 code=147240^MDC_ECG_TIME_PD_RR_GL^MDC : 0.78125; 0.80078125 "
          "unit=264320^MDC_DIM_SEC^MDC " FLOW "\n");
    check("2A37", "092C016400",
          "observation 0.0.0.0 code=147842^MDC_ECG_HEART_RATE^MDC : 300 unit=264864^MDC_DIM_BEAT_PER_MIN^MDC " FLOW "\n"
          "observation 0.0.0.0 code=8454263^MDC_HF_ENERGY^MDC : 100 unit=kJ^kilojoule^UCUM " FLOW "\n");
    check("2A37", "0400",
          "observation 0.0.0.0 code=147842^MDC_ECG_HEART_RATE^MDC : 0 unit=264864^MDC_DIM_BEAT_PER_MIN^MDC " NOW
          " unvalidated device status=40000 obtained=1\n");
}

/* 97 % and 72 a minute; then with a clock that was never set, validated data, low perfusion, index 1.2 %. */
static void oximeter_spot_check(void **state) {
    (void)state;
#define SPOT " method=150588^MDC_MODALITY_SPOT^MDC\n"
    check("2A5E", "0061004800",
          "observation 0.0.0.0 code=150456^MDC_PULS_OXIM_SAT_O2^MDC : 97 unit=262688^MDC_DIM_PERCENT^MDC " EPISODE SPOT
          "observation 0.0.0.0 code=149530^MDC_PULS_OXIM_PULS_RATE^MDC : 72 "
          "unit=264864^MDC_DIM_BEAT_PER_MIN^MDC " EPISODE SPOT);
    check("2A5E",
          "1F61004800E80701010000008000200000"
          "0CF0",
          "observation 0.0.0.0 code=150456^MDC_PULS_OXIM_SAT_O2^MDC : 97 unit=262688^MDC_DIM_PERCENT^MDC " NOW
          " unvalidated device status=100 obtained=2" SPOT
          "observation 0.0.0.0 code=149530^MDC_PULS_OXIM_PULS_RATE^MDC : 72 "
          "unit=264864^MDC_DIM_BEAT_PER_MIN^MDC " NOW " unvalidated device status=100 obtained=2" SPOT
          "observation 0.0.0.0 code=150488^MDC_BLD_PERF_INDEX^MDC : 1.2 unit=262688^MDC_DIM_PERCENT^MDC " NOW
          " unvalidated device status=100 obtained=2\n"
          "observation 0.0.0.0 code=150604^MDC_PULS_OXIM_DEV_STATUS^MDC : bits 20/24 " NOW
          " unvalidated device status=100 obtained=2\n");
}

/* 97 % and 72 a minute, fast 95 % and 80 a minute; the sensor came off. */
static void oximeter_continuous(void **state) {
    (void)state;
    check("2A5F",
          "09610048005F0050000008"
          "00",
          "observation 0.0.0.0 code=150456^MDC_PULS_OXIM_SAT_O2^MDC : 97 unit=262688^MDC_DIM_PERCENT^MDC " NOW
          " unvalidated device status=40000 obtained=1\n"
          "observation 0.0.0.0 code=149530^MDC_PULS_OXIM_PULS_RATE^MDC : 72 "
          "unit=264864^MDC_DIM_BEAT_PER_MIN^MDC " NOW " unvalidated device status=40000 obtained=1\n"
          "observation 0.0.0.0 code=150456^MDC_PULS_OXIM_SAT_O2^MDC : 95 unit=262688^MDC_DIM_PERCENT^MDC " NOW
          " unvalidated device status=40000 obtained=1 method=150580^MDC_MODALITY_FAST^MDC\n"
          "observation 0.0.0.0 code=149530^MDC_PULS_OXIM_PULS_RATE^MDC : 80 "
          "unit=264864^MDC_DIM_BEAT_PER_MIN^MDC " NOW
          " unvalidated device status=40000 obtained=1 method=150580^MDC_MODALITY_FAST^MDC\n"
          "observation 0.0.0.0 code=150604^MDC_PULS_OXIM_DEV_STATUS^MDC : bits 800/24 " NOW
          " unvalidated device status=40000 obtained=1\n");
}

/* 14000 steps of 0.005 kg; 15432 of 0.01 lb; and one that did not succeed. */
static void weight_in_steps(void **state) {
    (void)state;
    check("2A9D", "00B036",
          "observation 0.0.0.0 code=188736^MDC_MASS_BODY_ACTUAL^MDC : 70.000 unit=263875^MDC_DIM_KILO_G^MDC " EPISODE
          "\n");
    check("2A9D", "01483C",
          "observation 0.0.0.0 code=188736^MDC_MASS_BODY_ACTUAL^MDC : 154.32 unit=263904^MDC_DIM_LB^MDC " EPISODE "\n");
    check("2A9D", "00FFFF",
          "observation 0.0.0.0 code=188736^MDC_MASS_BODY_ACTUAL^MDC : absent:error "
          "unit=263875^MDC_DIM_KILO_G^MDC " EPISODE "\n");
    check("2A9D", "0EB036E807070F0C0005FFE600E206",
          "observation 0.0.0.0 code=188736^MDC_MASS_BODY_ACTUAL^MDC : 70.000 unit=263875^MDC_DIM_KILO_G^MDC "
          "own=2024-07-15T12:00:05 unvalidated device obtained=2\n"
          "observation 0.0.0.0 code=188752^MDC_RATIO_MASS_BODY_LEN_SQ^MDC : 23.0 unit=264096^MDC_DIM_KG_PER_M_SQ^MDC "
          "own=2024-07-15T12:00:05 unvalidated device obtained=4\n"
          "observation 0.0.0.0 code=188740^MDC_LEN_BODY_ACTUAL^MDC : 176.2 unit=263441^MDC_DIM_CENTI_M^MDC "
          "own=2024-07-15T12:00:05 unvalidated device obtained=2\n");
}

/* Fat 22.5 %, user 12, basal metabolism 7000 kJ, muscle 41.0 %, muscle mass 30.000 kg, fat-free 54.250 kg, soft lean
 * 50.000 kg, water 38.500 kg, impedance 500.0 ohm, weight 70.000 kg, height 176.2 cm. */
static void body_composition_with_everything(void **state) {
    (void)state;
#define USER "observation 0.0.0.0 sub=user 12 code="
    check("2A9C",
          "FC0FE1000C581B9A01701762"
          "2A1027141E8813B036E206",
          USER "188748^MDC_BODY_FAT^MDC : 22.5 unit=262688^MDC_DIM_PERCENT^MDC " EPISODE "\n" //
          USER "188768^MDC_BASAL_METABOLISM^MDC : 7000 unit=kJ^kilojoule^UCUM " EPISODE "\n"  //
          USER "muscle-percentage^Muscle percentage^urn:dragoman:gatt : 41.0 unit=262688^MDC_DIM_PERCENT^MDC " EPISODE
               "\n"                                                                                           //
          USER "188776^MDC_MASS_BODY_MUSCLE^MDC : 30.000 unit=263875^MDC_DIM_KILO_G^MDC " EPISODE "\n"        //
          USER "188756^MDC_MASS_BODY_FAT_FREE^MDC : 54.250 unit=263875^MDC_DIM_KILO_G^MDC " EPISODE "\n"      //
          USER "188760^MDC_MASS_BODY_SOFT_LEAN^MDC : 50.000 unit=263875^MDC_DIM_KILO_G^MDC " EPISODE "\n"     //
          USER "188764^MDC_BODY_WATER^MDC : 38.500 unit=263875^MDC_DIM_KILO_G^MDC " EPISODE "\n"              //
          USER "188780^MDC_BODY_ELECTRICAL_IMPEDANCE^MDC : 500.0 unit=266432^MDC_DIM_X_OHM^MDC " EPISODE "\n" //
          USER "188736^MDC_MASS_BODY_ACTUAL^MDC : 70.000 unit=263875^MDC_DIM_KILO_G^MDC " EPISODE "\n"        //
          USER "188740^MDC_LEN_BODY_ACTUAL^MDC : 176.2 unit=263441^MDC_DIM_CENTI_M^MDC " EPISODE "\n");
}

static void what_a_device_says_of_itself(void **state) {
    (void)state;
    check("2A19", "5F",
          "observation 0.0.0.0 code=67996^MDC_ATTR_VAL_BATT_CHARGE^MDC : 95 unit=262688^MDC_DIM_PERCENT^MDC " NOW
          " unvalidated place obtained=2\n");
    check("2A2B",
          "E807070F0C000501800"
          "0",
          "observation 0.0.0.0 code=67975^MDC_ATTR_TIME_ABS^MDC : 2024-07-15T12:00:05.500 " NOW
          " unvalidated place obtained=2\n");
}

/* Year 0 is a clock that does not know; the 30th of February is one that is wrong. */
static void clocks_that_cannot_be_right(void **state) {
    (void)state;
    const char *expected =
        "observation 0.0.0.0 code=150364^MDC_TEMP_BODY^MDC : 36.4 unit=268192^MDC_DIM_DEGC^MDC " EPISODE "\n";
    check("2A1C", "026C0100FF0000070F0C0005", expected);
    check("2A1C", "026C0100FFE807021E0C0005", expected);
}

/* Names and serial numbers come with every envelope; nobody needs them as values. */
static void what_says_nothing_is_counted_and_what_nobody_knows_is_kept(void **state) {
    (void)state;
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    feed(&session, "2A29", "41");
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_DISCARDED], 1);
    assert_int_equal(session.host.dead_letters, 0);
    feed(&session, "00001234-0000-1000-8000-00805F9B34FB", "41");
    feed(&session, "F0001234-0451-4000-B000-000000000000", "41");
    assert_int_equal(session.host.dead_letters, 2);
    assert_null(fake_session_close(&session));
}

static const struct {
    const char *characteristic;
    const char *value;
} whole[] = {
    {"2A35", "1FA0F06BF07DF0E807070F0C00054800020500"},
    {"2A18", "0F0200E8070102171E005A0037D02F2000"},
    {"2A34", "5F0700021ED0014158023C010AA041F0"},
    {"2AA7", "060078000A00"},
    {"2AA8", "00000059FFFF"},
    {"2AAA", "E80701020304050404"},
    {"2A1C", "066C0100FFE807070F0C000506"},
    {"2A37", "1648200334033403"},
    {"2A5E", "1F61004800E807010100000080002000000CF0"},
    {"2A5F", "09610048005F005000000800"},
    {"2A9D", "0EB036E807070F0C0005FFE600E206"},
    {"2A9C", "FC0FE1000C581B9A017017622A1027141E8813B036E206"},
    {"2A2B", "E807070F0C0005018000"},
    {"2A19", "5F"},
};

/* One byte less or more leaves fields without bytes or bytes without a field: such a value is never published. */
static void a_missing_or_doubled_byte_is_refused(void **state) {
    (void)state;
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    uint64_t dead = 0;
    for (size_t n = 0; n < sizeof whole / sizeof *whole; n++) {
        size_t size = strlen(whole[n].value);
        /* The first byte says which fields there are: without it other fields may fit. */
        for (size_t at = 2; at < size; at += 2) {
            char changed[128];
            (void)snprintf(changed, sizeof changed, "%.*s%s", (int)at, whole[n].value, whole[n].value + at + 2);
            feed(&session, whole[n].characteristic, changed);
            (void)snprintf(changed, sizeof changed, "%.*s%s", (int)at + 2, whole[n].value, whole[n].value + at);
            feed(&session, whole[n].characteristic, changed);
            dead += 2;
            assert_int_equal(session.host.reports, 0);
            assert_int_equal(session.host.dead_letters, dead);
        }
    }
    assert_null(fake_session_close(&session));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_20601_and_their_specials),
        cmocka_unit_test(floats_of_blessed),
        cmocka_unit_test(check_of_the_cgm_profile),
        cmocka_unit_test(blood_pressure_120_80_96),
        cmocka_unit_test(blood_pressure_with_everything),
        cmocka_unit_test(glucose_120_mg_per_dl),
        cmocka_unit_test(glucose_in_moles_with_a_time_offset_and_a_status),
        cmocka_unit_test(a_control_solution_is_test_data),
        cmocka_unit_test(a_context_has_the_time_of_its_measurement),
        cmocka_unit_test(a_continuous_monitor_counts_minutes_from_its_session),
        cmocka_unit_test(continuous_records_with_status_trend_quality_and_check),
        cmocka_unit_test(temperature_36_4),
        cmocka_unit_test(heart_rate_with_intervals),
        cmocka_unit_test(oximeter_spot_check),
        cmocka_unit_test(oximeter_continuous),
        cmocka_unit_test(weight_in_steps),
        cmocka_unit_test(body_composition_with_everything),
        cmocka_unit_test(what_a_device_says_of_itself),
        cmocka_unit_test(clocks_that_cannot_be_right),
        cmocka_unit_test(what_says_nothing_is_counted_and_what_nobody_knows_is_kept),
        cmocka_unit_test(a_missing_or_doubled_byte_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
