/* Messages become reports by what a profile says of them. The samples follow the examples in the documentation of
 * Microsoft's iomt-fhir (docs/Configuration.md): heart rate, blood pressure, a list of measurements. */
#include "kit/fake_host.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HEART                                                                                                          \
    "messages.0.name=heartrate messages.0.when.0=$.heartRate messages.0.device=$.deviceId messages.0.time=$.endDate "  \
    "messages.0.values.0.name=hr messages.0.values.0.path=$.heartRate messages.0.values.0.unit=/min "                  \
    "messages.0.values.0.required=true messages.0.values.0.codes.0.code=8867-4 messages.0.values.0.codes.0.system=LN "
#define PRESSURE                                                                                                       \
    "messages.1.name=bloodpressure messages.1.compound=true messages.1.when.0=$.systolic "                             \
    "messages.1.when.1=$.diastolic "                                                                                   \
    "messages.1.device=$.deviceId messages.1.time=$.endDate messages.1.values.0.name=systolic "                        \
    "messages.1.values.0.path=$.systolic messages.1.values.0.unit=mm[Hg] messages.1.values.1.name=diastolic "          \
    "messages.1.values.1.path=$.diastolic messages.1.values.1.unit=mm[Hg] "

static fake_session session;

static void open_with(const char *device) {
    assert_true(fake_session_open_device(&session, &dragoman_adapter, NULL, device, DRAGOMAN_CHANNEL_FILE));
}

static const char *said(const char *text) {
    fake_host_forget(&session.host);
    fake_session_feed(&session, (dragoman_bytes){(const uint8_t *)text, strlen(text)}, true);
    return fake_host_text(&session.host);
}

static void publish(const char *topic, const char *text, bool is_retained) {
    fake_session_tell(&session, (dragoman_event){.struct_size = sizeof(dragoman_event),
                                                 .kind = DRAGOMAN_EVENT_MESSAGE,
                                                 .of.message = {.topic = {(const uint8_t *)topic, strlen(topic)},
                                                                .payload = {(const uint8_t *)text, strlen(text)},
                                                                .is_retained = is_retained}});
}

static void close_it(void) {
    assert_null(fake_session_close(&session));
}

static void a_value_keeps_its_digits_and_codes(void **state) {
    (void)state;
    open_with(HEART);
    const char *text = said("{\"heartRate\": 78.0, \"endDate\": \"2019-02-01T22:46:01.875Z\", \"deviceId\": \"d1\"}\n");
    assert_non_null(strstr(text, "report device=d1"));
    assert_non_null(strstr(text, "code=hr^^urn:dragoman:json+8867-4^^LN : 78.0 unit=/min^^ "));
    assert_non_null(strstr(text, "own=2019-02-01T22:46:01.875+00:00"));
    /* The same as a text, as the examples send it. */
    assert_non_null(strstr(said("{\"heartRate\":\"78\",\"deviceId\":\"d1\"}\n"), ": 78 unit=/min"));
    close_it();
}

static void parts_of_a_compound_stand_together(void **state) {
    (void)state;
    open_with(HEART PRESSURE);
    const char *text = said("{\"systolic\":\"123\",\"diastolic\":\"87\",\"deviceId\":\"d1\"}\n");
    assert_non_null(strstr(text, "code=bloodpressure^^"));
    assert_non_null(strstr(text, "123"));
    assert_non_null(strstr(text, "87"));
    assert_int_equal(session.host.observations, 1);
    close_it();
}

static void each_element_of_a_list_is_one(void **state) {
    (void)state;
    open_with(HEART);
    said(
        "{\"Body\":[{\"heartRate\":\"78\",\"deviceId\":\"a\"},{\"heartRate\":\"81\",\"deviceId\":\"b\"},{\"x\":1}]}\n");
    assert_int_equal(session.host.reports, 2);
    assert_int_equal(session.host.last_number, 1);
    close_it();
}

static void what_lacks_a_required_part_is_a_dead_letter(void **state) {
    (void)state;
    static const char *const bad[] = {
        "{\"heartRate\":\"78\"}\n",                         /* no device */
        "{\"heartRate\":78,\"deviceId\":\"d\"\n",           /* cut */
        "{\"heartRate\":078,\"deviceId\":\"d\"}\n",         /* no number */
        "{\"heartRate\":\"\\ud800\",\"deviceId\":\"d\"}\n", /* half a character */
        "{\"a\":1}}\n",
        "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]\n",
    };
    open_with(HEART);
    for (size_t n = 0; n < sizeof bad / sizeof *bad; n++) {
        assert_non_null(strstr(said(bad[n]), "dead"));
        assert_null(strstr(fake_host_text(&session.host), "report"));
    }
    close_it();
}

static void what_is_no_value_is_absent(void **state) {
    (void)state;
    open_with(HEART);
    static const char *const odd[] = {"null", "\"--\"", "true", "\"NaN\"", "{}", "99999999999999999999"};
    for (size_t n = 0; n < sizeof odd / sizeof *odd; n++) {
        char line[96];
        snprintf(line, sizeof line, "{\"heartRate\":%s,\"deviceId\":\"d\"}\n", odd[n]);
        assert_null(strstr(said(line), " 9999"));
    }
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_ODD_VALUE], 5);
    close_it();
}

static void the_topic_may_name_the_device(void **state) {
    (void)state;
    open_with("messages.0.name=t messages.0.device=topic:2 messages.0.values.0.name=temp messages.0.values.0.path=$.t");
    publish("devices/door-3/messages", "{\"t\":21.50}", false);
    assert_non_null(strstr(fake_host_text(&session.host), "report device=door-3"));
    fake_host_forget(&session.host);
    publish("devices/door-3/messages", "{\"t\":20}", true);
    assert_null(strstr(fake_host_text(&session.host), "report"));
    close_it();
}

static void tell(void *context, dragoman_bytes key, dragoman_bytes sentence) {
    (void)sentence;
    int size = snprintf((char *)context, 64, "%.*s", (int)key.size, (const char *)key.data);
    assert_true(size >= 0);
}

static void mistakes_of_a_profile_are_told_at_their_key(void **state) {
    (void)state;
    static const struct {
        const char *key, *value, *told;
    } cases[] = {{"model", "x", ""},
                 {"colour", "red", "colour"},
                 {"messages.0.when.0", "heartRate", "messages.0.when.0"},
                 {"messages.0.values.0.path", "$..a", "messages.0.values.0.path"},
                 {"messages.0.values.0.path", "$.a[*]", "messages.0.values.0.path"},
                 {"messages.0.device", "topic:x", "messages.0.device"},
                 {"messages.0.values.0.type", "double", "messages.0.values.0.type"},
                 {"messages.0.name", "x", "messages.0"}};
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        char told[64] = "none";
        dragoman_setting one = {{(const uint8_t *)cases[n].key, strlen(cases[n].key)},
                                {(const uint8_t *)cases[n].value, strlen(cases[n].value)}};
        dragoman_list profile = DRAGOMAN_LIST(&one, 1);
        dragoman_adapter.check_profile(&profile, tell, told);
        bool is_told = strcmp(told, "none") != 0;
        assert_true(is_told);
        if (n == 0 || n == 7) {
            assert_string_equal(told, cases[n].told);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_keeps_its_digits_and_codes),
        cmocka_unit_test(parts_of_a_compound_stand_together),
        cmocka_unit_test(each_element_of_a_list_is_one),
        cmocka_unit_test(what_lacks_a_required_part_is_a_dead_letter),
        cmocka_unit_test(what_is_no_value_is_absent),
        cmocka_unit_test(the_topic_may_name_the_device),
        cmocka_unit_test(mistakes_of_a_profile_are_told_at_their_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
