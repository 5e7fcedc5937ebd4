/* Frames and checksums: published check values, resynchronisation, and every frame with one bit flipped, a byte missing
 * or doubled. */
#include "checksum.h"
#include "frame.h"
#include "keys.h"

#include "base/bytes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void checksums_are_those_that_are_published(void **state) {
    (void)state;
    /* The check values of the CRC catalogue: over "123456789". */
    dragoman_bytes digits = DRAGOMAN_TEXT("123456789");
    assert_int_equal(lines_checksum_compute(LINES_CHECKSUM_CRC_MODBUS, digits), 0x4b37);
    assert_int_equal(lines_checksum_compute(LINES_CHECKSUM_CRC_ARC, digits), 0xbb3d);
    assert_int_equal(lines_checksum_compute(LINES_CHECKSUM_CRC_CCITT, digits), 0x29b1);
    assert_int_equal(lines_checksum_compute(LINES_CHECKSUM_CRC_XMODEM, digits), 0x31c3);
    /* Servo-i: RCTY has 1C; the sum of the same four letters is 142h, of which 42h is sent, its complement BEh. */
    assert_int_equal(lines_checksum_compute(LINES_CHECKSUM_XOR, DRAGOMAN_TEXT("RCTY")), 0x1c);
    assert_int_equal(lines_checksum_compute(LINES_CHECKSUM_XOR, DRAGOMAN_TEXT("RHVE")), 0x09);
    assert_int_equal(lines_checksum_compute(LINES_CHECKSUM_XOR, DRAGOMAN_TEXT("SPVE003")), 0x23);
    assert_int_equal(lines_checksum_compute(LINES_CHECKSUM_SUM, DRAGOMAN_TEXT("RCTY")), 0x42);
    assert_int_equal(lines_checksum_compute(LINES_CHECKSUM_NEGATIVE, DRAGOMAN_TEXT("RCTY")), 0xbe);
}

static lines_mark mark(const char *text) {
    lines_mark made;
    assert_true(lines_mark_read(bytes_of(text), &made));
    return made;
}

static lines_layout layout_of(const char *start, const char *end) {
    lines_layout layout = {.frame = {.longest = 200}};
    if (start != NULL) {
        layout.frame.start = mark(start);
    }
    if (end != NULL) {
        layout.frame.ends[layout.frame.end_count++] = mark(end);
    }
    return layout;
}

/* NMEA 0183: a dollar sign, text, an asterisk and the XOR of what stands between. */
static lines_layout nmea(void) {
    lines_layout layout = layout_of("$", "CRLF");
    layout.checksum = (lines_checksum){.kind = LINES_CHECKSUM_XOR, .skip_first = 1, .skip_last = 1};
    return layout;
}

#define GGA "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n"

static void assert_text(const lines_found *found, const char *text) {
    assert_int_equal(found->text.size, strlen(text));
    assert_memory_equal(found->text.data, text, strlen(text));
}

static void marks_are_names_bytes_or_text(void **state) {
    (void)state;
    lines_mark made = mark("CRLF");
    assert_int_equal(made.size, 2);
    assert_memory_equal(made.bytes, "\r\n", 2);
    made = mark("ETX CR");
    assert_memory_equal(made.bytes, "\x03\r", 2);
    made = mark("0xFF 0xfe");
    assert_memory_equal(made.bytes, "\xff\xfe", 2);
    made = mark("SNDA");
    assert_int_equal(made.size, 4);
    made = mark("READ ALL");
    assert_int_equal(made.size, 8);
    made = mark("SP");
    assert_int_equal(made.bytes[0], ' ');
    assert_false(lines_mark_read(DRAGOMAN_TEXT(""), &made));
}

static void a_frame_ends_at_its_mark(void **state) {
    (void)state;
    lines_found found;
    lines_layout layout = layout_of(NULL, "CRLF");
    layout.frame.ends[layout.frame.end_count++] = mark("CR");
    assert_int_equal(lines_frame_find(&layout, DRAGOMAN_TEXT("ab\r\ncd"), false, &found), DRAGOMAN_OK);
    assert_text(&found, "ab");
    assert_int_equal(found.consumed, 4);
    assert_int_equal(lines_frame_find(&layout, DRAGOMAN_TEXT("cd"), false, &found), DRAGOMAN_NEED_MORE);
    assert_int_equal(found.consumed, 0);
    assert_int_equal(lines_frame_find(&layout, DRAGOMAN_TEXT("cd"), true, &found), DRAGOMAN_OK);
    assert_text(&found, "cd");
    assert_int_equal(lines_frame_find(&layout, DRAGOMAN_TEXT("e\rf\r"), false, &found), DRAGOMAN_OK);
    assert_text(&found, "e");
}

static void noise_before_a_start_is_skipped(void **state) {
    (void)state;
    lines_found found;
    lines_layout layout = layout_of("STX", "ETX");
    assert_int_equal(lines_frame_find(&layout,
                                      DRAGOMAN_TEXT("no\x02"
                                                    "yes\x03"
                                                    "more"),
                                      false, &found),
                     DRAGOMAN_OK);
    assert_text(&found, "yes");
    assert_int_equal(found.skipped, 2);
    assert_int_equal(found.consumed, 7);
    assert_int_equal(lines_frame_find(&layout, DRAGOMAN_TEXT("only noise"), false, &found), DRAGOMAN_NEED_MORE);
    assert_int_equal(found.consumed, 10);
    /* The end was lost: the frame goes, the next one stays. */
    assert_int_equal(lines_frame_find(&layout, DRAGOMAN_TEXT("\x02lost\x02good\x03"), false, &found), DRAGOMAN_INVALID);
    assert_int_equal(found.consumed, 5);
    assert_int_equal(lines_frame_find(&layout, DRAGOMAN_TEXT("\x02good\x03"), false, &found), DRAGOMAN_OK);
    assert_text(&found, "good");
}

static void what_is_too_long_is_thrown_away(void **state) {
    (void)state;
    uint8_t bytes[300];
    lines_found found;
    lines_layout layout = layout_of(NULL, "LF");
    memset(bytes, 'x', sizeof bytes);
    assert_int_equal(lines_frame_find(&layout, (dragoman_bytes){bytes, 200}, false, &found), DRAGOMAN_NEED_MORE);
    assert_int_equal(lines_frame_find(&layout, (dragoman_bytes){bytes, 201}, false, &found), DRAGOMAN_INVALID);
    assert_int_equal(found.consumed, 201);
    bytes[250] = '\n';
    assert_int_equal(lines_frame_find(&layout, (dragoman_bytes){bytes, 300}, false, &found), DRAGOMAN_INVALID);
    assert_int_equal(found.consumed, 251);
    bytes[200] = '\n';
    assert_int_equal(lines_frame_find(&layout, (dragoman_bytes){bytes, 300}, false, &found), DRAGOMAN_OK);
}

static void skipped_bytes_are_not_looked_at(void **state) {
    (void)state;
    lines_found found;
    lines_layout layout = layout_of("0xFF", "0xFE");
    layout.frame.skip = 4;
    assert_int_equal(lines_frame_find(&layout, DRAGOMAN_TEXT("\xff\xff\xfe\x00\x01HR\xfe"), false, &found),
                     DRAGOMAN_OK);
    assert_text(&found, "HR");
    assert_int_equal(lines_frame_find(&layout, DRAGOMAN_TEXT("\xff\xff\xfe"), false, &found), DRAGOMAN_NEED_MORE);
}

static void a_checksum_may_stand_before_or_behind_the_end(void **state) {
    (void)state;
    lines_found found;
    lines_layout layout = nmea();
    assert_int_equal(lines_frame_find(&layout, DRAGOMAN_TEXT("??" GGA), false, &found), DRAGOMAN_OK);
    assert_int_equal(found.text.size, sizeof(GGA) - 1 - 6);
    /* STX, text, ETX, the sum of all of it in binary. */
    layout = layout_of("STX", "ETX");
    layout.frame.trailer = 1;
    layout.checksum = (lines_checksum){.kind = LINES_CHECKSUM_SUM, .is_binary = true};
    assert_int_equal(lines_frame_find(&layout,
                                      DRAGOMAN_TEXT("\x02"
                                                    "AB\x03"),
                                      false, &found),
                     DRAGOMAN_NEED_MORE);
    assert_int_equal(lines_frame_find(&layout,
                                      DRAGOMAN_TEXT("\x02"
                                                    "AB\x03\x88"),
                                      false, &found),
                     DRAGOMAN_OK);
    assert_text(&found, "AB");
    assert_int_equal(lines_frame_find(&layout,
                                      DRAGOMAN_TEXT("\x02"
                                                    "AB\x03\x89"),
                                      false, &found),
                     DRAGOMAN_INVALID);
    /* A CRC of a frame of fixed length, low byte first. */
    layout = (lines_layout){.frame = {.length = 11, .longest = 200}};
    layout.checksum = (lines_checksum){.kind = LINES_CHECKSUM_CRC_MODBUS, .is_binary = true, .is_little = true};
    assert_int_equal(lines_frame_find(&layout, DRAGOMAN_TEXT("123456789\x37\x4b"), false, &found), DRAGOMAN_OK);
    assert_text(&found, "123456789");
    assert_int_equal(lines_frame_find(&layout, DRAGOMAN_TEXT("123456789\x4b\x37"), false, &found), DRAGOMAN_INVALID);
    assert_int_equal(found.consumed, 1);
}

/* Good frames in a stream; the text of each must be the published one. */
static unsigned count_good(const lines_layout *layout, const uint8_t *bytes, size_t size) {
    unsigned good = 0;
    lines_found found;
    for (size_t at = 0; at < size; at += found.consumed) {
        dragoman_status status = lines_frame_find(layout, (dragoman_bytes){bytes + at, size - at}, false, &found);
        if (status == DRAGOMAN_OK) {
            assert_int_equal(found.text.size, sizeof(GGA) - 1 - 6);
            assert_memory_equal(found.text.data, &GGA[1], found.text.size);
            good++;
        }
        if (found.consumed == 0) {
            break;
        }
    }
    return good;
}

static void no_single_fault_gets_through_and_the_next_frame_is_read(void **state) {
    (void)state;
    static const char pair[] = GGA GGA;
    enum { ONE = sizeof(GGA) - 1 };
    uint8_t bytes[2 * ONE + 1];
    lines_layout layout = nmea();
    for (size_t at = 1; at < ONE - 2; at++) {
        for (int bit = 0; bit < 8; bit++) {
            memcpy(bytes, pair, 2 * ONE);
            bytes[at] ^= (uint8_t)(1 << bit);
            bool is_case = at >= ONE - 4 && bit == 5; /* of a hexadecimal letter: the same digit */
            bool is_mark = at == ONE - 5;             /* the asterisk is no part of the sum */
            unsigned good = count_good(&layout, bytes, 2 * ONE);
            assert_true(good == 1 || ((is_case || is_mark) && good == 2) || is_mark);
        }
        memcpy(bytes, pair, at);
        memcpy(bytes + at, pair + at + 1, 2 * ONE - at - 1); /* one is missing */
        assert_int_equal(count_good(&layout, bytes, 2 * ONE - 1), 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksums_are_those_that_are_published),
        cmocka_unit_test(marks_are_names_bytes_or_text),
        cmocka_unit_test(a_frame_ends_at_its_mark),
        cmocka_unit_test(noise_before_a_start_is_skipped),
        cmocka_unit_test(what_is_too_long_is_thrown_away),
        cmocka_unit_test(skipped_bytes_are_not_looked_at),
        cmocka_unit_test(a_checksum_may_stand_before_or_behind_the_end),
        cmocka_unit_test(no_single_fault_gets_through_and_the_next_frame_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
