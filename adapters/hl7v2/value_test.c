/* OBX-5 by OBX-2: each type, on the examples of HL7 v2.5.1 chapter 2A where it has some. */
#include "kit/fake_check.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* The value that a row of this type and field gives; "refused" when the message is. */
static void check(const char *kind, const char *field, const char *expected) {
    fake_session session;
    char text[2048];
    int size =
        snprintf(text, sizeof text, "MSH|^~\\&|A|B|||2023||ORU^R01|1|P|2.5\rOBX|1|%s|C^c^L||%s||||||F\r", kind, field);
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_FILE));
    fake_session_feed(&session, (dragoman_bytes){(const uint8_t *)text, (size_t)size}, true);
    const char *said = fake_host_text(&session.host);
    const char *begin = strstr(said, "code=C^c^L : ");
    char value[1024] = "refused";
    if (begin != NULL) {
        const char *end = strstr(begin, " at=");
        assert_non_null(end);
        (void)snprintf(value, sizeof value, "%.*s", (int)(end - begin - 13), begin + 13);
    }
    assert_string_equal(value, expected);
    assert_null(fake_session_close(&session));
}

static void numbers(void **state) {
    (void)state;
    check("NM", "98.0", "98.0");
    check("NM", "+007", "7");
    check("NM", "<0.5", "<0.5");
    check("NM", ">= 12", ">=12");
    check("NM", "1~2~~3", "1; 2; absent:unknown; 3");
    check("NM", "", "absent:unknown");
    check("NM", "\"\"", "absent:unknown");
    check("NM", "---", "absent:unknown");
    check("NM", "-?-", "absent:unknown");
    check("NM", "NaN", "absent:not-a-number");
    check("NM", "1e5", "refused");
    check("NM", "12345678901234567890", "refused");
}

static void structured_numbers(void **state) {
    (void)state;
    check("SN", ">^100", ">100");
    check("SN", "^100^-^200", "100..200");
    check("SN", "^1^:^228", "1:228");
    check("SN", "^2^+", "\"2+\"");
    check("SN", "=^5.0", "5.0");
    check("SN", "<>^0", "\"<>0\"");
    check("SN", "^200^-^100", "\"200-100\"");
    check("SN", "^", "absent:unknown");
    check("SN", "^a", "refused");
}

static void codes(void **state) {
    (void)state;
    check("CE", "F-11380^CREATININE^I9^2148-5^CREATININE^LN", " code=F-11380^CREATININE^I9+2148-5^CREATININE^LN");
    check("CWE", "1^one^L^2^two^M^3^4^in words", " code=1^one^L+2^two^M\"in words\"");
    check("CWE", "1^one^L^^^^^^^9^nine^N", " code=1^one^L+9^nine^N");
    check("CE", "^only words", " code=\"only words\"");
    check("CE", "^^L", "absent:unknown");
    check("IS", "M", " code=M^^");
    check("ID", "Y~N", " code=Y^^;  code=N^^");
}

static void texts(void **state) {
    (void)state;
    check("ST", "a\\T\\b^c", "\"a&b^c\"");
    check("ST", "one~two", "\"one\"; \"two\"");
    check("TX", "one~~two\\.br\\three", "\"one\n\ntwo\nthree\"");
    check("FT", "\\H\\x\\N\\", "\"x\"");
    check("XYZ", "1^2", "\"1^2\"");
    check("", "as is", "\"as is\"");
}

static void times_and_ranges(void **state) {
    (void)state;
    check("DT", "19800101", "1980-01-01");
    check("TS", "201601011230+0100^M", "2016-01-01T12:30+01:00");
    check("TM", "1230", "T12:30");
    check("DR", "2016^2017", "2016..2017");
    check("DR", "2016", "2016..none");
    check("NR", "1.0^2", "1.0..2");
    check("NR", "^2", "NaN..2");
    check("NR", "3^2", "refused");
    check("DT", "yesterday", "refused");
}

static void arrays(void **state) {
    (void)state;
    check("NA", "125^34^-22^-234^569^442^-212^6", "samples 8x1 period=0 scale=1 [125 34 -22 -234 569 442 -212 6]");
    check("NA", "1.2^-3.5^5.2~2.0^3.1^-6.2~3.5^7.8^-1.3",
          "samples 3x3 period=0 scale=0.1 [12 -35 52 20 31 -62 35 78 -13]");
    check("NA", "^2^3^4~5^^^8~9^10~~17^18^19^20",
          "samples 5x4 period=0 scale=1 [E 2 3 4 5 E E 8 9 10 E E E E E E 17 18 19 20]");
    check("MA", "0^0^0~1^10^5~2^20^9", "samples 3x3 period=0 scale=1 [0 0 0 1 10 5 2 20 9]");
    check("NA", "40000^-1^2147483647", "samples 3x1 period=0 scale=1 [40000 -1 2147483647]");
    check("NA", "1^x", "refused");
    check("NA", "3000000000^0.5", "refused");
}

static void documents(void **state) {
    (void)state;
    check("ED", "^application^pdf^Base64^dGVzdA==", "application/pdf data=test");
    check("ED", "^TEXT^plain^A^as it is", "text/plain data=as it is");
    check("ED", "^IM^png^Hex^89504e47", "image/png data=\x89PNG");
    check("ED", "^application^pdf^Base64^dGVz!", "refused");
    check("ED", "^application^pdf^Base64^dGVzd", "refused");
    check("ED", "^application^pdf^Base64^", "absent:unknown");
    check("RP", "https://p.example/1^PACS^image^png", "image/png where=https://p.example/1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),   cmocka_unit_test(structured_numbers), cmocka_unit_test(codes),
        cmocka_unit_test(texts),     cmocka_unit_test(times_and_ranges),   cmocka_unit_test(arrays),
        cmocka_unit_test(documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
