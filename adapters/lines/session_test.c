/* A device on its line: what it is asked and when, and how its records become reports. */
#include "session.h"

#include "kit/fake_host.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const dragoman_adapter_descriptor dragoman_adapter;

#define SECOND INT64_C(1000000)
#define FIELD(n, words) "records.0.fields." #n "." words " "

static void open_line(fake_session *line, const char *device) {
    assert_true(fake_session_open_device(line, &dragoman_adapter, NULL, device, DRAGOMAN_CHANNEL_STREAM));
}

static void feed(fake_session *line, const char *text) {
    fake_session_feed(line, (dragoman_bytes){(const uint8_t *)text, strlen(text)}, false);
}

static void assert_said(fake_session *line, const char *words) {
    if (strstr(fake_host_text(&line->host), words) == NULL) {
        fail_msg("said: %s\nwanted: %s", fake_host_text(&line->host), words);
    }
}

static void assert_not_said(fake_session *line, const char *words) {
    if (strstr(fake_host_text(&line->host), words) != NULL) {
        fail_msg("said: %s\nnot wanted: %s", fake_host_text(&line->host), words);
    }
}

#define VENTILATOR                                                                                                     \
    "frame.end=CR poll.0.send=SNDA poll.0.end=CR poll.0.every=1s poll.0.timeout=2s poll.1.send=PTDT poll.1.end=CR "    \
    "poll.1.every=10s poll.1.timeout=2s records.0.separators=, " FIELD(0, "name=a") FIELD(0, "column=1")

static void commands_go_out_one_at_a_time_at_their_rates(void **state) {
    fake_session line;
    (void)state;
    open_line(&line, VENTILATOR);
    fake_session_pass(&line, 1);
    assert_string_equal(fake_session_sent(&line), "SNDA\n");
    fake_session_pass(&line, SECOND);
    assert_string_equal(fake_session_sent(&line), "SNDA\n"); /* still waiting */
    feed(&line, "1\r");
    fake_session_pass(&line, 1000);
    assert_string_equal(fake_session_sent(&line), "SNDA\nPTDT\n");
    feed(&line, "2\r");
    fake_session_pass(&line, 1000);
    assert_string_equal(fake_session_sent(&line), "SNDA\nPTDT\nSNDA\n");
    /* No answer: after two seconds the next one has its turn. */
    fake_session_pass(&line, 2 * SECOND);
    assert_string_equal(fake_session_sent(&line), "SNDA\nPTDT\nSNDA\nSNDA\n");
    assert_int_equal(line.host.observations, 2);
    assert_null(fake_session_close(&line));
}

static void a_device_that_is_not_asked_is_only_heard(void **state) {
    fake_session line;
    (void)state;
    open_line(&line, "frame.end=LF " FIELD(0, "name=a") FIELD(0, "column=1"));
    fake_session_pass(&line, 3600 * SECOND);
    assert_int_equal(line.sent.size, 0);
    feed(&line, "7\n"); /* what stands before the first end may be the rest of a line */
    assert_int_equal(line.host.observations, 0);
    feed(&line, "7\n");
    assert_int_equal(line.host.observations, 1);
    assert_null(fake_session_close(&line));
}

#define OXIMETER                                                                                                       \
    "frame.end=LF records.0.when=S* records.0.separators=;+ " FIELD(0, "name=spo2") FIELD(0, "column=2")               \
        FIELD(0, "unit=%") FIELD(0, "least=1") FIELD(0, "most=100") FIELD(0, "means.0.mark=*")                         \
            FIELD(0, "means.0.status=in-alarm") FIELD(0, "means.1.is=000") FIELD(0, "means.1.absent=not-performed")    \
                FIELD(1, "name=pr") FIELD(1, "column=3") FIELD(2, "column=4") FIELD(2, "to=last")                      \
                    FIELD(2, "type=alarms") FIELD(2, "name=status") FIELD(2, "means.0.is=SO")                          \
                        FIELD(2, "means.0.alert=technical") FIELD(2, "means.0.status=probe-off")                       \
                            FIELD(2, "means.1.is=PH") FIELD(2, "means.1.of=pr")                                        \
                                FIELD(2, "means.1.status=in-alarm") "records.1.when=//* records.1.ignore=true "

static void open_oximeter(fake_session *line) {
    open_line(line, OXIMETER);
    feed(line, "\n");
}

static void a_value_is_said_with_its_digits_marks_and_reasons(void **state) {
    fake_session line;
    (void)state;
    open_oximeter(&line);
    feed(&line, "S;095*;<30;\n");
    assert_said(&line, "95");
    assert_said(&line, "status=4000 "); /* in alarm */
    assert_said(&line, "<30");
    fake_host_forget(&line.host);
    feed(&line, "S;000;---;\n");
    assert_said(&line, "absent:not-performed");
    assert_said(&line, "absent:unknown");
    fake_host_forget(&line.host);
    feed(&line, "S;101;x1;\n");
    assert_said(&line, "\"101\"");
    assert_said(&line, "\"x1\"");
    assert_int_equal(line.host.counters[DRAGOMAN_COUNT_ODD_VALUE], 2);
    assert_null(fake_session_close(&line));
}

static void alerts_begin_and_end_with_their_words(void **state) {
    fake_session line;
    (void)state;
    open_oximeter(&line);
    feed(&line, "S;95;60;PH SO\n");
    assert_said(&line, "phase=1");
    assert_said(&line, "status=44000"); /* probe off, and the pulse rate in alarm */
    fake_host_forget(&line.host);
    feed(&line, "S;95;60;SO\n");
    assert_not_said(&line, "phase=1");
    assert_not_said(&line, "status=44000");
    feed(&line, "S;95;60\n"); /* no word at all */
    assert_said(&line, "phase=3");
    fake_host_forget(&line.host);
    feed(&line, "S;95;60;ZZ SO\n"); /* a word that nobody knows goes out as it stands */
    assert_said(&line, "\"ZZ SO\"");
    assert_said(&line, "phase=1");
    assert_null(fake_session_close(&line));
}

static void an_alert_outlasts_a_broken_line(void **state) {
    fake_session line;
    dragoman_event closed = {.struct_size = sizeof closed, .kind = DRAGOMAN_EVENT_CLOSED};
    dragoman_event opened = {.struct_size = sizeof opened, .kind = DRAGOMAN_EVENT_OPENED};
    (void)state;
    open_oximeter(&line);
    feed(&line, "S;95;60;SO\n");
    fake_host_forget(&line.host);
    opened.of.opened = (dragoman_opened_event){.channel_kind = DRAGOMAN_CHANNEL_STREAM, .is_initiator = 1};
    fake_session_tell(&line, closed);
    fake_session_tell(&line, opened);
    feed(&line, "\nS;95;60;SO\nS;95;60;SO\n");
    assert_said(&line, "phase=2");
    fake_host_forget(&line.host);
    feed(&line, "S;95;60;\n");
    assert_said(&line, "phase=3");
    assert_null(fake_session_close(&line));
}

static void lines_that_nobody_described_are_kept_now_and_then(void **state) {
    fake_session line;
    (void)state;
    open_oximeter(&line);
    feed(&line, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n//1 header\n");
    assert_int_equal(line.host.dead_letters, 8);
    assert_int_equal(line.host.counters[DRAGOMAN_COUNT_BAD_FRAME], 10);
    fake_session_pass(&line, 61 * SECOND);
    feed(&line, "hello\n");
    assert_int_equal(line.host.dead_letters, 9);
    assert_int_equal(line.host.reports, 0);
    assert_null(fake_session_close(&line));
}

static void columns_may_be_named_by_a_header(void **state) {
    fake_session line;
    (void)state;
    open_line(&line, "frame.end=LF records.0.when=time* records.0.header=true records.0.separators=, "
                     "records.1.separators=, records.1.fields.0.name=t records.1.fields.0.column=temp "
                     "records.1.fields.1.name=rh records.1.fields.1.column=rh records.1.fields.1.scale=0.1");
    feed(&line, "\n12:00,36.5,50\n");
    assert_int_equal(line.host.observations, 0);
    feed(&line, "time,rh,temp\n12:00,505,36.50\n");
    assert_said(&line, "36.50");
    assert_said(&line, "50.5");
    assert_int_equal(line.host.observations, 2);
    assert_null(fake_session_close(&line));
}

static void fixed_columns_and_limits(void **state) {
    fake_session line;
    (void)state;
    open_line(&line, "frame.end=LF blank=not-applicable " FIELD(0, "name=hr") FIELD(0, "at=3") FIELD(0, "width=3")
                         FIELD(1, "type=low-limit") FIELD(1, "of=hr") FIELD(1, "at=6") FIELD(1, "width=3")
                             FIELD(2, "type=high-limit") FIELD(2, "of=hr") FIELD(2, "at=9") FIELD(2, "width=3"));
    feed(&line, "\n   61 50120\n");
    assert_said(&line, "50-120");
    fake_host_forget(&line.host);
    feed(&line, "  61 OFF120\n");
    assert_said(&line, "<120");
    fake_host_forget(&line.host);
    feed(&line, "x       .\n");
    assert_said(&line, "absent:not-applicable");
    assert_null(fake_session_close(&line));
}

static void a_record_says_how_many_columns_it_has(void **state) {
    fake_session line;
    (void)state;
    open_line(&line,
              "frame.start=M frame.end=CR records.0.separators=, records.0.counted=2 records.0.counted_from=3 " FIELD(
                  0, "name=a") FIELD(0, "column=3"));
    feed(&line, "MX,2,7,8,\r");
    assert_int_equal(line.host.observations, 1);
    feed(&line, "MX,2,7\r");
    feed(&line, "MX,2,7,8,9\r");
    feed(&line, "MX,,7,8\r");
    assert_int_equal(line.host.observations, 1);
    assert_int_equal(line.host.counters[DRAGOMAN_COUNT_BAD_FRAME], 3);
    assert_null(fake_session_close(&line));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_go_out_one_at_a_time_at_their_rates),
        cmocka_unit_test(a_device_that_is_not_asked_is_only_heard),
        cmocka_unit_test(a_value_is_said_with_its_digits_marks_and_reasons),
        cmocka_unit_test(alerts_begin_and_end_with_their_words),
        cmocka_unit_test(an_alert_outlasts_a_broken_line),
        cmocka_unit_test(lines_that_nobody_described_are_kept_now_and_then),
        cmocka_unit_test(columns_may_be_named_by_a_header),
        cmocka_unit_test(fixed_columns_and_limits),
        cmocka_unit_test(a_record_says_how_many_columns_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
