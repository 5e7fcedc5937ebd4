/* Whose fault an answer is. */
#include "sinks/http/http.h"

#include "base/bytes.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char outcome[] = "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\","
                              "\"code\":\"invariant\",\"diagnostics\":\"vs-2 failed\",\"expression\":"
                              "[\"Observation.value\"]},{\"severity\":\"warning\",\"code\":\"value\",\"details\":"
                              "{\"text\":\"odd unit\"}}]}";

static char words[HTTP_WORDS_BYTES];

static http_verdict judge(long code, const char *body) {
    return http_judge(code, bytes_of(body), true, false, words);
}

static void success_is_delivered(void **state) {
    (void)state;
    assert_int_equal(judge(200, ""), HTTP_DELIVERED);
    assert_int_equal(judge(201, "{}"), HTTP_DELIVERED);
    assert_int_equal(judge(202, "no JSON"), HTTP_DELIVERED);
    assert_int_equal(judge(204, ""), HTTP_DELIVERED);
}

static void the_receivers_trouble_is_tried_again(void **state) {
    (void)state;
    const long codes[] = {408, 425, 429, 500, 501, 502, 503, 504, 301, 307};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        assert_int_equal(judge(codes[i], outcome), HTTP_LATER);
        /* Its words may speak of a patient, and this reason is shown. */
        assert_null(strstr(words, "vs-2"));
    }
    assert_int_equal(judge(503, ""), HTTP_LATER);
    assert_string_equal(words, "503 Service Unavailable");
}

static void the_items_own_fault_is_final_and_says_why(void **state) {
    (void)state;
    const long codes[] = {400, 403, 404, 405, 410, 413, 415, 422};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        assert_int_equal(judge(codes[i], outcome), HTTP_NEVER);
    }
    assert_string_equal(words, "422 Unprocessable Content; error invariant: vs-2 failed at Observation.value; warning "
                               "value: odd unit");
    assert_int_equal(judge(400, "<html>"), HTTP_NEVER);
    assert_int_equal(judge(422, ""), HTTP_NEVER);
}

/* A proxy, a login page or a wrong address would otherwise turn a house's whole day into dead letters. */
static void what_no_fhir_server_says_is_no_judgement(void **state) {
    (void)state;
    const long codes[] = {403, 404, 405, 407, 410, 415};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        assert_int_equal(judge(codes[i], "<html>Not here</html>"), HTTP_LATER);
    }
}

static void clashes_and_tokens_are_told_apart(void **state) {
    (void)state;
    assert_int_equal(judge(409, outcome), HTTP_CLASH);
    assert_int_equal(judge(412, outcome), HTTP_CLASH);
    assert_int_equal(judge(401, outcome), HTTP_TOKEN_REFUSED);
}

#define BATCH(entries) "{\"resourceType\":\"Bundle\",\"type\":\"batch-response\",\"entry\":[" entries "]}"
#define ENTRY(status) "{\"response\":{\"status\":\"" status "\"}}"

static void each_entry_of_a_batch_is_looked_at(void **state) {
    (void)state;
    assert_int_equal(judge(200, BATCH(ENTRY("201 Created") "," ENTRY("200 OK"))), HTTP_DELIVERED);
    assert_int_equal(judge(200, BATCH(ENTRY("201") "," ENTRY("422 Unprocessable Entity"))), HTTP_NEVER);
    assert_string_equal(words, "entry 1: 422 Unprocessable Entity");
    assert_int_equal(judge(200, BATCH(ENTRY("400") "," ENTRY("503 busy") "," ENTRY("422"))), HTTP_LATER);
    assert_int_equal(judge(200, BATCH(ENTRY("409 Conflict") "," ENTRY("400"))), HTTP_CLASH);
    assert_int_equal(http_judge(200, bytes_of("{"), true, true, words), HTTP_LATER);
    assert_int_equal(http_judge(200, bytes_of("{"), false, true, words), HTTP_DELIVERED);
}

static void odd_answers_do_no_harm(void **state) {
    (void)state;
    static const char *const bodies[] = {"[]",
                                         "null",
                                         "{\"entry\":{}}",
                                         "{\"entry\":[1,null,\"x\",{\"response\":3}]}",
                                         "{\"resourceType\":\"OperationOutcome\",\"issue\":[3,{}]}",
                                         "\"",
                                         "{\"a\":"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        assert_int_equal(judge(200, bodies[i]), HTTP_DELIVERED);
        assert_int_equal(judge(422, bodies[i]), HTTP_NEVER);
    }
}

static void secrets_go_by_tls_or_stay_on_this_machine(void **state) {
    (void)state;
    assert_true(http_is_private("https://fhir.example.org/r4"));
    assert_true(http_is_private("http://127.0.0.1:8080/fhir"));
    assert_true(http_is_private("http://localhost"));
    assert_true(http_is_private("http://[::1]:80/"));
    assert_false(http_is_private("http://fhir.example.org"));
    assert_false(http_is_private("http://127.0.0.1.example.org"));
    assert_false(http_is_private("http://localhost.example.org"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_is_delivered),
        cmocka_unit_test(the_receivers_trouble_is_tried_again),
        cmocka_unit_test(the_items_own_fault_is_final_and_says_why),
        cmocka_unit_test(what_no_fhir_server_says_is_no_judgement),
        cmocka_unit_test(clashes_and_tokens_are_told_apart),
        cmocka_unit_test(each_entry_of_a_batch_is_looked_at),
        cmocka_unit_test(odd_answers_do_no_harm),
        cmocka_unit_test(secrets_go_by_tls_or_stay_on_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
