/* What codes and units of real dialects mean. Numbers are those of IEEE 11073-10101 and of the vendors' documents named
 * in mappings/hl7v2. */
#include "base/bytes.h"
#include "terms/terms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static terms_book *book;

static int open_book(void **state) {
    (void)state;
    error_record error;
    return terms_book_create("mappings", NULL, 0, &book, &error) == DRAGOMAN_OK ? 0 : -1;
}

static int close_book(void **state) {
    (void)state;
    terms_book_destroy(book);
    return 0;
}

static dragoman_code code(const char *number, const char *text, const char *system) {
    return (dragoman_code){bytes_of(number), bytes_of(text), bytes_of(system)};
}

static dragoman_decimal whole(int64_t value) {
    return (dragoman_decimal){.mantissa = value};
}

/* The meaning of one observation with that coding, unit and number under the profile. */
static terms_meaning mean_value(const char *profile, dragoman_code coding, dragoman_code unit,
                                dragoman_decimal number) {
    static arena memory;
    arena_fini(&memory);
    arena_init(&memory, 1 << 16);
    dragoman_value value = {.kind = DRAGOMAN_VALUE_DECIMAL, .number = number};
    dragoman_observation observation = {
        .code = {.codings = &coding, .coding_count = 1}, .unit = unit, .values = DRAGOMAN_LIST(&value, 1)};
    model_record record = {
        .report = {.struct_size = sizeof(dragoman_report), .observations = DRAGOMAN_LIST(&observation, 1)},
        .stamp = {.profile = bytes_of(profile)},
        .has_stamp = true,
    };
    terms_meanings meanings;
    assert_int_equal(terms_conclude(book, &record, &memory, &meanings), DRAGOMAN_OK);
    return meanings.observations[0];
}

static terms_meaning mean(const char *profile, dragoman_code coding, dragoman_code unit) {
    return mean_value(profile, coding, unit, whole(42));
}

static const dragoman_code no_unit;

static void assert_text(dragoman_bytes text, const char *wanted) {
    assert_true(bytes_is(text, wanted));
}

static void takes_spoken_mdc_as_it_is(void **state) {
    (void)state;
    terms_meaning found =
        mean("", code("147842", "MDC_ECG_HEART_RATE", "MDC"), code("264864", "MDC_DIM_BEAT_PER_MIN", "MDC"));
    assert_int_equal(found.mdc, 147842);
    assert_int_equal(found.mapping, TERMS_SPOKEN);
    assert_int_equal(found.is_mismatch, 0);
    assert_string_equal(found.loincs[0].code, "8867-4");
    assert_int_equal(found.unit_mapping, TERMS_SPOKEN);
    assert_text(found.ucum, "/min");
    assert_text(found.unit_text, "/min");
    assert_int_equal(found.absent, DRAGOMAN_PRESENT);
}

static void reads_names_numbers_and_synonyms(void **state) {
    (void)state;
    assert_int_equal(mean("", code("", "MDC_PRESS_BLD_NONINV_SYS", "MDC"), no_unit).mdc, 150021);
    assert_int_equal(mean("", code("", "MDC_PRESS_BLD_NONINV_SYS", "MDC"), no_unit).group, 150020);
    assert_int_equal(mean("", code("0", "MDC_PULS_OXIM_SAT_O2", "MDC"), no_unit).mdc, 150456);
    assert_int_equal(mean("", code("MDC_PULS_OXIM_SAT_O2", "", "MDC"), no_unit).mdc, 150456);
    assert_int_equal(mean("", code("150456", "MDC_PULS_OXIM_SAT_O2", ""), no_unit).mdc, 150456);
    assert_int_equal(mean("", code("0000150456", "", "MDC"), no_unit).mdc, 150456);
    assert_int_equal(mean("", code("16929196", "MDC_VENT_VOL_TIDAL_SETTING", "MDC"), no_unit).mdc, 16929196);
    assert_int_equal(mean("", code("150456", "SpO2", "urn:iso:std:iso:11073:10101"), no_unit).mdc, 150456);

    terms_meaning synonym = mean("", code("147842", "MDC_ECG_CARD_BEAT_RATE", "MDC"), no_unit);
    assert_int_equal(synonym.mdc, 147842);
    assert_int_equal(synonym.is_mismatch, 0);

    terms_meaning words = mean("", code("147842", "Heart rate", "MDC"), no_unit);
    assert_int_equal(words.is_mismatch, 0);

    /* 16770 is the term of 147842 without its partition. */
    terms_meaning term = mean("", code("16770", "MDC_ECG_HEART_RATE", "MDC"), no_unit);
    assert_int_equal(term.mdc, 147842);
    assert_int_equal(term.is_mismatch, 0);
}

static void flags_codes_whose_name_disagrees(void **state) {
    (void)state;
    terms_meaning wrong_name = mean("", code("147842", "MDC_RESP_RATE", "MDC"), no_unit);
    assert_int_equal(wrong_name.mdc, 147842); /* the number counts */
    assert_int_equal(wrong_name.is_mismatch, 1);

    terms_meaning invented = mean("", code("199999", "MDC_ECG_HEART_RATE", "MDC"), no_unit);
    assert_int_equal(invented.mdc, 199999);
    assert_int_equal(invented.is_mismatch, 1);
    assert_null(invented.term);
    assert_int_equal(invented.loinc_count, 0);
}

static void keeps_what_it_does_not_know(void **state) {
    (void)state;
    terms_meaning local = mean("", code("X12", "Flow thing", "L"), code("widgets", "", ""));
    assert_int_equal(local.mdc, 0);
    assert_int_equal(local.mapping, TERMS_UNMAPPED);
    assert_null(local.term);
    assert_int_equal(local.unit_mapping, TERMS_UNMAPPED);
    assert_int_equal(local.ucum.size, 0);
    assert_text(local.unit_text, "widgets");

    /* A number of the nomenclature's own that the tables lack is still what the device says. */
    terms_meaning unlisted = mean("", code("199999", "", "MDC"), no_unit);
    assert_int_equal(unlisted.mdc, 199999);
    assert_int_equal(unlisted.mapping, TERMS_SPOKEN);
    assert_int_equal(unlisted.is_mismatch, 0);

    assert_int_equal(mean("", code("147842", "HR", "99ACME"), no_unit).mdc, 0);
    assert_int_equal(mean("", code("99999999999", "", "MDC"), no_unit).mdc, 0);
}

static void reads_other_numbers_of_listed_names(void **state) {
    (void)state;
    /* One vendor numbers the ST segment of lead V 131907, the registry 131927. */
    terms_meaning other = mean("", code("131907", "MDC_ECG_AMPL_ST_V", "MDC"), no_unit);
    assert_int_equal(other.mdc, 131927);
    assert_int_equal(other.mapping, TERMS_ALIAS);
    terms_meaning disagreeing = mean("", code("131907", "MDC_RESP_RATE", "MDC"), no_unit);
    assert_int_equal(disagreeing.mdc, 131907);
    assert_int_equal(disagreeing.is_mismatch, 1);
}

static void reads_philips_mdil(void **state) {
    (void)state;
    terms_meaning saturation = mean("philips-mdil", code("0002-4bb8", "SpO2", "MDIL"), code("0004-0220", "%", "MDIL"));
    assert_int_equal(saturation.mdc, 150456);
    assert_int_equal(saturation.mapping, TERMS_PROFILE);
    assert_text(saturation.ucum, "%");
    assert_int_equal(saturation.unit_mapping, TERMS_PROFILE);
    /* By the rule alone: 2:19458 is 0002-4c02. */
    terms_meaning by_rule = mean("philips-mdil", code("0002-4A46", "x", "MDIL"), code("0004-0F20", "mmHg", "MDIL"));
    assert_int_equal(by_rule.mdc, 150086);
    assert_text(by_rule.ucum, "mm[Hg]");
    assert_text(by_rule.unit_text, "mmHg");
    /* Private terms stay private. */
    assert_int_equal(mean("philips-mdil", code("0007-f0c7", "T1", "MDIL"), no_unit).mdc, 0);
    assert_int_equal(mean("philips-mdil", code("0401-0101", "x", "MDIL"), no_unit).mdc, 0);
    assert_int_equal(mean("philips-mdil", code("0002-4bzz", "x", "MDIL"), no_unit).mdc, 0);
}

static void reads_mindray_numbers_without_units(void **state) {
    (void)state;
    terms_meaning rate = mean("mindray", code("101", "HR", ""), no_unit);
    assert_int_equal(rate.mdc, 147842);
    assert_int_equal(rate.unit_mapping, TERMS_PROFILE);
    assert_text(rate.ucum, "/min");
    assert_int_equal(mean("mindray", code("108", "", ""), no_unit).mdc, 131902);
    assert_int_equal(mean("mindray", code("108", "MNDRY_ECG_PAUSE_RATE", "99MNDRY"), no_unit).mdc, 0);
    assert_int_equal(mean("mindray", code("352", "MNDRY_ECG_VPB_RATE", "99MNDRY"), no_unit).mdc, 148066);
    /* A unit that was sent counts before the profile's. */
    assert_text(mean("mindray", code("200", "T1", ""), code("degF", "", "")).ucum, "[degF]");
    /* EtCO2's unit is a setting of the monitor: without one nothing is assumed. */
    assert_int_equal(mean("mindray", code("250", "EtCO2", ""), no_unit).ucum.size, 0);
}

static void knows_no_value_from_a_value(void **state) {
    (void)state;
    dragoman_code rate = code("101", "HR", "");
    dragoman_code segment = code("105", "ST-I", "");
    dragoman_decimal minus_one = whole(-1);
    dragoman_decimal minus_one_point_zero = {.mantissa = -10, .exponent = -1};
    assert_int_equal(mean_value("mindray", rate, no_unit, minus_one).absent, DRAGOMAN_ABSENT_UNKNOWN);
    assert_int_equal(mean_value("mindray", rate, no_unit, minus_one_point_zero).absent, DRAGOMAN_ABSENT_UNKNOWN);
    assert_int_equal(mean_value("mindray", rate, no_unit, whole(-100)).absent, DRAGOMAN_ABSENT_UNKNOWN);
    assert_int_equal(mean_value("mindray", rate, no_unit, whole(60)).absent, DRAGOMAN_PRESENT);
    assert_int_equal(mean_value("mindray", segment, no_unit, minus_one).absent, DRAGOMAN_PRESENT);
    assert_int_equal(mean_value("mindray", segment, no_unit, whole(-100)).absent, DRAGOMAN_ABSENT_UNKNOWN);
    /* Of a code that the profile does not list nobody said so. */
    assert_int_equal(mean_value("mindray", code("9999", "", ""), no_unit, minus_one).absent, DRAGOMAN_PRESENT);
    assert_int_equal(mean_value("", rate, no_unit, minus_one).absent, DRAGOMAN_PRESENT);
}

static void matches_nihon_kohden_and_edan(void **state) {
    (void)state;
    assert_int_equal(mean("nihon-kohden", code("007000", "VITAL SpO2", ""), no_unit).mdc, 150456);
    assert_int_equal(mean("nihon-kohden", code("", "VITAL EtCO2", ""), no_unit).mdc, 151728);
    assert_int_equal(mean("nihon-kohden", code("999000", "VITAL EtCO2", ""), no_unit).mdc, 151728);
    assert_int_equal(mean("edan", code("393216", "NIBP_SYS", "EHC"), no_unit).mdc, 150021);
    assert_int_equal(mean("edan", code("393216", "NIBP_SYS", "L"), no_unit).mdc, 0);
}

static void reads_units_in_all_spellings(void **state) {
    (void)state;
    const struct {
        dragoman_code sent;
        const char *ucum;
        terms_mapping mapping;
    } units[] = {
        {code("mmHg", "", ""), "mm[Hg]", TERMS_ALIAS},
        {code("mm[Hg]", "mmHg", "UCUM"), "mm[Hg]", TERMS_SPOKEN},
        {code("", "mmHg", ""), "mm[Hg]", TERMS_ALIAS},
        {code("bpm", "", ""), "/min", TERMS_ALIAS},
        {code("{beats}/min", "", "UCUM"), "/min", TERMS_ALIAS},
        {code("%", "", ""), "%", TERMS_SPOKEN},
        {code("kPa", "", ""), "kPa", TERMS_SPOKEN},
        {code("\xC2\xB0"
              "C",
              "", ""),
         "Cel", TERMS_ALIAS},
        {code("268192", "MDC_DIM_DEGC", "MDC"), "Cel", TERMS_SPOKEN},
        {code("6048", "MDC_DIM_DEGC", "MDC"), "Cel", TERMS_SPOKEN},
        {code("", "MDC_DIM_CENTI_M", "MDC"), "cm", TERMS_SPOKEN},
        {code("MDC_DIM_KILO_G", "", ""), "kg", TERMS_SPOKEN},
        {code("10*3/uL", "", "UCUM"), "10*3/uL", TERMS_SPOKEN},
        {code("C", "", ""), "", TERMS_UNMAPPED},
        {code("nonsense", "", "UCUM"), "", TERMS_UNMAPPED},
    };
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        terms_meaning found = mean("", code("X", "", "L"), units[i].sent);
        assert_text(found.ucum, units[i].ucum);
        assert_int_equal(found.unit_mapping, units[i].mapping);
    }
}

static void concludes_no_unit_from_a_contradiction(void **state) {
    (void)state;
    terms_meaning found = mean("", code("150456", "", "MDC"), code("262688", "MDC_DIM_MMHG", "MDC"));
    assert_int_equal(found.is_mismatch, 1);
    assert_int_equal(found.ucum.size, 0);
    assert_text(found.unit_text, "MDC_DIM_MMHG");
    /* Both are /min: there is nothing to choose. */
    found = mean("", code("147842", "", "MDC"), code("264864", "MDC_DIM_RESP_PER_MIN", "MDC"));
    assert_int_equal(found.is_mismatch, 1);
    assert_text(found.ucum, "/min");
    /* Fitness agents mean steps per minute by a number that the registry gives to another unit. */
    found = mean("", code("150456", "", "MDC"), code("268896", "MDC_DIM_STEP_PER_MIN", "MDC"));
    assert_int_equal(found.ucum.size, 0);
}

static void looks_at_all_codings(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 1 << 16);
    dragoman_code codings[] = {code("352", "MNDRY_ECG_VPB_RATE", "99MNDRY"), code("148066", "", "MDC")};
    dragoman_component component = {.code = {.codings = codings, .coding_count = 2}};
    dragoman_observation observation = {.code = {.codings = codings, .coding_count = 2},
                                        .components = DRAGOMAN_LIST(&component, 1)};
    dragoman_node node = {.path = {1, 2, 0, 0}, .type = {.codings = codings + 1, .coding_count = 1}};
    dragoman_alert alert = {.event = {.codings = codings + 1, .coding_count = 1}};
    model_record record = {.report = {.observations = DRAGOMAN_LIST(&observation, 1),
                                      .nodes = DRAGOMAN_LIST(&node, 1),
                                      .alerts = DRAGOMAN_LIST(&alert, 1)}};
    terms_meanings meanings;
    assert_int_equal(terms_conclude(NULL, &record, &memory, &meanings), DRAGOMAN_OK);
    assert_int_equal(meanings.observations[0].mdc, 148066);
    assert_int_equal(meanings.observations[0].mapping, TERMS_SPOKEN);
    assert_int_equal(meanings.components[0][0].mdc, 148066);
    assert_int_equal(meanings.nodes[0].mdc, 148066);
    assert_int_equal(meanings.alert_events[0].mdc, 148066);
    assert_int_equal(meanings.alert_sources[0].mdc, 0);
    arena_fini(&memory);

    arena_init(&memory, 8);
    assert_int_equal(terms_conclude(NULL, &record, &memory, &meanings), DRAGOMAN_NO_MEMORY);
    arena_fini(&memory);
}

static dragoman_bytes profile_for(const char *application, const char *facility, const char *system) {
    dragoman_code coding = code("1", "", system);
    dragoman_observation observation = {.code = {.codings = &coding, .coding_count = 1}};
    dragoman_report report = {.sender = code(application, facility, ""),
                              .observations = DRAGOMAN_LIST(&observation, 1)};
    return terms_profile_of(book, DRAGOMAN_TEXT("hl7v2"), &report);
}

static void recognises_senders(void **state) {
    (void)state;
    assert_text(profile_for("Mindray", "Gateway", ""), "mindray");
    assert_text(profile_for("MINDRAY", "", ""), "mindray");
    assert_text(profile_for("", "", "MDIL"), "philips-mdil");
    assert_text(profile_for("", "", "EHC"), "edan");
    assert_text(profile_for("VSP^080019FFFE4F601A^EUI-64", "GE", "MDC"), "ge-pcd01");
    assert_text(profile_for("NIHON KOHDEN", "", ""), "nihon-kohden");
    assert_text(profile_for("OTHER", "", "MDC"), "");
    dragoman_report report = {.sender = code("Mindray", "", "")};
    assert_text(terms_profile_of(book, DRAGOMAN_TEXT("modbus"), &report), "");
    assert_text(terms_profile_of(NULL, DRAGOMAN_TEXT("hl7v2"), &report), "");
}

static bool is_episodic(const char *application, dragoman_code coding, uint8_t obtained) {
    dragoman_observation observation = {.code = {.codings = &coding, .coding_count = 1}, .obtained = obtained};
    dragoman_report report = {.sender = code(application, "", "")};
    return terms_is_episodic(book, (dragoman_bytes){0}, &report, &observation);
}

static void knows_single_measurements(void **state) {
    (void)state;
    assert_true(is_episodic("", code("150021", "", "MDC"), DRAGOMAN_OBTAINED_UNSTATED));
    assert_false(is_episodic("", code("150021", "", "MDC"), DRAGOMAN_OBTAINED_CONTINUOUS));
    assert_false(is_episodic("", code("147842", "", "MDC"), DRAGOMAN_OBTAINED_UNSTATED));
    assert_true(is_episodic("", code("147842", "", "MDC"), DRAGOMAN_OBTAINED_EPISODIC));
    assert_true(is_episodic("Mindray", code("170", "NIBP Sys", ""), DRAGOMAN_OBTAINED_UNSTATED));
    assert_false(is_episodic("", code("170", "NIBP Sys", ""), DRAGOMAN_OBTAINED_UNSTATED));
    dragoman_observation observation = {0};
    dragoman_report report = {0};
    assert_false(terms_is_episodic(NULL, (dragoman_bytes){0}, &report, &observation));
    /* A profile that the site chose speaks also for a sender that it does not recognise. */
    dragoman_code coding = code("170", "NIBP Sys", "");
    observation.code = (dragoman_concept){.codings = &coding, .coding_count = 1};
    assert_true(terms_is_episodic(book, DRAGOMAN_TEXT("mindray"), &report, &observation));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_spoken_mdc_as_it_is),
        cmocka_unit_test(reads_names_numbers_and_synonyms),
        cmocka_unit_test(flags_codes_whose_name_disagrees),
        cmocka_unit_test(keeps_what_it_does_not_know),
        cmocka_unit_test(reads_other_numbers_of_listed_names),
        cmocka_unit_test(reads_philips_mdil),
        cmocka_unit_test(reads_mindray_numbers_without_units),
        cmocka_unit_test(knows_no_value_from_a_value),
        cmocka_unit_test(matches_nihon_kohden_and_edan),
        cmocka_unit_test(reads_units_in_all_spellings),
        cmocka_unit_test(concludes_no_unit_from_a_contradiction),
        cmocka_unit_test(looks_at_all_codings),
        cmocka_unit_test(recognises_senders),
        cmocka_unit_test(knows_single_measurements),
    };
    return cmocka_run_group_tests(tests, open_book, close_book);
}
