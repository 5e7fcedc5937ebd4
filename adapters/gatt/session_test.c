/* Envelopes as lines and as messages of a broker: what is taken, what is refused, and that nothing of it is lost. */
#include "kit/fake_host.h"
#include "octets.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define BATTERY                                                                                                        \
    "{\"device\":{\"address\":\"AA:BB:CC:00:11:22\"},\"characteristic\":\"2A19\",\"value\":\"5F\","                    \
    "\"received_at\":\"2026-01-02T03:04:05Z\"}"

static void open_session(fake_session *session, const char *settings) {
    assert_true(fake_session_open(session, &dragoman_adapter, settings, DRAGOMAN_CHANNEL_STREAM));
}

static void feed(fake_session *session, const char *text) {
    fake_session_feed(session, (dragoman_bytes){(const uint8_t *)text, strlen(text)}, false);
}

static void publish(fake_session *session, const char *payload, bool is_retained) {
    dragoman_event event = {.kind = DRAGOMAN_EVENT_MESSAGE};
    event.of.message = (dragoman_message_event){.topic = DRAGOMAN_TEXT("ward/gw"),
                                                .payload = {(const uint8_t *)payload, strlen(payload)},
                                                .is_retained = is_retained ? 1 : 0};
    fake_session_tell(session, event);
}

static void everything_that_an_envelope_says_of_the_device(void **state) {
    (void)state;
    fake_session session;
    open_session(&session, NULL);
    feed(&session, " { \"id\" : \"7\", \"gateway\":\"gw\\u00e9\\ud83d\\ude00\", \"rssi\":-61, "
                   "\"future\":[{\"a\":[1,-2.5e3]},null],"
                   "\"device\":{\"address\":\"aa-bb-cc-00-11-22\",\"address_kind\":\"random-static\",\"name\":\"N\","
                   "\"manufacturer\":\"M\",\"model\":\"X\",\"serial\":\"S\",\"hardware\":\"1\",\"firmware\":\"2\","
                   "\"software\":\"3\",\"system_id\":\"FEEDABEE01234567\",\"more\":true},"
                   "\"service\":\"180f\",\"characteristic\":\"00002A19-0000-1000-8000-00805f9b34fb\",\"value\":\"5f\","
                   "\"received_at\":\"2026-01-02T03:04:05.25+01:00\"} \r\n");
    assert_string_equal(
        fake_host_text(&session.host),
        "message 1 sender=gw\xc3\xa9\xf0\x9f\x98\x80 id=7\n"
        "report device=AA:BB:CC:00:11:22 id=AA:BB:CC:00:11:22^&&^BTMAC id=FEEDABEE01234567^&&EUI-64^ maker=M "
        "model=X serial=S hardware=1 firmware=2 software=3 message=7\n"
        "observation 0.0.0.0 code=67996^MDC_ATTR_VAL_BATT_CHARGE^MDC : 95 unit=262688^MDC_DIM_PERCENT^MDC "
        "at=2026-01-02T03:04:05.25+01:00 unvalidated place obtained=2\n");
    assert_null(fake_session_close(&session));
}

static void a_private_address_is_no_name(void **state) {
    (void)state;
    fake_session session;
    open_session(&session, NULL);
    feed(&session,
         "{\"device\":{\"address\":\"5A:BB:CC:00:11:22\",\"address_kind\":\"random-private\",\"serial\":\"S9\"},"
         "\"characteristic\":\"2A19\",\"value\":\"5F\"}\n");
    assert_non_null(strstr(fake_host_text(&session.host), "report device=S9 serial=S9"));
    assert_null(fake_session_close(&session));
}

static void what_is_no_envelope_is_kept_for_somebody(void **state) {
    (void)state;
    static const char *const bad[] = {
        "x",
        "{}",
        "[]",
        "{\"device\":{\"address\":\"AA:BB:CC:00:11:22\"},\"characteristic\":\"2A19\",\"value\":\"5\"}",
        "{\"device\":{\"address\":\"AA:BB:CC:00:11:22\"},\"characteristic\":\"2A19\",\"value\":\"5G\"}",
        "{\"device\":{\"address\":\"AA:BB:CC:00:11:2\"},\"characteristic\":\"2A19\",\"value\":\"5F\"}",
        "{\"device\":{\"address\":\"AA:BB:CC:00:11:22\"},\"characteristic\":\"2A1\",\"value\":\"5F\"}",
        "{\"device\":{\"address\":\"AA:BB:CC:00:11:22\"},\"characteristic\":\"2A19\",\"value\":5}",
        "{\"device\":{\"address\":\"AA:BB:CC:00:11:22\"},\"characteristic\":\"2A19\",\"value\":\"5F\",\"value\":"
        "\"60\"}",
        "{\"device\":{\"address\":\"AA:BB:CC:00:11:22\"},\"characteristic\":\"2A19\",\"value\":\"5F\"",
        "{\"device\":{\"address\":\"AA:BB:CC:00:11:22\"},\"characteristic\":\"2A19\",\"value\":\"5F\"}}",
        "{\"device\":{\"address\":\"AA:BB:CC:00:11:22\"},\"characteristic\":\"2A19\",\"value\":\"5F\",}",
        "{\"device\":{\"address\":\"AA:BB:CC:00:11:22\"},\"characteristic\":\"2A19\",\"value\":\"5F\",\"rssi\":1.5}",
        "{\"device\":{\"address\":\"AA:BB:CC:00:11:22\"},\"characteristic\":\"2A19\",\"value\":\"5F\",\"received_at\":"
        "\"2026-02-30T00:00:00Z\"}",
        "{\"device\":{\"address\":\"AA:BB:CC:00:11:22\",\"name\":\"\xff\"},\"characteristic\":\"2A19\",\"value\":"
        "\"5F\"}",
        "{\"device\":{\"address\":\"AA:BB:CC:00:11:22\",\"name\":\"\\ud800\"},\"characteristic\":\"2A19\",\"value\":"
        "\"5F\"}",
        "{\"x\":[[[[[[[[[[1]]]]]]]]]],\"device\":{\"address\":\"AA:BB:CC:00:11:22\"},\"characteristic\":\"2A19\","
        "\"value\":\"5F\"}",
        "{\"x\":01,\"device\":{\"address\":\"AA:BB:CC:00:11:22\"},\"characteristic\":\"2A19\",\"value\":\"5F\"}",
    };
    fake_session session;
    open_session(&session, NULL);
    for (size_t n = 0; n < sizeof bad / sizeof *bad; n++) {
        feed(&session, bad[n]);
        feed(&session, "\n");
        assert_int_equal(session.host.dead_letters, n + 1);
        assert_int_equal(session.host.reports, 0);
    }
    feed(&session, BATTERY "\n");
    assert_int_equal(session.host.reports, 1);
    assert_null(fake_session_close(&session));
}

static void a_line_that_never_ends_is_skipped_and_told_once(void **state) {
    (void)state;
    fake_session session;
    char *text = malloc(70000);
    open_session(&session, NULL);
    memset(text, 'x', 70000);
    text[69999] = 0;
    fake_session_feed_pieces(&session, (dragoman_bytes){(const uint8_t *)text, 69999}, 1000, false);
    free(text);
    feed(&session, "\n" BATTERY "\n");
    assert_int_equal(session.host.dead_letters, 1);
    assert_int_equal(session.host.reports, 1);
    assert_null(fake_session_close(&session));
}

static void with_a_check_every_flipped_bit_cut_missing_and_doubled_byte_is_refused(void **state) {
    (void)state;
    char line[512];
    size_t body = strlen(BATTERY);
    uint16_t crc = gatt_crc((const uint8_t *)BATTERY, body);
    size_t size = (size_t)snprintf(line, sizeof line, "%s*%04X", BATTERY, crc);
    fake_session session;
    open_session(&session, "line_check=crc16");
    session.host.is_quiet = true;
    for (size_t at = 0; at < size; at++) {
        char changed[520];
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(changed, line, size + 1);
            changed[at] = (char)(changed[at] ^ (1 << bit));
            bool is_the_same = at > body && (changed[at] ^ line[at]) == 0x20;
            if (!is_the_same && changed[at] != 0) {
                fake_session_feed(&session, (dragoman_bytes){(const uint8_t *)changed, size}, false);
                feed(&session, "\n");
                assert_int_equal(session.host.reports, 0);
            }
        }
        (void)snprintf(changed, sizeof changed, "%.*s%s\n", (int)at, line, line + at + 1);
        feed(&session, changed);
        (void)snprintf(changed, sizeof changed, "%.*s%s\n", (int)at + 1, line, line + at);
        feed(&session, changed);
        (void)snprintf(changed, sizeof changed, "%.*s\n", (int)at, line);
        feed(&session, changed);
        assert_int_equal(session.host.reports, 0);
    }
    feed(&session, line);
    feed(&session, "\n" BATTERY "\n");
    assert_int_equal(session.host.reports, 1);
    assert_null(fake_session_close(&session));
}

static void messages_of_a_broker(void **state) {
    (void)state;
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_MESSAGE));
    publish(&session, BATTERY, false);
    assert_int_equal(session.host.reports, 1);
    /* What the broker kept has its time, or is not taken. */
    publish(&session, BATTERY, true);
    assert_int_equal(session.host.reports, 2);
    publish(&session, "{\"device\":{\"address\":\"AA:BB:CC:00:11:22\"},\"characteristic\":\"2A19\",\"value\":\"5F\"}",
            true);
    assert_int_equal(session.host.reports, 2);
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_DISCARDED], 1);
    publish(&session, "{", false);
    assert_int_equal(session.host.dead_letters, 1);
    assert_null(fake_session_close(&session));
}

static void a_host_in_trouble_is_told_so_and_the_session_ends(void **state) {
    (void)state;
    fake_session session;
    open_session(&session, NULL);
    session.host.refuse_begin = DRAGOMAN_NO_MEMORY;
    feed(&session, BATTERY "\n");
    assert_int_equal(session.host.reports, 0);
    assert_true(session.has_failed);
    assert_null(fake_session_close(&session));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_that_an_envelope_says_of_the_device),
        cmocka_unit_test(a_private_address_is_no_name),
        cmocka_unit_test(what_is_no_envelope_is_kept_for_somebody),
        cmocka_unit_test(a_line_that_never_ends_is_skipped_and_told_once),
        cmocka_unit_test(with_a_check_every_flipped_bit_cut_missing_and_doubled_byte_is_refused),
        cmocka_unit_test(messages_of_a_broker),
        cmocka_unit_test(a_host_in_trouble_is_told_so_and_the_session_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
