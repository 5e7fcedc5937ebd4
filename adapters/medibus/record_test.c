/* What stands in responses: numbers, times, records, who the device is, and which curves it has. */
#include "clock.h"
#include "number.h"
#include "record.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static dragoman_bytes bytes_of_text(const char *text) {
    return (dragoman_bytes){(const uint8_t *)text, strlen(text)};
}

static void numbers_keep_their_digits(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t mantissa;
        int16_t exponent;
    } rows[] = {{" 98 ", 98, 0}, {"98.0", 980, -1},   {"-  20", -20, 0}, {" 0.5", 5, -1},
                {".5", 5, -1},   {"+12", 12, 0},      {"-.05", -5, -2},  {"12. ", 12, 0},
                {"0000", 0, 0},  {"-  -1", -99, 127}, {"1 2 ", -99, 127}};
    for (size_t n = 0; n < sizeof rows / sizeof *rows; n++) {
        dragoman_decimal number = {0};
        medibus_number_kind kind = medibus_number_read(bytes_of_text(rows[n].text), &number);
        if (rows[n].exponent == 127) {
            assert_int_equal(kind, MEDIBUS_NUMBER_ODD);
            continue;
        }
        assert_int_equal(kind, MEDIBUS_NUMBER);
        assert_int_equal(number.mantissa, rows[n].mantissa);
        assert_int_equal(number.exponent, rows[n].exponent);
    }
}

static void blanks_are_no_value_and_signs_alone_are_none_either(void **state) {
    (void)state;
    dragoman_decimal number;
    assert_int_equal(medibus_number_read(bytes_of_text("    "), &number), MEDIBUS_NUMBER_BLANK);
    static const char *const odd[] = {"-", "+ ", ".", "-.", "1:30", "1.2.3", "----", "****", "1e3", "123456789"};
    for (size_t n = 0; n < sizeof odd / sizeof *odd; n++) {
        assert_int_equal(medibus_number_read(bytes_of_text(odd[n]), &number), MEDIBUS_NUMBER_ODD);
    }
}

static void a_curve_has_an_exact_step_where_there_is_one(void **state) {
    (void)state;
    dragoman_decimal step;
    /* (100 - (-20)) / 2400 = 0.05; (250 - 0) / 4095 ends nowhere. */
    assert_true(
        medibus_number_step((dragoman_decimal){.mantissa = -20}, (dragoman_decimal){.mantissa = 100}, 2400, &step));
    assert_int_equal(step.mantissa, 5);
    assert_int_equal(step.exponent, -2);
    assert_true(
        medibus_number_step((dragoman_decimal){.mantissa = 0}, (dragoman_decimal){.mantissa = 250}, 4095, &step));
    assert_int_equal(step.mantissa, INT64_C(61050061050061));
    assert_int_equal(step.exponent, -15);
    assert_false(medibus_number_step((dragoman_decimal){.mantissa = 5}, (dragoman_decimal){.mantissa = 5}, 10, &step));
}

static void check_clock(const char *text, int64_t seconds, uint8_t precision) {
    dragoman_time time = {0};
    assert_true(medibus_clock_read(bytes_of_text(text), &time));
    assert_int_equal(time.civil_us, seconds * 1000000);
    assert_int_equal(time.precision, precision);
    assert_int_equal(time.offset_minutes, DRAGOMAN_OFFSET_UNKNOWN);
}

static void times_of_all_devices_are_read(void **state) {
    (void)state;
    check_clock("11:11:1911-NOV-93", 753016279, DRAGOMAN_TIME_SECOND); /* the definition's example */
    check_clock("23:59:59 31-DEZ-26", 1798761599, DRAGOMAN_TIME_SECOND);
    check_clock("00:00:00 1-MAI-2026", 1777593600, DRAGOMAN_TIME_SECOND);
    check_clock(" 7:05:00 29-FEB-24", 1709190300, DRAGOMAN_TIME_SECOND);
    check_clock("11:11:  01-OCT-14", 1412161860, DRAGOMAN_TIME_MINUTE);
    check_clock("11:11   01-OKT-14", 1412161860, DRAGOMAN_TIME_MINUTE);
    check_clock("11:11:01-OKT-14", 1412161860, DRAGOMAN_TIME_MINUTE);
    static const char *const wrong[] = {"",
                                        "24:00:0001-JAN-26",
                                        "10:60:0001-JAN-26",
                                        "10:00:6001-JAN-26",
                                        "10:00:0000-JAN-26",
                                        "10:00:0029-FEB-26",
                                        "10:00:0001-ABC-26",
                                        "10:00:0001-JAN-6",
                                        "10:00:0001-JAN-26x",
                                        "10.00.0001-JAN-26"};
    dragoman_time time;
    for (size_t n = 0; n < sizeof wrong / sizeof *wrong; n++) {
        assert_false(medibus_clock_read(bytes_of_text(wrong[n]), &time));
    }
}

static void check_records(uint8_t code, const char *text, bool is_whole, uint32_t expected) {
    uint32_t count = 99;
    assert_int_equal(medibus_records_check(code, bytes_of_text(text), &count), is_whole);
    if (is_whole) {
        assert_int_equal(count, expected);
    }
}

static void records_are_taken_whole_or_not_at_all(void **state) {
    (void)state;
    check_records(0x24, "", true, 0);
    check_records(0x24, "EB 98 E1 70 ", true, 2);
    check_records(0x24, "EB 98 E1 70", false, 0);
    check_records(0x24, "EG 98 ", false, 0);
    check_records(0x24, "eb 98 ", false, 0);
    check_records(0x29, "01   21", true, 1);
    check_records(0x29, "01   2", false, 0);
    check_records(0x27, "?9APAW LOW     ", true, 1);
    check_records(0x27, "/9APAW LOW     ", false, 0);
    check_records(0x27, "?9APAW LOW", false, 0);
    check_records(0x2a, "0E9BIPAP    \x03", true, 1);
    check_records(0x2a,
                  "1E0\x03"
                  "0E5BIPAP\x03",
                  true, 2);
    check_records(0x2a, "0E9BIPAP\x03", false, 0);
    check_records(0x2a, "0E5BI\x03P\x03\x03", false, 0);
    check_records(0x2a, "0E", false, 0);
    check_records(0x53, "00   16000  -20  100960", true, 1);
    check_records(0x53, "00   16000  -20  10096", false, 0);
    check_records(0x30, "00", false, 0);
}

static void an_alarm_has_priority_code_and_phrase(void **state) {
    (void)state;
    medibus_record record;
    dragoman_bytes data = DRAGOMAN_TEXT("?9APAW LOW     O00APNEA       ");
    assert_int_equal(medibus_record_next(0x27, &data, &record), DRAGOMAN_OK);
    assert_int_equal(record.priority, 15);
    assert_int_equal(record.code, 0x9a);
    assert_memory_equal(record.text.data, "PAW LOW     ", 12);
    assert_int_equal(medibus_record_next(0x27, &data, &record), DRAGOMAN_OK);
    assert_int_equal(record.priority, 31);
    assert_int_equal(medibus_record_next(0x27, &data, &record), DRAGOMAN_NEED_MORE);
}

static void a_device_says_who_it_is(void **state) {
    (void)state;
    medibus_identity who;
    assert_true(medibus_identity_read(DRAGOMAN_TEXT("8200'EvitaXL'07.00:06.00"), &who));
    assert_memory_equal(who.number, "8200", 4);
    assert_int_equal(who.name_size, 7);
    assert_memory_equal(who.name, "EvitaXL", 7);
    assert_memory_equal(who.software, "07.00", 5);
    assert_memory_equal(who.protocol, "06.00", 5);
    assert_true(medibus_identity_read(DRAGOMAN_TEXT("8200'EvitaXL'07.00      "), &who));
    assert_int_equal(who.software_size, 5);
    assert_int_equal(who.protocol_size, 0);
    assert_true(medibus_identity_read(DRAGOMAN_TEXT(""), &who));
    assert_int_equal(who.number_size, 0);
    assert_false(medibus_identity_read(DRAGOMAN_TEXT("8200"), &who));
    assert_false(medibus_identity_read(DRAGOMAN_TEXT("82G0'x'"), &who));
    assert_false(medibus_identity_read(DRAGOMAN_TEXT("8200'x"), &who));
}

static void a_curve_says_what_its_values_mean(void **state) {
    (void)state;
    medibus_record record;
    medibus_curve_facts facts;
    dragoman_bytes data = DRAGOMAN_TEXT("00   16000  -20  100960");
    assert_int_equal(medibus_record_next(0x53, &data, &record), DRAGOMAN_OK);
    assert_true(medibus_curve_facts_read(&record, &facts));
    assert_int_equal(facts.interval_us, 16000);
    assert_int_equal(facts.low.mantissa, -20);
    assert_int_equal(facts.high.mantissa, 100);
    assert_int_equal(facts.steps, 0x960);
    static const char *const wrong[] = {"00       0  -20  100960", "00   16000  100  -20960", "00   16000  -20  100000",
                                        "00   16000       100960", "00   16.00  -20  100960"};
    for (size_t n = 0; n < sizeof wrong / sizeof *wrong; n++) {
        data = bytes_of_text(wrong[n]);
        assert_int_equal(medibus_record_next(0x53, &data, &record), DRAGOMAN_OK);
        assert_false(medibus_curve_facts_read(&record, &facts));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_keep_their_digits),
        cmocka_unit_test(blanks_are_no_value_and_signs_alone_are_none_either),
        cmocka_unit_test(a_curve_has_an_exact_step_where_there_is_one),
        cmocka_unit_test(times_of_all_devices_are_read),
        cmocka_unit_test(records_are_taken_whole_or_not_at_all),
        cmocka_unit_test(an_alarm_has_priority_code_and_phrase),
        cmocka_unit_test(a_device_says_who_it_is),
        cmocka_unit_test(a_curve_says_what_its_values_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
