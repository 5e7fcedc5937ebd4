/* Answers: what is sent, when, and in which words. */
#include "kit/fake_check.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HEADER(id, version, modes)                                                                                     \
    "MSH|^~\\&|MON|ICU|GW|HOSP|20230309143900||ORU^R01^ORU_R01|" id "|P|" version modes "\n"
#define BODY "PID|||1\nOBR|1\nOBX|1|NM|A^a^L||5||||||F\n"

/* Cuts out what differs from answer to answer: the time and the control id. */
static const char *plain(const char *sent) {
    static char text[8192];
    size_t size = 0;
    uint32_t field = 0;
    bool is_header = false;
    for (const char *at = sent; *at != 0 && size + 1 < sizeof text; at++) {
        if (strncmp(at, "MSH|", 4) == 0) {
            is_header = true;
            field = 1;
        }
        is_header &= *at != '\n';
        field += is_header && *at == '|';
        if (is_header && (field == 7 || field == 10) && *at != '|') {
            continue;
        }
        text[size++] = *at;
    }
    text[size] = 0;
    return text;
}

static void check(const char *settings, const char *message, dragoman_settlement settlement, dragoman_status status,
                  const char *expected) {
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, settings, DRAGOMAN_CHANNEL_STREAM));
    session.settling = FAKE_SETTLE_NEVER;
    char *block = NULL;
    assert_true(asprintf(&block, "\x0b%s\x1c\r", message) > 0);
    fake_session_feed(&session, (dragoman_bytes){(const uint8_t *)block, strlen(block)}, false);
    free(block);
    assert_int_equal(session.sent.size, 0);
    fake_session_settle(&session, session.host.last_number, settlement, status, "the disk is full");
    assert_string_equal(plain(fake_session_sent(&session)), expected);
    assert_null(fake_session_close(&session));
}

static void original_mode_says_aa(void **state) {
    (void)state;
    check(NULL, HEADER("M1", "2.5", "") BODY, DRAGOMAN_DURABLE, DRAGOMAN_OK,
          "<MSH|^~\\&|GW|HOSP|MON|ICU|||ACK^R01^ACK||P|2.5\nMSA|AA|M1\n>\n");
    check(NULL, HEADER("M1", "2.2", "") BODY, DRAGOMAN_DUPLICATE, DRAGOMAN_OK,
          "<MSH|^~\\&|GW|HOSP|MON|ICU|||ACK||P|2.2\nMSA|AA|M1\n>\n");
}

static void enhanced_mode_goes_by_what_is_asked_for(void **state) {
    (void)state;
    check(NULL, HEADER("M2", "2.6", "|||AL|NE||UNICODE UTF-8") BODY, DRAGOMAN_DURABLE, DRAGOMAN_OK,
          "<MSH|^~\\&|GW|HOSP|MON|ICU|||ACK^R01^ACK||P|2.6|||NE|NE||UNICODE UTF-8\nMSA|CA|M2\n>\n");
    check(NULL, HEADER("M3", "2.6", "|||AL|AL") BODY, DRAGOMAN_DURABLE, DRAGOMAN_OK,
          "<MSH|^~\\&|GW|HOSP|MON|ICU|||ACK^R01^ACK||P|2.6|||NE|NE\nMSA|CA|M3\n>\n"
          "<MSH|^~\\&|GW|HOSP|MON|ICU|||ACK^R01^ACK||P|2.6|||NE|NE\nMSA|AA|M3\n>\n");
    check(NULL, HEADER("M4", "2.6", "|||NE|NE") BODY, DRAGOMAN_DURABLE, DRAGOMAN_OK, "");
    check(NULL, HEADER("M5", "2.6", "|||ER|SU") BODY, DRAGOMAN_DURABLE, DRAGOMAN_OK,
          "<MSH|^~\\&|GW|HOSP|MON|ICU|||ACK^R01^ACK||P|2.6|||NE|NE\nMSA|AA|M5\n>\n");
}

static void a_fault_is_named_with_segment_and_field(void **state) {
    (void)state;
    check(NULL, HEADER("M6", "2.5.1", "") "PID|||1\nOBX|1|NM|A^a^L||1||||||F\nOBX|2|NM|A^a^L||1b||||||F\n",
          DRAGOMAN_DURABLE, DRAGOMAN_OK,
          "<MSH|^~\\&|GW|HOSP|MON|ICU|||ACK^R01^ACK||P|2.5.1\nMSA|AE|M6\n"
          "ERR||OBX^2^5|102^Data type error^HL70357|E||||the value is not of the type in OBX-2\n>\n");
    check(NULL, HEADER("M7", "2.3", "") "PID|||1\nobx|1\n", DRAGOMAN_DURABLE, DRAGOMAN_OK,
          "<MSH|^~\\&|GW|HOSP|MON|ICU|||ACK^R01||P|2.3\nMSA|AE|M7|this is no segment\n"
          "ERR|obx^3^^100&Segment sequence error&HL70357\n>\n");
    check(NULL, HEADER("M8", "2.6", "|||AL|AL") "PID|||1\nobx|1\n", DRAGOMAN_DURABLE, DRAGOMAN_OK,
          "<MSH|^~\\&|GW|HOSP|MON|ICU|||ACK^R01^ACK||P|2.6|||NE|NE\nMSA|CE|M8\n"
          "ERR||obx^3|100^Segment sequence error^HL70357|E||||this is no segment\n>\n");
}

static void trouble_of_ours_is_told_as_the_site_wants_it(void **state) {
    (void)state;
    check(NULL, HEADER("M9", "2.5", "") BODY, DRAGOMAN_NOT_KEPT, DRAGOMAN_FULL,
          "<MSH|^~\\&|GW|HOSP|MON|ICU|||ACK^R01^ACK||P|2.5\nMSA|AR|M9\n"
          "ERR|||207^Application internal error^HL70357|E||||the disk is full\n>\n");
    check("on_refusal=AE", HEADER("M9", "2.5", "|||AL|") BODY, DRAGOMAN_NOT_KEPT, DRAGOMAN_READ_ONLY,
          "<MSH|^~\\&|GW|HOSP|MON|ICU|||ACK^R01^ACK||P|2.5|||NE|NE\nMSA|CE|M9\n"
          "ERR|||207^Application internal error^HL70357|E||||the disk is full\n>\n");
    check(NULL, HEADER("M9", "2.5", "") BODY, DRAGOMAN_NOT_KEPT, DRAGOMAN_INVALID,
          "<MSH|^~\\&|GW|HOSP|MON|ICU|||ACK^R01^ACK||P|2.5\nMSA|AE|M9\n"
          "ERR|||207^Application internal error^HL70357|E||||the disk is full\n>\n");
    /* A message that is at fault is not kept either, not even as a dead letter: it may come again. */
    check(NULL, HEADER("M9", "2.5", "") "PID|||1\nobx|1\n", DRAGOMAN_NOT_KEPT, DRAGOMAN_FULL,
          "<MSH|^~\\&|GW|HOSP|MON|ICU|||ACK^R01^ACK||P|2.5\nMSA|AR|M9\n"
          "ERR|||207^Application internal error^HL70357|E||||the disk is full\n>\n");
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, "on_refusal=close", DRAGOMAN_CHANNEL_STREAM));
    session.settling = FAKE_SETTLE_NEVER;
    fake_session_feed(&session, DRAGOMAN_TEXT("\x0bMSH|^~\\&|A|B|C|D|2023||ORU^R01|1|P|2.5\r\x1c\r"), false);
    fake_session_settle(&session, 1, DRAGOMAN_NOT_KEPT, DRAGOMAN_IO, "");
    assert_int_equal(session.closes, 1);
    assert_int_equal(session.sent.size, 0);
    assert_null(fake_session_close(&session));
}

static void answers_keep_the_order_of_their_messages(void **state) {
    (void)state;
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    session.settling = FAKE_SETTLE_NEVER;
    fake_session_feed(
        &session,
        DRAGOMAN_TEXT(
            "\x0bMSH|^~\\&|A|B|C|D|2023||ORU^R01|1|P|2.5\r\x1c\r\x0bMSH|^~\\&|A|B|C|D|2023||MDM^T02|2|P|2.5\r\x1c\r"
            "\x0bMSH|^~\\&|A|B|C|D|2023||ORU^R01|3|P|2.5\r\x1c\r"),
        false);
    assert_int_equal(session.host.last_number, 3);
    fake_session_settle(&session, 2, DRAGOMAN_DURABLE, DRAGOMAN_OK, "");
    assert_int_equal(session.sends, 1);
    fake_session_settle(&session, 3, DRAGOMAN_DURABLE, DRAGOMAN_OK, "");
    assert_string_equal(
        plain(fake_session_sent(&session)),
        "<MSH|^~\\&|C|D|A|B|||ACK^R01^ACK||P|2.5\nMSA|AA|1\n>\n"
        "<MSH|^~\\&|C|D|A|B|||ACK^T02^ACK||P|2.5\nMSA|AE|2\nERR||MSH^1^9|200^Unsupported message type^HL70357|E||||"
        "this message type is not understood here\n>\n"
        "<MSH|^~\\&|C|D|A|B|||ACK^R01^ACK||P|2.5\nMSA|AA|3\n>\n");
    assert_null(fake_session_close(&session));
}

static void every_answer_has_an_id_of_its_own(void **state) {
    (void)state;
    const char *const messages[] = {"MSH|^~\\&|A|B|C|D|2023||ORU^R01|1|P|2.5\n",
                                    "MSH|^~\\&|A|B|C|D|2023||ORU^R01|2|P|2.5\n"};
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    char ids[2][32] = {{0}};
    for (size_t n = 0; n < 2; n++) {
        fake_session_feed(&session, DRAGOMAN_TEXT("\x0b"), false);
        fake_session_feed(&session, (dragoman_bytes){(const uint8_t *)messages[n], strlen(messages[n])}, false);
        fake_session_feed(&session, DRAGOMAN_TEXT("\x1c\r"), false);
        const char *sent = fake_session_sent(&session);
        const char *id = strstr(sent, "ACK|") + 4;
        memcpy(ids[n], id, strcspn(id, "|"));
        buffer_reset(&session.sent);
    }
    assert_int_equal(strlen(ids[0]), 16);
    assert_string_not_equal(ids[0], ids[1]);
    assert_null(fake_session_close(&session));
}

static void what_answers_something_is_not_answered(void **state) {
    (void)state;
    const char *const messages[] = {
        "MSH|^~\\&|A|B|C|D|2023||ORF^R04|1|P|2.4\nMSA|AA|Q1\nOBX|1|NM|A^a^L||5||||||F\n",
        "MSH|^~\\&|A|B|C|D|2023||ACK|2|P|2.4\nMSA|AA|X1\n",
        "hello\n",
    };
    fake_check_blocks(&dragoman_adapter, NULL, messages, 3, "");
}

static void what_the_site_discards_is_acknowledged(void **state) {
    (void)state;
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, "discard=MDM+ORM^O01", DRAGOMAN_CHANNEL_STREAM));
    fake_session_feed(
        &session,
        DRAGOMAN_TEXT(
            "\x0bMSH|^~\\&|A|B|C|D|2023||MDM^T02|1|P|2.5\r\x1c\r\x0bMSH|^~\\&|A|B|C|D|2023||ORM^O01|2|P|2.5\r\x1c\r"
            "\x0bMSH|^~\\&|A|B|C|D|2023||ORM^O02|3|P|2.5\r\x1c\r"),
        false);
    const char *sent = fake_session_sent(&session);
    assert_non_null(strstr(sent, "MSA|AA|1"));
    assert_non_null(strstr(sent, "MSA|AA|2"));
    assert_non_null(strstr(sent, "MSA|AE|3"));
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_DISCARDED], 2);
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_REFUSED], 1);
    assert_null(fake_session_close(&session));
}

static void a_message_over_the_limit_is_refused_by_name(void **state) {
    (void)state;
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, "max_message=1024", DRAGOMAN_CHANNEL_STREAM));
    fake_session_feed(&session, DRAGOMAN_TEXT("\x0bMSH|^~\\&|A|B|C|D|2023||ORU^R01|1|P|2.5\rOBX|1|TX|A^a^L||"), false);
    for (int n = 0; n < 1000; n++) {
        fake_session_feed(&session, DRAGOMAN_TEXT("0123456789012345678901234567890123456789"), false);
        assert_true(session.unread.size < 2048);
    }
    fake_session_feed(&session, DRAGOMAN_TEXT("\r\x1c\r\x0bMSH|^~\\&|A|B|C|D|2023||ORU^R01|2|P|2.5\r\x1c\r"), false);
    const char *sent = fake_session_sent(&session);
    assert_non_null(strstr(sent, "MSA|AE|1"));
    assert_non_null(strstr(sent, "longer than max_message"));
    assert_non_null(strstr(sent, "MSA|AA|2"));
    assert_null(fake_session_close(&session));
}

static void a_host_in_trouble_is_told_in_order(void **state) {
    (void)state;
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    session.settling = FAKE_SETTLE_NEVER;
    fake_session_feed(&session, DRAGOMAN_TEXT("\x0bMSH|^~\\&|A|B|C|D|2023||ORU^R01|1|P|2.5\r\x1c\r"), false);
    session.host.refuse_begin = DRAGOMAN_NO_MEMORY;
    fake_session_feed(&session, DRAGOMAN_TEXT("\x0bMSH|^~\\&|A|B|C|D|2023||ORU^R01|2|P|2.5\r\x1c\r"), false);
    assert_int_equal(session.sends, 0);
    fake_session_settle(&session, 1, DRAGOMAN_DURABLE, DRAGOMAN_OK, "");
    const char *sent = fake_session_sent(&session);
    const char *second = strstr(sent, "MSA|AR|2");
    assert_non_null(second);
    assert_true(strstr(sent, "MSA|AA|1") < second);
    assert_null(fake_session_close(&session));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(original_mode_says_aa),
        cmocka_unit_test(enhanced_mode_goes_by_what_is_asked_for),
        cmocka_unit_test(a_fault_is_named_with_segment_and_field),
        cmocka_unit_test(trouble_of_ours_is_told_as_the_site_wants_it),
        cmocka_unit_test(answers_keep_the_order_of_their_messages),
        cmocka_unit_test(every_answer_has_an_id_of_its_own),
        cmocka_unit_test(what_answers_something_is_not_answered),
        cmocka_unit_test(what_the_site_discards_is_acknowledged),
        cmocka_unit_test(a_message_over_the_limit_is_refused_by_name),
        cmocka_unit_test(a_host_in_trouble_is_told_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
