/* Frames and their checksums, on what programs and pumps say to each other in published readers of the protocol. */
#include "frame.h"
#include "number.h"
#include "query.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* From mdpnp: queries, answers, and commands that this adapter has not. */
static const char *const published[] = {
    "!INF|4961",
    "!INST_SERIALNO|457D",
    "!COMMS_PROTOCOL|E8DA",
    "!INF_VTBI|8456",
    "!INF_START|38F3",
    "!INF_STOP|CD57",
    "!INF_VTBI^DEACT|D8C5",
    "!INF_RATE^0.10^ml/h|D407",
    "!INF_RATE^3.50^ml/h|3885",
    "!INST_SERIALNO^8002-51740|050B",
    "!INST_SERIALNO^8002-51733|ACFF",
    "!COMMS_PROTOCOL^Asena Rev 2.1.5|661A",
    "!SYRINGE_STATUS^BD PLASTIPAK^ 50^CONF|1CF8",
    "!ALARM^AL_NOALM^ ^ |C73B",
    "!INF^8002-51733^A^HLD^0.00^ml/h^^0.969^ml^530.15^mmHg^00:04:09^EVENT^214725|DB9D",
};

static asena_scanned scan(const char *text, size_t size, asena_scanner *scanner, asena_answer *ret_answer) {
    asena_scanned last = ASENA_SCANNED_NOTHING;
    for (size_t n = 0; n < size; n++) {
        last = asena_scan(scanner, (uint8_t)text[n], ret_answer);
    }
    return last;
}

static void published_frames_are_whole(void **state) {
    (void)state;
    for (size_t n = 0; n < sizeof published / sizeof *published; n++) {
        asena_scanner scanner = {0};
        asena_answer answer;
        (void)scan(published[n], strlen(published[n]), &scanner, &answer);
        assert_int_equal(asena_scan(&scanner, '\r', &answer), ASENA_SCANNED_ANSWER);
    }
}

static void any_wrong_bit_is_seen(void **state) {
    (void)state;
    char text[128];
    strcpy(text, published[14]);
    size_t size = strlen(text);
    for (size_t n = 1; n < size; n++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            asena_scanner scanner = {0};
            asena_answer answer;
            text[n] = (char)((uint8_t)text[n] ^ 1u << bit);
            (void)scan(text, size, &scanner, &answer);
            assert_int_not_equal(asena_scan(&scanner, '\r', &answer), ASENA_SCANNED_ANSWER);
            text[n] = (char)((uint8_t)text[n] ^ 1u << bit);
        }
    }
}

static void fields_are_what_stands_between_the_signs(void **state) {
    (void)state;
    asena_scanner scanner = {0};
    asena_answer answer;
    (void)scan(published[12], strlen(published[12]), &scanner, &answer);
    assert_int_equal(asena_scan(&scanner, '\r', &answer), ASENA_SCANNED_ANSWER);
    assert_int_equal(answer.count, 4);
    assert_int_equal(asena_field(&answer, 1).size, 12);
    assert_memory_equal(asena_field(&answer, 1).data, "BD PLASTIPAK", 12);
    assert_int_equal(asena_field(&answer, 2).size, 2);
    assert_memory_equal(asena_field(&answer, 2).data, "50", 2);
    assert_int_equal(asena_field(&answer, 4).size, 0);
}

static void an_answer_that_is_broken_off_costs_itself(void **state) {
    (void)state;
    asena_scanner scanner = {0};
    asena_answer answer;
    (void)scan("!INF", 4, &scanner, &answer);
    assert_int_equal(asena_scan(&scanner, 0x1b, &answer), ASENA_SCANNED_BROKEN);
    (void)scan("!INF", 4, &scanner, &answer);
    assert_int_equal(asena_scan(&scanner, '!', &answer), ASENA_SCANNED_BROKEN);
    assert_int_equal(scan("INF|4961\r", 9, &scanner, &answer), ASENA_SCANNED_ANSWER);
    assert_int_equal(asena_scan(&scanner, 'x', &answer), ASENA_SCANNED_NOISE);
    (void)asena_scan(&scanner, '!', &answer);
    for (int n = 0; n < 5000; n++) {
        assert_int_equal(asena_scan(&scanner, '^', &answer), ASENA_SCANNED_NOTHING);
    }
    assert_int_equal(asena_scan(&scanner, '\r', &answer), ASENA_SCANNED_BROKEN);
}

/* Every frame that can go out carries its own checksum and is one name without a field. */
static void queries_are_names_alone(void **state) {
    (void)state;
    for (unsigned n = 0; n < ASENA_QUERIES; n++) {
        asena_scanner scanner = {0};
        asena_answer answer;
        dragoman_bytes frame = asena_query_frame((asena_query)n);
        assert_int_equal(scan((const char *)frame.data, frame.size, &scanner, &answer), ASENA_SCANNED_ANSWER);
        assert_int_equal(answer.count, 1);
        assert_int_equal(answer.fields[0].size, asena_query_name((asena_query)n).size);
    }
}

static void check_number(const char *text, bool is_one, int64_t mantissa, int16_t exponent) {
    dragoman_decimal number = {0};
    dragoman_bytes bytes = {(const uint8_t *)text, strlen(text)};
    assert_int_equal(asena_number_read(bytes, &number), is_one);
    if (is_one) {
        assert_int_equal(number.mantissa, mantissa);
        assert_int_equal(number.exponent, exponent);
    }
}

static void numbers_keep_their_digits(void **state) {
    (void)state;
    check_number("0.969", true, 969, -3);
    check_number("0.00", true, 0, -2);
    check_number("1200.00", true, 120000, -2);
    check_number("-5", true, -5, 0);
    check_number("", false, 0, 0);
    check_number(".", false, 0, 0);
    check_number("1.2.3", false, 0, 0);
    check_number("12a", false, 0, 0);
    check_number("1234567890123456789", false, 0, 0);
}

static void check_duration(const char *text, bool is_one, int64_t seconds, uint8_t comparator) {
    dragoman_value value = {0};
    dragoman_bytes bytes = {(const uint8_t *)text, strlen(text)};
    assert_int_equal(asena_duration_read(bytes, &value), is_one);
    if (is_one) {
        assert_int_equal(value.number.mantissa, seconds);
        assert_int_equal(value.comparator, comparator);
    }
}

static void times_are_seconds(void **state) {
    (void)state;
    check_duration("00:04:09", true, 249, DRAGOMAN_EQUAL);
    check_duration("23:59:59", true, 86399, DRAGOMAN_EQUAL);
    check_duration("24+", true, 86400, DRAGOMAN_GREATER);
    check_duration("00:60:00", false, 0, 0);
    check_duration("04:09", false, 0, 0);
    check_duration("24", false, 0, 0);
    check_duration("24+1", false, 0, 0);
    check_duration("00:04:09 ", false, 0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_frames_are_whole),
        cmocka_unit_test(any_wrong_bit_is_seen),
        cmocka_unit_test(fields_are_what_stands_between_the_signs),
        cmocka_unit_test(an_answer_that_is_broken_off_costs_itself),
        cmocka_unit_test(queries_are_names_alone),
        cmocka_unit_test(numbers_keep_their_digits),
        cmocka_unit_test(times_are_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
