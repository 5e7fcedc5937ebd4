/* Expected values are those of IEEE 11073-10101's registry (RTMMS), of FHIR R4's vital-signs table and of UCUM. */
#include "terms/terms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void finds_a_term_by_number_and_by_name(void **state) {
    (void)state;
    const terms_mdc *rate = terms_find_mdc(NULL, 147842);
    assert_non_null(rate);
    assert_string_equal(rate->refid, "MDC_ECG_HEART_RATE");
    assert_int_equal(rate->kind, TERMS_NUMERIC);
    assert_int_equal(rate->standing, TERMS_CONFIRMED);
    assert_ptr_equal(terms_find_refid(NULL, DRAGOMAN_TEXT("MDC_ECG_HEART_RATE")), rate);
    assert_ptr_equal(terms_find_refid(NULL, DRAGOMAN_TEXT("MDC_ECG_CARD_BEAT_RATE")), rate); /* a synonym */
    assert_null(terms_find_mdc(NULL, 147843));
    assert_null(terms_find_mdc(NULL, 0));
    assert_null(terms_find_refid(NULL, DRAGOMAN_TEXT("MDC_ECG_HEART_RAT")));
    assert_null(terms_find_refid(NULL, DRAGOMAN_TEXT("MDC_ECG_HEART_RATE2")));
    assert_null(terms_find_refid(NULL, (dragoman_bytes){0}));
}

static void knows_settings_as_settings(void **state) {
    (void)state;
    const terms_mdc *setting = terms_find_mdc(NULL, 16929196);
    assert_non_null(setting);
    assert_string_equal(setting->refid, "MDC_VENT_VOL_TIDAL_SETTING");
    assert_int_equal(setting->kind, TERMS_SETTING);
    assert_int_equal(setting->code, 151980 + 16777216);
}

static void finds_units_three_ways(void **state) {
    (void)state;
    const terms_unit *unit = terms_find_unit(NULL, 266016);
    assert_non_null(unit);
    assert_string_equal(unit->refid, "MDC_DIM_MMHG");
    assert_string_equal(unit->ucum, "mm[Hg]");
    assert_ptr_equal(terms_find_unit_refid(NULL, DRAGOMAN_TEXT("MDC_DIM_MMHG")), unit);
    assert_ptr_equal(terms_find_ucum(NULL, DRAGOMAN_TEXT("mm[Hg]")), unit);
    assert_string_equal(terms_find_unit(NULL, 264864)->ucum, "/min");
    assert_string_equal(terms_find_unit(NULL, 268192)->ucum, "Cel");
    assert_string_equal(terms_find_unit(NULL, 266560)->ucum, "[degF]");
    assert_string_equal(terms_find_unit(NULL, 265987)->ucum, "kPa");
    assert_string_equal(terms_find_unit(NULL, 264096)->ucum, "kg/m2");
    /* Of the units that share a UCUM code the plainest is found. */
    assert_string_equal(terms_find_ucum(NULL, DRAGOMAN_TEXT("/min"))->refid, "MDC_DIM_PER_MIN");
    assert_string_equal(terms_find_ucum(NULL, DRAGOMAN_TEXT("%"))->refid, "MDC_DIM_PERCENT");
    assert_null(terms_find_ucum(NULL, DRAGOMAN_TEXT("mmHg")));
}

static void pairs_with_loinc_preferred_first(void **state) {
    (void)state;
    uint32_t count = 0;
    const terms_loinc *loincs = terms_find_loinc(NULL, 150456, &count);
    assert_int_equal(count, 2);
    assert_string_equal(loincs[0].code, "2708-6");
    assert_string_equal(loincs[0].profile, "oxygensat");
    assert_string_equal(loincs[0].category, "vital-signs");
    assert_string_equal(loincs[1].code, "59408-5");
    assert_int_equal(loincs[1].is_preferred, 1);

    loincs = terms_find_loinc(NULL, 151975, &count);
    assert_int_equal(count, 2);
    assert_string_equal(loincs[0].code, "76530-5");
    assert_int_equal(loincs[0].standing, TERMS_SINGLE_SOURCE);
    assert_int_equal(loincs[1].is_preferred, 0);

    assert_null(terms_find_loinc(NULL, 131841, &count));
    assert_int_equal(count, 0);
    assert_null(terms_find_loinc(NULL, 4000000000u, &count));
}

static void knows_groups_and_single_measurements(void **state) {
    (void)state;
    assert_int_equal(terms_group(NULL, 150021), 150020);
    assert_int_equal(terms_group(NULL, 150022), 150020);
    assert_int_equal(terms_group(NULL, 150023), 150020);
    assert_int_equal(terms_group(NULL, 150045), 150044);
    assert_int_equal(terms_group(NULL, 150020), 0);
    assert_int_equal(terms_group(NULL, 147842), 0);
    assert_int_equal(terms_find_mdc(NULL, 150021)->episodic, 1);
    assert_int_equal(terms_find_mdc(NULL, 149546)->episodic, 1);
    assert_int_equal(terms_find_mdc(NULL, 150037)->episodic, 0);
    assert_int_equal(terms_find_mdc(NULL, 147842)->episodic, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_term_by_number_and_by_name),
        cmocka_unit_test(knows_settings_as_settings),
        cmocka_unit_test(finds_units_three_ways),
        cmocka_unit_test(pairs_with_loinc_preferred_first),
        cmocka_unit_test(knows_groups_and_single_measurements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
