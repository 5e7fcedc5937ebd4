/* A session as a whole: bounded memory, any cut, hosts in trouble, batches in blocks. */
#include "kit/fake_check.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SMALL "MSH|^~\\&|A|B|||2023||ORU^R01|1|P|2.5\rPID|||1\rOBR|1\r"

/* A message of `rows` observations in MLLP. */
static char *long_message(size_t rows, size_t *ret_size) {
    char *text = malloc(rows * 64 + 256);
    size_t size = (size_t)sprintf(text, "\x0b%s", SMALL);
    for (size_t n = 0; n < rows; n++) {
        size += (size_t)sprintf(text + size, "OBX|%zu|NM|147842^MDC_ECG_HEART_RATE^MDC|1.1.1.%zu|80||||||R\r", n + 1,
                                n + 1);
    }
    size += (size_t)sprintf(text + size, "\x1c\r");
    *ret_size = size;
    return text;
}

static void a_long_message_gives_several_reports_in_one(void **state) {
    (void)state;
    fake_session session;
    size_t size = 0;
    char *text = long_message(10000, &size);
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    session.host.is_quiet = true;
    fake_session_feed_pieces(&session, (dragoman_bytes){(const uint8_t *)text, size}, 65536, false);
    free(text);
    assert_int_equal(session.host.last_number, 1);
    assert_int_equal(session.host.observations, 10000);
    assert_int_equal(session.host.reports, 5);
    assert_non_null(strstr(fake_session_sent(&session), "MSA|AA|1"));
    assert_null(fake_session_close(&session));
}

static void an_idle_session_holds_little(void **state) {
    (void)state;
    fake_session session;
    size_t size = 0;
    char *text = long_message(1000, &size);
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    session.host.is_quiet = true;
    for (size_t n = 0; n < 100; n++) {
        fake_session_feed(&session, (dragoman_bytes){(const uint8_t *)text, size}, false);
    }
    free(text);
    assert_int_equal(session.host.reports, 100);
    assert_true(session.host.allocated_most < 32768);
    assert_null(fake_session_close(&session));
}

static void a_host_without_memory_refuses_and_goes_on(void **state) {
    (void)state;
    fake_session session;
    size_t size = 0;
    char *text = long_message(500, &size);
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    session.host.limit = 65536;
    fake_session_feed(&session, (dragoman_bytes){(const uint8_t *)text, size}, false);
    session.host.limit = 0;
    fake_session_feed(&session, DRAGOMAN_TEXT("\x0b" SMALL "\x1c\r"), false);
    free(text);
    const char *sent = fake_session_sent(&session);
    assert_non_null(strstr(sent, "MSA|AE|1"));
    assert_non_null(strstr(sent, "207^Application internal error"));
    assert_non_null(strstr(sent, "MSA|AA|1"));
    assert_int_equal(session.host.reports, 0);
    assert_null(fake_session_close(&session));
}

static void a_batch_in_a_block_is_taken_apart(void **state) {
    (void)state;
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    fake_session_feed(&session,
                      DRAGOMAN_TEXT("\x0b"
                                    "BHS|^~\\&\r" SMALL SMALL "BTS|2\r\x1c\r"),
                      false);
    assert_int_equal(session.host.last_number, 2);
    assert_null(fake_session_close(&session));
}

static void a_batch_is_taken_one_message_a_call(void **state) {
    (void)state;
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    dragoman_bytes unread = DRAGOMAN_TEXT("\x0b"
                                          "\rBHS|^~\\&\r" SMALL SMALL SMALL "BTS|3\r\x1c\x0b" SMALL "\x1c\r");
    uint64_t taken = 0;
    while (unread.size > 0) {
        dragoman_event event = {.struct_size = sizeof(event), .kind = DRAGOMAN_EVENT_BYTES};
        event.of.bytes = (dragoman_bytes_event){.unread = unread, .fresh = unread.size};
        dragoman_progress progress = {0};
        assert_int_equal(dragoman_adapter.handle(session.instance, &event, &session.now, &progress), DRAGOMAN_OK);
        assert_true(session.host.last_number <= taken + 1);
        assert_in_range(progress.consumed, 1, unread.size);
        taken = session.host.last_number;
        unread = (dragoman_bytes){unread.data + progress.consumed, unread.size - progress.consumed};
    }
    assert_int_equal(taken, 4);
    assert_null(fake_session_close(&session));
}

/* A note that was broken into lines may say anything about a patient; only its sender is told where it stands. */
static void words_that_stand_where_a_segment_should_are_not_told(void **state) {
    (void)state;
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    fake_session_feed(&session, DRAGOMAN_TEXT("\x0b" SMALL "HIV positive\r\x1c\r"), false);
    buffer_append_byte(&session.host.log, '\0');
    const char *log = (const char *)session.host.log.data;
    assert_null(strstr(log, "HIV"));
    assert_non_null(strstr(log, "segment [4]: this is no segment"));
    assert_non_null(strstr(fake_host_text(&session.host), "reason=segment [4]: this is no segment"));
    assert_non_null(strstr(fake_session_sent(&session), "HIV^4"));
    assert_null(fake_session_close(&session));
}

static void noise_and_broken_blocks_are_counted(void **state) {
    (void)state;
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    fake_session_feed(&session, DRAGOMAN_TEXT("noise\r\n\x0b" SMALL "\x0b" SMALL "\x1c\r\x0bMSH|half"), true);
    assert_int_equal(session.host.last_number, 1);
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_BAD_FRAME], 2);
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_RESYNCHRONISED], 7);
    assert_null(fake_session_close(&session));
}

static void a_profile_speaks_for_its_senders(void **state) {
    (void)state;
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, "acknowledge=original", DRAGOMAN_CHANNEL_STREAM));
    session.host.profile = "speaker=monitor acknowledge=never odd_values=keep";
    fake_session_feed(&session, DRAGOMAN_TEXT("\x0b" SMALL "OBX|1|NM|101^HR||6o||50-120||||F\r\x1c\r"), false);
    assert_non_null(strstr(fake_host_text(&session.host), "alarm=50..120(50-120)"));
    assert_non_null(strstr(fake_host_text(&session.host), "\"6o\""));
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_ODD_VALUE], 1);
    assert_non_null(strstr(fake_session_sent(&session), "MSA|AA|1"));
    assert_null(fake_session_close(&session));
}

static void monitors_without_a_name_of_their_own_are_told_apart_by_address(void **state) {
    (void)state;
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    fake_session_feed(&session,
                      DRAGOMAN_TEXT("\x0b" SMALL "OBX|1|NM|0002-4182^HR^MDIL||61||||||F\r\x1c\r\x0b" SMALL
                                    "PV1|||ICU^^3\rOBX|1|NM|0002-4182^HR^MDIL||61||||||F\r\x1c\r"
                                    "\x0bMSH|^~\\&|LIS|B|||2023||OUL^R22|3|P|2.5\rPID|||1\rOBR|1||F\r"
                                    "OBX|1|NM|A^a^L||1||||||F\r\x1c\r"),
                      false);
    const char *said = fake_host_text(&session.host);
    assert_non_null(strstr(said, "device=A/B@10.0.0.9 "));
    assert_non_null(strstr(said, "device=A/B@ICU^^3 "));
    assert_non_null(strstr(said, "device=LIS/B "));
    assert_null(fake_session_close(&session));
}

static void what_looks_like_hl7_is_recognised(void **state) {
    (void)state;
    assert_int_equal(dragoman_adapter.recognise(DRAGOMAN_TEXT("MSH|^~\\&|A")), DRAGOMAN_ALIKE);
    assert_int_equal(dragoman_adapter.recognise(DRAGOMAN_TEXT("\xef\xbb\xbf\r\nMSH#*~\\&#A")), DRAGOMAN_ALIKE);
    assert_int_equal(dragoman_adapter.recognise(DRAGOMAN_TEXT("\x0bMSH|^~\\&|A")), DRAGOMAN_ALIKE);
    assert_int_equal(dragoman_adapter.recognise(DRAGOMAN_TEXT("FHS|^~\\&|A")), DRAGOMAN_ALIKE);
    assert_int_equal(dragoman_adapter.recognise(DRAGOMAN_TEXT("\x0b")), DRAGOMAN_MAYBE);
    assert_int_equal(dragoman_adapter.recognise(DRAGOMAN_TEXT("MSHX")), DRAGOMAN_UNLIKE);
    assert_int_equal(dragoman_adapter.recognise(DRAGOMAN_TEXT("{\"a\":1}")), DRAGOMAN_UNLIKE);
    assert_int_equal(dragoman_adapter.recognise(DRAGOMAN_TEXT("")), DRAGOMAN_UNLIKE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_message_gives_several_reports_in_one),
        cmocka_unit_test(an_idle_session_holds_little),
        cmocka_unit_test(a_host_without_memory_refuses_and_goes_on),
        cmocka_unit_test(a_batch_in_a_block_is_taken_apart),
        cmocka_unit_test(a_batch_is_taken_one_message_a_call),
        cmocka_unit_test(words_that_stand_where_a_segment_should_are_not_told),
        cmocka_unit_test(noise_and_broken_blocks_are_counted),
        cmocka_unit_test(a_profile_speaks_for_its_senders),
        cmocka_unit_test(monitors_without_a_name_of_their_own_are_told_apart_by_address),
        cmocka_unit_test(what_looks_like_hl7_is_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
