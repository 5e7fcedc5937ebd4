/* Frames of E1381: published check sums, every cut, and every damage that one bit or byte can do. */
#include "frame.h"
#include "kit/fake_host.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static dragoman_bytes_event event_of(dragoman_bytes bytes, bool is_end) {
    return (dragoman_bytes_event){.unread = bytes, .fresh = bytes.size, .is_end = is_end ? 1 : 0};
}

static void expect_frame(dragoman_bytes bytes, uint8_t number, dragoman_bytes text) {
    astm_scanner scanner = {.limit = 4096};
    dragoman_bytes_event event = event_of(bytes, false);
    astm_sight sight;
    astm_scanner_next(&scanner, &event, &sight);
    assert_int_equal(sight.kind, ASTM_SEES_FRAME);
    assert_int_equal(sight.number, number);
    assert_int_equal(sight.consumed, bytes.size);
    assert_int_equal(sight.text.size, text.size);
    assert_memory_equal(sight.text.data, text.data, text.size);
}

/* Frames of real analysers with the sums that these sent. */
static void sums_of_a_sysmex_blood_count(void **state) {
    (void)state;
    expect_frame(DRAGOMAN_TEXT("\x02"
                               "6R|1|^^^^WBC^1|8.13|10*3/uL||N||F||||20240627135407\r\x03"
                               "53\r\n"),
                 6, DRAGOMAN_TEXT("R|1|^^^^WBC^1|8.13|10*3/uL||N||F||||20240627135407\r"));
    expect_frame(DRAGOMAN_TEXT("\x02"
                               "7R|10|^^^^LYMPH%^1|12.8|%||L||F||||20240627135407\r\x03"
                               "CB\r\n"),
                 7, DRAGOMAN_TEXT("R|10|^^^^LYMPH%^1|12.8|%||L||F||||20240627135407\r"));
    expect_frame(DRAGOMAN_TEXT("\x02"
                               "3C|1||POST HD\r\x03"
                               "1D\r\n"),
                 3, DRAGOMAN_TEXT("C|1||POST HD\r"));
    expect_frame(DRAGOMAN_TEXT("\x02"
                               "0L|1|N\r\x03"
                               "03\r\n"),
                 0, DRAGOMAN_TEXT("L|1|N\r"));
}

static void small_digits_of_the_sum_and_a_missing_line_feed_are_taken(void **state) {
    (void)state;
    expect_frame(DRAGOMAN_TEXT("\x02"
                               "3C|1||POST HD\r\x03"
                               "1d\r"),
                 3, DRAGOMAN_TEXT("C|1||POST HD\r"));
}

#define ENQ "\x05"
#define GOOD                                                                                                           \
    "\x02"                                                                                                             \
    "1H|\\^&|||a\rR|1|^^^1|5.4\rL|1\r\x03"

/* The conversation of one message in one frame, with its sum. */
static size_t write_frame(uint8_t *to, dragoman_bytes frame) {
    uint8_t sum = 0;
    memcpy(to, frame.data, frame.size);
    for (size_t n = 1; n < frame.size; n++) {
        sum = (uint8_t)(sum + frame.data[n]);
    }
    return frame.size + (size_t)snprintf((char *)to + frame.size, 8, "%02X\r\n", sum);
}

typedef struct damage {
    uint8_t bytes[64];
    size_t size;
} damage;

/* After a damaged frame: nothing that was said is wrong, and when the sender gives up, begins anew and sends the frame
 * as it should be, it is taken. */
static void try_damage(const damage *sent, dragoman_bytes good) {
    fake_session session;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    fake_session_feed(&session, DRAGOMAN_TEXT(ENQ), false);
    fake_session_feed(&session, (dragoman_bytes){sent->bytes, sent->size}, false);
    bool was_taken = session.host.reports > 0;
    const char *right = "message 1 sender=10.0.0.9 id=\nreport device=a\nobservation 0.0.0.0 code=1^^ : 5.4 at=none "
                        "unstated laboratory\n";
    assert_true(!was_taken || strcmp(fake_host_text(&session.host), right) == 0);
    fake_host_forget(&session.host);
    fake_session_feed(&session, DRAGOMAN_TEXT("\x04" ENQ), false);
    fake_session_feed(&session, good, false);
    assert_int_equal(session.host.reports, was_taken ? 2 : 1);
    assert_non_null(strstr(fake_host_text(&session.host), " : 5.4 at=none unstated laboratory\n"));
    assert_int_equal(session.host.dead_letters, 0);
    assert_null(fake_session_close(&session));
}

/* Every flipped bit, every byte that is missing, doubled, and every cut. */
static void every_damage_is_refused_and_the_next_good_frame_is_read(void **state) {
    (void)state;
    damage whole = {.size = 0};
    whole.size = write_frame(whole.bytes, DRAGOMAN_TEXT(GOOD));
    dragoman_bytes good = {whole.bytes, whole.size};
    for (size_t at = 0; at < whole.size; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            damage flipped = whole;
            flipped.bytes[at] ^= (uint8_t)(1u << bit);
            try_damage(&flipped, good);
        }
        damage missing = whole;
        memmove(missing.bytes + at, missing.bytes + at + 1, --missing.size - at);
        try_damage(&missing, good);
        damage doubled = whole;
        memmove(doubled.bytes + at + 1, doubled.bytes + at, doubled.size++ - at);
        try_damage(&doubled, good);
        damage cut = whole;
        cut.size = at;
        try_damage(&cut, good);
    }
}

static void a_frame_that_never_ends_is_dropped(void **state) {
    (void)state;
    astm_scanner scanner = {.limit = 8};
    dragoman_bytes_event event = event_of(DRAGOMAN_TEXT("\x02"
                                                        "1H|123456789012345\x05"),
                                          false);
    astm_sight sight;
    astm_scanner_next(&scanner, &event, &sight);
    assert_int_equal(sight.kind, ASTM_SEES_BAD);
    assert_int_equal(sight.consumed, 9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_of_a_sysmex_blood_count),
        cmocka_unit_test(small_digits_of_the_sum_and_a_missing_line_feed_are_taken),
        cmocka_unit_test(every_damage_is_refused_and_the_next_good_frame_is_read),
        cmocka_unit_test(a_frame_that_never_ends_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
