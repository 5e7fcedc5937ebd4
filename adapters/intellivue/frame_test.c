/* Framing on RS-232: the guide's vectors, and what happens to frames that a line has damaged. */
#include "frame.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void check_is(const char *bytes, size_t size, uint8_t first, uint8_t second) {
    uint8_t check[2];
    intellivue_frame_check((dragoman_bytes){(const uint8_t *)bytes, size}, check);
    assert_int_equal(check[0], first);
    assert_int_equal(check[1], second);
}

/* C0 3A 71 9B 26 C1 and C0 3A 91 95 7D E1 C1. */
static void the_check_sequence_of_3A_71_and_of_3A_91(void **state) {
    (void)state;
    check_is("\x3a\x71", 2, 0x9b, 0x26);
    check_is("\x3a\x91", 2, 0x95, 0xc1);
}

/* CRC-16/X.25 of the catalogue's check string: 906E, low byte first. */
static void the_check_sequence_of_123456789(void **state) {
    (void)state;
    check_is("123456789", 9, 0x6e, 0x90);
}

static size_t write_frame(const char *message, size_t size, uint8_t *to, size_t capacity) {
    intellivue_writer writer = {.data = to, .capacity = capacity};
    intellivue_frame_write(&writer, (dragoman_bytes){(const uint8_t *)message, size});
    assert_false(writer.has_failed);
    return writer.size;
}

static void flags_and_escapes_in_a_message_are_escaped(void **state) {
    (void)state;
    uint8_t bytes[64];
    size_t size = write_frame("\xc0\x7d\xc1", 3, bytes, sizeof bytes);
    assert_memory_equal(bytes, "\xc0\x11\x01\x00\x03\x7d\xe0\x7d\x5d\x7d\xe1", 11);
    assert_int_equal(bytes[size - 1], 0xc1);
    intellivue_frame frame;
    intellivue_frame_next((dragoman_bytes){bytes, size}, false, &frame);
    assert_int_equal(frame.kind, INTELLIVUE_FRAME_MESSAGE);
    assert_int_equal(frame.consumed, size);
    assert_int_equal(frame.size, 3);
    assert_memory_equal(frame.content, "\xc0\x7d\xc1", 3);
}

/* All that is found in `bytes`: how many messages, and whether each is `message`. */
static uint32_t find_all(const uint8_t *bytes, size_t size, const char *message, size_t message_size) {
    uint32_t found = 0;
    size_t at = 0;
    while (at < size) {
        intellivue_frame frame;
        intellivue_frame_next((dragoman_bytes){bytes + at, size - at}, true, &frame);
        assert_int_not_equal(frame.kind, INTELLIVUE_FRAME_MORE);
        assert_true(frame.consumed > 0 && frame.consumed <= size - at);
        if (frame.kind == INTELLIVUE_FRAME_MESSAGE) {
            assert_int_equal(frame.size, message_size);
            assert_memory_equal(frame.content, message, message_size);
            found++;
        }
        at += frame.consumed;
    }
    return found;
}

#define MESSAGE "\xe1\x00\x00\x02\x00\x05 one \x7d message \xc0 here"
#define MESSAGE_BYTES (sizeof MESSAGE - 1)

/* Behind a damaged frame stands a good one: only that one is read. */
static void every_flipped_bit_costs_one_frame_and_no_more(void **state) {
    (void)state;
    uint8_t bytes[256];
    size_t size = write_frame(MESSAGE, MESSAGE_BYTES, bytes, sizeof bytes);
    size_t both = size + write_frame(MESSAGE, MESSAGE_BYTES, bytes + size, sizeof bytes - size);
    assert_int_equal(find_all(bytes, both, MESSAGE, MESSAGE_BYTES), 2);
    for (size_t bit = 0; bit < size * 8; bit++) {
        uint8_t damaged[256];
        memcpy(damaged, bytes, both);
        damaged[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(find_all(damaged, both, MESSAGE, MESSAGE_BYTES), 1);
    }
}

static void every_missing_and_every_doubled_byte_costs_one_frame(void **state) {
    (void)state;
    uint8_t bytes[256];
    size_t size = write_frame(MESSAGE, MESSAGE_BYTES, bytes, sizeof bytes);
    size_t both = size + write_frame(MESSAGE, MESSAGE_BYTES, bytes + size, sizeof bytes - size);
    for (size_t n = 0; n < size; n++) {
        uint8_t damaged[256];
        memcpy(damaged, bytes, n);
        memcpy(damaged + n, bytes + n + 1, both - n - 1);
        assert_int_equal(find_all(damaged, both - 1, MESSAGE, MESSAGE_BYTES), 1);
        memcpy(damaged, bytes, n + 1);
        memcpy(damaged + n + 1, bytes + n, both - n);
        /* A flag that stands twice harms nothing. */
        assert_int_equal(find_all(damaged, both + 1, MESSAGE, MESSAGE_BYTES), n == 0 || n == size - 1 ? 2 : 1);
    }
}

/* The check sequence is right, the length is not. */
static void a_frame_of_another_length_than_it_says_is_refused(void **state) {
    (void)state;
    uint8_t bytes[16] = {0xc0, 0x11, 0x01, 0x00, 0x03, 'a', 'b'};
    uint8_t check[2];
    intellivue_frame_check((dragoman_bytes){bytes + 1, 6}, check);
    bytes[7] = check[0];
    bytes[8] = check[1];
    bytes[9] = 0xc1;
    intellivue_frame frame;
    intellivue_frame_next((dragoman_bytes){bytes, 10}, false, &frame);
    assert_int_equal(frame.kind, INTELLIVUE_FRAME_BROKEN);
    assert_int_equal(frame.consumed, 10);
}

static void a_frame_that_never_ends_is_given_up(void **state) {
    (void)state;
    static uint8_t bytes[INTELLIVUE_FRAME_BYTES + 1] = {0xc0};
    intellivue_frame frame;
    intellivue_frame_next((dragoman_bytes){bytes, INTELLIVUE_FRAME_BYTES}, false, &frame);
    assert_int_equal(frame.kind, INTELLIVUE_FRAME_MORE);
    intellivue_frame_next((dragoman_bytes){bytes, INTELLIVUE_FRAME_BYTES + 1}, false, &frame);
    assert_int_equal(frame.kind, INTELLIVUE_FRAME_BROKEN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_check_sequence_of_3A_71_and_of_3A_91),
        cmocka_unit_test(the_check_sequence_of_123456789),
        cmocka_unit_test(flags_and_escapes_in_a_message_are_escaped),
        cmocka_unit_test(every_flipped_bit_costs_one_frame_and_no_more),
        cmocka_unit_test(every_missing_and_every_doubled_byte_costs_one_frame),
        cmocka_unit_test(a_frame_of_another_length_than_it_says_is_refused),
        cmocka_unit_test(a_frame_that_never_ends_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
