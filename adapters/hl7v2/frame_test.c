/* Where messages begin and end, however their bytes arrive. */
#include "base/buffer.h"
#include "frame.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Feeds `input` in pieces and writes down what was found. */
static void walk(const char *input, size_t size, bool is_file, size_t piece, size_t limit, buffer *to) {
    hl7v2_framer framer = {.limit = limit, .is_file = is_file};
    size_t begin = 0; /* of unread */
    size_t have = 0;
    bool is_end = false;
    while (!is_end) {
        size_t fresh = size - have < piece ? size - have : piece;
        have += fresh;
        is_end = have == size;
        for (;;) {
            dragoman_bytes_event event = {
                .unread = {(const uint8_t *)input + begin, have - begin}, .fresh = fresh, .is_end = is_end};
            hl7v2_frame frame;
            hl7v2_framer_next(&framer, &event, &frame);
            assert_true(frame.consumed <= have - begin);
            if (frame.kind == HL7V2_FRAME_MESSAGE || frame.kind == HL7V2_FRAME_TOO_LONG) {
                buffer_append_text(to, frame.kind == HL7V2_FRAME_MESSAGE ? "[" : "{");
                size_t shown = frame.kind == HL7V2_FRAME_MESSAGE ? frame.content.size : 3;
                buffer_append(to, frame.content.data, shown);
                buffer_append_text(to, frame.kind == HL7V2_FRAME_MESSAGE ? "]" : "}");
            } else if (frame.kind == HL7V2_FRAME_BROKEN) {
                buffer_append_text(to, "!");
            }
            begin += frame.consumed;
            fresh = 0;
            if (frame.kind == HL7V2_FRAME_MORE || frame.consumed == 0 || begin == have) {
                break;
            }
        }
    }
    assert_int_equal(begin, size);
}

/* The same for every size of pieces. */
static void check_all(const char *input, bool is_file, size_t limit, const char *expected) {
    size_t size = strlen(input);
    for (size_t piece = 1; piece <= size; piece++) {
        buffer found;
        buffer_init(&found);
        walk(input, size, is_file, piece, limit, &found);
        buffer_append_byte(&found, 0);
        assert_string_equal(found.data, expected);
        buffer_fini(&found);
    }
}

static void blocks_end_at_the_file_separator(void **state) {
    (void)state;
    check_all("\x0bMSH|a\r\x1c\r\x0bMSH|b\r\x1c\r", false, 1024, "[MSH|a\r][MSH|b\r]");
    check_all("\x0bMSH|a\r\x1c\x0bMSH|b\r\x1c\n\x0bMSH|c\x1c", false, 1024, "[MSH|a\r][MSH|b\r][MSH|c]");
}

static void noise_between_blocks_is_passed_over(void **state) {
    (void)state;
    check_all("hello\r\n\x0bMSH|a\x1c\rnoise\x0bMSH|b\x1c\r+++", false, 1024, "[MSH|a][MSH|b]");
}

static void a_block_that_is_begun_anew_is_broken(void **state) {
    (void)state;
    check_all("\x0bMSH|a\rPID|\x0bMSH|b\r\x1c\r", false, 1024, "![MSH|b\r]");
    /* A vertical tab in a text is no beginning. */
    check_all("\x0bMSH|a\rNTE|one\x0btwo\x1c\r", false, 1024, "[MSH|a\rNTE|one\x0btwo]");
}

static void a_cut_off_block_is_broken_on_a_stream_and_a_message_in_a_file(void **state) {
    (void)state;
    check_all("\x0bMSH|a\x1c\r\x0bMSH|b\r", false, 1024, "[MSH|a]!");
    check_all("\x0bMSH|a\x1c\r\x0bMSH|b\r", true, 1024, "[MSH|a][MSH|b\r]");
}

static void files_hold_one_message_or_many(void **state) {
    (void)state;
    check_all("MSH|a\rPID|1", true, 1024, "[MSH|a\rPID|1]");
    check_all("\xef\xbb\xbfMSH|a\nPID|1\nMSH|b\nPID|2\n\n\nMSH|c\n", true, 1024,
              "[MSH|a\nPID|1\n][MSH|b\nPID|2\n\n\n][MSH|c\n]");
    check_all("MSH|a\r\nPID|1\r\nMSH|b\r\n", true, 1024, "[MSH|a\r\nPID|1\r\n][MSH|b\r\n]");
    check_all("junk before\rMSH|a\r", true, 1024, "[junk before\r][MSH|a\r]");
}

static void batches_are_taken_apart(void **state) {
    (void)state;
    check_all("FHS|^~\\&|X\rBHS|^~\\&|X\rMSH|a\rOBX|1\rMSH|b\rBTS|2\rFTS|1\r", true, 1024, "[MSH|a\rOBX|1\r][MSH|b\r]");
}

static void blocks_and_plain_messages_mix_in_a_file(void **state) {
    (void)state;
    check_all("MSH|a\r\x0bMSH|b\r\x1c\rMSH|c\r", true, 1024, "[MSH|a\r][MSH|b\r][MSH|c\r]");
}

static void a_message_over_the_limit_is_skipped_to_its_end(void **state) {
    (void)state;
    check_all("\x0bMSH|aaaaaaaaaaaaaaaaaaaaaaaaa\x1c\r\x0bMSH|b\x1c\r", false, 8, "{MSH}[MSH|b]");
    check_all("MSH|aaaaaaaaaaaaaaa\rPID|aaa\rMSH|b\r", true, 8, "{MSH}[MSH|b\r]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_end_at_the_file_separator),
        cmocka_unit_test(noise_between_blocks_is_passed_over),
        cmocka_unit_test(a_block_that_is_begun_anew_is_broken),
        cmocka_unit_test(a_cut_off_block_is_broken_on_a_stream_and_a_message_in_a_file),
        cmocka_unit_test(files_hold_one_message_or_many),
        cmocka_unit_test(batches_are_taken_apart),
        cmocka_unit_test(blocks_and_plain_messages_mix_in_a_file),
        cmocka_unit_test(a_message_over_the_limit_is_skipped_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
